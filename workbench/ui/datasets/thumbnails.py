"""Small pictures on demand, decoded beside the window's thread; what scrolled away is not decoded at all."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage, QPixmap

from workbench.core.diagnostic import Problem
from workbench.ui.viewers.picture_view import image_of

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

log = logging.getLogger(__name__)

THREADS = 2
WAITING = 400
"""Requests kept; older ones were scrolled past and are asked for again when they come back into view."""
MOST_BYTES = 128 * 10**6
"""Of thumbnails kept: at 96 pixels about 3,500."""
_LONGEST_HOLD = 0.1  # seconds a worker waits for a paint to end
_SHARP = 4
_INK = (74, 140, 220)  # 3:1 or better on the raised grounds of both themes
_LIGHT = 128
_WORDS_BYTES = 512  # what an answer without a picture counts for

Answer = QPixmap | str | None
"""A picture, a sample in words, or None: it cannot be read."""


Make = Callable[["Dataset", int, int], "QImage | str"]
"""A sample's picture or words, of a data set, its index and an edge in pixels; raises `Problem`."""


class _Queue:
    """Requests, newest first, and how many workers serve them; both change under one lock, so none is forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[int, int] = OrderedDict()  # the edge by the number
        self._workers = 0
        self.open = threading.Event()  # cleared while the window paints: it waits for nobody who holds the interpreter
        self.open.set()

    def put(self, number: int, edge: int) -> bool:
        """Ask for a picture. True: a worker must be hired for it."""
        with self._lock:
            self._waiting[number] = edge
            self._waiting.move_to_end(number)
            while len(self._waiting) > WAITING:
                self._waiting.popitem(last=False)
            hire = self._workers < THREADS
            self._workers += hire
            return hire

    def take(self) -> tuple[int, int] | None:
        """The newest request. None: there is none, and the worker that asked must go."""
        self.open.wait(_LONGEST_HOLD)
        with self._lock:
            if self._waiting:
                return self._waiting.popitem()
            self._workers -= 1
            return None

    def keep(self, numbers: Iterable[int]) -> None:
        """Forget all requests but these."""
        with self._lock:
            for number in self._waiting.keys() - set(numbers):
                del self._waiting[number]

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()


class Thumbnails(QObject):
    """`get` gives a thumbnail or None and then has it decoded; `arrived` tells when it is there."""

    arrived = Signal(int)  # the sample's index
    _decoded = Signal(object, int, int, object)  # from a worker: the data set, the index, the edge, QImage | str | None

    def __init__(
        self,
        edge: int,
        parent: QObject | None = None,
        *,
        make: Make | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """`edge` is the longer side in device pixels; `make` decodes (`thumbnail_of`)."""
        super().__init__(parent)
        self._make = make or thumbnail_of
        self._most_bytes = most_bytes
        self.edge = edge
        self._dataset: Dataset | None = None
        self._queue = _Queue()
        self._threads: list[threading.Thread] = []
        self._kept: OrderedDict[int, tuple[int, Answer]] = OrderedDict()
        self._bytes = 0
        self._wished: list[int] | None = None  # what a paint in progress asks for
        self._decoded.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def kept(self) -> int:
        """How many answers are at hand (files that cannot be read included)."""
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """The memory the answers take."""
        return self._bytes

    def use(self, dataset: Dataset | None) -> None:
        """Another data set: everything before is stale, unless it has the very same files."""
        if dataset is self._dataset:
            return
        self._queue.clear()
        self._queue = _Queue()  # workers of the old one find it empty and go
        if not same_files(self._dataset, dataset):
            self._forget()
        self._dataset = dataset

    def resize(self, edge: int) -> None:
        """Another size from now on; those of the old size stand in until the new ones are there."""
        self.edge = edge
        self._queue.clear()

    def get(self, number: int) -> QPixmap | None:
        """The thumbnail of a sample, its longer side `edge` pixels; None while it is not there, or cannot be read."""
        found = self._found(number)
        return found if isinstance(found, QPixmap) else None

    def words(self, number: int) -> str:
        """What a sample without a picture says; "" while it is not there, or has one."""
        found = self._found(number)
        return found if isinstance(found, str) else ""

    @contextmanager
    def painting(self, in_view: Sequence[int], *, ask: bool = True) -> Iterator[None]:
        """While a view is painted: what it asks for is begun when that is done, the first in view first, and the
        threads begin nothing meanwhile. What was asked for and is not `in_view` any more is dropped. With `ask` False
        nothing new is begun: the view moves too fast for anybody to see what is in it."""
        self._queue.open.clear()
        self._wished = []
        try:
            yield
        finally:
            wished, self._wished = self._wished, None
            self._queue.keep(in_view)
            for number in reversed(wished) if ask else ():
                self._ask(number)
            self._queue.open.set()

    def failed(self, number: int) -> bool:
        """Whether a sample is known to have no thumbnail: it cannot be read."""
        found = self._kept.get(number)
        return found is not None and found[1] is None

    def _found(self, number: int) -> Answer:
        kept = self._kept.get(number)
        if kept is not None:
            self._kept.move_to_end(number)
            if kept[0] == self.edge or not isinstance(kept[1], QPixmap):
                return kept[1]
        if self._wished is None:
            self._ask(number)
        else:
            self._wished.append(number)
        return kept[1] if kept is not None else None

    def _ask(self, number: int) -> None:
        if self._dataset is not None and self._queue.put(number, self.edge):
            self._threads = [t for t in self._threads if t.is_alive()]
            arguments = (self._queue, self._dataset)
            self._threads.append(threading.Thread(target=self._work, args=arguments, name="thumbnails", daemon=True))
            self._threads[-1].start()

    def _work(self, queue: _Queue, dataset: Dataset) -> None:
        """Decode until nobody waits (runs in a worker thread)."""
        while (request := queue.take()) is not None:
            number, edge = request
            made: QImage | str | None = None
            try:
                made = self._make(dataset, number, edge)
            except (Problem, OSError, ValueError) as reason:  # gone or changed since the scan: it stays a plain tile
                log.info("No thumbnail of sample %d: %s", number, reason)
            self._decoded.emit(dataset, number, edge, made)

    def _take(self, dataset: Dataset, number: int, edge: int, made: QImage | str | None) -> None:
        if dataset is not self._dataset:
            return
        self._drop(number)
        answer = QPixmap.fromImage(made) if isinstance(made, QImage) else made
        self._kept[number] = (edge, answer)
        self._bytes += _weight(answer)
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))
        self.arrived.emit(number)

    def _drop(self, number: int) -> None:
        gone = self._kept.pop(number, None)
        if gone is not None:
            self._bytes -= _weight(gone[1])

    def _forget(self) -> None:
        self._kept.clear()
        self._bytes = 0

    def close(self) -> None:
        """Forget everything and wait for the pictures being decoded."""
        self.use(None)
        for thread in self._threads:
            thread.join(timeout=5.0)
        self._threads.clear()


def same_files(before: Dataset | None, after: Dataset | None) -> bool:
    """Whether two data sets are of the same samples in the same order, whatever their classes and splits are now."""
    if before is None or after is None:
        return False
    old, new = before.index, after.index
    if old.paths is new.paths and old.mtimes is new.mtimes:
        return True
    return bool(old.roots == new.roots and old.paths == new.paths and np.array_equal(old.mtimes, new.mtimes))


def thumbnail_of(dataset: Dataset, number: int, edge: int) -> QImage | str:
    """A sample as a small picture, its longer side `edge` pixels, or in words where its kind has no picture.

    Raises `Problem` where its file cannot be read.
    """
    pixels = dataset.preview(number, edge)
    if pixels is None:
        return dataset.words(number)
    if dataset.index.kind == "audio":
        return _drawn(pixels)
    image = image_of(pixels)
    largest = max(image.width(), image.height())
    if largest < edge:  # once here rather than in every paint; from four times on pixels are squares
        smooth = largest * _SHARP > edge
        how = Qt.TransformationMode.SmoothTransformation if smooth else Qt.TransformationMode.FastTransformation
        image = image.scaled(edge, edge, Qt.AspectRatioMode.KeepAspectRatio, how)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def _drawn(pixels: NDArray[np.uint8]) -> QImage:
    """The outline of a sound (light on dark) as a drawing without a ground, in an ink for both themes."""
    made = np.zeros((*pixels.shape[:2], 4), np.uint8)
    made[pixels[..., 2] >= _LIGHT] = (*_INK, 255)
    height, width = made.shape[:2]
    image = QImage(made.data, width, height, made.strides[0], QImage.Format.Format_RGBA8888)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)  # a copy of its own


def _weight(answer: Answer) -> int:
    """Bytes of memory."""
    return answer.width() * answer.height() * 4 if isinstance(answer, QPixmap) else _WORDS_BYTES
