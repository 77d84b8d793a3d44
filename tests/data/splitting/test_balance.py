"""Balanced sampling and class weights."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data.batches import TURN, Plan
from workbench.data.dataset import Dataset
from workbench.data.splitting.balance import balanced_order, class_weights
from workbench.document.project import Chosen

Opener = Callable[..., Dataset]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6), st.integers(0, 3), st.integers(0, 3))
def test_each_class_comes_equally_often_and_each_of_its_samples(sizes: list[int], seed: int, epoch: int) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    members = np.arange(len(labels))
    order, turns = balanced_order(members, labels, len(sizes), seed, epoch)
    assert len(order) == len(members)
    counts = np.bincount(labels[order], minlength=len(sizes))
    there = counts[np.array(sizes) > 0]
    assert np.ptp(there) <= 1 if len(there) else not len(order)
    for c, n in enumerate(sizes):
        times = np.bincount(order[labels[order] == c] - int(np.sum(sizes[:c])), minlength=n) if n else np.zeros(1)
        assert times.max() - times.min() <= 1
    assert len(set(zip(order.tolist(), turns.tolist(), strict=True))) == len(order)
    again, _turns = balanced_order(members, labels, len(sizes), seed, epoch)
    assert np.array_equal(order, again)


def test_epochs_and_seeds_differ_and_large_classes_are_seen_whole_in_time() -> None:
    labels = np.repeat([0, 1], [90, 10])
    epochs = [balanced_order(np.arange(100), labels, 2, 0, e)[0] for e in range(12)]
    assert not np.array_equal(epochs[0], epochs[1])
    assert not np.array_equal(epochs[0], balanced_order(np.arange(100), labels, 2, 1, 0)[0])
    assert len(np.unique(np.concatenate(epochs))) == 100
    assert all(np.bincount(labels[e]).tolist() == [50, 50] for e in epochs)


def test_weights_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    labels = np.repeat([0, 1, 3], [50, 10, 3])
    weights = class_weights(np.bincount(labels, minlength=5))
    expected = compute_class_weight("balanced", classes=np.array([0, 1, 3]), y=labels)
    assert weights.dtype == np.float32
    assert weights[[0, 1, 3]] == pytest.approx(expected)
    assert weights[[2, 4]].tolist() == [1, 1]  # nothing of them is ever weighed
    assert weights[labels].mean() == pytest.approx(1)


def test_a_data_set_gives_weights_where_the_project_asks_for_them(folder: Path, open_dataset: Opener) -> None:
    assert open_dataset(folder).class_weights is None
    assert open_dataset(folder, balance="sampling").class_weights is None
    dataset = open_dataset(folder, balance="weights")
    counts = dataset.class_counts("train")
    assert dataset.class_weights == pytest.approx(counts.sum() / (3 * counts))


def test_batches_are_balanced_the_same_from_any_step(folder: Path, open_dataset: Opener) -> None:
    lively = (Chosen("flip_horizontal", {"chance": 0.5}), Chosen("rotate", {"degrees": 30}))
    dataset = open_dataset(folder, balance="sampling", augmentations=lively)
    with dataset.train_batches(4, 3, 1) as batches:
        whole = list(batches)
    with dataset.train_batches(4, 3, 1, start_step=2) as batches:
        rest = list(batches)
    for one, other in zip(whole[2:], rest, strict=True):
        assert np.array_equal(one.inputs, other.inputs)
        assert np.array_equal(one.indices, other.indices)
    n = len(dataset.splits.train)
    assert Counter(np.concatenate([b.labels for b in whole]).tolist()) == {
        0: n // 3 + (n % 3 > 0),
        1: n // 3 + (n % 3 > 1),
        2: n // 3,
    }
    seen = np.concatenate([b.indices for b in whole])
    twice = next(i for i, times in Counter(seen.tolist()).items() if times > 1)
    shown = np.concatenate([b.inputs for b in whole])[seen == twice]
    assert not np.array_equal(shown[0], shown[1])  # it is augmented otherwise each time


def test_numbers_of_samples_that_come_twice_survive_missing_files() -> None:
    order = np.array([5, 7, 5, 5, 9])
    plan = Plan(order, 5, turns=np.array([0, 0, 1, 2, 0]))
    assert plan.numbers(0, order).tolist() == [5, 7, 5 + TURN, 5 + 2 * TURN, 9]
    assert plan.numbers(0, order[[0, 2, 3, 4]]).tolist() == [5, 5 + TURN, 5 + 2 * TURN, 9]
    assert plan.numbers(0, order[[1, 4]]).tolist() == [7, 9]


def test_a_missing_file_does_not_shift_the_others(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder, balance="sampling", normalise="unit")
    gone = int(dataset.splits.train[0])
    shutil.move(dataset.index.file(gone), folder.parent / "elsewhere.jpg")
    with dataset.train_batches(4, 0, 0) as batches:
        found = [(b.step, i) for b in batches for i in b.indices.tolist()]
    order, _turns = balanced_order(dataset.splits.train, dataset.index.labels, 3, 0, 0)
    assert found == [(k // 4, int(i)) for k, i in enumerate(order) if i != gone]
