"""Chance as a function, and the augmentations that draw from it."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.catalogue.registry import AUGMENTATIONS
from workbench.core.diagnostic import Problem
from workbench.data.augment import Augmenter, Draws
from workbench.data.chance import key, mix, shuffled, uniform
from workbench.document.project import Chosen

MANY = np.arange(20_000, dtype=np.int64)


def test_mix_is_splitmix64() -> None:
    """The first outputs of SplitMix64 seeded with 1234567, as published with the algorithm."""
    golden = 0x9E3779B97F4A7C15
    states = np.array([(1234567 + k * golden) % 2**64 for k in range(5)], np.uint64)
    assert mix(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_uniform_numbers_look_uniform() -> None:
    drawn = uniform(key(0, 1, "x"), MANY, 0, 4)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert np.abs(drawn.mean(0) - 0.5).max() < 0.01
    assert np.abs(drawn.var(0) - 1 / 12).max() < 0.002
    assert np.abs(np.corrcoef(drawn.T) - np.eye(4)).max() < 0.03
    neighbours = np.corrcoef(drawn[:-1, 0], drawn[1:, 0])[0, 1]
    assert abs(neighbours) < 0.03
    other_epoch = uniform(key(0, 2, "x"), MANY, 0, 1)[:, 0]
    assert abs(np.corrcoef(drawn[:, 0], other_epoch)[0, 1]) < 0.03


def test_shuffled_is_a_permutation_that_keys_change() -> None:
    members = np.array([3, 8, 9, 100, 7], np.int64)
    assert sorted(shuffled(key(1), members).tolist()) == sorted(members.tolist())
    orders = {tuple(shuffled(key(seed), members).tolist()) for seed in range(50)}
    assert len(orders) > 30
    first = np.array([shuffled(key(seed), members)[0] for seed in range(2000)])
    assert all(300 < (first == m).sum() < 500 for m in members)


def test_keys_tell_parts_apart() -> None:
    assert len({key(1, 2), key(12), key("1", 2), key(2, 1), key("12"), key(1, "2")}) == 6


def test_draws_follow_the_picture_not_the_batch() -> None:
    whole, part = Draws(5, MANY[:10]), Draws(5, MANY[[7, 3]])
    first, second = whole(2), whole(3)
    assert np.array_equal(part(2), first[[7, 3]])
    assert np.array_equal(part(3), second[[7, 3]])
    assert not np.isin(second, first).any()


@pytest.mark.parametrize("one", [a.id for a in AUGMENTATIONS.values() if a.apply is not None])
def test_each_augmentation_depends_on_seed_epoch_and_picture_alone(one: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
    augmenter = Augmenter.of([Chosen(one)])
    indices = MANY[100:112]
    before = pixels.copy()
    whole = augmenter.apply(pixels.copy(), indices, 1, 2)
    assert whole.dtype == np.uint8
    assert whole.shape == pixels.shape
    again = augmenter.apply(before[[5, 2]], indices[[5, 2]], 1, 2)
    assert np.array_equal(again, whole[[5, 2]])
    epochs = [augmenter.apply(before.copy(), indices, 1, epoch) for epoch in range(6)]
    assert any(not np.array_equal(one_, epochs[0]) for one_ in epochs[1:])


def test_the_same_augmentation_twice_draws_twice() -> None:
    pixels = np.arange(64 * 16 * 16 * 3, dtype=np.uint32).astype(np.uint8).reshape(64, 16, 16, 3)
    half = Chosen("flip_horizontal", {"chance": 0.5})
    once = Augmenter.of([half]).apply(pixels.copy(), MANY[:64], 0, 0)
    twice = Augmenter.of([half, half]).apply(pixels.copy(), MANY[:64], 0, 0)
    flipped = [(out != pixels).any(axis=(1, 2, 3)).sum() for out in (once, twice)]
    assert all(15 < n < 50 for n in flipped)  # drawn alike, two flips would cancel and leave none


def test_augmentations_that_do_not_hold_are_all_named() -> None:
    with pytest.raises(Problem) as caught:
        Augmenter.of([Chosen("sparkle"), Chosen("flip_horizontal", {"chance": 7}), Chosen("glitter")])
    text = str(caught.value)
    assert "sparkle" in text
    assert "glitter" in text
    assert len(caught.value.diagnostics) == 3
