"""A folder of labelled pictures, ready to train on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.data.augment import Augmenter
from workbench.data.batches import Batches, Plan, epoch_order
from workbench.data.cache import PictureCache
from workbench.data.chance import key, shuffled
from workbench.data.crew import Progress, cancellation
from workbench.data.decode import decode_bytes
from workbench.data.describe import describe, oddities
from workbench.data.duplicates import Duplicates
from workbench.data.fit import FITS, fit, to_channels
from workbench.data.index import Bad, Index
from workbench.data.pictures import Pictures
from workbench.data.scaling import Scaling
from workbench.data.scan import scan
from workbench.data.source import resolve
from workbench.data.splits import Splits, check_shares, split
from workbench.data.thumbnails import Thumbnails
from workbench.data.unreadable import UnreadablePicture
from workbench.document.project import DataSettings

__all__ = ["Dataset", "resolve"]

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]

MEASURED_ON = 1000
"""Training pictures from which mean and standard deviation are measured, at most."""

_MEASURED_AT_ONCE = 50


class Dataset:
    """Labelled pictures with their splits, scaling and cache; gives batches, single pictures and thumbnails.

    `open` reads the folder. All methods may be called from any thread. `close` ends the decoding threads.

    `settings` may be replaced by one that differs in the augmentations only. `diagnostics` tells what is odd but no
    reason to stop. `on_bad` is called with each file that turns out unreadable later on, once a file, and `on_notice`
    with what else is worth telling (a full disk); both on whichever thread meets it.
    """

    def __init__(
        self,
        index: Index,
        splits: Splits,
        settings: DataSettings,
        *,
        size: tuple[int, int],
        channels: int = 3,
        cache_budget: int | None = None,
    ) -> None:
        self.index = index
        self.splits = splits
        self.settings = settings
        self.size = size
        self.channels = channels
        self.on_bad: Callable[[Bad], None] | None = None
        self.on_notice: Callable[[Diagnostic], None] | None = None
        self.diagnostics = oddities(index, splits, settings.validation)
        self._guard = threading.Lock()
        cache = PictureCache.open(index, size, channels, settings.fit, budget=cache_budget, notice=self._notice)
        self._pictures = Pictures(index, size, channels, settings.fit, cache)
        self._pictures.on_bad = self._found_bad
        self._thumbnails = Thumbnails(index)
        self.scaling = Scaling.unit(channels)

    @classmethod
    def open(
        cls,
        settings: DataSettings,
        project_folder: str | Path | None = None,
        *,
        size: tuple[int, int] = (64, 64),
        channels: int = 3,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
        cache_budget: int | None = None,
    ) -> Dataset:
        """Scans the folder, splits it, and measures the scaling if the settings ask for that.

        `size` is (height, width). `progress(done, total)` counts files, and then pictures measured; it and
        `cancelled` are called on the calling thread. Raises `Problem` for settings that do not hold, for everything
        `scan` raises, and "data.cancelled".
        """
        _check(settings, size, channels)
        folder = resolve(settings, project_folder, progress)
        index = scan(folder, progress=progress, cancelled=cancelled)
        splits = split(index, settings)
        _require_training(index, splits)
        dataset = cls(index, splits, settings, size=size, channels=channels, cache_budget=cache_budget)
        try:
            dataset._choose_scaling(progress, cancelled)
        except BaseException:
            dataset.close()
            raise
        return dataset

    # --- facts --------------------------------------------------------------------------------------------------------

    @property
    def classes(self) -> tuple[str, ...]:
        return self.index.classes

    @property
    def bad(self) -> Sequence[Bad]:
        """All files that are not used: those the scan refused, and those that could not be read later on."""
        return self.index.bad + self._pictures.bad

    @property
    def fingerprint(self) -> str:
        """Equal for equal files, classes and folder splits (see `Index.fingerprint`)."""
        return self.index.fingerprint

    @property
    def mean(self) -> npt.NDArray[np.float32]:
        """What is subtracted from each channel, for pixels in 0..1."""
        return np.array(self.scaling.mean, np.float32)

    @property
    def std(self) -> npt.NDArray[np.float32]:
        """What each channel is divided by, for pixels in 0..1."""
        return np.array(self.scaling.std, np.float32)

    @property
    def cached_in(self) -> str:
        """Where decoded pictures are kept: "disk", "memory" or "nowhere"."""
        return self._pictures.cache.where

    def class_counts(self, split: str = "all") -> npt.NDArray[np.int64]:
        """Pictures in each class, of a split or of all."""
        return self.index.class_counts(self.splits[split])

    def describe(self, duplicates: Duplicates | None = None) -> dict[str, Any]:
        """Plain JSON values: classes, counts, splits, sizes, bad files with reasons."""
        return describe(self.index, self.splits, self.bad, duplicates)

    # --- single pictures ----------------------------------------------------------------------------------------------

    def picture(self, i: int) -> Pixels:
        """A picture at the network's size, uint8 H × W × C. Raises `Problem` if its file cannot be read any more."""
        return self._pictures.one(i)

    def original(self, i: int) -> Pixels:
        """A picture at its own size, uint8 H × W × 3. Raises `Problem`."""
        try:
            return decode_bytes(self.index.read(i))
        except UnreadablePicture as refused:
            raise UnreadablePicture(refused.reason, self.index.path(i)) from refused

    def thumbnail(self, i: int, edge: int) -> Pixels:
        """A picture with its longer side `edge` pixels at most, uint8 h × w × 3, read-only. Raises `Problem`."""
        return self._thumbnails.get(i, edge)

    def prepare(self, picture: Pixels) -> Pixels:
        """Any picture (uint8 H × W × 3) at the network's size, uint8 H × W × C, as training prepares its own."""
        return to_channels(fit(picture, self.size, self.settings.fit), self.channels)

    def network_input(self, pictures: Sequence[int] | npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """float32 N × C × H × W, scaled: of pictures by their indices, or of uint8 N × H × W × C (or one H × W × C).

        Raises `Problem` if a file cannot be read any more.
        """
        given = np.asarray(pictures)
        if given.dtype != np.uint8 or given.ndim < 3:
            shape = (0, *self.size, self.channels)
            given = np.stack([self.picture(int(i)) for i in given]) if given.size else np.empty(shape, np.uint8)
        return self.scaling.apply(given[None] if given.ndim == 3 else given)

    # --- batches ------------------------------------------------------------------------------------------------------

    def train_batches(self, batch_size: int, seed: int, epoch: int, start_step: int = 0) -> Batches:
        """The epoch's training batches from `start_step` on, shuffled and augmented by (seed, epoch) alone.

        An iterator to be closed (``with dataset.train_batches(…) as batches:``). Batches keep their `step` even where
        one before them had no readable picture and was left out. Raises `Problem` for augmentations that do not hold.
        """
        augmenter = Augmenter.of(self.settings.augmentations)

        def change(pixels: Pixels, indices: Indices) -> Pixels:
            return augmenter.apply(pixels, indices, seed, epoch)

        order = epoch_order(self.splits.train, seed, epoch)
        return self._batches(Plan(order, batch_size, epoch, start_step, change if augmenter.steps else None))

    def eval_batches(self, split: str, batch_size: int) -> Batches:
        """The pictures of a split ("train", "val", "test", "all") in ascending order, unchanged."""
        return self._batches(Plan(self.splits[split], batch_size))

    def steps(self, batch_size: int) -> int:
        """Training batches in an epoch; the last may be short."""
        return Plan(self.splits.train, batch_size).steps

    def augmented(self, i: int, seed: int, epoch: int) -> Pixels:
        """What augmentation makes of a picture in an epoch, uint8 H × W × C, for people to look at."""
        augmenter = Augmenter.of(self.settings.augmentations)
        return np.asarray(augmenter.apply(self.picture(i)[None], np.array([i], np.int64), seed, epoch)[0])

    def close(self) -> None:
        """Ends the decoding threads; the cache stays for the next time."""
        self._pictures.close()

    def __enter__(self) -> Dataset:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # --- within -------------------------------------------------------------------------------------------------------

    def _batches(self, plan: Plan) -> Batches:
        return Batches(self._pictures, self.scaling, plan)

    def _choose_scaling(self, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        match self.settings.normalise:
            case "unit":
                self.scaling = Scaling.unit(self.channels)
            case "symmetric":
                self.scaling = Scaling.symmetric(self.channels)
            case _:
                self.scaling = self._measured(progress, cancelled)

    def _measured(self, progress: Progress | None, cancelled: Callable[[], bool] | None) -> Scaling:
        """From a fixed sample of the training pictures, whose decoding is not lost: the cache keeps them."""
        sample = np.sort(shuffled(key(self.settings.seed, "measure"), self.splits.train)[:MEASURED_ON])
        files = len(self.index) + len(self.index.bad)

        def batches() -> Iterator[Pixels]:
            for k in range(0, len(sample), _MEASURED_AT_ONCE):
                if cancelled is not None and cancelled():
                    raise cancellation("Measuring the pictures")
                finished = self._pictures.finish(self._pictures.begin(sample[k : k + _MEASURED_AT_ONCE]))
                if finished is not None:
                    yield finished[0]
                if progress is not None:
                    progress(files + min(k + _MEASURED_AT_ONCE, len(sample)), files + len(sample))

        return Scaling.measured(batches(), self.channels)

    def _found_bad(self, bad: Bad) -> None:
        if self.on_bad is not None:
            self.on_bad(bad)

    def _notice(self, diagnostic: Diagnostic) -> None:
        with self._guard:
            self.diagnostics += (diagnostic,)
        if self.on_notice is not None:
            self.on_notice(diagnostic)


def _check(settings: DataSettings, size: tuple[int, int], channels: int) -> None:
    if min(size) < 1 or channels not in (1, 3):
        raise Problem.of(
            "data.size",
            f"Pictures of {size[0]} × {size[1]} with {channels} channels cannot be made; use 1 or 3 channels.",
        )
    for param, value, choices in (
        ("fit", settings.fit, FITS),
        ("normalise", settings.normalise, ("measured", "unit", "symmetric")),
    ):
        if value not in choices:
            raise Problem.of(
                f"data.{param}", f"“{value}” is no value for “{param}”; use one of {', '.join(choices)}.", param=param
            )
    check_shares(settings)


def _require_training(index: Index, splits: Splits) -> None:
    if not len(splits.train):
        raise Problem.of("data.no_training", f"The folder “{index.root}” holds no pictures to train on.")
