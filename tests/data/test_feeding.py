"""The same batches, bit for bit, whatever the number of threads, the state of the cache and the step one begins at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.conftest import encoded, photograph
from workbench.data import pictures as feeding
from workbench.data.batches import Batch
from workbench.data.caching.cache_folders import cache_root
from workbench.data.dataset import Dataset
from workbench.document.project import Chosen, DataSettings

EDGE = 24
LIVELY = tuple(map(Chosen, ("flip_horizontal", "crop", "brightness", "rotate", "noise")))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """JPEGs that are decoded at a reduced scale and resized by torch, small and large PNGs, and a picture turned."""
    root = tmp_path_factory.mktemp("mixed")
    turned = Image.Exif()
    turned[0x0112] = 6
    for label in ("a", "b"):
        (root / label).mkdir()
        for k in range(14):
            seed = 100 * (label == "b") + k
            match k % 5:
                case 0:
                    data = encoded(photograph(seed, 300, 400), "JPEG", quality=90)
                case 1:
                    data = encoded(photograph(seed, 200, 180), "PNG")
                case 2:
                    data = encoded(photograph(seed, EDGE, EDGE), "PNG")
                case 3:
                    data = encoded(photograph(seed, 60, 80), "JPEG", exif=turned)
                case _:
                    data = encoded(photograph(seed, 250, 200), "WEBP")
            (root / label / f"{k}.{'png' if k % 5 in (1, 2) else 'webp' if k % 5 == 4 else 'jpg'}").write_bytes(data)
    return root


def opened(folder: Path, threads: int, **more: int | None) -> Dataset:
    settings = DataSettings(source=str(folder), validation=0.2, augmentations=LIVELY)
    return Dataset.open(settings, size=(EDGE, EDGE), threads=threads, **more)  # type: ignore[arg-type]


def epochs(dataset: Dataset, start: int = 0) -> Iterator[Batch]:
    for epoch in range(2):
        with dataset.train_batches(4, 7, epoch, start_step=start) as batches:
            yield from batches


def same(a: list[Batch], b: list[Batch]) -> bool:
    return len(a) == len(b) and all(
        (x.epoch, x.step) == (y.epoch, y.step)
        and np.array_equal(x.indices, y.indices)
        and np.array_equal(x.labels, y.labels)
        and x.inputs.tobytes() == y.inputs.tobytes()
        for x, y in zip(a, b, strict=True)
    )


@pytest.mark.parametrize("budget", [None, 40_000, 100], ids=["rows", "shelf", "memory"])
def test_threads_cache_and_start_do_not_matter(
    mixed: Path, monkeypatch: pytest.MonkeyPatch, budget: int | None
) -> None:
    if budget == 40_000:
        monkeypatch.setattr("workbench.data.caching.cache.MEMORY_SHARE", 0.0)
    expected: list[Batch] | None = None
    for threads in (1, 2, 8):
        shutil.rmtree(cache_root(), ignore_errors=True)
        for _warmth in ("cold", "warm"):
            with opened(mixed, threads, cache_budget=budget) as dataset:
                assert dataset.cached_in == ("memory" if budget == 100 else "disk")
                seen = list(epochs(dataset))
            expected = expected or seen
            assert same(seen, expected)
    assert expected is not None
    shutil.rmtree(cache_root(), ignore_errors=True)
    with opened(mixed, 2, cache_budget=budget) as dataset:
        late = list(epochs(dataset, start=3))
    assert same(late, [batch for batch in expected if batch.step >= 3])


def test_small_pieces_of_work_give_the_same(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(mixed, 2) as dataset:
        expected = list(epochs(dataset))
        monkeypatch.setattr(feeding, "_CHUNK", 1)
        monkeypatch.setattr(feeding, "_COPIED_AT_ONCE", 2 * EDGE * EDGE * 3)
        assert same(list(epochs(dataset)), expected)
    shutil.rmtree(cache_root())
    with opened(mixed, 3) as dataset:
        assert same(list(epochs(dataset)), expected)
