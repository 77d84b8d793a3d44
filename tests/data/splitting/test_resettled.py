"""Other settings make another data set of the same scan, which shares files, cache and threads with the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.core.diagnostic import Problem
from workbench.data.dataset import Dataset
from workbench.data.depends import RESETTLED, of_other_source, same_reading, same_samples, same_splits
from workbench.data.index import Index
from workbench.data.inputs import Input
from workbench.data.pictures import Pictures
from workbench.document.project import Change, Chosen, DataSettings

Opener = Callable[..., Dataset]


@pytest.fixture
def no_reading(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, no file is read and no folder is scanned."""

    def refuse(*_arguments: object, **_names: object) -> None:
        raise AssertionError("something was read")

    def forbid() -> None:
        monkeypatch.setattr(Index, "read", refuse)
        monkeypatch.setattr("workbench.data.dataset.read_index", refuse)

    return forbid


def test_settled_anew_without_reading_a_file(
    folder: Path, open_dataset: Opener, no_reading: Callable[[], None]
) -> None:
    first = open_dataset(folder, validation=0.25)
    no_reading()
    for settings in (
        replace(first.settings, validation=0.5),
        replace(first.settings, seed=4),
        replace(first.settings, folds=3, fold=2),
        replace(first.settings, changes={"9/0.jpg": Change("cats"), "9/1.jpg": Change(excluded=True)}),
        replace(first.settings, balance="sampling", augmentations=(Chosen("flip_vertical"),)),
    ):
        other = first.resettled(settings)
        assert other is not None
        with other:
            assert other.settings == settings
            assert np.array_equal(other.picture(3), first.picture(3))
            with open_one(folder, settings) as fresh:
                assert other.fingerprint == fresh.fingerprint
                for name in ("train", "val", "test", "excluded"):
                    assert np.array_equal(other.splits[name], fresh.splits[name])


def open_one(folder: Path, settings: DataSettings) -> Dataset:
    """As a program that starts now would have it."""
    from workbench.data.scanned import Scanned
    from workbench.data.scanning.reading import read_index

    index = read_index(settings, folder)
    return Dataset._opened(
        Scanned(index), replace(settings, normalise="unit"), Input.pictures((16, 16)), None, None, None
    )


def test_what_asks_for_more_is_not_settled(folder: Path, open_dataset: Opener) -> None:
    first = open_dataset(folder)
    for change in ({"fit": "pad"}, {"normalise": "unit"}, {"source": "elsewhere"}, {"kind": "text"}):
        assert first.resettled(replace(first.settings, **change)) is None  # type: ignore[arg-type]


def test_the_preparation_is_measured_behind(folder: Path, open_dataset: Opener) -> None:
    first = open_dataset(folder, validation=0.25)
    assert first.is_measured
    other = first.resettled(replace(first.settings, seed=5))
    assert other is not None
    with other:
        assert not other.is_measured
        assert other.preparation == first.preparation
        other.measure()
        assert other.is_measured
        assert np.abs(other.network_input(other.splits.train).mean((0, 2, 3))).max() < 1e-4
        back = other.resettled(replace(other.settings, balance="weights"))
        assert back is not None
        with back:
            assert back.is_measured
        other.take_preparation(first.preparation)
        assert other.is_measured
        assert other.preparation == first.preparation


def test_shared_parts_close_with_the_last(folder: Path, open_dataset: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Pictures] = []
    own = Pictures.close
    monkeypatch.setattr(Pictures, "close", lambda feed: (closed.append(feed), own(feed)))
    first = open_dataset(folder, normalise="unit")
    other = first.resettled(replace(first.settings, seed=5))
    assert other is not None
    first.close()
    first.close()
    with other.train_batches(4, 0, 0) as batches:
        assert sum(len(batch) for batch in batches) == len(other.splits.train)
    assert not closed
    other.close()
    other.close()
    assert len(closed) == 1


