"""Labelled samples of any kind, ready to train on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.data.augment import Augmenter, Mixed
from workbench.data.balance import balanced_order, class_weights
from workbench.data.batches import Batches, Plan, Supply, epoch_order
from workbench.data.crew import Progress
from workbench.data.decode import decode_bytes
from workbench.data.depends import same_reading, same_samples, same_splits
from workbench.data.describe import describe, oddities
from workbench.data.duplicates import Duplicates
from workbench.data.feed import Preparation
from workbench.data.fit import FITS, fit, to_channels
from workbench.data.grouping import Groups
from workbench.data.index import Bad, Index, printable
from workbench.data.inputs import PICTURES, Input
from workbench.data.kinds.kind import DataKind, check_layer
from workbench.data.reading import read_index
from workbench.data.scaling import Scaling
from workbench.data.scanned import Held, Scanned
from workbench.data.shards.feeding import Streaming
from workbench.data.shards.notes import stream_notes
from workbench.data.source import resolve
from workbench.data.split_notes import split_notes
from workbench.data.splits import Splits, check_shares, split
from workbench.document.data_format import NORMALISATIONS
from workbench.document.project import BALANCES, DataSettings

__all__ = ["Dataset", "resolve"]

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]


class Dataset:
    """Labelled samples with their splits and their preparation; gives batches, single samples and thumbnails.

    `open` reads the source. All methods may be called from any thread. `close` ends the reading threads, once no other
    data set of the same scan is open.

    A data set does not change: other settings make another one (`resettled`, `reopened`), which shares what it can, so
    that a run keeps the very data it began with. `index` has a person's changes in it. `diagnostics` tells what is odd.
    `on_bad` is called with each file that turns out unreadable later on, once a file, and `on_notice` with what else is
    worth telling (a full disk); both on whichever thread meets it.
    """

    def __init__(
        self,
        scanned: Scanned,
        held: Held,
        preparation: Preparation,
        index: Index,
        splits: Splits,
        settings: DataSettings,
        input: Input,
        measured_on: Indices | None = None,
        misfit: Diagnostic | None = None,
    ) -> None:
        """`measured_on` are the samples the preparation was measured on, None where it was kept with a run; `misfit` is
        why the network's own input cannot take these samples."""
        self.index = index
        self.splits = splits
        self.settings = settings
        self.input = input
        self.on_bad: Callable[[Bad], None] | None = None
        self.on_notice: Callable[[Diagnostic], None] | None = None
        self._scanned = scanned
        self._held = held
        self._preparation = preparation
        self._measured_on = measured_on
        self._misfit = misfit
        self._odd = (*oddities(index, splits, settings.validation), *split_notes(scanned, index, splits, settings))
        self._streaming: Streaming | None = None
        if index.stream is not None:
            self._odd = (*self._odd, *stream_notes(index, index.stream, settings))
            self._streaming = Streaming(index.stream, scanned.kind, settings, input, scanned.threads, scanned.found_bad)
        self._closed = False
        self._measuring = threading.Lock()
        self._fingerprint = ""  # of samples frozen with a run
        scanned.tell(self)

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
        _check(settings, wanted)
        index = read_index(settings, project_folder, progress=progress, cancelled=cancelled)
        files = len(index) + len(index.bad)

        def measured(done: int, total: int | None) -> None:
            if progress is not None:
                progress(files + done, files + (total or 0))

        scanned = Scanned(index, threads, cache_budget)
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
    ) -> Dataset:
        """Samples and splits as they stand, whatever the settings say of them: those of a run (`frozen`).

        Raises `Problem` where the samples cannot be read or measured.
        """
        made = cls._of(Scanned(index), index, splits, settings, input, preparation, progress, cancelled)
        made._fingerprint = fingerprint
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
        index, splits = _settled(scanned, settings)
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
        misfit = _misfit(scanned.kind, wanted)
        if misfit is not None:
            wanted, values = Input.usual(scanned.kind.layers[0]), None
        feed, preparation = scanned.kind.open(
            scanned.asked(splits.train, settings, wanted), values=values, progress=progress, cancelled=cancelled
        )
        feed.on_bad = scanned.found_bad
        measured_on = splits.train if values is None else None
        return cls(scanned, Held(feed), preparation, index, splits, settings, wanted, measured_on, misfit)

    # --- other settings -----------------------------------------------------------------------------------------------

    def resettled(self, settings: DataSettings) -> Dataset | None:
        """The same samples under settings that differ in `depends.RESETTLED` only: another data set, at once, without
        reading a file. None where they differ in more, and for the samples of a run.

        The preparation stays as it was measured; where the training samples are others now, `is_measured` is False
        until `measure` was called. Raises `Problem` for settings that do not hold.
        """
        if self._fingerprint or not same_reading(self.settings, settings):
            return None
        _check(settings, self.input)
        index, splits = self.index, self.splits
        if not same_splits(self.settings, settings):
            index, splits = _settled(self._scanned, settings)
        held = self._held.hold()
        return Dataset(
            self._scanned, held, self._preparation, index, splits, settings, self.input, self._measured_on, self._misfit
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
        _check(settings, input)
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

    # --- facts --------------------------------------------------------------------------------------------------------

    @property
    def kind(self) -> DataKind:
        """What the samples are: `kind.id`, `kind.title`, …"""
        return self._scanned.kind

    @property
    def classes(self) -> tuple[str, ...]:
        return self.index.classes

    def found_label(self, path: str) -> str | None:
        """The class a sample had before a person's changes; None for a sample that is not there."""
        found = self._scanned.index
        row = found.find(path)
        return None if row is None else found.classes[int(found.labels[row])]

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What a person should know of; an error where the network's input cannot take these samples."""
        misfit = () if self._misfit is None else (self._misfit,)
        return (*misfit, *self._odd, *self._scanned.notices)

    @property
    def bad(self) -> Sequence[Bad]:
        """All files that are not used: those the scan refused, and those that could not be read later on."""
        return self.index.bad + self._held.feed.bad

    @property
    def fingerprint(self) -> str:
        """Equal for equal files, classes and folder splits (see `Index.fingerprint`)."""
        return self._fingerprint or self.index.fingerprint

    @property
    def preparation(self) -> Mapping[str, Any]:
        """How samples are prepared, as JSON values to be kept with a run: mean and std, vocabulary, columns."""
        return MappingProxyType(dict(self._preparation.values))

    @property
    def asks_of_input(self) -> Mapping[str, Any]:
        """What the input layer's parameters must be for these data: the number of features; mostly nothing."""
        return self.kind.asks_of_input(self._preparation)

    @property
    def groups(self) -> Groups | None:
        """Which samples stay together in a split; None where the settings ask for no groups."""
        return self._scanned.drawing.groups(self.settings)

    @property
    def class_weights(self) -> npt.NDArray[np.float32] | None:
        """How much each class counts in the objective; None where all count alike."""
        return class_weights(self.class_counts("train")) if self.settings.balance == "weights" else None

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of pictures for the network."""
        return self.input.size

    @property
    def channels(self) -> int:
        """1 or 3, of pictures for the network."""
        return self.input.channels

    @property
    def scaling(self) -> Scaling:
        """How pictures are scaled."""
        return Scaling(tuple(self.preparation["mean"]), tuple(self.preparation["std"]))

    @scaling.setter
    def scaling(self, scaling: Scaling) -> None:
        self.take_preparation({"mean": scaling.mean, "std": scaling.std})

    @property
    def mean(self) -> npt.NDArray[np.float32]:
        """What is subtracted from each channel of pictures, for pixels in 0..1; nothing for other kinds."""
        return np.array(self._preparation.values.get("mean", ()), np.float32)

    @property
    def std(self) -> npt.NDArray[np.float32]:
        """What each channel of pictures is divided by, for pixels in 0..1; nothing for other kinds."""
        return np.array(self._preparation.values.get("std", ()), np.float32)

    @property
    def cached_in(self) -> str:
        """Where decoded samples are kept: "disk", "memory" or "nowhere"."""
        cache = getattr(self._held.feed, "cache", None)
        return cache.where if cache is not None else "memory"

    def class_counts(self, split: str = "all") -> npt.NDArray[np.int64]:
        """Samples in each class, of a split or of all; of training also those that are streamed."""
        if self.index.stream is not None and split == "train":
            return np.array(self.index.stream.class_counts, np.int64)
        return self.index.class_counts(self.splits[split])

    @property
    def training_samples(self) -> int:
        """Samples of an epoch: those of the training split, or all that are streamed."""
        return len(self.splits.train) if self.index.stream is None else len(self.index.stream)

    def path(self, i: int) -> str:
        """The name of a sample by its index or, for a streamed one, by the number its batch has for it."""
        return self.index.path(i) if self._streaming is None or i < len(self.index) else self._streaming.path(i)

    def describe(self, duplicates: Duplicates | None = None) -> dict[str, Any]:
        """Plain JSON values: classes, counts, splits, sizes, bad files with reasons."""
        return describe(self.index, self.splits, self.bad, duplicates)

    # --- single samples -----------------------------------------------------------------------------------------------

    def raw(self, i: int) -> npt.NDArray[Any]:
        """A sample as the feed gives it: a picture at the network's size uint8 H × W × C, the tokens of a text L, sound
        float32, a row of a table float32 F. Raises `Problem` if its file cannot be read any more."""
        return self._held.feed.one(i)

    def sample(self, given: Any) -> npt.NDArray[Any]:
        """A new sample, raw, made as the data set's own are: of a picture or sound file's path, a text, or the columns
        and values of a row (see `NewSamples.sample`). Raises `Problem`."""
        return self.kind.restored(self.input, self.settings, self.preparation).sample(given)

    def picture(self, i: int) -> Pixels:
        """A picture at the network's size, uint8 H × W × C. Raises `Problem` if its file cannot be read any more."""
        return self.raw(i)

    def words(self, i: int) -> str:
        """A sample in a few words: "500 × 375", the beginning of a text, "name 5.1, …". Raises `Problem`."""
        return self.kind.words(self._scanned.index, i)

    def original(self, i: int) -> Pixels:
        """A picture at its own size, uint8 H × W × 3. Raises `Problem`."""
        return decode_bytes(self.index.read(i))

    def thumbnail(self, i: int, edge: int) -> Pixels:
        """A picture with its longer side `edge` pixels at most, uint8 h × w × 3, read-only. Raises `Problem`."""
        return self._scanned.thumbnails.get(i, edge)

    def preview(self, i: int, edge: int) -> Pixels | None:
        """A sample of any kind as a small picture, uint8 h × w × 3, or None where words say it better. Raises
        `Problem`."""
        return self.thumbnail(i, edge) if self.kind.id == "pictures" else self.kind.preview(self.index, i, edge)

    def prepare(self, picture: Pixels) -> Pixels:
        """Any picture (uint8 H × W × 3) at the network's size, uint8 H × W × C, as training prepares its own."""
        return to_channels(fit(picture, self.size, self.settings.fit), self.channels)

    def network_input(self, samples: Sequence[int] | npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A batch for the network: of samples by their indices, or of raw ones (with the axis of the batch; a picture
        uint8 H × W × C may come without). Pictures become float32 N × C × H × W.

        Raises `Problem` if a file cannot be read any more.
        """
        given = np.asarray(samples)
        if given.ndim < 2:
            given = np.stack([self.raw(int(i)) for i in given]) if given.size else self.raw(0)[None][:0]
        if self.kind.id == "pictures" and given.ndim == 3:
            given = given[None]
        return self._preparation.apply(given)

    # --- batches ------------------------------------------------------------------------------------------------------

    def train_batches(self, batch_size: int, seed: int, epoch: int, start_step: int = 0) -> Batches:
        """The epoch's training batches from `start_step` on, shuffled and augmented by (seed, epoch) alone; with
        balanced sampling every class comes equally often.

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
            return self._streaming.batches(self._preparation, batch_size, seed, epoch, start_step, changing, mixing)
        turns = None
        if self.settings.balance == "sampling":
            order, turns = balanced_order(self.splits.train, self.index.labels, len(self.classes), seed, epoch)
        else:
            order = epoch_order(self.splits.train, seed, epoch)
        return self._batches(Plan(order, batch_size, epoch, start_step, changing, turns=turns, mix=mixing))

    def eval_batches(self, split: str, batch_size: int) -> Batches:
        """The samples of a split ("train", "val", "test", "all") in ascending order, unchanged."""
        return self._batches(Plan(self.splits[split], batch_size))

    def steps(self, batch_size: int) -> int:
        """Training batches in an epoch; the last may be short."""
        return -(-self.training_samples // batch_size)

    def augmented(self, i: int, seed: int, epoch: int) -> Pixels:
        """What augmentation makes of a picture in an epoch, uint8 H × W × C, for people to look at."""
        given = self.picture(i)[None]
        return np.asarray(self._augmenter().apply(given, np.array([i], np.int64), seed, epoch)[0])

    def close(self) -> None:
        """Ends the reading threads, once no other data set holds them; the cache stays for the next time."""
        if not self._closed:
            self._closed = True
            if self._streaming is not None:
                self._streaming.close()
            self._held.let_go()

    def __enter__(self) -> Dataset:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # --- within -------------------------------------------------------------------------------------------------------

    def heard_bad(self, bad: Bad) -> None:
        if self.on_bad is not None and not self._closed:
            self.on_bad(bad)

    def heard(self, notice: Diagnostic) -> None:
        if self.on_notice is not None and not self._closed:
            self.on_notice(notice)

    def _augmenter(self) -> Augmenter:
        """Augmentations are for pictures; other kinds have none."""
        return Augmenter.of(self.settings.augmentations if self.kind.id == "pictures" else ())

    def _batches(self, plan: Plan) -> Batches:
        supply = Supply(self._held.feed, self._preparation, self.index.labels, printable(str(self.index.root)))
        return Batches(supply, plan)

    def _take(
        self, values: Mapping[str, Any] | None, progress: Progress | None, cancelled: Callable[[], bool] | None
    ) -> None:
        """Another preparation, kept or measured; with another feed where the samples follow from it (tokens do)."""
        scanned, before = self._scanned, self._held
        asked = scanned.asked(self.splits.train, self.settings, self.input)
        feed, self._preparation = scanned.kind.open(
            asked, feed=before.feed, values=values, progress=progress, cancelled=cancelled
        )
        if feed is not before.feed:
            feed.on_bad = scanned.found_bad
            self._held = Held(feed)
            before.let_go()


def _settled(scanned: Scanned, settings: DataSettings) -> tuple[Index, Splits]:
    """The index with a person's changes, and its splits. Raises `Problem` where nothing is left to learn."""
    index = scanned.index.changed(settings.changes) if settings.changes else scanned.index
    if len(index.classes) < 2 <= len(scanned.index.classes):
        raise Problem.of(
            "data.one_class",
            f"All samples were put into one class (“{index.classes[0]}”), so there is nothing to tell apart. Undo the "
            "last change of classes.",
        )
    splits = split(scanned.index, settings, changed=index, drawing=scanned.drawing)
    if not len(splits.train):
        words = "All samples are excluded or moved" if settings.changes else "All samples are kept for other splits"
        raise Problem.of(
            "data.no_training",
            f"{words}, so “{printable(str(index.root))}” holds nothing to train on. Put some back into training.",
        )
    return index, splits


def _misfit(kind: DataKind, wanted: Input) -> Diagnostic | None:
    """Why the network's input cannot take samples of this kind; None where it can."""
    try:
        check_layer(kind, wanted)
    except Problem as problem:
        return problem.diagnostics[0]
    return None


def _check(settings: DataSettings, wanted: Input) -> None:
    if wanted.layer == PICTURES and (min(wanted.size) < 1 or wanted.channels not in (1, 3)):
        raise Problem.of(
            "data.size",
            f"Pictures of {wanted.size[0]} × {wanted.size[1]} with {wanted.channels} channels cannot be made; use 1 or "
            "3 channels.",
        )
    for param, value, choices in (
        ("fit", settings.fit, FITS),
        ("normalise", settings.normalise, NORMALISATIONS),
        ("balance", settings.balance, BALANCES),
    ):
        if value not in choices:
            raise Problem.of(
                f"data.{param}", f"“{value}” is no value for “{param}”; use one of {', '.join(choices)}.", param=param
            )
    check_shares(settings)
