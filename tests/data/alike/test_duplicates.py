"""Samples that are there twice, in folders: by their bytes, by their looks, and from one time to the next."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core.diagnostic import Problem
from workbench.core.paths import user_dir
from workbench.data.alike import duplicates as duplicates_module
from workbench.data.alike import hashes as hashes_module
from workbench.data.alike import prints as prints_module
from workbench.data.alike.duplicates import ALIKE_OF_FEW_PIXELS, Duplicates, duplicates, split_codes
from workbench.data.alike.hashes import likeness
from workbench.data.alike.near import ALIKE, WITHIN
from workbench.data.alike.prints import prints_of
from workbench.data.dataset import Dataset
from workbench.data.index import Index
from workbench.data.scanning.scan import scan
from workbench.data.splitting.splits import split
from workbench.data.unreadable import UnreadablePicture
from workbench.document.project import DataSettings


def names(index: Index, groups: object) -> list[list[str]]:
    return [[index.path(i) for i in group] for group in groups]  # type: ignore[attr-defined]


def read(index: Index, *, looks: bool = True) -> int:
    """How many files have to be read for the prints."""
    seen: list[int] = []
    prints_of(index, looks=looks, progress=lambda done, _total: seen.append(done))
    return seen[-1] if seen else 0


def as_large_as_another(index: Index) -> int:
    _sizes, counts = np.unique(index.bytes, return_counts=True)
    return int(counts[counts > 1].sum())


@pytest.fixture
def doubled(folder: Path) -> Path:
    """A copy in the same class, a copy in another class, and pictures saved again in another size and mirrored."""
    shutil.copy(folder / "9" / "0.jpg", folder / "9" / "copy.jpg")
    shutil.copy(folder / "9" / "1.jpg", folder / "cats" / "wrong.jpg")
    with Image.open(folder / "9" / "2.jpg") as image:
        image.resize((128, 96)).save(folder / "10" / "larger.png")
    with Image.open(folder / "cats" / "0.jpg") as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "cats" / "turned.jpg", quality=90)
    with Image.open(folder / "9" / "1.jpg") as image:
        image.save(folder / "9" / "again.jpg", quality=60)
    return folder


def test_equal_bytes(doubled: Path) -> None:
    index = scan(doubled)
    found = duplicates(index)
    assert names(index, found.groups) == [["9/0.jpg", "9/copy.jpg"], ["9/1.jpg", "cats/wrong.jpg"]]
    assert names(index, found.across_classes(index)) == [["9/1.jpg", "cats/wrong.jpg"]]
    assert not found.looked
    assert found.are_exact(found.alike).tolist() == [True, True]


def test_equal_looks(doubled: Path) -> None:
    index = scan(doubled)
    found = duplicates(index, looks=True)
    assert names(index, found.groups) == [["9/0.jpg", "9/copy.jpg"], ["9/1.jpg", "cats/wrong.jpg"]]
    assert names(index, found.alike) == [
        ["9/0.jpg", "9/copy.jpg"],
        ["9/1.jpg", "9/again.jpg", "cats/wrong.jpg"],
        ["9/2.jpg", "10/larger.png"],
        ["cats/0.jpg", "cats/turned.jpg"],
    ]
    assert found.are_exact(found.alike).tolist() == [True, False, False, False]
    turned = [index.path(int(i)) for i in found.alike.members[found.mirrored]]
    assert turned == ["cats/0.jpg", "cats/turned.jpg"]
    assert found.are_mirrored(found.alike).tolist() == [False, False, False, True]
    exact = np.isin(found.alike.members, found.exact.members)
    assert (found.distance[exact] == 0).all()
    assert (found.distance <= WITHIN).all()
    assert found.looked
    assert found.complete


def test_nothing_is_there_twice(folder: Path) -> None:
    found = duplicates(scan(folder), looks=True)
    assert (list(found.exact), list(found.alike), found.are_exact(found.alike).tolist()) == ([], [], [])


def test_equal_files_of_one_colour_are_equal_still(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (40, 40), "white").save(tmp_path / name / "blank.png")
        Image.new("RGB", (40, 40), (250, 250, 250)).save(tmp_path / name / f"nearly_{name}.png")
    index = scan(tmp_path)
    found = duplicates(index, looks=True)
    assert names(index, found.alike)[0] == ["a/blank.png", "b/blank.png"]
    assert found.are_exact(found.alike).all()


@pytest.mark.parametrize(("edge", "alike"), [(8, False), (64, True)])
def test_pictures_of_few_pixels_must_be_more_alike(tmp_path: Path, edge: int, alike: bool) -> None:
    """Two pictures that differ a little: with 64 pixels that is a copy, with 8 it may be another digit."""
    rng = np.random.default_rng(0)
    base = rng.integers(0, 256, (8, 8)).astype(float)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        pixels = np.clip(base + rng.normal(0, 10, base.shape), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).resize((edge, edge), Image.Resampling.BILINEAR).save(tmp_path / name / "1.png")
    index = scan(tmp_path)
    small = prints_of(index, looks=True).small
    assert ALIKE <= float(likeness(small[:1], small[1:])[0]) < ALIKE_OF_FEW_PIXELS
    assert len(duplicates(index, looks=True).alike) == alike


@pytest.mark.parametrize("looks", [True, False])
def test_only_what_is_new_is_read_again(doubled: Path, looks: bool) -> None:
    first = scan(doubled)
    assert read(first, looks=looks) == (len(first) if looks else as_large_as_another(first))
    assert read(scan(doubled), looks=looks) == 0
    shutil.copy(doubled / "9" / "3.jpg", doubled / "9" / "new.jpg")
    changed = doubled / "9" / "4.jpg"
    os.utime(changed, ns=(1, 1))
    grown = scan(doubled)
    assert 2 <= read(grown, looks=looks) <= 3  # the copy, what is as large as it, and the file that was changed
    fresh = duplicates(grown, looks=looks)
    assert ["9/3.jpg", "9/new.jpg"] in names(grown, fresh.exact)


def test_prints_without_looks_do_not_replace_those_with_them(doubled: Path) -> None:
    index = scan(doubled)
    read(index)
    shutil.copy(doubled / "9" / "3.jpg", doubled / "9" / "new.jpg")
    grown = scan(doubled)
    duplicates(grown)
    assert read(grown) == 1


def test_a_cancelled_look_is_not_lost(doubled: Path) -> None:
    index = scan(doubled)

    def after_the_first(_done: int, _total: int | None) -> None:
        raise Problem.of("data.cancelled", "Enough.")

    with pytest.raises(Problem):
        prints_of(index, looks=True, progress=after_the_first)
    assert read(index) < len(index)


def test_it_can_be_cancelled(doubled: Path) -> None:
    with pytest.raises(Problem) as refused:
        duplicates(scan(doubled), looks=True, cancelled=lambda: True)
    assert refused.value.diagnostics[0].code == "data.cancelled"


@pytest.mark.parametrize("spoil", ["cut", "other", "array"])
def test_spoilt_prints_are_taken_anew(doubled: Path, spoil: str) -> None:
    index = scan(doubled)
    read(index)
    (kept,) = (user_dir("cache") / "prints").iterdir()
    match spoil:
        case "cut":
            kept.write_bytes(kept.read_bytes()[:300])
        case "other":
            kept.write_bytes(b"something else")
        case "array":
            with np.load(kept) as columns:
                halved = {name: columns[name] for name in columns.files} | {"hashes": np.zeros(3, np.uint64)}
            np.savez(kept, **halved)
    assert read(index) == len(index)
    assert len(duplicates(index, looks=True).alike) == 4


def test_prints_do_not_fill_the_disk(doubled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prints_module, "MOST_DISK", 20_000)
    folder = user_dir("cache") / "prints"
    for k in range(5):
        copy = tmp_path / f"copy_{k}"
        shutil.copytree(doubled, copy)
        read(scan(copy))
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 20_000
    assert read(scan(tmp_path / "copy_4")) == 0


def test_what_was_found_is_kept(doubled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = scan(doubled)
    first = duplicates(index, looks=True)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("nothing is read again")

    monkeypatch.setattr(duplicates_module, "prints_of", never)
    again = duplicates(scan(doubled), looks=True)
    for name in ("exact", "alike"):
        assert list(getattr(first, name)) == list(getattr(again, name))
    assert (first.distance.tolist(), first.mirrored.tolist()) == (again.distance.tolist(), again.mirrored.tolist())
    assert again.looked
    assert again.complete
    with pytest.raises(AssertionError):
        duplicates(index)  # bytes alone are another question


@pytest.mark.parametrize("column", ["alike", "exact_starts", "distance", "complete"])
def test_spoilt_results_are_worked_out_anew(doubled: Path, column: str) -> None:
    index = scan(doubled)
    first = duplicates(index, looks=True)
    for path in (user_dir("cache") / "prints").iterdir():
        with np.load(path) as kept:
            columns = {name: kept[name] for name in kept.files}
        if column in columns:
            columns[column] = columns[column] + 1000 if column == "alike" else np.arange(3)
            if column == "complete":
                del columns[column]
            np.savez(path, **columns)
    assert list(duplicates(index, looks=True).alike) == list(first.alike)


def test_a_file_that_went_away_is_nobodys_double(doubled: Path) -> None:
    index = scan(doubled)
    (doubled / "9" / "copy.jpg").unlink()
    (doubled / "9" / "again.jpg").write_bytes(b"changed meanwhile")
    found = duplicates(index, looks=True)
    assert ["9/1.jpg", "cats/wrong.jpg"] in names(index, found.alike)
    assert not any("9/copy.jpg" in group for group in names(index, found.alike))


def test_where_groups_stand(doubled: Path) -> None:
    index = scan(doubled)
    found = duplicates(index, looks=True)
    splits = split(index, DataSettings(source=str(doubled), validation=0.4))
    codes = split_codes(splits, len(index))
    assert [len(part) for part in (splits.train, splits.val, splits.test)] == np.bincount(codes, minlength=3).tolist()
    expected = [len({int(codes[i]) for i in group}) > 1 for group in found.alike]
    assert found.alike.differ(codes).tolist() == expected
    assert any(expected)


def test_facts_are_plain_json(doubled: Path) -> None:
    index = scan(doubled)
    splits = split(index, DataSettings(source=str(doubled), validation=0.4))
    found = duplicates(index, looks=True)
    facts = found.facts(index, splits)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["duplicates"] == [["9/0.jpg", "9/copy.jpg"], ["9/1.jpg", "cats/wrong.jpg"]]
    assert facts["near_duplicates"] == names(index, found.alike)[1:]
    assert facts["across_classes"] == [["9/1.jpg", "9/again.jpg", "cats/wrong.jpg"], ["9/2.jpg", "10/larger.png"]]
    crossing = found.alike.differ(split_codes(splits, len(index)))
    assert facts["across_splits"] == names(index, found.alike.take(crossing))
    assert duplicates(index).facts(index, splits)["near_duplicates"] is None


def test_pictures_that_cannot_be_decoded_are_compared_by_their_bytes(doubled: Path) -> None:
    """A scan reads headers; what is behind them may be spoilt."""
    index = scan(doubled)
    spoilt = index.find("9/5.jpg")
    assert spoilt is not None

    def grey(data: bytes) -> object:
        if data == index.read(spoilt):
            raise UnreadablePicture("The picture is damaged.")
        return hashes_module.grey(data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prints_module, "grey", grey)
        prints = prints_of(index, looks=True)
    assert prints.read.all()
    assert np.flatnonzero(~prints.seen).tolist() == [spoilt]
    assert read(index) == 0
    assert len(duplicates(index, looks=True).alike) == 4


def test_rows_of_a_table_are_compared_by_their_text(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    rows = [f"{k},{k * 2},{'yes' if k % 2 else 'no'}" for k in range(30)]
    table.write_text("a,b,label\n" + "\n".join([*rows, rows[3], rows[7].replace("yes", "no")]))  # no end of line
    with Dataset.open(DataSettings(source=str(table))) as dataset:
        assert dataset.index.kind == "table"
        found = duplicates(dataset.index, looks=True)
        assert names(dataset.index, found.exact) == [["table.csv#5", "table.csv#32"]]
        assert not found.looked


def test_other_kinds_are_compared_by_their_bytes(tmp_path: Path) -> None:
    for name, words in (("good", "well done"), ("bad", "not so well")):
        (tmp_path / name).mkdir()
        for k in range(5):
            (tmp_path / name / f"{k}.txt").write_text(f"{words}, {k} times")
    (tmp_path / "bad" / "copy.txt").write_text("well done, 2 times")
    with Dataset.open(DataSettings(source=str(tmp_path))) as dataset:
        assert dataset.index.kind == "text"
        found = duplicates(dataset.index, looks=True)
        assert names(dataset.index, found.across_classes(dataset.index)) == [["bad/copy.txt", "good/2.txt"]]


def test_none() -> None:
    nothing = Duplicates.none()
    assert (nothing.groups, list(nothing.alike)) == ((), [])
