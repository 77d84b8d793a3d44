"""Splits: stratified, seeded, exact, and little moved by new files."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.data.index import Index, Item
from workbench.data.scanning.scan import scan
from workbench.data.splitting.splits import split
from workbench.document.project import DataSettings


def index_of(*sizes: int, splits: str = "") -> Index:
    """An index of classes with so many pictures; `splits` gives folder splits ("t", "v", "x") in turn."""
    names = {"t": "train", "v": "val", "x": "test"}
    items = [
        Item(f"{c}/{k}.png", c, names[splits[k % len(splits)]] if splits else None, 8, 8, 1, 1)
        for c, n in enumerate(sizes)
        for k in range(n)
    ]
    return Index.of(Path("/nowhere"), tuple(str(c) for c in range(len(sizes))), items)


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=8),
    st.floats(0, 0.9),
    st.floats(0, 0.9),
    st.integers(0, 5),
)
def test_every_picture_is_in_one_split_and_every_class_is_served(
    sizes: list[int], validation: float, test: float, seed: int
) -> None:
    settings = DataSettings(validation=validation, test=test, seed=seed)
    index = index_of(*sizes)
    if validation + test >= 1:
        with pytest.raises(Problem, match="none are left"):
            split(index, settings)
        return
    splits = split(index, settings)
    assert splits["all"].tolist() == list(range(len(index)))
    assert sum(splits.counts.values()) == len(index)
    for part in (splits.train, splits.val, splits.test):
        assert part.dtype == np.int64
        assert (np.diff(part) > 0).all()
    train, val, tested = (index.class_counts(p) for p in (splits.train, splits.val, splits.test))
    for c, n in enumerate(sizes):
        assert train[c] >= 1
        assert (val[c] >= 1) == (n >= 2 and validation > 0) or n < 2 or validation == 0
        if n >= 3 and test > 0 and validation < 0.5:
            assert tested[c] >= 1
    if validation == 0:
        assert not len(splits.val)
    if test == 0:
        assert not len(splits.test)


@given(st.lists(st.integers(10, 60), min_size=2, max_size=8), st.sampled_from([0.1, 0.2, 0.25, 0.3]))
def test_the_share_is_exact(sizes: list[int], share: float) -> None:
    index = index_of(*sizes)
    splits = split(index, DataSettings(validation=share, test=share))
    expected = round(sum(sizes) * share)
    assert abs(len(splits.val) - expected) <= 1e-9 + (abs(sum(sizes) * share % 1 - 0.5) < 1e-6)
    assert len(splits.test) == len(splits.val)
    for c, n in enumerate(sizes):
        assert abs(index.class_counts(splits.val)[c] - n * share) < 1


def test_seeds_differ_and_repeat() -> None:
    index = index_of(50, 50)
    first = split(index, DataSettings(seed=1))
    assert np.array_equal(first.val, split(index, DataSettings(seed=1)).val)
    assert not np.array_equal(first.val, split(index, DataSettings(seed=2)).val)


def test_new_files_move_few_of_the_old() -> None:
    before = index_of(200, 200)
    more = [replace(item, path=item.path.replace(".png", "b.png")) for item in before.items[:20]]
    after = Index.of(before.root, before.classes, sorted((*before.items, *more), key=lambda i: (i.label, i.path)))
    settings = DataSettings(validation=0.2, test=0.1)

    def places(index: Index) -> dict[str, str]:
        splits = split(index, settings)
        return {index.path(i): name for name in splits.counts for i in splits[name]}

    old, new = places(before), places(after)
    moved = [path for path, name in old.items() if new[path] != name]
    assert len(moved) <= 12


def test_folder_splits_stand() -> None:
    splits = split(index_of(12, 12, splits="tttvvx"), DataSettings(validation=0.5, test=0.4))
    assert splits.counts == {"train": 12, "val": 8, "test": 4}


def test_what_the_folder_lacks_is_taken_from_training() -> None:
    index = index_of(20, 20, splits="ttttx")
    splits = split(index, DataSettings(validation=0.25, test=0.5))
    assert splits.counts == {"train": 24, "val": 8, "test": 8}
    assert index.split_codes[splits.val].tolist() == [0] * len(splits.val)


@pytest.mark.parametrize(
    "settings",
    [
        DataSettings(validation=1.0),
        DataSettings(validation=-0.1),
        DataSettings(test=float("nan")),
        DataSettings(validation=0.6, test=0.5),
    ],
)
def test_shares_that_cannot_be(settings: DataSettings) -> None:
    with pytest.raises(Problem) as caught:
        split(index_of(5, 5), settings)
    assert caught.value.diagnostics[0].code == "data.shares"
    assert caught.value.diagnostics[0].param in ("validation", "test")


def test_unknown_split_is_named() -> None:
    with pytest.raises(Problem, match="dev"):
        split(index_of(5, 5), DataSettings())["dev"]


def test_on_a_real_folder(folder: Path) -> None:
    index = scan(folder)
    splits = split(index, DataSettings(validation=0.5))
    assert index.class_counts(splits.val).tolist() == [4, 3, 2]
    shutil.rmtree(folder / "cats")
    assert scan(folder).classes == ("9", "10")
