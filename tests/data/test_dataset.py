"""The data set as the other rooms use it: counts that agree everywhere, scaling, single pictures."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.core.diagnostic import Problem
from workbench.data.alike.duplicates import duplicates
from workbench.data.dataset import Dataset, resolve
from workbench.data.scaling import Scaling
from workbench.data.thumbnails import Thumbnails
from workbench.document.project import DataSettings

Opener = Callable[..., Dataset]


def test_counts_agree_everywhere(hostile: tuple[Path, dict[str, str]], open_dataset: Opener) -> None:
    folder, reasons = hostile
    dataset = open_dataset(folder, validation=0.25, test=0.2)
    facts = dataset.describe()
    assert facts["images"] == len(dataset.index) == 18
    assert sum(facts["classes"].values()) == sum(facts["splits"].values()) == 18
    assert facts["classes"] == {"9": 8, "10": 6, "cats": 4}
    assert facts["splits"] == dataset.splits.counts
    for name, by_class in facts["classes_by_split"].items():
        assert sum(by_class.values()) == facts["splits"][name]
        assert list(by_class.values()) == dataset.class_counts(name).tolist()
    assert len(facts["bad"]) == len(dataset.bad) == len(reasons)
    with dataset.eval_batches("all", 7) as batches:
        assert sum(len(b) for b in batches) == 18
    assert sum(entry["images"] for entry in facts["sizes"]["most_frequent"]) == 18
    assert json.loads(json.dumps(facts)) == facts


def test_measured_scaling_gives_mean_zero_and_deviation_one(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder)
    scaled = dataset.network_input(dataset.splits.train)
    assert np.abs(scaled.mean((0, 2, 3))).max() < 1e-4
    assert np.abs(scaled.std((0, 2, 3)) - 1).max() < 1e-4


@pytest.mark.parametrize(("normalise", "low", "high"), [("unit", 0.0, 1.0), ("symmetric", -1.0, 1.0)])
def test_fixed_scaling(folder: Path, open_dataset: Opener, normalise: str, low: float, high: float) -> None:
    dataset = open_dataset(folder, normalise=normalise)
    ends = np.zeros((1, 16, 16, 3), np.uint8)
    ends[0, 0] = 255
    scaled = dataset.network_input(ends)
    assert np.isclose(scaled.min(), low, atol=1e-6)
    assert np.isclose(scaled.max(), high, atol=1e-6)


def test_scaling_is_the_formula_for_every_value() -> None:
    scaling = Scaling((0.1, 0.5, 0.9), (0.2, 1.0, 0.05))
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    got = scaling.apply(pixels)
    expected = (pixels.transpose(0, 3, 1, 2) / 255 - np.array([0.1, 0.5, 0.9])[:, None, None]) / np.array(
        [0.2, 1.0, 0.05]
    )[:, None, None]
    assert np.abs(got - expected).max() < 2e-5
    assert got.transpose(0, 2, 3, 1).flags.c_contiguous


def test_pictures_of_one_colour_stay_finite() -> None:
    scaling = Scaling.measured([np.full((2, 4, 4, 3), 7, np.uint8)], 3)
    assert np.isfinite(scaling.apply(np.full((1, 4, 4, 3), 255, np.uint8))).all()
    assert Scaling.measured([], 3) == Scaling.unit(3)


def test_grey_pictures(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder, channels=1)
    assert dataset.picture(0).shape == (16, 16, 1)
    assert dataset.mean.shape == (1,)
    assert dataset.network_input([0, 1]).shape == (2, 1, 16, 16)
    assert dataset.prepare(dataset.original(0)).shape == (16, 16, 1)


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_sizes_that_are_not_square(folder: Path, open_dataset: Opener, fit: str) -> None:
    dataset = open_dataset(folder, size=(12, 20), fit=fit)
    assert dataset.picture(3).shape == (12, 20, 3)
    difference = np.abs(dataset.picture(3).astype(int) - dataset.prepare(dataset.original(3)))
    assert difference.mean() < 1.5  # the file is decoded at half its size where that is enough
    with dataset.train_batches(4, 0, 0) as batches:
        assert next(batches).inputs.shape == (4, 3, 12, 20)


def test_network_input_of_nothing_one_and_many(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder)
    assert dataset.network_input([]).shape == (0, 3, 16, 16)
    one = dataset.network_input(dataset.picture(5))
    assert np.array_equal(one, dataset.network_input([5]))
    assert np.array_equal(one, dataset.network_input(dataset.picture(5)[None]))
    assert np.array_equal(dataset.network_input(np.array([3, 5]))[1:], one)


def test_opening_again_gives_the_same(folder: Path, open_dataset: Opener) -> None:
    first, second = open_dataset(folder), open_dataset(folder)
    assert first.fingerprint == second.fingerprint
    assert np.array_equal(first.mean, second.mean)
    assert np.array_equal(first.splits.train, second.splits.train)
    assert second.cached_in == "disk"


def test_progress_and_cancel(folder: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    settings = DataSettings(source=str(folder))
    Dataset.open(settings, size=(16, 16), progress=lambda d, t: seen.append((d, t))).close()
    assert seen[-1][0] == seen[-1][1]
    done = [d for d, t in seen if t is not None]
    assert done == sorted(done)
    asked = 0

    def late() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    with pytest.raises(Problem) as caught:
        Dataset.open(settings, size=(16, 16), cancelled=late)
    assert caught.value.diagnostics[0].code == "data.cancelled"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": ""}, "No pictures are chosen"),
        ({"fit": "squeeze"}, "squeeze"),
        ({"normalise": "loud"}, "loud"),
        ({"validation": 2.0}, "share for validation"),
    ],
)
def test_settings_that_do_not_hold(folder: Path, change: dict[str, object], words: str) -> None:
    settings = replace(DataSettings(source=str(folder)), **change)  # type: ignore[arg-type]
    with pytest.raises(Problem, match=words):
        Dataset.open(settings)
    with pytest.raises(Problem, match="channels"):
        Dataset.open(DataSettings(source=str(folder)), channels=2)


def test_sources(tmp_path: Path) -> None:
    assert resolve(DataSettings(source="pictures"), tmp_path) == tmp_path / "pictures"
    assert resolve(DataSettings(source=str(tmp_path / "a")), "/elsewhere") == tmp_path / "a"
    with pytest.raises(Problem):
        resolve(DataSettings(source="sample:no such"), tmp_path)


def test_a_class_without_training_pictures_is_told(folder: Path, tmp_path: Path, open_dataset: Opener) -> None:
    root = tmp_path / "split"
    shutil.copytree(folder, root / "train")
    shutil.copytree(folder, root / "val")
    shutil.rmtree(root / "train" / "cats")
    shutil.rmtree(root / "val" / "9")
    dataset = open_dataset(root)
    assert {d.code for d in dataset.diagnostics} == {"data.untaught", "data.unchecked"}
    assert not any(d.is_error for d in dataset.diagnostics)
    assert "“cats”" in dataset.diagnostics[0].message
    shutil.rmtree(root / "train" / "9")
    shutil.rmtree(root / "train" / "10")


def test_thumbnails_are_bounded_and_shared(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder)
    small = dataset.thumbnail(0, 32)
    assert small.shape == (24, 32, 3)
    assert not small.flags.writeable
    assert dataset.thumbnail(0, 32) is small
    few = Thumbnails(dataset.index, most_bytes=3 * small.nbytes)
    first = few.get(0, 32)
    for i in range(6):
        few.get(i, 32)
    assert few._bytes <= 3 * small.nbytes
    assert few.get(0, 32) is not first
    dataset.index.file(1).unlink()
    with pytest.raises(Problem, match=r"9/1\.jpg"):
        dataset.thumbnail(1, 32)


def test_thumbnails_from_several_threads(folder: Path, open_dataset: Opener) -> None:
    dataset = open_dataset(folder)
    seen: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: seen.extend(dataset.thumbnail(i, 24) for i in range(18))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 72


def test_duplicates(folder: Path, open_dataset: Opener) -> None:
    shutil.copy(folder / "9" / "0.jpg", folder / "9" / "copy.jpg")
    shutil.copy(folder / "9" / "1.jpg", folder / "cats" / "wrong.jpg")
    dataset = open_dataset(folder)
    found = duplicates(dataset.index)
    names = [[dataset.index.items[i].path for i in group] for group in found.groups]
    assert names == [["9/0.jpg", "9/copy.jpg"], ["9/1.jpg", "cats/wrong.jpg"]]
    assert [[dataset.index.items[i].path for i in g] for g in found.across_classes(dataset.index)] == names[1:]
    assert dataset.describe(found)["duplicates"] == names
    with pytest.raises(Problem):
        duplicates(dataset.index, cancelled=lambda: True)
