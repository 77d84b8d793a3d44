"""`workbench data`: folders, lists and several of them, as text and as JSON."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.test_commands import call
from workbench.cli import main


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Classes "cat" (6, 20 × 10 pixels) and "dog" (4, 16 × 16) and a bad file."""
    rng = np.random.default_rng(0)
    for name, n, shape in (("cat", 6, (10, 20, 3)), ("dog", 4, (16, 16, 3))):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for k in range(n):
            Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(tmp_path / "pets" / name / f"{k}.png")
    (tmp_path / "pets" / "dog" / "empty.png").write_bytes(b"")
    return tmp_path / "pets"


def test_what_is_told_of_a_folder(capsys: pytest.CaptureFixture[str], pictures: Path) -> None:
    status, (facts,), _ = call(capsys, "data", str(pictures), "--json")
    assert status == 0
    assert (facts["kind"], facts["images"]) == ("pictures", 10)
    assert facts["sources"] == [str(pictures)]
    assert facts["formats"] == {"png": 10}
    assert facts["longer_sides"] == [{"from": 16, "to": 23, "images": 10}]
    assert facts["aspect_ratios"] == {"1:1": 4, "2:1": 6}
    assert facts["bad_by_reason"] == {"The file is empty.": 1}
    sizes = sorted(file.stat().st_size for file in pictures.rglob("[0-9].png"))
    assert facts["file_sizes"] == {"smallest": sizes[0], "median": sizes[5], "largest": sizes[-1]}
    assert facts["bytes"] == sum(sizes)


def test_class_names_are_told_of(capsys: pytest.CaptureFixture[str], pictures: Path) -> None:
    shutil.copytree(pictures / "cat", pictures / "Cats")
    assert main(["data", str(pictures)]) == 0
    text = capsys.readouterr().out
    assert "formats: png 16" in text
    assert "pixels: 20 × 10 to 16 × 16" in text
    assert "info: The classes “cat” (6 pictures) and “Cats” (6 pictures) are singular and plural of one word." in text
    assert "skipped: dog/empty.png: The file is empty." in text


def test_a_list_and_several_sources(capsys: pytest.CaptureFixture[str], pictures: Path, tmp_path: Path) -> None:
    rows = [f"pets/cat/{k}.png;{'old' if k % 2 else 'young'};{'feline'}" for k in range(6)]
    at = tmp_path / "some.csv"
    at.write_text("\n".join(["file;age;kind", *rows]), encoding="utf-8")
    status, (facts,), _ = call(capsys, "data", str(at), "--label-column", "age", "--json")
    assert (status, facts["classes"]) == (0, {"old": 3, "young": 3})
    status, (facts,), _ = call(capsys, "data", str(pictures), str(at), "--label-column", "age", "--json")
    assert facts["classes"] == {"cat": 6, "dog": 4, "old": 3, "young": 3}
    assert [bad["path"] for bad in facts["bad"]] == ["dog/empty.png"]
    assert facts["folders"] == [str(pictures), str(tmp_path)]
    status, rows_, said = call(capsys, "data", str(at), "--label-column", "nothing", "--json")
    assert (status, rows_) == (1, [])
    assert "no column “nothing”" in said
    status, rows_, said = call(capsys, "data", str(pictures), str(pictures), "--json")
    assert status == 1
    assert "twice" in said


def test_a_project_with_several_sources(capsys: pytest.CaptureFixture[str], pictures: Path, tmp_path: Path) -> None:
    other = tmp_path / "others"
    shutil.copytree(pictures / "dog", other / "dog")
    project = str(tmp_path / "p")
    assert main(["new", project, "--template", "digits-mlp", "--data", str(pictures), "--json"]) == 0
    capsys.readouterr()
    status, (facts,), _ = call(capsys, "data", project, str(other), "--json")
    assert (status, facts["images"]) == (0, 14)
    assert facts["sources"] == [str(pictures), str(other)]


@pytest.mark.skipif(os.name != "posix", reason="such names are for POSIX only")
def test_names_that_would_move_the_cursor_stay_on_their_line(
    capsys: pytest.CaptureFixture[str], pictures: Path
) -> None:
    (pictures / "cat" / "a\nskipped: nothing\x1b[2J.png").write_bytes(b"")
    assert main(["data", str(pictures)]) == 0
    text = capsys.readouterr().out
    assert "\x1b[2J" not in text
    assert "skipped: cat/a\\x0askipped: nothing\\x1b[2J.png: The file is empty.\n" in text
