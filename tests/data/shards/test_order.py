from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.data.shards.order import StreamOrder

COUNTS = st.lists(st.integers(0, 30), min_size=3, max_size=12).filter(lambda c: sum(n > 0 for n in c) >= 3)


@given(COUNTS, st.integers(1, 60), st.integers(0, 3), st.integers(0, 3), st.integers(1, 3))
def test_all_ranks_together_give_every_sample_once(
    counts: list[int], buffer: int, seed: int, epoch: int, ranks: int
) -> None:
    orders = [StreamOrder(tuple(counts), buffer, seed, rank, ranks) for rank in range(ranks)]
    given = [list(order.drawn(epoch)) for order in orders]
    assert sorted(itertools.chain(*given)) == list(range(sum(counts)))
    assert [len(numbers) for numbers in given] == [len(order) for order in orders]
    shards = [set(order.shards) for order in orders]
    assert sum(map(len, shards)) == len(set().union(*shards)) == sum(n > 0 for n in counts)


@given(COUNTS, st.integers(1, 60), st.integers(0, 3), st.integers(0, 100))
def test_an_order_follows_from_seed_and_epoch(counts: list[int], buffer: int, epoch: int, passed: int) -> None:
    order = StreamOrder(tuple(counts), buffer, 7)
    again = StreamOrder(tuple(counts), buffer, 7)
    assert list(order.drawn(epoch)) == list(again.drawn(epoch))
    assert list(itertools.islice(order.drawn(epoch), passed, None)) == list(order.drawn(epoch))[passed:]


@given(COUNTS, st.integers(1, 60), st.integers(0, 3))
def test_no_more_is_held_than_the_buffer(counts: list[int], buffer: int, epoch: int) -> None:
    order = StreamOrder(tuple(counts), buffer, 7)
    pulled = 0

    def counting() -> Iterator[int]:
        nonlocal pulled
        for number in order.arrivals(epoch):
            pulled += 1
            yield number

    for drawn, number in enumerate(order.drawn(epoch, counting()), start=1):
        assert number in range(sum(counts))
        assert pulled - drawn <= buffer


def test_epochs_and_seeds_differ_and_mix_over_shards() -> None:
    counts = (100,) * 20
    orders = [tuple(StreamOrder(counts, 400, seed).drawn(epoch)) for seed in (0, 1) for epoch in (0, 1)]
    assert len(set(orders)) == 4
    for order in orders:
        first = np.array(order[:200]) // 100
        assert len(set(first.tolist())) >= 5  # not one shard after another
        assert abs(np.corrcoef(np.arange(100), order[:100])[0, 1]) < 0.4


def test_ranks_get_about_as_many_samples_as_each_other() -> None:
    counts = tuple(int(n) for n in np.random.default_rng(0).integers(50, 150, 64))
    sizes = [len(StreamOrder(counts, 100, 3, rank, 4)) for rank in range(4)]
    assert max(sizes) - min(sizes) <= max(counts) / 4


def test_a_rank_without_a_shard_is_refused() -> None:
    with pytest.raises(Problem, match="2 shards to train on cannot be split between 3 processes"):
        StreamOrder((5, 0, 4), 10, 0, 0, 3)
    with pytest.raises(Problem, match="no rank 3 of 3"):
        StreamOrder((5, 5, 4), 10, 0, 3, 3)
