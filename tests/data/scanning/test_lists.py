"""A CSV or TSV of paths and labels as a source."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.diagnostic import Problem
from workbench.data.dataset import Dataset
from workbench.data.index import Index
from workbench.data.scanning.reading import read_index
from workbench.document.project import DataSettings


@pytest.fixture
def beside(folder: Path) -> Path:
    """The folder a list stands in: "pictures" with the classes, and nothing else."""
    return folder.parent


def write(path: Path, rows: Sequence[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with open(path, "w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def rows_of(folder: Path, start: Path) -> list[list[str]]:
    files = sorted(folder.rglob("*.jpg"))
    return [[file.relative_to(start).as_posix(), f"is {file.parent.name}"] for file in files]


def read(path: Path, **settings: object) -> Index:
    return read_index(replace(DataSettings(source=str(path)), **settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.CSV", "|")])
def test_columns_are_recognised(folder: Path, beside: Path, name: str, delimiter: str) -> None:
    rows = [["label", "number", "picture", "split"]]
    words = ("train", "VAL", "test", "")
    for k, (path, label) in enumerate(rows_of(folder, beside)):
        rows.append([label, str(k * 7), path, words[k % 4]])
    index = read(write(beside / name, rows, delimiter))
    assert index.classes == ("is 9", "is 10", "is cats")
    assert index.class_counts().tolist() == [8, 6, 4]
    assert index.bad == ()
    assert index.notes == ()
    assert [item.path for item in index.items[:2]] == ["pictures/9/0.jpg", "pictures/9/1.jpg"]
    assert all(index.file(i).is_file() for i in range(len(index)))
    by_path = {row[2]: row[3].lower() or None for row in rows[1:]}
    assert all(item.split == by_path[item.path] for item in index.items)


def test_without_a_header_and_in_other_words(folder: Path, beside: Path) -> None:
    rows = rows_of(folder, beside)
    assert read(write(beside / "a.csv", rows)).class_counts().tolist() == [8, 6, 4]
    marked = write(beside / "b.csv", rows, encoding="utf-8-sig")
    assert len(read(marked)) == 18
    assert read(marked).bad == ()


def test_absolute_paths_and_dots(folder: Path, beside: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "lists"
    elsewhere.mkdir()
    rows = [["file", "class"], *([str(folder / "9" / f"{k}.jpg"), "nine"] for k in range(3))]
    rows += [[f"../pictures/./10/../10/{k}.jpg", "ten"] for k in range(2)]
    index = read(write(elsewhere / "a.csv", rows))
    assert index.class_counts().tolist() == [3, 2]
    assert {index.file(i).resolve().parent.name for i in range(5)} == {"9", "10"}


def test_backslashes_quotes_and_letters(folder: Path, beside: Path) -> None:
    odd = folder / "cats" / 'a, "b".jpg'
    shutil.copy(folder / "cats" / "0.jpg", odd)
    rows = [["pictures\\9\\0.jpg", "été"], ["pictures\\10\\0.jpg", "naïve,\nline"], ['pictures\\cats\\a, "b".jpg', "x"]]
    for encoding in ("utf-8", "latin-1"):
        index = read(write(beside / "a.csv", [["path", "label"], *rows], encoding=encoding))
        assert index.classes == ("naïve, line", "x", "été")
        assert set(index.paths) == {"pictures/9/0.jpg", "pictures/10/0.jpg", 'pictures/cats/a, "b".jpg'}


def test_names_of_files_in_a_folder_beside_the_list(folder: Path) -> None:
    rows = [["id", "label"], *([f"{k}.jpg", str(k % 2)] for k in range(8))]
    index = read(write(folder / "a.csv", rows))
    assert index.classes == ("0", "1")
    assert set(index.paths) == {f"9/{k}.jpg" for k in range(8)}


def test_chosen_columns(folder: Path, beside: Path) -> None:
    head = ["mask.png", "path", "label", "second"]
    rows = [["mask.png", path, label, str(k % 2)] for k, (path, label) in enumerate(rows_of(folder, beside))]
    at = write(beside / "a.csv", [head[1:], *(row[1:] for row in rows)])
    assert read(at, label_column="second").classes == ("0", "1")
    assert read(at, path_column="PATH").classes == ("is 9", "is 10", "is cats")
    with pytest.raises(Problem, match="no column “nothing”") as caught:
        read(at, label_column="nothing")
    assert caught.value.diagnostics[0].param == "label_column"


def test_every_row_is_accounted_for(folder: Path, beside: Path) -> None:
    (folder / "cats" / "broken.jpg").write_bytes(b"no picture")
    good = rows_of(folder, beside)
    good = [row for row in good if "broken" not in row[0]]
    odd = [
        ["pictures/9/gone.jpg", "is 9"],
        ["pictures/cats/broken.jpg", "is cats"],
        ["pictures/9/1.jpg", ""],
        ["", "is 9"],
        ["pictures/9/2.jpg"],
        ["pictures/9", "is 9"],
    ]
    again = [good[0], good[0]]
    index = read(write(beside / "a.csv", [["path", "label"], *good, *odd, *again]))
    assert len(index) == 18
    reasons = {bad.path: bad.reason for bad in index.bad}
    assert "there is none" in reasons["pictures/9/gone.jpg"]
    assert "text" in reasons["pictures/cats/broken.jpg"]
    assert "no class" in reasons["a.csv#22"]
    assert "no file" in reasons["a.csv#23"]
    assert "1 cell" in reasons["a.csv#24"]
    assert "folder" in reasons["pictures/9"]
    (note,) = index.notes
    assert note.code == "data.list_repeats"
    assert "2 rows name a file of “a.csv” again, the first: row 26" in note.message
    assert len(index) + len(index.bad) + len(again) == len(good) + len(odd) + len(again)


def test_two_classes_for_one_file_are_told_of(folder: Path, beside: Path) -> None:
    rows = [["path", "label", "split"], *([*row, "train"] for row in rows_of(folder, beside))]
    index = read(write(beside / "a.csv", [*rows, ["pictures/9/3.jpg", "is cats", "train"]]))
    assert index.find("pictures/9/3.jpg") is None
    assert [bad.path for bad in index.bad] == ["pictures/9/3.jpg"]
    (note,) = index.notes
    assert note.code == "data.list_contradicts"
    assert "“is 9” (row 11) and “is cats” (row 20)" in note.message
    index = read(write(beside / "b.csv", [*rows, ["./pictures/9/3.jpg", "is 9", "val"]]))
    assert len(index) == 18
    assert {d.code for d in index.notes} == {"data.list_splits", "data.list_repeats"}


def test_what_cannot_be_a_list_says_why(folder: Path, beside: Path) -> None:
    rows = rows_of(folder, beside)
    with pytest.raises(Problem, match="one class"):
        read(write(beside / "a.csv", [["path", "label"], *([row[0], "same"] for row in rows)]))
    with pytest.raises(Problem, match="None of the 18 picture files that") as caught:
        read(write(beside / "b.csv", [["path", "label"], *([f"x/{row[0]}", row[1]] for row in rows)]))
    assert "there is none" in str(caught.value)
    words = ["train"] * 17 + ["somewhere"]
    named = [[*row, word] for row, word in zip(rows, words, strict=True)]
    (bad,) = read(write(beside / "c.csv", [["path", "label", "split"], *named])).bad
    assert "split is “somewhere”" in bad.reason


def test_a_pipe_in_a_list_is_never_opened(folder: Path, beside: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    os.mkfifo(folder / "x.jpg")
    index = read(
        write(
            beside / "a.csv",
            [
                ["path", "label"],
                *rows_of(folder / "9", beside),
                ["pictures/x.jpg", "is 9"],
                ["pictures/10/0.jpg", "is 10"],
            ],
        )
    )
    reasons = {bad.path: bad.reason for bad in index.bad}
    assert "pipe" in reasons["pictures/x.jpg"]


def test_cancel_and_progress(folder: Path, beside: Path) -> None:
    at = write(beside / "a.csv", [["path", "label"], *rows_of(folder, beside)])
    seen: list[tuple[int, int | None]] = []
    read_index(DataSettings(source=str(at)), progress=lambda done, total: seen.append((done, total)))
    assert seen[0][1] is None
    assert seen[-1] == (18, 18)
    with pytest.raises(Problem) as caught:
        read_index(DataSettings(source=str(at)), cancelled=lambda: True)
    assert caught.value.diagnostics[0].code == "data.cancelled"


@pytest.mark.faults
def test_a_hundred_thousand_rows(folder: Path, beside: Path) -> None:
    files = rows_of(folder, beside)
    with open(beside / "a.csv", "w", encoding="utf-8") as file:
        file.write("path,label\n")
        for k in range(100_000):
            file.write(f"pictures/{k // 18}/../{files[k % 18][0].removeprefix('pictures/')},{files[k % 18][1]}\n")
    index = read(beside / "a.csv")
    assert len(index) == 18
    assert "99,982 rows" in index.notes[0].message


def test_a_list_feeds_training(folder: Path, beside: Path, open_dataset: Callable[..., Dataset]) -> None:
    rows = [["path", "label"], *([str(folder / name / f"{k}.jpg"), name] for name in ("9", "10") for k in range(6))]
    dataset = open_dataset(write(beside / "a.csv", rows))
    with dataset.train_batches(4, seed=0, epoch=0) as batches:
        assert sum(len(batch.labels) for batch in batches) == len(dataset.splits.train) > 0
    assert dataset.bad == ()
