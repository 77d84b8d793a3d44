"""Batches: a function of (seed, epoch, step), whatever the threads, the cache and the files do."""

from __future__ import annotations

import gc
import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.core.diagnostic import Problem
from workbench.data.batches import Batch, epoch_order
from workbench.data.caching.cache_folders import cache_root
from workbench.data.dataset import Dataset
from workbench.data.index import Bad
from workbench.document.project import Chosen

Opener = Callable[..., Dataset]
LIVELY = (Chosen("flip_horizontal"), Chosen("shift"), Chosen("brightness"))


def taken(dataset: Dataset, epoch: int = 0, start: int = 0, size: int = 4, seed: int = 3) -> list[Batch]:
    with dataset.train_batches(size, seed, epoch, start) as batches:
        return list(batches)


def same(a: list[Batch], b: list[Batch]) -> bool:
    return len(a) == len(b) and all(
        x.step == y.step
        and x.epoch == y.epoch
        and np.array_equal(x.inputs, y.inputs)
        and np.array_equal(x.labels, y.labels)
        and np.array_equal(x.indices, y.indices)
        for x, y in zip(a, b, strict=True)
    )


def test_an_epoch_has_every_training_picture_once(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder)
    batches = taken(dataset)
    assert dataset.steps(4) == len(batches) == 4
    assert [len(b) for b in batches] == [4, 4, 4, 2]
    assert [b.step for b in batches] == [0, 1, 2, 3]
    indices = np.concatenate([b.indices for b in batches])
    assert sorted(indices.tolist()) == dataset.splits.train.tolist()
    assert np.array_equal(np.concatenate([b.labels for b in batches]), dataset.index.labels[indices])
    first = batches[0]
    assert first.inputs.shape == (4, 3, 16, 16)
    assert first.inputs.dtype == np.float32
    assert first.labels.dtype == first.indices.dtype == np.int64


def test_epochs_and_seeds_have_their_own_order(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder)
    orders = {
        tuple(np.concatenate([b.indices for b in taken(dataset, epoch, seed=seed)]).tolist())
        for epoch in range(3)
        for seed in range(3)
    }
    assert len(orders) == 9
    assert np.array_equal(epoch_order(dataset.splits.train, 3, 0), np.concatenate([b.indices for b in taken(dataset)]))


def test_pictures_are_the_prepared_files_scaled(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder)
    for batch in taken(dataset):
        for row, i in zip(batch.inputs, batch.indices, strict=True):
            prepared = dataset.prepare(dataset.original(int(i)))
            expected = (prepared.transpose(2, 0, 1) / 255 - dataset.mean[:, None, None]) / dataset.std[:, None, None]
            assert np.abs(row - expected).max() < 1e-5
            assert np.array_equal(dataset.picture(int(i)), prepared)


@pytest.mark.parametrize("start", [0, 1, 3, 4])
def test_any_step_can_be_the_first(folder: Path, open_dataset: Opener, start: int) -> None:
    dataset = open_dataset(folder, augmentations=LIVELY)
    whole = taken(dataset, epoch=2)
    assert same(taken(dataset, epoch=2, start=start), whole[start:])


@pytest.mark.parametrize(("ranks", "size"), [(2, 2), (3, 2), (4, 3)])
def test_processes_together_take_what_one_with_larger_batches_does(
    folder: Path, open_dataset: Opener, ranks: int, size: int
) -> None:
    dataset = open_dataset(folder, augmentations=LIVELY)
    whole = taken(dataset, epoch=2, start=1, size=ranks * size)
    parts: list[dict[int, Batch]] = []
    for rank in range(ranks):
        with dataset.train_batches(size, 3, 2, 1, rank=rank, ranks=ranks) as given:
            parts.append({batch.step: batch for batch in given})
    for batch in whole:
        mine = [part[batch.step] for part in parts if batch.step in part]
        assert np.array_equal(np.concatenate([b.indices for b in mine]), batch.indices)
        assert np.array_equal(np.concatenate([b.inputs for b in mine]), batch.inputs)
        assert max(map(len, mine)) <= size
    seen: list[int] = []
    for rank in range(ranks):
        with dataset.eval_batches("train", size, rank=rank, ranks=ranks) as given:
            seen += [int(i) for batch in given for i in batch.indices]
    assert sorted(seen) == dataset.splits.train.tolist()


