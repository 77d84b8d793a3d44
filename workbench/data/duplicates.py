"""Pictures that are the same file twice: in two classes they contradict, in two splits they flatter."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from workbench.data.crew import Crew, Progress, in_order, usable_cores
from workbench.data.index import Index
from workbench.data.unreadable import UnreadablePicture, read_regular

_CHUNK = 32


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Groups of indices whose files are equal byte by byte, each group ascending."""

    groups: tuple[tuple[int, ...], ...]

    def across_classes(self, index: Index) -> tuple[tuple[int, ...], ...]:
        """The groups that stand in more than one class."""
        return tuple(group for group in self.groups if len(set(index.labels[list(group)].tolist())) > 1)


def duplicates(
    index: Index, *, progress: Progress | None = None, cancelled: Callable[[], bool] | None = None
) -> Duplicates:
    """Compares files of equal size by their SHA-256; reads nothing else. Raises `Problem` "data.cancelled"."""
    by_size: dict[int, list[int]] = defaultdict(list)
    for i, size in enumerate(index.bytes.tolist()):
        by_size[size].append(i)
    suspects = [i for same in by_size.values() if len(same) > 1 for i in same]
    by_content: dict[bytes, list[int]] = defaultdict(list)
    done = 0
    with Crew(usable_cores(), name="duplicates") as crew:
        chunks = [suspects[k : k + _CHUNK] for k in range(0, len(suspects), _CHUNK)]
        futures = [crew.submit(_digests, index, chunk) for chunk in chunks]
        for chunk, digests in zip(chunks, in_order(futures, cancelled, "Looking for duplicates"), strict=True):
            for i, digest in zip(chunk, digests, strict=True):
                if digest is not None:
                    by_content[digest].append(i)
            done += len(chunk)
            if progress is not None:
                progress(done, len(suspects))
    return Duplicates(tuple(sorted(tuple(sorted(same)) for same in by_content.values() if len(same) > 1)))


def _digests(index: Index, chunk: list[int]) -> list[bytes | None]:
    digests: list[bytes | None] = []
    for i in chunk:
        try:
            digests.append(hashlib.sha256(read_regular(index.file(i))).digest())
        except UnreadablePicture:  # a file that went away is nobody's double; training reports it
            digests.append(None)
    return digests
