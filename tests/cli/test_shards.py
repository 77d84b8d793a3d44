"""Shards from the command line: written from a folder, checked, trained on, and no worse than the files themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import call
from tests.data.shards.conftest import coloured_pictures
from workbench.cli import main
from workbench.core.diagnostic import Problem
from workbench.data.shards import scanning

TRAIN = ("--epochs", "12", "--batch-size", "8", "--threads", "1", "--json")


@pytest.fixture
def coloured(tmp_path: Path) -> Path:
    """40 pictures of two classes that differ in colour alone, so that they are learned at once."""
    return coloured_pictures(tmp_path / "coloured")


def test_shards_are_written_and_read_again(
    capsys: pytest.CaptureFixture[str],
    coloured: Path,
    tmp_path: Path,
) -> None:
    out = str(tmp_path / "shards")
    size = ("--shard-size", "3kB")
    status, (row,), _ = call(capsys, "data", str(coloured), "--write-shards", out, *size, "--json")
    assert (status, row["samples"], row["classes"], row["written"]) == (0, 40, ["blue", "red"], out)
    assert len(row["shards"]) > 3
    status, (facts,), _ = call(capsys, "data", out, "--json")
    assert (status, facts["images"], facts["classes"]) == (0, 40, {"blue": 20, "red": 20})
    assert facts["splits"] == {"train": 32, "val": 8, "test": 0}
    status, rows, said = call(capsys, "data", str(coloured), "--write-shards", out, "--json")
    assert (status, rows) == (1, [])
    assert "not empty" in said


def test_sizes_in_words() -> None:
    from workbench.cli.shards import size_from

    assert [size_from(text) for text in ("5", "2 kB", "1.5MB", "3g")] == [5, 2000, 1_500_000, 3 * 10**9]
    for wrong in ("", "0", "-1MB", "1TB", "much", "1e3"):
        with pytest.raises(Problem, match="no size"):
            size_from(wrong)


@pytest.mark.parametrize("source", ["pipe:ls", "https://example.org/a.tar"])
def test_no_command_and_no_address_is_opened(capsys: pytest.CaptureFixture[str], source: str, tmp_path: Path) -> None:
    status, rows, said = call(capsys, "data", source, "--json")
    assert (status, rows) == (1, [])
    assert "Only files" in said
    project = str(tmp_path / "p")
    assert main(["new", project, "--template", "digits-mlp", "--json"]) == 0
    capsys.readouterr()
    status, _rows, said = call(capsys, "train", project, "--data", source, "--json")
    assert status == 1
    assert "Only files" in said


def trained(capsys: pytest.CaptureFixture[str], source: Path, project: Path) -> dict[str, Any]:
    assert main(["new", str(project), "--template", "digits-mlp", "--data", str(source), "--json"]) == 0
    capsys.readouterr()
    status, rows, said = call(capsys, "train", str(project), *TRAIN)
    assert status == 0, said
    assert [row["event"] for row in rows] == ["start", *["epoch"] * 12, "end"]
    return {"start": rows[0], "best": rows[-1]["best_val_accuracy"]}


@pytest.mark.parametrize("streamed", [False, True])
def test_training_on_shards_reaches_what_files_reach(
    capsys: pytest.CaptureFixture[str],
    coloured: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    streamed: bool,
) -> None:
    shards = tmp_path / "shards"
    call(capsys, "data", str(coloured), "--write-shards", str(shards), "--shard-size", "3kB", "--json")
    if streamed:
        monkeypatch.setattr(scanning, "MOST_INDEXED", 0)
        monkeypatch.setattr("workbench.data.shards.opening.SHOWN", 20)
    files, from_shards = trained(capsys, coloured, tmp_path / "a"), trained(capsys, shards, tmp_path / "b")
    assert files["best"] == from_shards["best"] == 1.0
    assert (from_shards["start"]["train"], from_shards["start"]["val"]) == (32, 8)
    status, (row,), _ = call(capsys, "evaluate", str(tmp_path / "b"), "--json")
    assert (status, row["accuracy"]) == (0, 1.0)
