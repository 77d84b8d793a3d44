"""Labelled samples of any kind, ready to train on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.data.augment import Augmenter, Mixed
from workbench.data.batches import Batches, Plan, Supply, epoch_order
from workbench.data.crew import Progress
from workbench.data.depends import same_reading, same_samples, same_splits
from workbench.data.ends import Ends
from workbench.data.index import Index, printable
from workbench.data.inputs import Input
from workbench.data.opened import Opened
from workbench.data.scanned import Held, Scanned
from workbench.data.scanning.reading import read_index
from workbench.data.scanning.source import resolve, sources
from workbench.data.splitting.balance import balanced_order
from workbench.data.splitting.settling import check_settings, misfit_of, settled
from workbench.data.splitting.splits import Splits
from workbench.document.project import DataSettings

__all__ = ["Dataset", "resolve"]

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]


class Dataset(Opened):
    """Labelled samples with their splits and their preparation; gives batches, single samples and thumbnails.

    `open` reads the source. All methods may be called from any thread. `close` ends the reading threads, once no other
    data set of the same scan is open.

    A data set does not change: other settings make another one (`resettled`, `reopened`), which shares what it can, so
    that a run keeps the very data it began with.
    """

    @classmethod
    def open(
        cls,
        settings: DataSettings,
        project_folder: str | Path | None = None,
        *,
        size: tuple[int, int] = (64, 64),
        channels: int = 3,
        input: Input | None = None,
        threads: int | None = None,
        preparation: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
        cache_budget: int | None = None,
    ) -> Dataset:
        """Scans the source, splits it, and measures the preparation on the training samples unless one is given.

        `input` is what the network takes; `size` (height, width) and `channels` say it in short for pictures. An input
        that cannot take this kind of data is told in `diagnostics`, and the samples are there to be looked at as they
        usually come. `progress(done, total)` counts files, and then samples measured; it and `cancelled` are called on
        the calling thread. Raises `Problem` for settings that do not hold, for everything `read_index` raises, and
        "data.cancelled".
        """
        wanted = Input.pictures(size, channels) if input is None else input
        check_settings(settings, wanted)
        index = read_index(settings, project_folder, progress=progress, cancelled=cancelled)
        files = len(index) + len(index.bad)

        def measured(done: int, total: int | None) -> None:
            if progress is not None:
                progress(files + done, files + (total or 0))

        scanned = Scanned(index, threads, cache_budget, sources(settings, project_folder))
        if input is None and "pictures" not in scanned.kind.layers:  # nobody asked for pictures
            wanted = Input.usual(scanned.kind.layers[0])
        return cls._opened(scanned, settings, wanted, preparation, measured, cancelled)

    @classmethod
    def of_index(
        cls,
        index: Index,
        splits: Splits,
        settings: DataSettings,
        input: Input,
        fingerprint: str,
        *,
        preparation: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
        places: Sequence[Path] = (),
    ) -> Dataset:
        """Samples and splits as they stand, whatever the settings say of them: those of a run (`frozen`). `places` are
        their sources.

        Raises `Problem` where the samples cannot be read or measured.
        """
        made = cls._of(Scanned(index, places=places), index, splits, settings, input, preparation, progress, cancelled)
        made._fingerprint = f"{fingerprint} with other targets" if made._ends.differ_from(preparation) else fingerprint
        return made

    @classmethod
    def _opened(
        cls,
        scanned: Scanned,
        settings: DataSettings,
        wanted: Input,
        values: Mapping[str, Any] | None,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> Dataset:
        index, splits = settled(scanned, settings)
        return cls._of(scanned, index, splits, settings, wanted, values, progress, cancelled)

    @classmethod
    def _of(
        cls,
        scanned: Scanned,
        index: Index,
        splits: Splits,
        settings: DataSettings,
        wanted: Input,
        values: Mapping[str, Any] | None,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> Dataset:
        misfit = misfit_of(scanned.kind, wanted)
        if misfit is not None:
            wanted, values = Input.usual(scanned.kind.layers[0]), None
        asked = scanned.asked(splits.train, settings, wanted.alone, wanted.target_columns)
        feed, preparation = scanned.kind.open(asked, values=values, progress=progress, cancelled=cancelled)
        feed.on_bad = scanned.found_bad
        measured_on = splits.train if values is None else None
        ends = Ends(scanned, wanted)
        try:
            ends.open(index, splits, settings, values, progress, cancelled)
        except BaseException:
            feed.close()
            raise
        return cls(scanned, Held(feed), preparation, index, splits, settings, wanted, measured_on, misfit, ends)

    # --- other settings -----------------------------------------------------------------------------------------------

    def resettled(self, settings: DataSettings) -> Dataset | None:
        """The same samples under settings that differ in `depends.RESETTLED` only: another data set, at once, without
        reading a file. None where they differ in more, and for the samples of a run.

        The preparation stays as it was measured; where the training samples are others now, `is_measured` is False
        until `measure` was called. Raises `Problem` for settings that do not hold.
        """
        if self._fingerprint or not same_reading(self.settings, settings):
            return None
        check_settings(settings, self.input)
        index, splits = self.index, self.splits
        if not same_splits(self.settings, settings):
            index, splits = settled(self._scanned, settings)
        return Dataset(
            self._scanned,
            self._held.hold(),
            self._preparation,
            index,
            splits,
            settings,
            self.input,
            self._measured_on,
            self._misfit,
            self._ends.held_for(index, splits, settings),
        )

    def settles_at_once(self, settings: DataSettings) -> bool:
        """Whether `resettled` with these settings takes no longer than a frame or two."""
        return self._scanned.drawing.is_quick(settings)

    def reopened(
        self,
        settings: DataSettings,
        input: Input,
        *,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Dataset | None:
        """The same files read for another input or prepared otherwise, without scanning them anew; None where the
        settings name another source. Raises as `open` does."""
        if self._fingerprint or not same_samples(self.settings, settings):
            return None
        check_settings(settings, input)
        return self._opened(self._scanned, settings, input, None, progress, cancelled)

    @property
    def is_measured(self) -> bool:
        """Whether the preparation was measured on the very training samples there are (or was kept with a run)."""
        return self._measured_on is None or np.array_equal(self._measured_on, self.splits.train)

    def measure(self, progress: Progress | None = None, cancelled: Callable[[], bool] | None = None) -> None:
        """Measure the preparation on the training samples, unless it is. For a data set nobody takes batches of yet."""
        with self._measuring:
            if not self.is_measured:
                self._take(None, progress, cancelled)
                self._measured_on = self.splits.train

    def take_preparation(self, values: Mapping[str, Any]) -> None:
        """Prepare samples as a run did, whose `preparation` this was. Raises `Problem` for values that do not fit."""
        self._take(values, None, None)
        self._measured_on = None

    # --- batches ------------------------------------------------------------------------------------------------------

    def train_batches(
        self, batch_size: int, seed: int, epoch: int, start_step: int = 0, *, rank: int = 0, ranks: int = 1
    ) -> Batches:
        """The epoch's training batches from `start_step` on, shuffled and augmented by (seed, epoch) alone; with
        balanced sampling every class comes equally often. Of `ranks` processes that learn together, what is the
        `rank`-th one's part (see `Plan`); `batch_size` is that of one process.

        An iterator to be closed (``with dataset.train_batches(…) as batches:``). Batches keep their `step` even where
        one before them had no readable sample and was left out. Raises `Problem` for augmentations that do not hold.
        """
        augmenter = self._augmenter()

        def change(raw: Pixels, numbers: Indices) -> Pixels:
            return augmenter.apply(raw, numbers, seed, epoch)

        def mix(raw: Pixels, numbers: Indices) -> Mixed | None:
            return augmenter.mix(raw, numbers, seed, epoch)

        changing, mixing = change if augmenter.steps else None, mix if augmenter.mixers else None
        if self._streaming is not None:
            streaming = self._streaming.of_rank(rank, ranks)
            against = self._ends.against
            return streaming.batches(self._preparation, batch_size, seed, epoch, start_step, changing, mixing, against)
        turns = None
        if self.settings.balance == "sampling":
            order, turns = balanced_order(self.splits.train, self.index.labels, len(self.classes), seed, epoch)
        else:
            order = epoch_order(self.splits.train, seed, epoch)
        plan = Plan(order, batch_size, epoch, start_step, changing, turns=turns, mix=mixing, rank=rank, ranks=ranks)
        return self._batches(plan)

    def eval_batches(self, split: str, batch_size: int, *, rank: int = 0, ranks: int = 1) -> Batches:
        """The samples of a split ("train", "val", "test", "all") in ascending order, unchanged; of several processes,
        the part of one."""
        return self._batches(Plan(self.splits[split], batch_size, rank=rank, ranks=ranks))

    def steps(self, batch_size: int) -> int:
        """Training batches in an epoch; the last may be short."""
        return -(-self.training_samples // batch_size)

    def augmented(self, i: int, seed: int, epoch: int) -> Pixels:
        """What augmentation makes of a picture in an epoch, uint8 H × W × C, for people to look at."""
        given = self.picture(i)[None]
        return np.asarray(self._augmenter().apply(given, np.array([i], np.int64), seed, epoch)[0])

    # --- within -------------------------------------------------------------------------------------------------------

    def _augmenter(self) -> Augmenter:
        """Augmentations are for pictures; other kinds have none."""
        return Augmenter.of(self.settings.augmentations if self.kind.id == "pictures" else ())

    def _batches(self, plan: Plan) -> Batches:
        source = printable(str(self.index.root))
        ends = self._ends
        supply = Supply(self._held.feed, self._preparation, self.index.labels, source, ends.more, ends.against)
        return Batches(supply, plan)

    def _take(
        self, values: Mapping[str, Any] | None, progress: Progress | None, cancelled: Callable[[], bool] | None
    ) -> None:
        """Another preparation, kept or measured; with another feed where the samples follow from it (tokens do)."""
        scanned, before = self._scanned, self._held
        asked = scanned.asked(self.splits.train, self.settings, self.input.alone, self.input.target_columns)
        self._ends.take(self.index, self.splits, self.settings, values, progress, cancelled)
        feed, self._preparation = scanned.kind.open(
            asked, feed=before.feed, values=values, progress=progress, cancelled=cancelled
        )
        if feed is not before.feed:
            feed.on_bad = scanned.found_bad
            self._held = Held(feed)
            before.let_go()
