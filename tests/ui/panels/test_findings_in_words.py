"""What the findings say of classes and sizes, over data of every shape."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data.index import Index, Item
from workbench.data.splitting.splits import split
from workbench.document.project import Change, DataSettings
from workbench.ui.datasets.findings.balance import Balance, in_short, sentence
from workbench.ui.datasets.findings.sizes import Sizes


def dataset(items: list[Item], classes: list[str], excluded: tuple[str, ...] = ()) -> Any:
    """What the two ask of a data set: an index and its splits."""
    index = Index.of(Path("/somewhere"), classes, items)
    settings = DataSettings(changes={path: Change(excluded=True) for path in excluded})
    changed = index.changed(settings.changes)
    return SimpleNamespace(index=changed, splits=split(index, settings, changed=changed))


def classes_of(sizes: list[int], excluded: tuple[str, ...] = ()) -> Any:
    items = [Item(f"{c}/{k}.png", c, None, 10, 10, 100, 0) for c, size in enumerate(sizes) for k in range(size)]
    return dataset(items, [f"class {c}" for c in range(len(sizes))], excluded)


def pictures_of(sizes: list[tuple[int, int]]) -> Any:
    items = [Item(f"a/{k}.png", k % 2, None, w, h, 100, 0) for k, (w, h) in enumerate(sizes)]
    return dataset(items, ["a", "b"])


@given(st.lists(st.integers(1, 12), min_size=2, max_size=12))
def test_balance_counts_what_is_there(sizes: list[int]) -> None:
    data = classes_of(sizes)
    balance = Balance.of(data)
    assert balance.totals.tolist() == sizes
    assert balance.ratio == max(sizes) / min(sizes)
    for label, size in enumerate(sizes):
        members = balance.of_class(label)
        assert members.tolist() == np.flatnonzero(data.index.labels == label).tolist()
        shown = balance.shown(label)
        assert len(shown) == len(set(shown)) == min(4, size)
        assert set(shown) <= set(members.tolist())
    for by in ("most", "fewest"):
        ordered = balance.totals[balance.order(by)]
        assert ordered.tolist() == sorted(sizes, reverse=by == "most")
    assert balance.order("name").tolist() == list(range(len(sizes)))


def test_excluded_samples_do_not_count() -> None:
    balance = Balance.of(classes_of([5, 2], ("0/0.png", "0/1.png", "1/0.png", "1/1.png")))
    assert balance.totals.tolist() == [3, 0]
    assert balance.words(1) == "none in use"
    assert in_short(balance, "picture") == (False, "1 class without a picture in use")
    assert sentence(balance, "picture").endswith("a class without a picture cannot be learned.")


@pytest.mark.parametrize(
    ("sizes", "good", "short", "told"),
    [
        ([8, 8], True, "2 classes, 8 pictures each", "16 pictures in 2 classes. Each class has 8 pictures."),
        ([10, 9], True, "2 classes, 9 to 10 pictures each", "nearly even."),
        ([15, 10], True, "2 classes, 10 to 15 pictures each", "fairly even, 1.5 times as many."),
        (
            [8, 8, 2],
            False,
            "The largest is 4 times the smallest",
            "What is rare is learned last. Balancing the classes ",
        ),
        ([90, 3, 3], False, "The largest is 30 times the smallest", "would be right for 94 %. Balancing the classes "),
    ],
)
def test_balance_in_words(sizes: list[int], good: bool, short: str, told: str) -> None:
    balance = Balance.of(classes_of(sizes))
    assert in_short(balance, "picture") == (good, short)
    assert told in sentence(balance, "picture")


@given(st.lists(st.tuples(st.integers(1, 60_000), st.integers(1, 60_000)), min_size=4, max_size=30))
def test_every_picture_is_in_the_bin_that_says_so(sizes: list[tuple[int, int]]) -> None:
    found = Sizes.of(pictures_of(sizes))
    longer, ratios = found.longer_sides(), found.ratios()
    for bins in (longer, ratios):
        assert len(bins.labels) == len(bins.words) == len(bins.counts)
        assert bins.counts.sum() == len(sizes)
        assert sum(len(bins.samples(place)) for place in range(len(bins.labels))) == len(sizes)
    for place, words in enumerate(longer.words):
        ends = [int(part.replace(",", "")) for part in words.removesuffix("s").removesuffix(" pixel").split(" to ")]
        for i in longer.samples(place).tolist():
            assert ends[0] <= max(sizes[i]) <= ends[-1]
    assert {"4:5", "1:1", "5:4"} <= set(ratios.labels)


@pytest.mark.parametrize(
    ("size", "name"),
    [
        ((100, 100), "1:1"),
        ((640, 480), "4:3"),
        ((1080, 1920), "9:16"),
        ((3000, 1000), "wider"),
        ((300, 1000), "taller"),
    ],
)
def test_shapes_have_their_names(size: tuple[int, int], name: str) -> None:
    ratios = Sizes.of(pictures_of([size] * 6)).ratios()
    assert ratios.counts[ratios.labels.index(name)] == 6


def test_sizes_in_words() -> None:
    same = Sizes.of(pictures_of([(64, 48)] * 6))
    assert same.sentence((32, 32)) == "All pictures have 64 × 48 pixels."
    assert same.in_short() == "All 64 × 48 pixels"
    mixed = Sizes.of(pictures_of([(64, 48)] * 6 + [(10, 20), (2000, 1000)]))
    assert mixed.sentence((32, 32)) == (
        "6 pictures of 8 have 64 × 48 pixels; the smallest has 10 × 20, the largest 2,000 × 1,000. "
        "1 picture is smaller than the 32 × 32 the network takes, and will be enlarged."
    )
    assert mixed.in_short() == "Sides of 10 to 2,000 pixels"
    every = Sizes.of(pictures_of([(20 + k, 30) for k in range(12)]))
    assert every.sentence(None).startswith("The pictures have 12 different sizes; the smallest has 20 × 30")
