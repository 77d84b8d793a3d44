"""Sifting and sorting by columns, and where tiles stand: held against the plain way of doing it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.data.scanning.packed import Packed
from workbench.ui.datasets.browser.columns import Columns, Names
from workbench.ui.datasets.browser.layout import HEADING, SPACE, Layout, fitted
from workbench.ui.datasets.browser.query import SORTS, Query, find
from workbench.ui.datasets.browser.selection import Selection

CLASSES = ("cat", "Dog", "owl")
names = st.text(st.characters(min_codepoint=32, max_codepoint=0x17F, exclude_characters="/\0"), min_size=0, max_size=6)


@st.composite
def columns(draw: st.DrawFn) -> Columns:
    paths = draw(st.lists(st.builds("{}/{}".format, st.sampled_from("xyz"), names), max_size=30))
    count = len(paths)
    chance = np.random.default_rng(draw(st.integers(0, 99)))
    predicted = chance.integers(-1, 3, count).astype(np.int32)
    values = chance.choice(np.array([0.1, 0.5, 0.5, 2.0], np.float32), count)
    return Columns(
        CLASSES,
        Names(Packed.of(paths)),
        chance.integers(0, 3, count),
        chance.integers(0, 4, count).astype(np.int8),
        chance.integers(1, 9, (count, 2)).astype(np.int32),
        chance.integers(0, 5, count),
        np.where(predicted < 0, np.float32(np.nan), values),
        np.where(predicted < 0, np.float32(np.nan), values),
        predicted,
    )


queries = st.builds(
    Query,
    text=st.one_of(st.just(""), names, st.sampled_from(["x/", "do", "OWL", "x o"])),
    classes=st.frozensets(st.sampled_from([*CLASSES, "gone"]), max_size=2),
    split=st.sampled_from(["", "train", "val", "test", "excluded"]),
    wrong=st.booleans(),
    smallest=st.integers(0, 6),
    largest=st.integers(0, 6),
    sort=st.sampled_from([name for name, _title, _first in SORTS]),
    descending=st.booleans(),
)


def lowered(text: str) -> str:
    """A to Z in small letters, and nothing else."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def fits(c: Columns, q: Query, i: int) -> bool:
    label = CLASSES[c.labels[i]]
    path = c.names[i]
    words = all(lowered(w) in lowered(path) or w.casefold() in label.casefold() for w in q.text.split())
    side = min(c.shapes[i])
    return bool(
        words
        and (not q.classes or label in q.classes)
        and (not q.split or ("train", "val", "test", "excluded")[c.splits[i]] == q.split)
        and (not q.wrong or (c.predicted[i] >= 0 and c.predicted[i] != c.labels[i]))
        and side >= q.smallest
        and (not q.largest or side <= q.largest)
    )


@given(columns(), queries)
def test_what_is_found_is_what_fits(c: Columns, q: Query) -> None:
    found = find(c, q)
    assert sorted(found.numbers.tolist()) == [i for i in range(len(c)) if fits(c, q, i)]


@given(columns(), st.sampled_from([name for name, _t, _f in SORTS]), st.booleans())
def test_the_order_is_stable_and_what_is_unknown_comes_last(c: Columns, sort: str, descending: bool) -> None:
    found = find(c, Query(sort=sort, descending=descending))
    by = {"class": c.labels, "split": c.splits, "pixels": c.pixels, "bytes": c.bytes}
    by |= {"loss": c.loss, "confidence": c.confidence, "name": np.arange(len(c))}
    sign = -1 if descending else 1
    key = [(bool(np.isnan(v)), 0 if np.isnan(v) else sign * float(v)) for v in by[sort]]
    assert found.numbers.tolist() == sorted(range(len(c)), key=lambda i: key[i])


@given(columns(), st.booleans())
def test_groups_are_the_classes_in_the_order_they_come(c: Columns, descending: bool) -> None:
    found = find(c, Query(sort="class", descending=descending))
    bounds = [*found.starts.tolist(), len(found)]
    for title, begin, end in zip(found.titles, bounds, bounds[1:], strict=False):
        assert {CLASSES[label] for label in c.labels[found.numbers[begin:end]]} == {title}
    assert len(set(found.titles)) == len(found.titles)


def test_those_that_were_chosen_elsewhere_keep_their_order() -> None:
    c = Columns(
        CLASSES,
        Names(Packed.of(["a/1", "a/2", "a/3"])),
        np.array([0, 1, 0]),
        np.zeros(3, np.int8),
        np.ones((3, 2), np.int32),
        np.ones(3, np.int64),
        *(np.full(3, np.nan, np.float32),) * 2,
        np.full(3, -1, np.int32),
    )
    found = find(c, Query(), np.array([2, 0, 1]))
    assert found.numbers.tolist() == [2, 0, 1]
    assert found.titles == ()
    assert find(c, Query(text="3"), np.array([2, 0])).numbers.tolist() == [2]


