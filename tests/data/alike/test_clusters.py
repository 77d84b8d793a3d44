"""Clusters in columns, against the same said in sets; and pairs that grow into groups."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data.alike.clusters import NONE, Clusters, Merging


def groups_of(*members: tuple[int, ...]) -> Clusters:
    """Clusters as they stand; a helper to write them down."""
    starts = np.cumsum([0, *(len(m) for m in members)])
    return Clusters(np.array([i for m in members for i in m], np.int64), starts.astype(np.int64))


@given(st.lists(st.integers(0, 6), max_size=30))
def test_equal_keys_come_together(keys: list[int]) -> None:
    members = np.arange(100, 100 + len(keys), dtype=np.int64)
    found = Clusters.by(np.array(keys, np.int64), members)
    wanted = {tuple(int(m) for m, k in zip(members, keys, strict=True) if k == key) for key in keys}
    assert list(found) == sorted(group for group in wanted if len(group) > 1)


@given(st.integers(1, 25).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))))
def test_pairs_grow_into_connected_groups(drawn: tuple[int, list[tuple[int, int]]]) -> None:
    n, pairs = drawn
    merging, graph = Merging(n), nx.Graph(pairs)
    half = len(pairs) // 2
    for some in (pairs[:half], pairs[half:]):
        merging.unite(*(np.array([pair[side] for pair in some], np.int64) for side in (0, 1)))
        merging.roots()
    wanted = sorted(tuple(sorted(part)) for part in nx.connected_components(graph) if len(part) > 1)
    assert list(merging.groups()) == wanted


CODES = st.lists(st.integers(NONE, 3), min_size=12, max_size=12)


@given(CODES, CODES)
def test_what_groups_have(keys: list[int], codes: list[int]) -> None:
    groups = Clusters.by(np.array(keys, np.int64), np.arange(12, dtype=np.int64))
    column = np.array(codes, np.int8)
    assert groups.differ(column).tolist() == [len({codes[i] for i in g} - {NONE}) > 1 for g in groups]
    assert groups.have(column == 2).tolist() == [any(codes[i] == 2 for i in g) for g in groups]
    left = [tuple(i for i in g if codes[i] != NONE) for g in groups]
    assert list(groups.without(column == NONE)) == [g for g in left if len(g) > 1]
    chosen = groups.have(column == 1)
    assert list(groups.take(chosen)) == [g for g, wanted in zip(groups, chosen, strict=True) if wanted]


def test_groups_are_a_sequence() -> None:
    groups = groups_of((0, 4), (1, 2, 3))
    assert (len(groups), groups[0], groups[-1], groups[0:2]) == (2, (0, 4), (1, 2, 3), ((0, 4), (1, 2, 3)))
    assert groups.sizes.tolist() == [2, 3]
    with pytest.raises(IndexError):
        groups[2]
    assert list(Clusters.none()) == []
    assert Clusters.none().differ(np.zeros(0, np.int8)).tolist() == []