def test_threads_and_caches_change_nothing(folder: Path, open_dataset: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for threads, budget in itertools.product((1, 5), (None, 1)):
        monkeypatch.setattr("workbench.data.pictures.usable_cores", lambda threads=threads: threads)
        monkeypatch.setattr("workbench.data.caching.cache_folders.MOST_DISK", budget or 10**9)
        dataset = open_dataset(folder, augmentations=LIVELY)
        results.append([batch for epoch in range(2) for batch in taken(dataset, epoch)])
    assert all(same(results[0], other) for other in results[1:])


def test_augmentation_follows_the_settings_of_the_moment(folder: Path, open_dataset: Opener) -> None:
    from dataclasses import replace

    dataset = open_dataset(folder)
    plain = taken(dataset)
    dataset.settings = replace(dataset.settings, augmentations=LIVELY)
    changed = taken(dataset)
    assert not np.array_equal(plain[0].inputs, changed[0].inputs)
    assert np.array_equal(plain[0].indices, changed[0].indices)
    shown = dataset.augmented(int(changed[0].indices[1]), 3, 0)
    assert np.allclose(dataset.network_input(shown)[0], changed[0].inputs[1])
    dataset.settings = replace(dataset.settings, augmentations=(Chosen("sparkle"),))
    with pytest.raises(Problem, match="sparkle"):
        dataset.train_batches(4, 0, 0)


def test_evaluation_is_in_order_and_unchanged(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder, augmentations=LIVELY, validation=0.3)
    with dataset.eval_batches("val", 3) as batches:
        indices = np.concatenate([b.indices for b in batches])
    assert np.array_equal(indices, dataset.splits.val)
    with dataset.eval_batches("all", 5) as batches:
        pictures = np.concatenate([b.inputs for b in batches])
    assert np.array_equal(pictures, dataset.network_input(np.arange(18)))
    with dataset.eval_batches("test", 5) as batches:
        assert list(batches) == []


@pytest.mark.parametrize("fault", ["deleted", "renamed", "replaced", "cut", "a folder", "a pipe", "locked"])
def test_a_file_that_changes_mid_run_is_named_and_left_out(folder: Path, open_dataset: Opener, fault: str) -> None:
    import os

    whole = taken(open_dataset(folder, augmentations=LIVELY, normalise="unit"))
    for cached in cache_root().iterdir():
        (cached / "table.bin").write_bytes(bytes((cached / "table.bin").stat().st_size))
    dataset = open_dataset(folder, augmentations=LIVELY, normalise="unit")
    told: list[Bad] = []
    dataset.on_bad = told.append
    victim = int(whole[1].indices[2])
    path = dataset.index.file(victim)
    match fault:
        case "deleted":
            path.unlink()
        case "renamed":
            path.rename(path.with_name("else.jpg"))
        case "replaced":
            path.write_bytes(dataset.index.file(int(whole[0].indices[0])).read_bytes())
        case "cut":
            path.write_bytes(path.read_bytes()[:300])
        case "a folder":
            path.unlink()
            path.mkdir()
        case "a pipe":
            if not hasattr(os, "mkfifo"):
                pytest.skip("no pipes here")
            path.unlink()
            os.mkfifo(path)
        case "locked":
            if os.name != "posix" or os.geteuid() == 0:
                pytest.skip("this user may read everything")
            path.chmod(0)
    for _epoch in range(2):
        after = taken(dataset)
        assert [b.step for b in after] == [0, 1, 2, 3]
        assert len(after[1]) == 3
        assert victim not in after[1].indices
        kept = whole[1].indices != victim
        assert np.array_equal(after[1].indices, whole[1].indices[kept])
        assert np.array_equal(after[1].labels, whole[1].labels[kept])
        assert np.array_equal(after[1].inputs, whole[1].inputs[kept])
        assert same([after[0], *after[2:]], [whole[0], *whole[2:]])
    assert [bad.path for bad in told] == [dataset.index.items[victim].path]
    assert told[0].reason.endswith(".")
    assert dataset.bad == tuple(told)
    assert dataset.describe()["bad"] == [{"path": told[0].path, "reason": told[0].reason}]
    with pytest.raises(Problem, match=dataset.index.items[victim].path):
        dataset.picture(victim)


def test_a_batch_without_any_picture_is_left_out(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder, normalise="unit")
    order = epoch_order(dataset.splits.train, 3, 0)
    for i in order[4:8]:
        dataset.index.file(int(i)).unlink()
    after = taken(dataset)
    assert [b.step for b in after] == [0, 2, 3]


def test_a_folder_that_is_gone_ends_the_epoch_with_a_sentence(folder: Path, open_dataset: Opener) -> None:
    import shutil

    dataset = open_dataset(folder, normalise="unit")
    shutil.rmtree(folder)
    with pytest.raises(Problem, match="may have been moved") as caught:
        taken(dataset)
    assert caught.value.diagnostics[0].code == "data.unreadable"


def test_a_folder_that_goes_once_all_is_cached_is_not_missed(folder: Path, open_dataset: Opener) -> None:
    import shutil

    dataset = open_dataset(folder)
    whole = taken(dataset)
    shutil.rmtree(folder)
    assert same(taken(dataset), whole)


def feeders() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "batches" and t.is_alive()]


