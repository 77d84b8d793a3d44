"""Training on streamed samples: each once, the same bit for bit however it is read, in memory that does not grow."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.data.shards.conftest import plain_tar, samples
from workbench.core.diagnostic import Problem
from workbench.data.batches import Batch
from workbench.data.dataset import Dataset
from workbench.data.inputs import Input
from workbench.data.kinds import KINDS
from workbench.data.shards import scanning
from workbench.data.shards.feeding import Streaming
from workbench.data.shards.opening import open_shards
from workbench.data.shards.streaming import STREAMED, Stream, StreamIndex
from workbench.document.project import Change, Chosen, DataSettings

INPUT = Input.pictures((8, 8), 3)
Opener = Callable[..., Dataset]


@pytest.fixture(autouse=True)
def streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards are streamed however few samples they hold, through a buffer of 10."""
    monkeypatch.setattr(scanning, "MOST_INDEXED", 0)
    monkeypatch.setattr("workbench.data.shards.streaming.LEAST_BUFFERED", 1)
    monkeypatch.setattr("workbench.data.shards.streaming.MOST_BUFFERED", 10)


@pytest.fixture
def opener(shards: Path) -> Iterator[Opener]:
    opened: list[Dataset] = []

    def open_one(source: Path = shards, threads: int | None = None, **settings: object) -> Dataset:
        given = DataSettings(str(source), **{"validation": 0.25, "normalise": "unit", **settings})  # type: ignore
        opened.append(Dataset.open(given, input=INPUT, threads=threads))
        return opened[-1]

    yield open_one
    for dataset in opened:
        dataset.close()


def batches(dataset: Dataset, size: int = 4, seed: int = 0, epoch: int = 0, start: int = 0) -> list[Batch]:
    with dataset.train_batches(size, seed, epoch, start) as given:
        return list(given)


def same(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a.inputs, b.inputs) and np.array_equal(a.labels, b.labels) and a.step == b.step
        for a, b in zip(one, other, strict=True)
    )


