"""What a `Dataset` needs of a kind of data: raw samples by index, and the step from them to what a network takes.

    asked = Asked(index, splits.train, settings, Input.pictures((64, 64)))
    feed, preparation = KINDS[index.kind].open(asked)          # measures on the training samples
    pending = feed.begin(indices)                              # returns at once, threads are at work
    raw, there = feed.finish(pending)                          # without the samples that cannot be read any more
    batch = preparation.apply(raw)

Raw samples are pictures uint8 N × H × W × C, text int64 N × L, sound float32 N × T (or N × mels × frames), tables
float32 N × F.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic
from workbench.data.bad import Bad
from workbench.data.crew import Progress
from workbench.data.index import Index
from workbench.data.inputs import Input
from workbench.document.project import DataSettings

Indices = npt.NDArray[np.int64]
Raw = npt.NDArray[Any]
Notice = Callable[[Diagnostic], None]


class Feed(Protocol):
    """Raw samples by index. Safe to use from several threads.

    A file that cannot be read any more is left out and told once to `on_bad`, on the thread that met it.
    """

    on_bad: Callable[[Bad], None] | None

    @property
    def bad(self) -> tuple[Bad, ...]:
        """Files that turned out bad since the folder was scanned."""

    def begin(self, indices: Indices) -> Any:
        """Sets the threads to work on these samples and returns at once; `finish` takes what it gives."""

    def finish(self, pending: Any, stopped: threading.Event | None = None) -> tuple[Raw, Indices] | None:
        """Waits for `begin`: the samples and their indices, without those that could not be read.

        None if `stopped` was set before all were there. Raises `Problem` ("data.closed") if `close` was called.
        """

    def one(self, i: int) -> Raw:
        """One raw sample, on the calling thread. Raises `Problem` if it cannot be read any more."""

    def close(self) -> None:
        """Ends the threads; what is kept on disk stays."""


class Preparation(Protocol):
    """From raw samples to what the network takes, as it was measured on the training samples."""

    @property
    def values(self) -> Mapping[str, Any]:
        """All of it as JSON values, kept with a run: `Kind.open(…, values=…)` makes the same preparation of them."""

    def apply(self, raw: Raw) -> npt.NDArray[Any]:
        """A batch of raw samples as the network takes it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be opened. `index` is as it was scanned: its classes and splits mean nothing to a feed.

    `train` are the samples that may be measured on, `threads` how many read ahead (None: as many as there are cores),
    `cache_budget` the most bytes on disk for all caches together (None: the usual), `notice` hears what is worth
    telling. `apart` are columns that the network is not given, because outputs are held against them.
    """

    index: Index
    train: Indices
    settings: DataSettings
    input: Input
    threads: int | None = None
    cache_budget: int | None = None
    notice: Notice | None = None
    apart: tuple[str, ...] = ()


class Kind(Protocol):
    """A kind of data, as far as a `Dataset` needs it."""

    def open(
        self,
        asked: Asked,
        *,
        feed: Feed | None = None,
        values: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> tuple[Feed, Preparation]:
        """The samples and their preparation.

        `feed` is an open one of the same index and input, to be given back where it will do (a caller closes what was
        not given back, later). `values` are those of a preparation kept with a run: then nothing is measured.
        `progress(done, total)` counts the samples measured. Raises `Problem` for values that do not fit,
        "data.cancelled", and for an input this kind cannot feed.
        """

    def words(self, index: Index, i: int) -> str:
        """A sample in a few words: the beginning of a text, "500 × 375", "name 5.1, …". Raises `Problem`."""
