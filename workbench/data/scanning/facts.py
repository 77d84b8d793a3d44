"""For every file its size, its time, and what its header says, or why it cannot be used."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.data.crew import Crew, Progress, cancellation, in_order
from workbench.data.scanning.courtesy import Courtesy
from workbench.data.scanning.header_memo import Memo
from workbench.data.scanning.headers import Header
from workbench.data.scanning.packed import Packed
from workbench.data.unreadable import EMPTY, UnreadablePicture, why_not_opened

READING = "Reading the folder"

MOST_AT_ONCE = 8
"""Threads that read headers, at most."""

_CHUNK = 256
_TOLD_EVERY = 0.02  # seconds

ReadHeader = Callable[[str], Header]


@dataclass(slots=True)
class Reasons:
    """Numbers for the sentences that say why files are bad. Safe to use from several threads."""

    words: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def number(self, reason: str) -> int:
        found = self._numbers.get(reason)
        if found is not None:
            return found
        with self._guard:
            if reason not in self._numbers:
                self.words.append(reason)
                self._numbers[reason] = len(self.words) - 1
            return self._numbers[reason]


@dataclass(frozen=True, slots=True)
class Facts:
    """Columns with a row for each file. `reasons` are numbers of `words`, -1 for good files."""

    widths: npt.NDArray[np.int32]
    heights: npt.NDArray[np.int32]
    bytes: npt.NDArray[np.int64]
    mtimes: npt.NDArray[np.int64]
    reasons: npt.NDArray[np.int32]
    words: tuple[str, ...]


def facts_of(
    root: Path,
    paths: Packed,
    kind: str,
    read: ReadHeader,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Facts:
    """Looks at files below a folder, in their order. `read` is `header` of the kind.

    `progress(done, total)` is called on the calling thread. Raises `Problem` ("data.cancelled").
    """
    look = _Look(root, paths, kind, read)
    total, done, told = len(paths), 0, 0.0
    pace = _Pace()
    waiting: deque[tuple[int, Future[float]]] = deque()
    with Crew(MOST_AT_ONCE, name="scan") as crew:
        first = 0
        while first < total or waiting:
            while first < total and len(waiting) < pace.threads:
                last = min(first + _CHUNK, total)
                waiting.append((last - first, crew.submit(look.at, first, last)))
                first = last
            size, future = waiting.popleft()
            (busy,) = in_order((future,), cancelled, READING)
            pace.heard(busy)
            done += size
            if progress is not None and (done == total or time.monotonic() - told >= _TOLD_EVERY):
                told = time.monotonic()
                progress(done, total)
            if cancelled is not None and cancelled():
                raise cancellation(READING)
    return look.finished()


class _Pace:
    """How many threads read. Looking at a header is mostly Python, which runs one thread at a time: where the files are
    in memory, more threads only take the interpreter from each other. Where they wait for a disk, more of them help."""

    _EVERY = 0.2  # seconds

    def __init__(self) -> None:
        self.threads = 2
        self._busy = 0.0
        self._since = time.monotonic()

    def heard(self, busy: float) -> None:
        """`busy` seconds of processor time went into a chunk."""
        self._busy += busy
        elapsed = time.monotonic() - self._since
        if elapsed < self._EVERY:
            return
        share = self._busy / elapsed
        if share < 0.6:
            self.threads = min(self.threads * 2, MOST_AT_ONCE)
        elif share > 0.9:
            self.threads = max(self.threads // 2, 1)
        self._busy, self._since = 0.0, time.monotonic()


class _Look:
    def __init__(self, root: Path, paths: Packed, kind: str, read: ReadHeader) -> None:
        count = len(paths)
        self._root = os.fspath(root)
        self._paths, self._read = paths, read
        self._memo = Memo.open(root, kind)
        self._hashes = paths.hashes
        self._known = np.zeros(count, np.bool_)  # answered from the memo
        self._lasting = np.zeros(count, np.bool_)  # follows from the file's bytes
        self._widths, self._heights = np.zeros(count, np.int32), np.zeros(count, np.int32)
        self._bytes, self._mtimes = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self._reasons = np.full(count, -1, np.int32)
        self._words = Reasons()
        self._empty = self._words.number(EMPTY)

    def at(self, first: int, last: int) -> float:
        """Looks at some files; gives the seconds of processor time it took."""
        began = time.thread_time()
        names = [os.path.join(self._root, name) for name in self._paths[first:last]]
        asked = self._remembered(names, first, last) if len(self._memo) else range(len(names))
        rest = Courtesy()
        for k in asked:
            self._look(names[k], first + k)
            rest()
        return time.thread_time() - began

    def _remembered(self, names: list[str], first: int, last: int) -> list[int]:
        """Answers what the memo knows; gives the rest."""
        sizes, mtimes = self._bytes[first:last], self._mtimes[first:last]
        settled: list[int] = []
        rest = Courtesy()
        for k, name in enumerate(names):
            rest()
            try:
                facts = os.stat(name)
            except (OSError, ValueError) as error:
                self._reasons[first + k] = self._words.number(why_not_opened(error))
                settled.append(k)
                continue
            sizes[k], mtimes[k] = facts.st_size, facts.st_mtime_ns
            if facts.st_size == 0 and stat.S_ISREG(facts.st_mode):
                self._reasons[first + k] = self._empty
                settled.append(k)
        memo = self._memo
        found = memo.find(self._hashes[first:last], sizes, mtimes)
        found[settled] = -1
        hits = np.flatnonzero(found >= 0)
        entries = memo.entries[found[hits]]
        good = entries["width"] >= 0
        rows = first + hits
        self._widths[rows] = np.where(good, entries["width"], 0)
        self._heights[rows] = np.where(good, entries["height"], 0)
        for row, reason in zip(rows[~good].tolist(), entries["height"][~good].tolist(), strict=True):
            self._reasons[row] = self._words.number(memo.reasons[reason])
        self._known[rows] = self._lasting[rows] = True
        found[settled] = 0
        return [int(k) for k in np.flatnonzero(found < 0)]

    def _look(self, name: str, row: int) -> None:
        try:
            header = self._read(name)
        except UnreadablePicture as refused:
            self._reasons[row] = self._words.number(refused.reason)
            if _is_lasting(refused.__cause__):
                self._remember_bad(name, row)
            return
        self._widths[row], self._heights[row] = header.width, header.height
        self._bytes[row], self._mtimes[row] = header.bytes, header.mtime_ns
        self._lasting[row] = True

    def _remember_bad(self, name: str, row: int) -> None:
        if self._reasons[row] == self._empty:
            return  # a stat shows it
        try:
            facts = os.stat(name)
        except (OSError, ValueError):
            return
        self._bytes[row], self._mtimes[row], self._lasting[row] = facts.st_size, facts.st_mtime_ns, True

    def finished(self) -> Facts:
        self._keep()
        return Facts(self._widths, self._heights, self._bytes, self._mtimes, self._reasons, tuple(self._words.words))

    def _keep(self) -> None:
        lasting = self._lasting
        kept = int(lasting.sum())
        if self._known[lasting].all() and kept == len(self._memo):
            return
        bad = self._reasons >= 0
        widths = np.where(bad, np.int32(-1), self._widths)
        heights = np.where(bad, self._reasons, self._heights)
        self._memo.keep(
            self._hashes[lasting],
            self._bytes[lasting],
            self._mtimes[lasting],
            widths[lasting],
            heights[lasting],
            tuple(self._words.words),
        )


def _is_lasting(cause: BaseException | None) -> bool:
    """Whether a refusal follows from the file's bytes, and not from what the system could do just then.

    Pillow raises `OSError` too, for pictures that are cut off; those have no error number.
    """
    return not (isinstance(cause, MemoryError) or (isinstance(cause, OSError) and cause.errno is not None))
