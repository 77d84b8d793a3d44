"""Writing a data set as tar shards: the files' own bytes in a shuffled order, some thousand samples a shard."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from workbench.core.diagnostic import Problem
from workbench.core.files import explain
from workbench.data.bad import Bad
from workbench.data.chance import key, shuffled
from workbench.data.crew import Progress, cancellation
from workbench.data.index import SPLITS, printable
from workbench.data.shards.manifest import FILE, Manifest, Written, write_manifest
from workbench.data.unreadable import UnreadablePicture

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

SHARD_SIZE = 256 * 10**6
"""Bytes of samples in a shard, about: large enough to read in one go, small enough to share out and to shuffle."""

MOST_IN_A_SHARD = 100_000

_PART = ".part"


def write_shards(
    dataset: Dataset,
    folder: Path,
    *,
    name: str = "samples",
    shard_size: int = SHARD_SIZE,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Manifest:
    """Writes `train/name-000000.tar` and so on, for each split that has samples, and the manifest last.

    Each sample is its file as it is (`000017.jpg`), its class as a number (`000017.cls`), and where it came from
    (`000017.json`). The order in a shard is drawn from the seed, so that whoever streams it meets all classes. A file
    that cannot be read any more is left out and told to the data set's `on_bad`.

    A shard has its name only once it is whole; where writing is cancelled ("data.cancelled") or fails, what was
    written is removed. Raises `Problem`: for a folder that is not empty ("shards.folder") or inside of the data, for
    tables ("shards.kind"), and where the disk gives out.
    """
    kind = dataset.index.kind
    if kind == "table":
        raise Problem.of(
            "shards.kind", "The rows of a table need no shards: a CSV is read from its beginning to its end as it is."
        )
    if shard_size < 1:
        raise Problem.of("shards.size", "A shard must have room for a byte at least. Give a size such as 256 MB.")
    made = _prepared(folder, dataset)
    writer = _Writer(dataset, folder, _safe(name), shard_size)
    try:
        done, total = 0, sum(len(dataset.splits[split]) for split in SPLITS)
        for split in SPLITS:
            members = dataset.splits[split]
            for i in shuffled(key(dataset.settings.seed, "shards", split), members).tolist():
                if cancelled is not None and cancelled():
                    raise cancellation("Writing the shards")
                writer.add(split, i)
                done += 1
                if progress is not None:
                    progress(done, total)
            writer.end_split()
        manifest = Manifest(kind, tuple(map(printable, dataset.classes)), tuple(writer.written))
        write_manifest(folder, manifest)
        return manifest
    except BaseException as error:
        writer.discard(made)
        if isinstance(error, OSError):
            raise Problem(explain(error, folder)) from error
        raise


class _Writer:
    """The shards of one folder, one after another."""

    def __init__(self, dataset: Dataset, folder: Path, name: str, shard_size: int) -> None:
        self.written: list[Written] = []
        self._dataset, self._folder, self._name, self._size = dataset, folder, name, shard_size
        self._digits = max(6, len(str(len(dataset.index))))
        self._made: list[Path] = []
        self._split = ""
        self._tars: Any = None  # webdataset.ShardWriter
        self._file: _Hashed | None = None
        self._counts: Counter[str] = Counter()
        self._number = 0

    def add(self, split: str, i: int) -> None:
        index = self._dataset.index
        try:
            data = index.read(i)
        except UnreadablePicture as refused:
            if self._dataset.on_bad is not None:
                self._dataset.on_bad(Bad(index.path(i), refused.reason))
            return
        path = index.path(i)
        extension = PurePosixPath(path).suffix.casefold().lstrip(".") or "bin"
        label = int(index.labels[i])
        about: dict[str, Any] = {"path": printable(path), "class": printable(index.classes[label])}
        if index.widths[i]:
            about |= {"width": int(index.widths[i]), "height": int(index.heights[i])}
        if self._tars is None:
            self._begin(split)
        self._tars.write(
            {
                "__key__": f"{self._number:0{self._digits}d}",
                extension: data,
                "cls": str(label).encode(),
                "json": json.dumps(about, ensure_ascii=False).encode(),
            }
        )
        self._number += 1
        self._counts[about["class"]] += 1

    def _begin(self, split: str) -> None:
        import webdataset

        self._split = split
        target = self._folder / split
        target.mkdir(exist_ok=True)
        # Names by the folder they stand in, not by path: a path with "%" in it is no pattern.
        self._tars = webdataset.ShardWriter(
            f"{self._name}-%06d.tar",
            maxcount=MOST_IN_A_SHARD,
            maxsize=self._size,
            post=self._finished,
            opener=self._open,
            verbose=0,
            encoder=False,
            mtime=0,  # the same samples give the same bytes
            user="",
            group="",
        )

    def _open(self, name: str) -> _Hashed:
        path = self._folder / self._split / (name + _PART)
        self._made.append(path)
        self._file = _Hashed(open(path, "xb"))  # noqa: SIM115  (closed when the shard is whole)
        return self._file

    def _finished(self, name: str) -> None:
        """A shard is whole: it gets its name, and its line in the manifest."""
        file, self._file = self._file, None
        assert file is not None
        file.close()
        if file.is_abandoned:
            return
        part = self._made[-1]
        final = part.with_name(name)
        part.rename(final)
        self._made[-1] = final
        counts, self._counts = dict(sorted(self._counts.items())), Counter()
        where = f"{self._split}/{name}"
        self.written.append(
            Written(where, self._split, sum(counts.values()), file.bytes, file.digest.hexdigest(), counts)
        )

    def end_split(self) -> None:
        if self._tars is not None:
            tars, self._tars = self._tars, None
            tars.close()

    def discard(self, made_folder: bool) -> None:
        """Takes away what was written, and nothing else."""
        if self._file is not None:
            self._file.abandon()
        if self._tars is not None:
            tars, self._tars = self._tars, None
            with contextlib.suppress(OSError):
                tars.close()
        for path in self._made:
            with contextlib.suppress(OSError):
                path.unlink()
        with contextlib.suppress(OSError):
            (self._folder / FILE).unlink()
        for split in SPLITS:
            with contextlib.suppress(OSError):
                (self._folder / split).rmdir()
        if made_folder:
            with contextlib.suppress(OSError):
                self._folder.rmdir()


class _Hashed:
    """A file that knows the SHA-256 of what was written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.bytes = 0
        self.is_abandoned = False

    def abandon(self) -> None:
        """Nothing more is written: the tar's own end would come to a disk that is full."""
        self.is_abandoned = True

    def write(self, data: bytes) -> int:
        if self.is_abandoned:
            return len(data)
        self.digest.update(data)
        self.bytes += len(data)
        return self._file.write(data)

    def close(self) -> None:
        if self.is_abandoned:
            with contextlib.suppress(OSError):  # what waits in the buffer may not fit either
                self._file.close()
            return
        self._file.flush()
        with contextlib.suppress(OSError):  # some file systems cannot
            os.fsync(self._file.fileno())
        self._file.close()


def _prepared(folder: Path, dataset: Dataset) -> bool:
    """The folder, there and empty; whether it had to be made. Raises `Problem`."""
    try:
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        real = folder.resolve()
        if any(real.is_relative_to(root) for root in dataset.index.roots):
            raise Problem.of(
                "shards.folder", f"“{folder}” is inside of the data themselves. Choose a folder beside them."
            )
        if any(folder.iterdir()):
            raise Problem.of(
                "shards.folder",
                f"The folder “{folder}” is not empty, so no shards are written into it. Choose a new one.",
            )
        return made
    except OSError as error:
        raise Problem(explain(error, folder)) from error


def _safe(name: str) -> str:
    """The name of the data as the beginning of a file name anywhere; never a split's word, which names mean."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name).strip("_")[:60]
    return plain or "samples"