def test_an_epoch_has_every_training_sample_once_with_its_own_label(opener: Opener) -> None:
    dataset = opener()
    given = batches(dataset)
    names = [dataset.path(int(i)) for batch in given for i in batch.indices]
    training = {dataset.index.path(int(i)) for i in dataset.splits.train}
    assert sorted(names) == sorted(training)
    assert len(names) == dataset.training_samples == 24 - len(dataset.splits.val)
    assert dataset.steps(4) == len(given) == -(-len(names) // 4)
    for batch in given:
        for k, i in enumerate(batch.indices.tolist()):
            row = dataset.index.find(dataset.path(i))
            assert row is not None
            assert batch.labels[k] == dataset.index.labels[row]
            assert np.array_equal(batch.inputs[k], dataset.network_input([row])[0])
    assert dataset.class_counts("train").tolist() == np.bincount(dataset.index.labels[dataset.splits.train]).tolist()


def test_epochs_and_seeds_come_in_different_orders(opener: Opener) -> None:
    dataset = opener()
    orders = {
        tuple(int(i) for batch in batches(dataset, seed=seed, epoch=epoch) for i in batch.indices)
        for seed in (0, 1)
        for epoch in (0, 1)
    }
    assert len(orders) == 4


AUGMENTED = {"augmentations": (Chosen("flip_horizontal"), Chosen("noise"))}


def test_the_same_batches_with_1_2_and_8_threads(opener: Opener) -> None:
    one, two, eight = (batches(opener(threads=n, **AUGMENTED), epoch=3) for n in (1, 2, 8))
    assert same(one, two)
    assert same(one, eight)


def test_a_stream_that_starts_in_the_middle_gives_the_same_batches(opener: Opener) -> None:
    whole = batches(opener(**AUGMENTED), size=3, epoch=1)
    dataset = opener(**AUGMENTED)
    for start in range(len(whole) + 1):
        assert same(batches(dataset, size=3, epoch=1, start=start), whole[start:])


def test_augmentation_goes_by_the_sample_not_by_its_place(opener: Opener, shards: Path, tmp_path: Path) -> None:
    """A shard moved into another set gives the same picture the same changes."""
    before = opener(validation=0.0, **AUGMENTED)
    mine = {before.path(int(i)): b.inputs[k] for b in batches(before) for k, i in enumerate(b.indices)}
    plain_tar(shards / "a-before.tar", samples(300, 9))
    after = opener(validation=0.0, **AUGMENTED)
    there = {after.path(int(i)): b.inputs[k] for b in batches(after) for k, i in enumerate(b.indices)}
    assert len(there) == 33
    assert all(np.array_equal(there[name], picture) for name, picture in mine.items())


def test_validation_is_indexed_and_never_streamed(opener: Opener) -> None:
    dataset = opener()
    with dataset.eval_batches("val", 4) as given:
        seen = [int(i) for batch in given for i in batch.indices]
    assert seen == dataset.splits.val.tolist()
    kept = {dataset.index.path(i) for i in seen}
    assert not kept & {dataset.path(int(i)) for batch in batches(dataset) for i in batch.indices}


def test_a_sample_that_was_relabelled_is_learned_by_its_new_class(opener: Opener) -> None:
    before = opener()
    path = before.index.path(int(before.splits.train[0]))
    changed = opener(changes={path: Change(label="1" if before.index.labels[before.splits.train[0]] == 0 else "0")})
    labels = {changed.path(int(i)): int(b.labels[k]) for b in batches(changed) for k, i in enumerate(b.indices)}
    assert labels[path] != before.index.labels[before.splits.train[0]]


def test_a_damaged_picture_is_passed_over_and_told_once(opener: Opener, shards: Path) -> None:
    entries = samples(100, 6)
    entries[5] = (entries[5][0], entries[5][1][:400] + bytes(200))
    plain_tar(shards / "odd.tar", entries)
    dataset = opener(validation=0.0)
    told: list[str] = []
    dataset.on_bad = lambda bad: told.append(bad.path)
    for epoch in (0, 1):
        assert sum(len(batch) for batch in batches(dataset, epoch=epoch)) == 29
    assert told == ["odd.tar#00102.jpg"]


def test_a_shard_that_vanishes_or_changes_is_passed_over(opener: Opener, shards: Path) -> None:
    dataset = opener(validation=0.0)
    (shards / "some-000001.tar").unlink()
    plain_tar(shards / "some-000002.tar", samples(70, 9))
    told: list[str] = []
    dataset.on_bad = lambda bad: told.append(bad.path)
    assert sum(len(batch) for batch in batches(dataset)) == 10
    assert len(told) == 14


def test_no_shard_left_ends_in_a_sentence(opener: Opener, shards: Path) -> None:
    dataset = opener(validation=0.0)
    for path in shards.iterdir():
        path.unlink()
    with pytest.raises(Problem, match="can be read any more"):
        batches(dataset)


def test_what_does_not_hold_for_streams_is_said(opener: Opener) -> None:
    dataset = opener(balance="sampling", group_by="name", group_pattern="{group}_*")
    codes = {d.code for d in dataset.diagnostics}
    assert {"shards.streamed", "shards.balance", "shards.groups"} <= codes


def test_a_changed_set_of_shards_has_another_fingerprint(opener: Opener, shards: Path) -> None:
    first, again = opener().fingerprint, opener().fingerprint
    plain_tar(shards / "more.tar", samples(300, 1))
    assert first == again != opener().fingerprint


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_ranks_share_the_samples(shards: Path, ranks: int) -> None:
    kind, settings = KINDS["pictures"], DataSettings(validation=0.2)
    _feed, preparation = kind.open(_asked(shards, settings), values={"mean": [0.0] * 3, "std": [1.0] * 3})
    _feed.close()
    seen: list[list[int]] = []
    for rank in range(ranks):
        index = open_shards(shards, settings, rank=rank, ranks=ranks)
        assert index.stream is not None
        streaming = Streaming(index.stream, kind, settings, INPUT)
        with streaming.batches(preparation, 4, 0, 0) as given:
            seen.append([int(i) for batch in given for i in batch.indices])
        assert len(seen[-1]) == len(index.stream)
        streaming.close()
    together = sorted(i for numbers in seen for i in numbers)
    assert together == list(range(STREAMED, STREAMED + sum(index.stream.counts)))


def _asked(shards: Path, settings: DataSettings):  # type: ignore[no-untyped-def]
    from workbench.data.feed import Asked

    return Asked(open_shards(shards, settings), np.empty(0, np.int64), settings, INPUT)


# --- what it holds in memory ----------------------------------------------------------------------------------------


def _peak(folder: Path, shard_count: int, size: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Peak bytes of reading a stream of `shard_count` shards of 20 samples of `size` bytes, and the samples read."""
    for k in range(shard_count):
        entries = [
            entry
            for n in range(20)
            for entry in ((f"{k:04d}{n:02d}.cls", str(n % 2).encode()), (f"{k:04d}{n:02d}.jpg", bytes(size)))
        ]
        plain_tar(folder / f"{k:06d}.tar", entries)
    monkeypatch.setattr("workbench.data.shards.streaming.BUFFERED", 40 * size)
    found = scanning.find(folder)
    parting = replace(open_shards(folder, DataSettings(validation=0.0)).stream.parting)  # type: ignore[union-attr]
    stream = Stream(found, parting, tuple(found.counts.tolist()), (0, 0))
    index, order = StreamIndex(stream), stream.order(0)
    tracemalloc.start()
    read = 0
    for number in order.drawn(0, index.fetch(STREAMED + n for n in order.arrivals(0))):
        assert len(index.read(number)) == size
        read += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, read


def test_memory_does_not_grow_with_the_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.data.shards.opening.SHOWN", 1)
    monkeypatch.setattr(scanning, "sizes_of", lambda _s, table, rows: (np.ones((len(rows), 2), np.int32), ()))
    size = 20_000
    few, read_few = _peak(tmp_path / "few", 5, size, monkeypatch)
    many, read_many = _peak(tmp_path / "many", 60, size, monkeypatch)
    assert (read_few, read_many) == (100, 1200)
    assert many < 1.5 * few  # twelve times the data
    assert many < 40 * size + 2_000_000


def test_scaling_is_measured_on_what_is_shown(opener: Opener) -> None:
    dataset = opener(normalise="measured")
    assert dataset.mean.tolist() != [0.0, 0.0, 0.0]
    stacked = np.concatenate([batch.inputs for batch in batches(dataset)])
    assert abs(float(stacked.mean())) < 0.2


def test_processes_share_the_shards(opener: Opener) -> None:
    dataset = opener()
    once = sorted(int(i) for batch in batches(dataset) for i in batch.indices)
    parts: list[list[int]] = []
    for rank in range(2):
        with dataset.train_batches(4, 0, 0, rank=rank, ranks=2) as given:
            parts.append([int(i) for batch in given for i in batch.indices])
    assert all(parts)
    assert sorted(parts[0] + parts[1]) == once
