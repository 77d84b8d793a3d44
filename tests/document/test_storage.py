from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.document.format import encode
from workbench.document.project import DataSettings, Project, Recipe
from workbench.document.storage import load, project_file, save


def test_a_project_is_meant_by_its_folder_or_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    file = save(Project("x"), folder)
    assert file == folder / "project.json"
    assert project_file(folder) == project_file(file) == project_file(str(folder)) == file
    assert load(folder) == load(file) == Project("x")
    assert os.listdir(folder) == ["project.json"]


def test_a_folder_named_like_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "project.json"
    folder.mkdir()
    save(Project("x"), folder)
    assert load(folder).name == "x"


@pytest.mark.parametrize("there", ["nothing", "empty folder", "picture"])
def test_no_project_there(tmp_path: Path, there: str) -> None:
    path = tmp_path / "here"
    if there == "empty folder":
        path.mkdir()
    elif there == "picture":
        path.write_bytes(b"\x89PNG")
    with pytest.raises(Problem, match=r"There is no project at “.*here”"):
        load(path)


def test_a_path_no_system_takes() -> None:
    with pytest.raises(Problem, match="cannot be read"):
        load("a\0b/project.json")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
@pytest.mark.timeout(10)
def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "project.json")
    with pytest.raises(Problem, match="not a plain file"):
        load(tmp_path)


def test_what_is_wrong_is_said_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "project.json").write_bytes(b'{"version": 99}')
    with pytest.raises(Problem, match=r"“.*project\.json” was not opened\. This project was written by a newer"):
        load(tmp_path)


def test_a_value_no_file_can_hold_leaves_the_old_file(tmp_path: Path) -> None:
    save(Project("old"), tmp_path)
    with pytest.raises(Problem, match="“epochs”"):
        save(Project("new", recipe=Recipe(epochs=-1)), tmp_path)
    assert load(tmp_path).name == "old"


def test_the_folder_is_made_but_not_its_parents(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be made"):
        save(Project(), tmp_path / "gone" / "p")
    (tmp_path / "file").touch()
    with pytest.raises(Problem, match=r"not saved|not written"):
        save(Project(), tmp_path / "file")


def test_loading_follows_no_path_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(Project(data=DataSettings(source="../../secret")), tmp_path)
    seen: list[str] = []
    opened = os.open

    def watched(path: str, *args: int, **more: int) -> int:
        seen.append(os.fspath(path))
        return opened(path, *args, **more)

    monkeypatch.setattr(os, "open", watched)
    load(tmp_path)
    assert seen == [str(tmp_path / "project.json")]


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
@given(data=st.data())
def test_save_load_save_is_byte_equal(
    data: st.DataObject, projects: st.SearchStrategy[Project], tmp_path: Path
) -> None:
    project = data.draw(projects)
    first = save(project, tmp_path / "p").read_bytes()
    assert load(tmp_path / "p") == project
    assert save(load(tmp_path / "p"), tmp_path / "q").read_bytes() == first == encode(project)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX links")
def test_a_linked_project_file_stays_a_link(tmp_path: Path) -> None:
    save(Project("real"), tmp_path / "real")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "project.json").symlink_to(tmp_path / "real" / "project.json")
    save(Project("changed"), tmp_path / "linked")
    assert load(tmp_path / "real").name == "changed"