def test_a_name_is_found_by_how_it_begins() -> None:
    known = Names(Packed.of(["b/IMG_2.png", "img/a.png", "b/img_1.png"]))
    assert known.beginning("img", np.array([0, 1, 2])) == 0
    assert known.beginning("IMG_1", np.array([1, 2, 0])) == 1
    assert known.beginning("zzz", np.array([0, 1, 2])) is None


layouts = st.builds(
    lambda sizes, grouped, width, tile: (sizes, grouped, width, tile),
    st.lists(st.integers(1, 40), min_size=0, max_size=6),
    st.booleans(),
    st.integers(20, 700),
    st.integers(16, 120),
)


def laid_out(sizes: list[int], grouped: bool, width: int, tile: int) -> Layout:
    starts = np.cumsum([0, *sizes])[:-1] if grouped else np.zeros(0, np.int64)
    width = max(width, tile)
    tile = fitted(width, tile)
    return Layout(sum(sizes), starts.astype(np.int64), width, tile, tile + 20)


@given(layouts)
def test_tiles_do_not_touch_and_stay_inside(given_: tuple[list[int], bool, int, int]) -> None:
    layout = laid_out(*given_)
    corners = [layout.corner(place) for place in range(layout.count)]
    for x, y in corners:
        assert 0 <= x <= layout.width - layout.tile
        assert y + layout.height <= layout.bottom
    for (x, y), (x2, y2) in pairwise(corners):
        assert (y2 == y and x2 >= x + layout.tile + SPACE) or (x2 == 0 and y2 >= y + layout.pitch)
    for group in range(len(layout.starts)):
        if layout.heading and layout.count:
            first = layout.corner(int(layout.starts[group]))
            assert first[1] == layout.heading_top(group) + HEADING


@given(st.integers(1, 4000), st.integers(16, 300))
def test_tiles_grow_until_they_fill_the_width(width: int, wished: int) -> None:
    tile = fitted(width, wished)
    columns = (width + SPACE) // (tile + SPACE)
    assert wished <= tile <= wished * 1.5
    if width >= wished:
        assert columns == max(1, (width + SPACE) // (wished + SPACE))
        left_over = width - (columns * (tile + SPACE) - SPACE)
        assert left_over < columns or tile == wished * 3 // 2


@given(layouts, st.integers(-20, 4000), st.integers(1, 900))
def test_what_is_in_a_band_is_what_reaches_into_it(
    given_: tuple[list[int], bool, int, int], top: int, height: int
) -> None:
    layout = laid_out(*given_)
    bottom = top + height
    within = {place for first, end, _y in layout.within(top, bottom) for place in range(first, end)}
    touching = set()
    for place in range(layout.count):
        y = layout.corner(place)[1]
        if y < bottom and y + layout.height > top:
            touching.add(place)
    assert touching <= within
    assert layout.touched(0, top, layout.width, bottom).tolist() == sorted(touching)
    headings = {g for g in range(len(layout.starts)) if layout.heading and layout.count
                and layout.heading_top(g) < bottom and layout.heading_top(g) + HEADING > top}  # fmt: skip
    assert set(layout.headings_within(top, bottom)) == headings


@given(layouts)
def test_a_point_on_a_tile_is_that_tile(given_: tuple[list[int], bool, int, int]) -> None:
    layout = laid_out(*given_)
    for place in range(layout.count):
        x, y = layout.corner(place)
        assert layout.at(x + layout.tile // 2, y + layout.height - 1) == place
        assert layout.at(x + layout.tile // 2, y + layout.height) != place


@given(layouts, st.integers(-7, 7))
def test_rows_up_and_down_stay_near_the_column(given_: tuple[list[int], bool, int, int], rows: int) -> None:
    layout = laid_out(*given_)
    for place in range(layout.count):
        there = layout.moved(place, rows)
        assert 0 <= there < layout.count
        x, y = layout.corner(place)
        x2, y2 = layout.corner(there)
        assert x2 <= x
        if rows:
            assert (y2 - y) * rows >= 0
        if rows == 1 and y2 == y:  # the last row
            assert y == max(layout.corner(p)[1] for p in range(layout.count))


def test_the_choice_survives_sorting_and_forgets_what_is_gone() -> None:
    chosen = Selection(6)
    chosen.only(2)
    chosen.choose(np.array([4, 5]), add=True)
    assert chosen.numbers.tolist() == [2, 4, 5]
    assert 4 in chosen
    assert not chosen.restrict(np.array([5, 4, 2, 0]))
    assert chosen.restrict(np.array([5, 0]))
    assert chosen.numbers.tolist() == [5]
    assert chosen.current is None
    chosen.toggle(5)
    assert len(chosen) == 0
    assert chosen.current == 5
