"""Augmentations of a project: each done to its share of pictures, switched off, mixed; whatever the batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.catalogue.registry import AUGMENTATIONS
from workbench.data.augment import Augmenter, Draws, partners_of
from workbench.data.batches import Batch, epoch_order
from workbench.data.chance import key
from workbench.data.dataset import Dataset
from workbench.data.variants import variants
from workbench.document.project import Chosen, DataSettings

Opener = Callable[..., Dataset]
MIXING = (Chosen("shift"), Chosen("mixup", {"alpha": 1.0, "chance": 0.6}), Chosen("cutmix"))
CHANGING = [a.id for a in AUGMENTATIONS.values() if a.apply is not None]


def pixels(n: int, side: int = 12, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, side, side, channels), dtype=np.uint8)


def batches(dataset: Dataset, epoch: int = 0, start: int = 0, size: int = 5) -> list[Batch]:
    with dataset.train_batches(size, 3, epoch, start) as taken:
        return list(taken)


# --- chance ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", AUGMENTATIONS)
@pytest.mark.parametrize("off", [{"chance": 0.0}, {"on": False}])
def test_switched_off_it_does_nothing(id: str, off: dict[str, object]) -> None:
    augmenter = Augmenter.of([Chosen(id, off)])
    batch = pixels(20)
    assert augmenter.apply(batch, np.arange(20), 1, 2) is batch
    assert augmenter.mix(batch, np.arange(20), 1, 2) is None


@pytest.mark.parametrize("id", CHANGING)
def test_a_chance_leaves_the_rest_alone_and_does_the_same_to_those_it_falls_on(id: str) -> None:
    batch, indices = pixels(300, 20), np.arange(1000, 1300)
    before = batch.copy()
    always = Augmenter.of([Chosen(id, {"chance": 1.0})]).apply(batch, indices, 1, 2)
    half = Augmenter.of([Chosen(id, {"chance": 0.5})]).apply(batch, indices, 1, 2)
    assert np.array_equal(batch, before), "what came in is left alone"
    as_always = (half == always).all(axis=(1, 2, 3))
    untouched = (half == batch).all(axis=(1, 2, 3))
    assert (as_always | untouched).all()
    could = (always != batch).any(axis=(1, 2, 3))
    assert 0.35 < as_always[could].mean() < 0.65


def test_switching_one_off_leaves_the_numbers_of_its_twin() -> None:
    batch, indices = pixels(30), np.arange(30)
    first, second = Chosen("rotate", {"degrees": 90.0}), Chosen("rotate", {"degrees": 20.0})
    off = Chosen("rotate", {"degrees": 90.0, "on": False})
    both = Augmenter.of([first, second])
    alone = Augmenter(both.steps[1:]).apply(batch, indices, 0, 0)
    assert np.array_equal(Augmenter.of([off, second]).apply(batch, indices, 0, 0), alone)


def test_numbers_drawn_apart_are_none_of_the_others() -> None:
    draws = Draws(key(1), np.arange(50))
    assert not np.isin(draws.apart(), draws(20)).any()
    rest = Draws(key(1), np.arange(50))
    rest(3)
    assert np.array_equal(rest.of(np.array([4, 9]))(2), Draws(key(1), np.arange(50))(5)[[4, 9], 3:])


# --- whom a picture meets -------------------------------------------------------------------------------------------


@given(
    indices=st.lists(st.integers(0, 2**50), min_size=1, max_size=20, unique=True),
    seed=st.integers(0, 5),
    gone=st.integers(0, 19),
)
def test_partners_are_a_ring_that_closes_over_a_gap(indices: list[int], seed: int, gone: int) -> None:
    members = np.array(indices, np.int64)
    partners = partners_of(members, seed, 1)
    assert sorted(partners.tolist()) == list(range(len(members)))
    if len(members) > 1:
        assert (partners != np.arange(len(members))).all()
    meets = dict(zip(members.tolist(), members[partners].tolist(), strict=True))
    order = np.random.default_rng(seed).permutation(len(members))
    again = members[order]
    assert dict(zip(again.tolist(), again[partners_of(again, seed, 1)].tolist(), strict=True)) == meets
    if len(members) > 2:
        lost = indices[gone % len(indices)]
        left = members[members != lost]
        after = dict(zip(left.tolist(), left[partners_of(left, seed, 1)].tolist(), strict=True))
        assert {i for i in after if after[i] != meets[i]} == {i for i in after if meets[i] == lost}


def test_partners_change_with_the_epoch() -> None:
    members = np.arange(50)
    assert (partners_of(members, 0, 0) != partners_of(members, 0, 1)).mean() > 0.8


# --- mixing ---------------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    n=st.integers(1, 9), channels=st.sampled_from((1, 3)), epoch=st.integers(0, 4), chance=st.sampled_from((0.4, 1.0))
)
def test_a_mixture_says_what_is_in_it(n: int, channels: int, epoch: int, chance: float) -> None:
    """Every picture of one value each: what is left of it can be read off the mixture."""
    batch = np.zeros((n, 10, 10, channels), np.uint8)
    batch += np.linspace(0, 250, n).astype(np.uint8)[:, None, None, None]
    indices = np.arange(70, 70 + n)
    before = batch.copy()
    for id in ("mixup", "cutmix"):
        mixed = Augmenter.of([Chosen(id, {"chance": chance, "alpha": 1.0})]).mix(batch, indices, 3, epoch)
        assert mixed is not None
        assert np.array_equal(batch, before)
        assert mixed.share.dtype == np.float32
        assert ((mixed.share >= 0) & (mixed.share <= 1)).all()
        share = mixed.share[:, None].astype(float)
        own, other = batch.reshape(n, -1)[:, :1].astype(float), batch[mixed.other].reshape(n, -1)[:, :1].astype(float)
        mean = mixed.pixels.reshape(n, -1).mean(1, keepdims=True)
        assert np.abs(mean - (share * own + (1 - share) * other)).max() <= 0.51
        if n == 1:
            assert mixed.share.tolist() == [1.0]


def test_the_first_mixer_whose_chance_falls_takes_a_picture() -> None:
    batch, indices = pixels(300, 8), np.arange(300)
    both = Augmenter.of([Chosen("mixup", {"chance": 0.5, "alpha": 1.0}), Chosen("cutmix")]).mix(batch, indices, 1, 1)
    first = Augmenter.of([Chosen("mixup", {"chance": 0.5, "alpha": 1.0})]).mix(batch, indices, 1, 1)
    second = Augmenter.of([Chosen("cutmix")]).mix(batch, indices, 1, 1)
    assert both is not None
    assert first is not None
    assert second is not None
    assert np.array_equal(both.other, first.other)
    taken = (first.pixels != batch).any(axis=(1, 2, 3))
    assert 0.35 < taken.mean() < 0.65
    assert np.array_equal(both.pixels[taken], first.pixels[taken])
    rest = first.share == 1
    assert np.array_equal(both.share[~rest], first.share[~rest])
    missed = ~taken & (first.share == 1) & (second.share < 1)
    same = (both.pixels == second.pixels).all(axis=(1, 2, 3))
    assert same[missed].mean() > 0.95  # a mixture of which nothing could be seen is a mixture all the same


# --- batches --------------------------------------------------------------------------------------------------------


def test_batches_carry_the_other_labels_and_their_shares(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder, augmentations=MIXING)
    plain = open_dataset(folder, augmentations=MIXING[:1])
    for mixed, unmixed in zip(batches(dataset), batches(plain), strict=True):
        assert unmixed.other is None
        assert unmixed.share is None
        assert mixed.other is not None
        assert mixed.share is not None
        assert np.array_equal(mixed.labels, unmixed.labels)
        partners = partners_of(mixed.indices, 3, 0)
        assert np.array_equal(mixed.other, mixed.labels[partners])
        assert mixed.other.dtype == np.int64
        assert (mixed.share < 1).any()
        alone = mixed.share == 1
        assert np.array_equal(mixed.inputs[alone], unmixed.inputs[alone])
    for batch in dataset.eval_batches("train", 5):
        assert batch.share is None


def equal(a: list[Batch], b: list[Batch]) -> bool:
    return len(a) == len(b) and all(
        np.array_equal(x.inputs, y.inputs)
        and np.array_equal(x.indices, y.indices)
        and np.array_equal(x.other, y.other)
        and np.array_equal(x.share, y.share)
        for x, y in zip(a, b, strict=True)
    )


def test_mixed_batches_are_the_same_from_any_step_on_and_in_any_epoch_twice(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder, augmentations=MIXING)
    for epoch in (0, 2):
        whole = batches(dataset, epoch)
        assert equal(batches(dataset, epoch, start=1), whole[1:])
    assert not np.array_equal(batches(dataset, 0)[0].share, batches(dataset, 1)[0].share)


def test_mixed_batches_are_the_same_with_any_number_of_threads(folder: Path) -> None:
    found = []
    for threads in (1, 2, 8):
        settings = DataSettings(source=str(folder), augmentations=MIXING)
        with Dataset.open(settings, None, size=(15, 15), threads=threads) as dataset:
            found.append([batch for epoch in (0, 1) for batch in batches(dataset, epoch)])
    assert equal(found[0], found[1])
    assert equal(found[0], found[2])


def test_a_picture_that_comes_twice_draws_twice_and_meets_two(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder, augmentations=(Chosen("noise"), Chosen("mixup", {"alpha": 1.0})), balance="sampling")
    (batch,) = batches(dataset, size=100)
    assert batch.share is not None
    assert len(set(batch.indices.tolist())) < len(batch), "the small class comes more often"
    assert len({picture.tobytes() for picture in batch.inputs}) == len(batch)
    twice = [i for i in set(batch.indices.tolist()) if (batch.indices == i).sum() > 1]
    assert any(len(set(batch.share[batch.indices == i].tolist())) > 1 for i in twice)


def test_a_picture_that_is_gone_is_left_out_and_only_who_met_it_meets_another(
    folder: Path, open_dataset: Opener
) -> None:
    whole = batches(open_dataset(folder, augmentations=MIXING, normalise="unit", size=(17, 17)))
    dataset = open_dataset(folder, augmentations=MIXING, normalise="unit", size=(18, 18))
    members = epoch_order(dataset.splits.train, 3, 0)[5:10]
    lost = int(members[2])
    dataset.index.file(lost).unlink()
    after = batches(dataset)[1]
    assert after.indices.tolist() == [int(i) for i in members if i != lost]
    before = whole[1]
    meets = dict(zip(members.tolist(), members[partners_of(members, 3, 0)].tolist(), strict=True))
    assert after.other is not None
    assert before.other is not None
    for i, other, share in zip(after.indices.tolist(), after.other.tolist(), after.share.tolist(), strict=True):
        place = before.indices.tolist().index(i)
        assert share == pytest.approx(before.share[place], abs=0.12), "the shares are the picture's own draw"
        if meets[i] != lost:
            assert other == before.other[place]


# --- looking --------------------------------------------------------------------------------------------------------


def test_variants_are_what_training_shows(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder, augmentations=MIXING[:1])
    for epoch in (0, 1, 5):
        first = batches(dataset, epoch)[0]
        i = int(first.indices[2])
        (shown,) = variants(dataset, dataset.settings.augmentations, i, 3, [epoch])
        assert np.array_equal(dataset.network_input(shown.pixels)[0], first.inputs[2])
        assert shown.other is None
        assert shown.share == 1


def test_variants_tell_what_was_mixed_in(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder)
    i = int(dataset.splits.train[0])
    shown = list(variants(dataset, (Chosen("mixup", {"alpha": 8.0}),), i, 0, range(16)))
    assert len({v.pixels.tobytes() for v in shown}) > 8
    for v in shown:
        if v.other is None:
            assert v.share == 1
            continue
        assert v.other in dataset.splits.train
        mixed = v.share * dataset.picture(i) + (1 - v.share) * dataset.picture(v.other).astype(float)
        assert np.abs(mixed - v.pixels).max() <= 0.51
    assert [v.share for v in shown] == [
        v.share for v in variants(dataset, (Chosen("mixup", {"alpha": 8.0}),), i, 0, range(16))
    ]
