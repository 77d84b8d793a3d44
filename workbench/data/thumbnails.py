"""Small pictures for lists and charts, the newest kept."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
import numpy.typing as npt

from workbench.data.decoding.decode import reduced_picture
from workbench.data.index import Index
from workbench.data.unreadable import UnreadablePicture

Pixels = npt.NDArray[np.uint8]

MOST_BYTES = 64 * 10**6
"""About 1,300 thumbnails of 128 pixels."""


class Thumbnails:
    """Thumbnails by index and edge. Safe to use from several threads."""

    def __init__(self, index: Index, most_bytes: int = MOST_BYTES) -> None:
        self._index = index
        self._most = most_bytes
        self._kept: OrderedDict[tuple[int, int], Pixels] = OrderedDict()
        self._bytes = 0
        self._guard = threading.Lock()

    def get(self, i: int, edge: int) -> Pixels:
        """The whole picture with its longer side `edge` pixels at most: uint8 h × w × 3, read-only.

        From the file itself rather than from a thumbnail stored in it, which may show an earlier version. Raises
        `UnreadablePicture` (a `Problem`).
        """
        with self._guard:
            found = self._kept.get((i, edge))
            if found is not None:
                self._kept.move_to_end((i, edge))
                return found
        try:
            made = reduced_picture(self._index.read(i), edge)
        except UnreadablePicture as refused:
            raise UnreadablePicture(refused.reason, self._index.path(i)) from refused
        made.flags.writeable = False
        with self._guard:
            if (i, edge) not in self._kept:
                self._kept[i, edge] = made
                self._bytes += made.nbytes
            while self._bytes > self._most and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return made
