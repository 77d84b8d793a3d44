"""Writing to folders: copies as they were sorted, whole or not at all, never over anything."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.data.dataset import Dataset
from workbench.data.index import Index, Item
from workbench.data.scanning.scan import scan
from workbench.data.splitting.splits import Splits, split
from workbench.data.writing import safe_name, write_to_folders
from workbench.document.project import Change, DataSettings

Opener = Callable[..., Dataset]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_is_written_reads_back_as_it_was_sorted(folder: Path, open_dataset: Opener, tmp_path: Path) -> None:
    changes = {"9/0.jpg": Change("cats"), "9/1.jpg": Change(split="test"), "10/0.jpg": Change(excluded=True)}
    own = open_dataset(folder, validation=0.25, changes=changes)
    before = snapshot(folder)
    out = tmp_path / "out" / "sorted"
    written = write_to_folders(own.index, own.splits, out)
    assert (written.files, written.skipped) == (17, ())
    assert snapshot(folder) == before
    again = open_dataset(out)
    assert again.classes == own.classes
    for name in ("train", "val", "test"):
        assert again.class_counts(name).tolist() == own.class_counts(name).tolist()
    moved = own.index.find("9/0.jpg")
    assert moved is not None
    place = next(p for p in out.rglob("*") if p.is_file() and p.read_bytes() == (folder / "9/0.jpg").read_bytes())
    assert place.parent.name == "cats"
    assert place.stat().st_mtime_ns == (folder / "9/0.jpg").stat().st_mtime_ns


def test_without_splits(folder: Path, open_dataset: Opener, tmp_path: Path) -> None:
    own = open_dataset(folder)
    write_to_folders(own.index, own.splits, tmp_path / "out", with_splits=False)
    assert snapshot(tmp_path / "out") == snapshot(folder)


def test_names_that_meet_are_numbered(tmp_path: Path) -> None:
    for k, name in enumerate(("a/x/1.jpg", "a/y/1.jpg", "a/1.JPG", "a/1 (2).jpg", "b/1.jpg")):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(bytes([k]))
    items = []
    for path in sorted((tmp_path / "in").rglob("*.*")):
        facts = path.stat()
        name = path.relative_to(tmp_path / "in").as_posix()
        items.append(Item(name, "ab".index(name[0]), None, 8, 8, facts.st_size, facts.st_mtime_ns))
    index = Index.of(tmp_path / "in", ("a", "b"), items)
    write_to_folders(index, split(index, DataSettings(validation=0)), tmp_path / "out", with_splits=False)
    found = snapshot(tmp_path / "out")
    assert len(found) == 5
    assert sorted(found.values()) == [bytes([k]) for k in range(5)]
    assert len({name.casefold() for name in found}) == 5


def test_a_folder_with_anything_in_it_is_left_alone(folder: Path, open_dataset: Opener, tmp_path: Path) -> None:
    own = open_dataset(folder)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    for place, words in (
        (tmp_path / "full", "is not empty"),
        (tmp_path / "full" / "mine.txt", "mine.txt"),
        (folder / "copies", "lies inside"),
        (folder, "is not empty"),
    ):
        with pytest.raises(Problem, match=words):
            write_to_folders(own.index, own.splits, place)
    (tmp_path / "empty").mkdir()
    write_to_folders(own.index, own.splits, tmp_path / "empty")
    assert snapshot(tmp_path / "full") == {"mine.txt": b"x"}


def test_a_cancelled_copy_leaves_nothing(folder: Path, open_dataset: Opener, tmp_path: Path) -> None:
    own = open_dataset(folder)
    asked: list[int] = []
    here = tmp_path / "here"
    here.mkdir()
    with pytest.raises(Problem) as caught:
        write_to_folders(
            own.index,
            own.splits,
            here / "out",
            progress=lambda n, _all: asked.append(n),
            cancelled=lambda: len(asked) > 5,
        )
    assert caught.value.diagnostics[0].code == "data.cancelled"
    assert list(here.iterdir()) == []


def test_files_that_are_gone_are_told_and_the_rest_is_written(
    folder: Path, open_dataset: Opener, tmp_path: Path
) -> None:
    own = open_dataset(folder)
    (folder / "9" / "3.jpg").unlink()
    written = write_to_folders(own.index, own.splits, tmp_path / "out")
    assert [bad.path for bad in written.skipped] == ["9/3.jpg"]
    assert len(snapshot(tmp_path / "out")) == written.files == 17


def test_more_than_the_disk_has_is_refused_before_anything_is_written(
    folder: Path, open_dataset: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = open_dataset(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**9, 10**9, 10**3))  # type: ignore[attr-defined]
    with pytest.raises(Problem, match="are 1 kB free"):
        write_to_folders(own.index, own.splits, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@given(st.text(max_size=300))
def test_safe_names_stay_within_their_folder(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert safe not in (".", "..")
    assert not set('<>:"/\\|?*\0') & set(safe)
    assert not safe.startswith((".", " "))
    assert not safe.endswith((".", " "))
    assert len(safe.encode()) <= 201
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("cat", "cat"),
        ("a/b", "a_b"),
        ("..", "_"),
        ("con.jpg", "_con.jpg"),
        (".git", "_.git"),
        ("x. ", "x"),
        ("é ü", "é ü"),
    ],
)
def test_safe_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_classes_with_odd_names_stay_apart(tmp_path: Path) -> None:
    def items() -> Iterable[Item]:
        for label in range(4):
            file = tmp_path / "in" / f"{label}.jpg"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(bytes([label]))
            yield Item(file.name, label, "train", 8, 8, 1, file.stat().st_mtime_ns)

    index = Index.of(tmp_path / "in", ("a/b", "A_b", "..", "a_b"), items())
    write_to_folders(index, Splits.of_places(index.labels * 0), tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out" / "train").iterdir()) == ["A_b (2)", "_", "a_b", "a_b (3)"]


def test_scanning_finds_no_sample_twice(folder: Path, open_dataset: Opener) -> None:
    own = open_dataset(folder)
    out = folder.parent / "beside"
    write_to_folders(own.index, own.splits, out)
    assert len(scan(out)) == len(scan(folder)) == 18