def test_each_tells_of_files_that_go_bad_until_it_is_closed(folder: Path, open_dataset: Opener) -> None:
    first = open_dataset(folder, normalise="unit")
    other = first.resettled(replace(first.settings, seed=5))
    assert other is not None
    told: list[str] = []
    first.on_bad = lambda bad: told.append(f"first {bad.path}")
    other.on_bad = lambda bad: told.append(f"other {bad.path}")
    for k, still in ((0, {"first", "other"}), (1, {"first"})):
        (folder / "9" / f"{k}.jpg").write_bytes(b"gone")
        with pytest.raises(Problem):
            first.picture(first.index.find(f"9/{k}.jpg"))  # type: ignore[arg-type]
        assert {line.split()[0] for line in told if f"9/{k}.jpg" in line} == still
        other.close()


def test_reopened_for_another_size_without_a_scan(
    folder: Path, open_dataset: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_dataset(folder, changes={"9/0.jpg": Change("cats")})
    monkeypatch.setattr("workbench.data.dataset.read_index", lambda *_a, **_k: pytest.fail("it was scanned"))
    other = first.reopened(replace(first.settings, fit="pad", seed=3), Input.pictures((8, 12), 1))
    assert other is not None
    with other:
        assert other.picture(0).shape == (8, 12, 1)
        assert other.classes == first.classes
        assert other.index.labels[0] == 2
    assert first.reopened(replace(first.settings, source="elsewhere"), first.input) is None


def test_a_network_of_another_kind_is_told_and_the_samples_are_there(folder: Path) -> None:
    settings = DataSettings(str(folder))
    with Dataset.open(settings, input=Input.usual("tokens")) as dataset:
        (told,) = [d for d in dataset.diagnostics if d.is_error]
        assert told.code == "data.input"
        assert dataset.input == Input.usual("pictures")
        assert dataset.picture(0).shape == (64, 64, 3)
        assert dataset.words(0) == "64 × 48"
        assert dataset.preview(0, 20) is not None


def test_texts_get_the_words_of_their_training_part(tmp_path: Path) -> None:
    for k in range(12):
        (tmp_path / "texts" / "ab"[k % 2]).mkdir(parents=True, exist_ok=True)
        (tmp_path / "texts" / "ab"[k % 2] / f"{k}.txt").write_text(f"common word{k}")
    settings = DataSettings(str(tmp_path / "texts"), validation=0.34)
    with Dataset.open(settings, input=Input("tokens", {"length": 4, "vocabulary": 100})) as first:
        assert first.kind.id == "text"
        assert first.words(0) == "common word0"
        other = first.resettled(replace(settings, seed=7))
        assert other is not None
        with other:
            before = str(other.preparation)
            other.measure()
            assert str(other.preparation) != before
            for i in other.splits.train.tolist():
                assert other.words(i).split()[1] in str(other.preparation)
            with first.eval_batches("train", 4) as one, other.eval_batches("train", 4) as two:
                assert sum(map(len, one)) == sum(map(len, two)) == 8


def test_every_setting_is_of_one_sort() -> None:
    """A setting that is added later must be thought about: by default it asks for reading anew."""
    plain, other = DataSettings(), DataSettings(validation=0.5, balance="weights")
    assert same_reading(plain, other)
    assert same_samples(plain, other)
    assert not same_splits(plain, other)
    assert same_splits(plain, replace(plain, balance="weights"))
    assert set(RESETTLED) <= set(DataSettings.__dataclass_fields__)
    assert not same_reading(plain, replace(plain, extra={"later": 1}))


def test_another_source_has_samples_of_its_own_and_maybe_the_same_columns() -> None:
    data = DataSettings(
        "a.csv", more=("b",), label_column="kind", changes={"x": Change(excluded=True)}, balance="weights"
    )
    assert of_other_source(data, "c.csv") == DataSettings("c.csv", balance="weights")
    assert of_other_source(data, "C.TSV", alike=True) == DataSettings("C.TSV", label_column="kind", balance="weights")
    assert of_other_source(data, "c", alike=True) == DataSettings("c", balance="weights")
