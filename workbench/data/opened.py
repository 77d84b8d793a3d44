"""An open data set, to be looked at: what is in it, and its samples one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic
from workbench.data.alike.duplicates import Duplicates
from workbench.data.decoding.decode import decode_bytes
from workbench.data.decoding.fit import fit, to_channels
from workbench.data.describe import describe, oddities
from workbench.data.ends import Ends
from workbench.data.feed import Preparation
from workbench.data.index import Bad, Index
from workbench.data.inputs import Input
from workbench.data.kinds.kind import DataKind
from workbench.data.scanned import Held, Scanned
from workbench.data.shards.feeding import Streaming
from workbench.data.shards.notes import stream_notes
from workbench.data.splitting.balance import class_weights
from workbench.data.splitting.grouping import Groups
from workbench.data.splitting.split_notes import split_notes
from workbench.data.splitting.splits import Splits
from workbench.data.targets.against import Against
from workbench.document.project import DataSettings

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]


class Opened:
    """What a `Dataset` knows of its samples. All methods may be called from any thread.

    `index` has a person's changes in it. `diagnostics` tells what is odd. `on_bad` is called with each file that turns
    out unreadable later on, once a file, and `on_notice` with what else is worth telling (a full disk); both on
    whichever thread meets it.
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
        ends: Ends | None = None,
    ) -> None:
        """`measured_on` are the samples the preparation was measured on, None where it was kept with a run; `misfit` is
        why the network's own input cannot take these samples, `ends` its further inputs and its outputs' targets."""
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
        self._ends = ends if ends is not None else Ends(scanned, input)
        self._odd = (*oddities(index, splits, settings.validation), *split_notes(scanned, index, splits, settings))
        self._streaming: Streaming | None = None
        if index.stream is not None:
            self._odd = (*self._odd, *stream_notes(index, index.stream, settings))
            threads, found_bad = scanned.threads, scanned.found_bad
            self._streaming = Streaming(index.stream, scanned.kind, settings, input.alone, threads, found_bad)
        self._closed = False
        self._measuring = threading.Lock()
        self._fingerprint = ""  # of samples frozen with a run
        scanned.tell(self)

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
        return (*misfit, *self.problems_of_ends.values(), *self._odd, *self._scanned.notices)

    @property
    def problems_of_ends(self) -> Mapping[tuple[str, int], Diagnostic]:
        """Why an input after the first, or an output's target, cannot be had of these samples: by ("input", its number
        from 1) and ("target", its number from 0)."""
        return self._ends.problems

    @property
    def held_against(self) -> tuple[Against, ...]:
        """What each output is held against; nothing where there is one output and the samples' classes."""
        return self._ends.against

    @property
    def target_names(self) -> tuple[tuple[str, ...], ...]:
        """The classes, labels or columns of each output's target."""
        return tuple(one.names for one in self._ends.against)

    @property
    def bad(self) -> Sequence[Bad]:
        """All files that are not used: those the scan refused, and those that could not be read later on."""
        return self.index.bad + self._held.feed.bad

    @property
    def fingerprint(self) -> str:
        """Equal for equal files, classes and folder splits (see `Index.fingerprint`)."""
        return self._fingerprint or self._ends.fingerprint(self.index.fingerprint)

    @property
    def preparation(self) -> Mapping[str, Any]:
        """How samples are prepared, as JSON values to be kept with a run: mean and std, vocabulary, columns."""
        return MappingProxyType({**self._preparation.values, **self._ends.kept})

    @property
    def asks_of_input(self) -> Mapping[str, Any]:
        """What the input layer's parameters must be for these data: the number of features; mostly nothing."""
        return self.kind.asks_of_input(self._preparation)

    @property
    def asks_of_inputs(self) -> tuple[Mapping[str, Any], ...]:
        """The same for every input of the network, in order."""
        return (self.asks_of_input, *(one.asks_of_input for one in self._ends.more))

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

    def network_inputs(self, samples: Sequence[int] | npt.NDArray[np.int64]) -> tuple[npt.NDArray[Any], ...]:
        """A batch of samples by their indices, for each input of the network. Raises `Problem`."""
        rest = (np.concatenate([one.one(int(i)) for i in samples]) for one in self._ends.more)
        return (self.network_input(np.asarray(samples, np.int64)), *rest)

    # --- ending ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Ends the reading threads, once no other data set holds them; the cache stays for the next time."""
        if not self._closed:
            self._closed = True
            if self._streaming is not None:
                self._streaming.close()
            self._held.let_go()
            self._ends.let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def heard_bad(self, bad: Bad) -> None:
        if self.on_bad is not None and not self._closed:
            self.on_bad(bad)

    def heard(self, notice: Diagnostic) -> None:
        if self.on_notice is not None and not self._closed:
            self.on_notice(notice)
