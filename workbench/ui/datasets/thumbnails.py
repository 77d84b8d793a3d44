"""Small pictures on demand, decoded beside the window's thread; what scrolled away is not decoded at all."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

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
KEPT = 3000
"""Thumbnails kept: at 96 pixels about 80 MB."""


class _Queue:
    """Requests, newest first, and how many workers serve them; both change under one lock, so none is forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[int, None] = OrderedDict()
        self._workers = 0

    def put(self, number: int) -> bool:
        """Ask for a picture. True: a worker must be hired for it."""
        with self._lock:
            self._waiting[number] = None
            self._waiting.move_to_end(number)
            while len(self._waiting) > WAITING:
                self._waiting.popitem(last=False)
            hire = self._workers < THREADS
            self._workers += hire
            return hire

    def take(self) -> int | None:
        """The newest request. None: there is none, and the worker that asked must go."""
        with self._lock:
            if self._waiting:
                return self._waiting.popitem()[0]
            self._workers -= 1
            return None

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()


class Thumbnails(QObject):
    """`get` gives a thumbnail or None and then has it decoded; `arrived` tells when it is there."""

    arrived = Signal(int)  # the picture's index
    _decoded = Signal(object, int, object)  # from a worker: the data set, the index, QImage | None

    def __init__(self, edge: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.edge = edge
        self._dataset: Dataset | None = None
        self._queue = _Queue()
        self._threads: list[threading.Thread] = []
        self._kept: OrderedDict[int, QPixmap | None] = OrderedDict()
        self._decoded.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def kept(self) -> int:
        """How many answers are at hand (files that cannot be read included)."""
        return len(self._kept)

    def use(self, dataset: Dataset | None) -> None:
        """Another data set: everything before is stale."""
        if dataset is not self._dataset:
            self._queue.clear()
            self._queue = _Queue()  # workers of the old one find it empty and go
            self._kept.clear()
            self._dataset = dataset

    def get(self, number: int) -> QPixmap | None:
        """The thumbnail of a picture, its longer side `edge` pixels; None while it is not there, or cannot be read."""
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        if self._dataset is not None and self._queue.put(number):
            self._threads = [t for t in self._threads if t.is_alive()]
            arguments = (self._queue, self._dataset)
            self._threads.append(threading.Thread(target=self._work, args=arguments, name="thumbnails", daemon=True))
            self._threads[-1].start()
        return None

    def _work(self, queue: _Queue, dataset: Dataset) -> None:
        """Decode until nobody waits (runs in a worker thread)."""
        while (number := queue.take()) is not None:
            image: QImage | None = None
            try:
                image = image_of(dataset.thumbnail(number, self.edge))
            except (Problem, OSError, ValueError) as reason:  # gone or changed since the scan: it stays a plain tile
                log.info("No thumbnail of picture %d: %s", number, reason)
            self._decoded.emit(dataset, number, image)

    def _take(self, dataset: Dataset, number: int, image: QImage | None) -> None:
        if dataset is not self._dataset:
            return
        self._kept[number] = None if image is None else QPixmap.fromImage(image)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.arrived.emit(number)

    def close(self) -> None:
        """Forget everything and wait for the pictures being decoded."""
        self.use(None)
        for thread in self._threads:
            thread.join(timeout=5.0)
        self._threads.clear()
