"""Groups are never divided, folds validate every sample once, and neither depends on what else is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.data.index import Index, Item
from workbench.data.splitting.grouping import groups_of, matcher, pattern_fault, rule_of, stem
from workbench.data.splitting.splits import Drawing, Splits, split
from workbench.document.project import Change, DataSettings

PLACES = ("train", "val", "test")


def index_of(paths: Sequence[str], folders: Sequence[str | None] = ()) -> Index:
    """An index of files in class folders, classes sorted; `folders` are the splits the folder says, by path."""
    classes = sorted({path.split("/")[0] for path in paths})
    said = list(folders) or [None] * len(paths)
    items = [
        Item(path, classes.index(path.split("/")[0]), split, 8, 8, 1, 1)
        for path, split in zip(paths, said, strict=True)
    ]
    return Index.of(Path("/nowhere"), classes, items)


def places(splits: Splits, n: int) -> list[str]:
    found = [""] * n
    for name in (*PLACES, "excluded"):
        for i in splits[name].tolist():
            assert not found[i]
            found[i] = name
    return found


def sides(index: Index, splits: Splits, group_of: dict[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for i, place in enumerate(places(splits, len(index))):
        found.setdefault(group_of[index.path(i)], set()).add(place)
    return found


grouped = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12)), min_size=3, max_size=120)


def by_name(pairs: list[tuple[str, int]]) -> tuple[Index, dict[str, str]]:
    paths = [f"{c}/p{g}_{k}.png" for k, (c, g) in enumerate(pairs)]
    return index_of(paths), {path: path.split("/")[1].split("_")[0] for path in paths}


@given(grouped, st.floats(0, 0.5), st.floats(0, 0.4), st.integers(0, 3))
@settings(max_examples=150)
def test_a_group_stands_on_one_side(pairs: list[tuple[str, int]], validation: float, test: float, seed: int) -> None:
    index, group_of = by_name(pairs)
    found = split(
        index,
        DataSettings(validation=validation, test=test, seed=seed, group_by="name", group_pattern="{group}_*"),
    )
    found_sides = sides(index, found, group_of)
    assert all(len(side) == 1 for side in found_sides.values())
    for name, share in (("val", validation), ("test", test)):
        if share == 0:
            assert not len(found[name])
    if validation and len(found_sides) >= 3:
        assert len(found.val)
    assert len(found.train)


@given(grouped, st.integers(2, 6), st.sampled_from([0.0, 0.2]), st.booleans())
@settings(max_examples=150)
def test_every_sample_validates_once_over_the_folds(
    pairs: list[tuple[str, int]], folds: int, test: float, in_groups: bool
) -> None:
    index, group_of = by_name(pairs)
    rule = {"group_by": "name", "group_pattern": "{group}_*"} if in_groups else {}
    drawing = Drawing(index)
    try:
        found = [
            split(index, DataSettings(folds=folds, fold=k, test=test, **rule), drawing=drawing) for k in range(folds)
        ]
    except Problem:  # too few of them, some of which are kept for testing
        assert test or (len(set(group_of.values())) if in_groups else len(index)) < folds
        return
    assert all(np.array_equal(one.test, found[0].test) for one in found)
    validated = np.sort(np.concatenate([one.val for one in found]))
    assert validated.tolist() == np.setdiff1d(np.arange(len(index)), found[0].test).tolist()
    for one in found:
        assert len(one.val)
        if in_groups:
            assert all(len(side) == 1 for side in sides(index, one, group_of).values())
        else:
            counts = np.stack([index.class_counts(f.val) for f in found])
            assert (counts.max(0) - counts.min(0)).max() <= 1
            assert np.ptp(counts.sum(1)) <= 1


def test_shares_of_many_groups_are_stratified() -> None:
    """Two hundred groups of one to nine, in classes of 600, 300 and 100: near the share in every class."""
    rng = np.random.default_rng(0)
    paths = []
    for name, n in (("a", 600), ("b", 300), ("c", 100)):
        left, g = n, 0
        while left:
            size = min(left, int(rng.integers(1, 10)))
            paths += [f"{name}/{name}{g}/{k}.png" for k in range(size)]
            left, g = left - size, g + 1
    index = index_of(paths)
    found = split(index, DataSettings(validation=0.2, test=0.1, group_by="folder"))
    for part, share in ((found.val, 0.2), (found.test, 0.1)):
        assert np.abs(index.class_counts(part) - share * np.array([600, 300, 100])).max() <= 3


def test_one_patient_in_two_classes_is_one_group() -> None:
    paths = [f"{c}/p{g}/{k}.png" for c in ("ill", "well") for g in range(20) for k in range(3)]
    index = index_of(paths)
    found = split(index, DataSettings(validation=0.25, group_by="folder"))
    assert all(len(s) == 1 for s in sides(index, found, {p: p.split("/")[1] for p in paths}).values())
    assert index.class_counts(found.val).tolist() == [15, 15]


def test_folders_on_levels_and_below_splits() -> None:
    index = index_of(["a/s1/p1/1.png", "a/s2/p1/2.png", "a/s1/3.png", "b/4.png"])
    first, second = (groups_of(index, ("folder", level, "")) for level in (1, 2))
    assert (first.names, first.codes.tolist(), first.alone) == (("s1", "s2"), [0, 1, 0, 2], 1)
    assert (second.names, second.sizes.tolist(), second.alone) == (("s1/p1", "s2/p1"), [1, 1], 2)
    items = [Item(p, 0, s, 8, 8, 1, 1) for p, s in (("train/a/p1/1.png", "train"), ("Val/a/p1/2.png", "val"))]
    assert groups_of(Index.of(Path("/nowhere"), ("a",), items), ("folder", 1, "")).names == ("p1",)
    items = [Item(p, 0, None, 8, 8, 1, 1) for p in ("a/p1/1.png", "@2/a/p1/1.png", "@2/a/p2/1.png")]
    assert groups_of(Index.of([Path("/x"), Path("/y")], ("a",), items), ("folder", 1, "")).sizes.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("pattern", "name", "group"),
    [
        ("{group}_*", "p1_003", "p1"),
        ("{group}_*", "_003", ""),
        ("{group}_*", "p1", ""),
        ("*_{group}", "a_b_c", "b_c"),
        ("scan {group}", "scan 12", "12"),
        ("{group}", "abc", "abc"),
        ("v*-{group}-*", "v1-cat-3", "cat"),
        ("a{group}a", "aa", ""),
        ("a{group}a", "aba", "b"),
        ("{group}_*_x", "p_x", ""),
        ("{group}_*x", "p_x", "p"),
        ("*.{group}.*", "1.é.2", "é"),
        ("[a-z]+{group}", "[a-z]+1", "1"),
    ],
)
def test_patterns(pattern: str, name: str, group: str) -> None:
    assert pattern_fault(pattern) is None
    assert matcher(pattern)(name) == group


@pytest.mark.parametrize(
    "pattern", ["", "a", "*", "*{group}", "{group}*", "a**{group}", "{group}{group}", "{group}_{group}"]
)
def test_patterns_that_cannot_be(pattern: str) -> None:
    fault = pattern_fault(pattern)
    assert fault is not None
    assert fault.param == "group_pattern"
    settings_ = DataSettings(group_by="name", group_pattern=pattern)
    if not pattern:
        assert rule_of(settings_) is None  # there are no groups yet; the data set says so
        return
    with pytest.raises(Problem):
        split(index_of(["a/1.png", "b/1.png"]), settings_)


@given(st.text("ab*", max_size=8), st.text("ab*", max_size=8), st.text("ab", max_size=14))
@settings(max_examples=400)
def test_patterns_fit_what_a_regular_expression_fits(before: str, after: str, name: str) -> None:
    import re

    pattern = before + "{group}" + after
    if pattern_fault(pattern) is not None:
        return
    found = matcher(pattern)(name)
    likewise = re.fullmatch(
        "(?:.*?)".join(map(re.escape, before.split("*"))) + "(.+?)" + ".*?".join(map(re.escape, after.split("*"))), name
    )
    assert bool(found) == bool(likewise)
    if likewise:
        assert found == likewise[1]


def test_a_hostile_pattern_costs_no_time() -> None:
    match = matcher("*a" * 60 + "*{group}b".replace("*", "", 1))
    assert match("a" * 100_000 + "c") == ""


def test_names_without_their_endings() -> None:
    assert [stem(p) for p in ("a/b.c.png", "x.jpg", "a/none", "a/.hidden")] == ["b.c", "x", "none", ".hidden"]


def test_fewer_groups_than_folds_say_so() -> None:
    index = index_of([f"{c}/p{g}_{k}.png" for c in "ab" for g in range(3) for k in range(5)])
    with pytest.raises(Problem, match="There are 3 groups to make 5 folds of") as caught:
        split(index, DataSettings(folds=5, group_by="name", group_pattern="{group}_*"))
    assert caught.value.diagnostics[0].param == "folds"


@pytest.mark.parametrize(
    ("folds", "fold", "param"), [(1, 0, "folds"), (-2, 0, "folds"), (3, 3, "fold"), (3, -1, "fold")]
)
def test_folds_that_are_none(folds: int, fold: int, param: str) -> None:
    with pytest.raises(Problem) as caught:
        split(index_of(["a/1.png", "b/1.png"]), DataSettings(folds=folds, fold=fold))
    assert caught.value.diagnostics[0].param == param


def test_folds_take_the_folders_validation_too_and_leave_its_test() -> None:
    said = [PLACES[k % 3] for k in range(24)]
    index = index_of([f"{'ab'[k % 2]}/{k}.png" for k in range(24)], said)
    found = [split(index, DataSettings(folds=4, fold=k, test=0.3)) for k in range(4)]
    assert all(one.test.tolist() == list(range(2, 24, 3)) for one in found)
    assert sorted(np.concatenate([one.val for one in found]).tolist()) == [i for i in range(24) if i % 3 != 2]


@given(st.integers(0, 4), st.lists(st.integers(0, 59), max_size=12, unique=True), st.sampled_from(PLACES))
@settings(max_examples=60)
def test_what_is_moved_or_left_out_moves_nothing_else(seed: int, chosen: list[int], to: str) -> None:
    index = index_of([f"{c}/{k}.png" for c in "ab" for k in range(30)])
    plain = DataSettings(validation=0.3, test=0.2, seed=seed)
    before = places(split(index, plain), 60)
    half = len(chosen) // 2
    changes = {index.path(i): Change(split=to) for i in chosen[:half]}
    changes |= {index.path(i): Change(excluded=True) for i in chosen[half:]}
    own = DataSettings(validation=0.3, test=0.2, seed=seed, changes=changes)
    after = places(split(index, own, changed=index.changed(changes)), 60)
    expected = [*before]
    for i in chosen[:half]:
        expected[i] = to
    for i in chosen[half:]:
        expected[i] = "excluded"
    if all(expected[k : k + 30].count("val") and expected[k : k + 30].count("train") for k in (0, 30)):
        assert after == expected
    else:  # a class was left without one of them, and is given one sample
        assert sum(a != e for a, e in zip(after, expected, strict=True)) <= 2


def test_groups_of_a_rule_are_worked_out_once() -> None:
    drawing = Drawing(index_of(["a/p1_1.png", "b/p2_1.png"]))
    settings_ = DataSettings(group_by="name", group_pattern="{group}_*")
    assert drawing.groups(settings_) is drawing.groups(settings_)
    assert drawing.groups(DataSettings()) is None
    assert rule_of(DataSettings(group_by="folder", group_level=2)) == ("folder", 2, "")
