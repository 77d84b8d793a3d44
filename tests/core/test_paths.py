from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.diagnostic import Problem
from workbench.core.paths import projects_dir, resources_dir, user_dir


def test_shipped_folders_exist() -> None:
    assert resources_dir().is_dir()
    assert projects_dir().is_dir()


@pytest.mark.parametrize("kind", ["config", "cache", "data", "log", "state"])
def test_user_folders_stand_below_the_home_variable(kind: str, home: Path) -> None:
    folder = user_dir(kind)  # type: ignore[arg-type]
    assert folder == home / kind
    assert folder.is_dir()


def test_without_the_variable_the_five_folders_differ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WORKBENCH_HOME")
    for name in ("HOME", "LOCALAPPDATA", "APPDATA", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("CONFIG", "CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    folders = [user_dir(kind) for kind in ("config", "cache", "data", "log", "state")]  # type: ignore[arg-type]
    assert len(set(folders)) == 5
    assert all(f.is_dir() for f in folders)


def test_a_home_that_cannot_be_made_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "file"))
    with pytest.raises(Problem, match="WORKBENCH_HOME"):
        user_dir("cache")