def test_closing_early_ends_the_thread(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder)
    for taken_before in range(4):
        batches = dataset.train_batches(1, 0, 0)
        for _ in range(taken_before):
            next(batches)
        batches.close()
        batches.close()
        assert not feeders()
        with pytest.raises(StopIteration):
            next(batches)


def test_letting_go_ends_the_thread(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder)
    batches = dataset.train_batches(1, 0, 0)
    next(batches)
    assert feeders()
    del batches
    gc.collect()
    deadline = time.monotonic() + 5
    while feeders() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not feeders()


def test_an_error_while_preparing_reaches_the_taker(
    folder: Path, open_dataset: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = open_dataset(folder, augmentations=LIVELY)

    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("in an augmentation")

    monkeypatch.setattr("workbench.data.augment.Augmenter.apply", broken)
    with pytest.raises(ZeroDivisionError), dataset.train_batches(4, 0, 0) as batches:
        list(batches)
    assert not feeders()


def test_closing_the_dataset_ends_its_streams_with_a_sentence(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder, normalise="unit")
    with dataset.train_batches(1, 0, 0) as batches:
        next(batches)
        dataset.close()
        with pytest.raises(Problem, match="closed") as caught:  # never a short epoch that looks like a whole one
            list(batches)
    assert caught.value.diagnostics[0].code == "data.closed"
    assert not feeders()


def test_a_hung_file_does_not_hold_up_closing(
    folder: Path, open_dataset: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = open_dataset(folder, normalise="unit")
    release = threading.Event()
    monkeypatch.setattr("workbench.data.index.read_regular", lambda *_: release.wait(30))
    batches = dataset.train_batches(4, 0, 0)
    time.sleep(0.1)
    begun = time.monotonic()
    batches.close()
    assert time.monotonic() - begun < 1.0
    dataset.close()
    assert time.monotonic() - begun < 4.0
    release.set()


def test_a_slow_taker_bounds_what_waits(folder: Path, open_dataset: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.data.scaling import Scaling

    made = []
    original = Scaling.apply

    def counted(self: Scaling, pixels: np.ndarray) -> np.ndarray:
        made.append(1)
        return original(self, pixels)

    dataset = open_dataset(folder)
    monkeypatch.setattr(Scaling, "apply", counted)
    with dataset.train_batches(1, 0, 0) as batches:
        time.sleep(0.3)
        assert len(made) <= 4
        list(batches)
    assert len(made) == len(dataset.splits.train)
