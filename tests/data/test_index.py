"""The index: columns, finding, changing, and several sources as one."""

from __future__ import annotations

import gc
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.data.bad import Bad, BadFiles
from workbench.data.index import Index, Item, natural
from workbench.data.scanning.merging import merged
from workbench.data.scanning.packed import Packed, Packer
from workbench.data.scanning.reading import read_index
from workbench.data.scanning.scan import scan
from workbench.document.project import Change, DataSettings

NAMES = st.lists(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=20))


def index_of(*paths: str, root: str = "/a", classes: tuple[str, ...] = ("x", "y"), **more: object) -> Index:
    items = [Item(path, k % len(classes), None, 8, 9, 10 + k, 20 + k) for k, path in enumerate(paths)]
    return Index.of(Path(root), classes, items, **more)  # type: ignore[arg-type]


@given(NAMES)
def test_packed_names_are_the_names(names: list[str]) -> None:
    packed = Packed.of(names)
    assert list(packed) == names
    assert [packed[i] for i in range(len(names))] == names
    assert list(packed[1:-1]) == names[1:-1]
    assert list(packed[::-2]) == names[::-2]
    for name in names:
        assert packed.find(name) == names.index(name)
    assert packed.find("not there") is None
    packer = Packer()
    for name in names:
        packer.add(os.fsencode(name))
    assert packer.packed() == packed
    assert Packed.joined([packed, packed]) == Packed.of(names * 2)


@given(NAMES, st.randoms(use_true_random=False))
def test_names_can_be_taken_in_any_order(names: list[str], chance: object) -> None:
    rows = [chance.randrange(len(names)) for _ in range(len(names))]  # type: ignore[attr-defined]
    assert list(Packed.of(names).taken(np.array(rows, np.int64))) == [names[row] for row in rows]


def test_names_with_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["a", "b", "c"]
    monkeypatch.setattr(Packed, "hashes", property(lambda self: np.zeros(len(self), np.uint64)))
    assert Packed.of(names).find_all(["c", "x", "a", "b"]).tolist() == [2, -1, 0, 1]


def test_no_number_beyond_the_last() -> None:
    packed = Packed.of(["a", "b"])
    assert packed[-1] == "b"
    for i in (2, -3):
        with pytest.raises(IndexError):
            packed[i]


def test_items_are_made_on_demand() -> None:
    index = index_of("x/1.jpg", "y/2.jpg", "x/3.jpg")
    assert index.items[1] == Item("y/2.jpg", 1, None, 8, 9, 11, 21)
    assert [item.path for item in index.items[::2]] == ["x/1.jpg", "x/3.jpg"]
    assert index.find("x/3.jpg") == 2
    assert index.path(2) == "x/3.jpg"
    assert index.file(2) == Path("/a/x/3.jpg")
    with pytest.raises(IndexError):
        index.items[3]


def test_an_index_is_no_objects_for_the_collector() -> None:
    index = index_of(*(f"x/{k}.jpg" for k in range(20_000)))
    index.find("x/7.jpg")
    gc.collect()
    before = len(gc.get_objects())
    again = replace(index, labels=index.labels.copy())
    assert len(again.items) == 20_000
    assert len(gc.get_objects()) - before < 50


def test_bad_files_are_columns() -> None:
    rows = [Bad("a", "why"), Bad("b", "how"), Bad("c", "why")]
    bad = BadFiles.of(rows)
    assert list(bad) == rows
    assert bad == rows
    assert bad[1:] == rows[1:]
    more = [Bad("d", "when")]
    assert bad + more == rows + more
    assert bad.by_reason == {"why": 2, "how": 1}
    assert len(bad.reasons) == 2
    assert not BadFiles.of(())
    assert bad != rows[:2]


