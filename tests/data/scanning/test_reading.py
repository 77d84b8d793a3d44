"""Every source is read as what it is."""

from __future__ import annotations

import gc
import os
import shutil
import tracemalloc
from pathlib import Path

import pytest

from workbench.core.diagnostic import Problem
from workbench.data.scanning.reading import read_index
from workbench.data.scanning.scan import scan
from workbench.document.project import DataSettings

MOST_BYTES = 200
"""What an index may take a sample, paths and all."""


def write_texts(folder: Path, each: int = 3) -> Path:
    for name in ("good", "bad"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for k in range(each):
            (folder / name / f"{k}.txt").write_text(f"{name} words {k}")
    return folder


def test_a_folder_of_texts_is_one(tmp_path: Path) -> None:
    folder = write_texts(tmp_path / "texts")
    (folder / "good" / "cover.png").write_bytes(b"")
    index = read_index(DataSettings(source=str(folder)))
    assert (index.kind, len(index)) == ("text", 6)
    assert {bad.path: "not a text" in bad.reason for bad in index.bad} == {"good/cover.png": True}


def test_pictures_with_a_text_beside_each_are_pictures(folder: Path) -> None:
    for file in folder.rglob("*.jpg"):
        file.with_suffix(".txt").write_text("a caption")
    settings = DataSettings(source=str(folder))
    index = read_index(settings)
    assert (index.kind, len(index), len(index.bad)) == ("pictures", 18, 18)
    index = read_index(DataSettings(source=str(folder), kind="text"))
    assert (index.kind, len(index), len(index.bad)) == ("text", 18, 18)


def test_labels_beside_the_splits_are_no_class(folder: Path, tmp_path: Path) -> None:
    """As detection data sets have them: texts in a folder of their own beside train and val."""
    for name in ("train", "val"):
        shutil.copytree(folder, tmp_path / "set" / name)
    write_texts(tmp_path / "set" / "labels", 2)
    index = read_index(DataSettings(source=str(tmp_path / "set")))
    assert index.classes == ("9", "10", "cats")
    assert set(index.split_codes.tolist()) == {0, 1}
    assert [bad.path for bad in index.bad] == ["labels"]


def test_a_list_of_texts(tmp_path: Path) -> None:
    write_texts(tmp_path / "texts")
    rows = [f"texts/{name}/{k}.txt\t{name}" for name in ("good", "bad") for k in range(3)]
    (tmp_path / "a.tsv").write_text("\n".join(["file\tlabel", *rows]))
    index = read_index(DataSettings(source=str(tmp_path / "a.tsv")))
    assert (index.kind, index.classes, len(index)) == ("text", ("bad", "good"), 6)


def test_a_table_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y,label\n" + "".join(f"{k},{k * 2}.5,{'ab'[k % 2]}\n" for k in range(8)))
    index = read_index(DataSettings(source=str(tmp_path / "a.csv")))
    assert (index.kind, len(index)) == ("table", 8)
    with pytest.raises(Problem, match="is not a table"):
        read_index(DataSettings(source=str(tmp_path), kind="table"))


def test_what_is_not_there_says_so(tmp_path: Path) -> None:
    for name in ("gone", "gone.csv"):
        with pytest.raises(Problem, match="is not there") as caught:
            read_index(DataSettings(source=str(tmp_path / name)))
        assert caught.value.diagnostics[0].code == "data.missing"
    (tmp_path / "letter.doc").write_bytes(b"Dear network")
    with pytest.raises(Problem, match="is a file, not a folder"):
        read_index(DataSettings(source=str(tmp_path / "letter.doc")))


def test_memory_does_not_grow_beyond_what_is_promised(folder: Path, tmp_path: Path) -> None:
    many = tmp_path / "many"
    for name in "ab":
        (many / name).mkdir(parents=True)
        for k in range(1500):
            os.link(folder / "9" / "0.jpg", many / name / f"IMG_20240101_{k:06}.jpg")
    scan(many)  # what is loaded once is not counted
    gc.collect()
    tracemalloc.start()
    try:
        before, _peak = tracemalloc.get_traced_memory()
        index = scan(many)
        index.find("a/nothing.jpg")
        asked = (index.identities, index.fingerprint, index.contents)
        gc.collect()
        after, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(asked[0]) == len(index) == 3000
    assert (after - before) / len(index) < MOST_BYTES
