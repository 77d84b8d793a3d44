"""Samples that were asked for and are being read by several threads."""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Problem

Indices = npt.NDArray[np.int64]
Raw = TypeVar("Raw", bound=npt.NDArray[Any])

_LOOK_UP_SECONDS = 0.05


@dataclass(slots=True)
class Pending(Generic[Raw]):
    """`raw` (a row for each of `indices`) fills up while the futures run; each gives the rows it could not fill."""

    indices: Indices
    raw: Raw
    work: list[Future[list[int]]] = field(default_factory=list)

    def finish(self, stopped: threading.Event | None = None) -> tuple[Raw, Indices] | None:
        """Waits for all: the samples and their indices, without those that could not be read; see `Feed.finish`."""
        failed: list[int] = []
        for future in self.work:
            while not future.done():
                if stopped is not None and stopped.is_set():
                    return None
                wait((future,), timeout=_LOOK_UP_SECONDS)
            if future.cancelled():
                raise Problem.of("data.closed", "The data were closed while they were in use. Open them again.")
            failed.extend(future.result())
        if not failed:
            return self.raw, self.indices
        kept = np.ones(len(self.indices), np.bool_)
        kept[failed] = False
        return self.raw[kept], self.indices[kept]  # type: ignore[return-value]  # rows of the same array type