def test_changes_move_labels_and_splits_and_leave_the_order() -> None:
    index = index_of(*(f"{k}.jpg" for k in range(6)), classes=("9", "10"))
    changed = index.changed(
        {
            "0.jpg": Change(label="cats"),
            "2.jpg": Change(label="10", split="val"),
            "4.jpg": Change(label="10", excluded=True),
            "gone.jpg": Change(label="nobody"),
        }
    )
    assert changed.classes == ("10", "cats")
    assert [changed.classes[k] for k in changed.labels] == ["cats", "10", "10", "10", "10", "10"]
    assert changed.split_codes.tolist() == [-1, -1, 1, -1, -1, -1]
    assert changed.excluded is not None
    assert np.flatnonzero(changed.excluded).tolist() == [4]
    assert list(changed.paths) == list(index.paths)
    assert changed.contents == index.contents
    assert changed.fingerprint != index.fingerprint
    assert index.changed({}) == index.changed({"gone.jpg": Change(label="x")}) == index


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["a", "B", "c10", "c9"])), max_size=12))
def test_classes_after_changes_are_those_that_have_samples(changes: list[tuple[int, str]]) -> None:
    index = index_of(*(f"{k}.jpg" for k in range(8)), classes=("a", "c9"))
    wanted = {f"{k}.jpg": Change(label=label) for k, label in changes}
    changed = index.changed(wanted)
    words = [wanted[item.path].label if item.path in wanted else index.classes[item.label] for item in index.items]
    assert [changed.classes[k] for k in changed.labels] == words
    assert changed.classes == tuple(sorted({str(word) for word in words}, key=natural))


def test_several_sources_are_one_index(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for name, split in (("cats", "train"), ("dogs", "val")):
        shutil.copytree(folder / "9", other / split / name)
    (other / "train" / "cats" / "bad.jpg").write_bytes(b"")
    shutil.copytree(folder / "9", folder / "@2")
    index = read_index(DataSettings(source=str(folder), more=(str(other),)))
    assert index.classes == ("9", "10", "@2", "cats", "dogs")
    assert index.class_counts().tolist() == [8, 6, 8, 4 + 8, 8]
    assert index.roots == (folder.resolve(), other.resolve())
    assert all(index.file(i).is_file() for i in range(len(index)))
    assert all(index.file(i).stat().st_size == index.bytes[i] for i in range(len(index)))
    assert index.find("9/0.jpg") is not None
    assert index.find("@1/@2/0.jpg") is not None
    assert index.find("@2/train/cats/0.jpg") is not None
    assert [bad.path for bad in index.bad] == ["@2/train/cats/bad.jpg"]
    splits = {item.path.split("/")[1]: item.split for item in index.items if item.path.startswith("@2/")}
    assert splits == {"train": "train", "val": "val"}
    alone = scan(folder)
    assert alone.file(int(alone.find("@2/0.jpg") or 0)).is_file()


def test_a_list_beside_a_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("file,label\n" + "".join(f"pictures/9/{k}.jpg,new\n" for k in range(3)))
    index = read_index(DataSettings(source=str(folder), more=(str(tmp_path / "more.csv"),)))
    assert index.class_counts().tolist() == [8, 6, 4, 3]
    assert index.path(18) == "@2/pictures/9/0.jpg"
    assert index.file(18).is_file()


def test_one_class_each_is_enough(folder: Path, tmp_path: Path) -> None:
    for name in ("9", "cats"):
        shutil.copytree(folder / name, tmp_path / f"only {name}" / name)
    index = read_index(DataSettings(source=str(tmp_path / "only 9"), more=(str(tmp_path / "only cats"),)))
    assert index.class_counts().tolist() == [8, 4]
    with pytest.raises(Problem, match="one class only"):
        read_index(DataSettings(source=str(tmp_path / "only 9")))


def test_sources_that_overlap_or_differ_are_refused(folder: Path, tmp_path: Path) -> None:
    for more, words in (
        (folder, "twice"),
        (tmp_path / "pictures" / ".." / "pictures", "twice"),
        (folder / "cats", "lies inside"),
        (tmp_path, "lies inside"),
    ):
        with pytest.raises(Problem, match=words) as caught:
            read_index(DataSettings(source=str(folder), more=(str(more),)))
        assert caught.value.diagnostics[0].code == "data.twice"
    texts = tmp_path / "texts"
    for name in "ab":
        (texts / name).mkdir(parents=True)
        (texts / name / "1.txt").write_text("some words")
    with pytest.raises(Problem, match=r"holds pictures and .* texts") as caught:
        read_index(DataSettings(source=str(folder), more=(str(texts),)))
    assert caught.value.diagnostics[0].param == "more"


def test_progress_goes_on_through_all_sources(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "other")
    seen: list[tuple[int, int | None]] = []
    settings = DataSettings(source=str(folder), more=(str(tmp_path / "other"),))
    read_index(settings, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (36, 36)
    counted = [done for done, total in seen if total is not None]
    assert counted == sorted(counted)


def test_merging_one_is_that_one() -> None:
    index = index_of("a")
    assert merged([index], [Path("/a")]) is index
