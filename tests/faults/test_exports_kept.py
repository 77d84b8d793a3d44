"""An export never takes the place of anything but an older export, and says plainly why it cannot be written."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from .conftest import Call


def test_a_folder_in_the_place_of_an_export_is_left_alone(call: Call, trained: Path, tmp_path: Path) -> None:
    mine = tmp_path / "out" / "project.onnx" / "thesis.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("three years")
    answer = call("export", trained, "--format", "onnx", "--out", tmp_path / "out", "--json")
    assert (answer.status, answer.rows) == (1, [])
    assert "is a folder" in answer.err
    assert mine.read_text() == "three years"
    assert os.listdir(tmp_path / "out") == ["project.onnx"]


def test_own_files_in_an_exported_folder_are_left_alone(call: Call, trained: Path, tmp_path: Path) -> None:
    older = tmp_path / "project-python"
    older.mkdir()
    (older / "model.py").write_text("an older export")
    words = ("export", trained, "--format", "safetensors", "--out", tmp_path, "--json")
    (row,) = call(*words).rows
    assert "nn.Module" in (older / "model.py").read_text()
    mine = Path(row["path"]) / "notes.txt"
    mine.write_text("what I tried")
    answer = call(*words)
    assert answer.status == 1
    assert "notes.txt" in answer.err
    assert mine.read_text() == "what I tried"
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_in_the_place_of_an_exported_folder_is_not_followed(call: Call, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "model.py").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "project-python").symlink_to(tmp_path / "elsewhere")
    answer = call("export", trained, "--format", "safetensors", "--out", tmp_path / "out")
    assert answer.status == 1
    assert "is a link" in answer.err
    assert (tmp_path / "elsewhere" / "model.py").read_text() == "mine"


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("file", "is a file"),
        ("file/deeper", "is a file"),
        ("x" * 300, "too long"),
        pytest.param(
            os.fsdecode(b"\xff"),
            "characters",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere"),
        ),
    ],
)
def test_where_no_export_can_be_written(call: Call, trained: Path, tmp_path: Path, out: str, sentence: str) -> None:
    (tmp_path / "file").write_text("mine")
    answer = call("export", trained, "--format", "all", "--out", tmp_path / out)
    assert answer.status == 1
    assert sentence in answer.err
    assert answer.err.count("\n") == 1  # what stops every format is said once
    assert (tmp_path / "file").read_text() == "mine"


def test_a_file_in_the_place_of_an_exported_folder(call: Call, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "project-python").write_text("mine")
    answer = call("export", trained, "--format", "safetensors", "--out", tmp_path)
    assert answer.status == 1
    assert "is a file" in answer.err
    assert (tmp_path / "project-python").read_text() == "mine"


def test_a_picture_that_went_bad_does_not_stop_an_export(call: Call, trained_once: Path, tmp_path: Path) -> None:
    shutil.copytree(trained_once / "pictures", tmp_path / "pictures")
    assert call("new", tmp_path / "p", "--template", "digits-mlp", "--data", tmp_path / "pictures").status == 0
    assert call("train", tmp_path / "p", "--epochs", "1", "--threads", "1").status == 0
    picture = tmp_path / "pictures" / "top" / "3.png"
    data = bytearray(picture.read_bytes())
    data[60:-12] = bytes(len(data) - 72)  # whole by its bookkeeping's length, and nothing inside
    picture.write_bytes(data)
    (row,) = call("export", tmp_path / "p", "--format", "safetensors", "--out", tmp_path / "o", "--json").rows
    assert row["checked_on"] == row["labels_agree"] == 23


def test_nothing_trained_is_said_once(call: Call, tmp_path: Path, trained_pictures: Path) -> None:
    assert call("new", tmp_path / "p", "--template", "digits-mlp", "--data", trained_pictures).status == 0
    for words in (
        ("export", tmp_path / "p", "--format", "all", "--out", tmp_path / "o"),
        ("predict", tmp_path / "p", trained_pictures),
    ):
        answer = call(*words)
        assert answer.status == 1
        assert answer.err.count("Nothing was trained yet") == 1
