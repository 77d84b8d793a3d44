"""Pictures kept as JPEG where there is no room for them as they are: about a third of the bytes, or less.

A shelf is a folder of pairs of files that only ever grow: pictures one after another, and a record for each in the
index beside them. Every process appends to a pair of its own, so several may fill one shelf at once; each sees what was
there when it opened. A picture counts once its record is written, after its bytes, and its checksum is held against
them whenever they are read: whatever a crash left half written is never believed.
"""

from __future__ import annotations

import os
import threading
import uuid
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import simplejpeg

from workbench.core.words import file_size
from workbench.data.caching.positioned import PositionedFile

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]

QUALITY = 95
"""With colour at full resolution: 1 to 2 levels of 255 from the picture on average, measured on photographs."""

_HEADER_BYTES = 600
_SHARE = 0.35

RECORD = np.dtype([("identity", "<u8"), ("offset", "<u8"), ("length", "<u4"), ("checksum", "<u4")])
"""Which picture it is, where its bytes stand, and their CRC-32."""

PLACE = np.dtype([("file", "<u2"), ("offset", "<u8"), ("length", "<u4"), ("checksum", "<u4")])
"""What is remembered of a picture, in 18 bytes. Length 0: it is not there."""

_PICTURES, _INDEX = ".jpegs", ".index"


class ShelfFull(OSError):
    """The shelf has reached the bytes set aside for it; the message is a sentence."""


def expected_bytes(count: int, shape: tuple[int, int, int]) -> int:
    """About what a shelf of so many pictures takes; photographs of 64 pixels and more take less."""
    return count * (_HEADER_BYTES + int(_SHARE * int(np.prod(shape))) + RECORD.itemsize)


def encode(picture: Pixels) -> bytes:
    """A picture (H × W × 3, or × 1) as JPEG; equal pixels always give equal bytes."""
    colours = ("GRAY", "Gray") if picture.shape[2] == 1 else ("RGB", "444")
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(picture), QUALITY, *colours))


def decode(data: bytes, channels: int) -> Pixels:
    """What `encode` made, uint8 H × W × channels. Raises `ValueError`."""
    pixels = simplejpeg.decode_jpeg(data, "GRAY" if channels == 1 else "RGB")
    return np.asarray(pixels, np.uint8)


class Shelf:
    """Pictures by row. Every method may be called from any thread."""

    def __init__(self, folder: Path, identities: npt.NDArray[np.uint64], most: int) -> None:
        """Opens a shelf, which may take `most` bytes in all. Raises `OSError`."""
        self._folder, self._identities, self._most = folder, identities, most
        self._guard = threading.Lock()
        self._files: list[PositionedFile] = []
        self._writer: _Writer | None = None
        self._closed = False
        self._at = np.zeros(len(identities), PLACE)
        self._bytes = 0
        order = np.argsort(identities, kind="stable")
        for index in sorted(folder.glob(f"*{_INDEX}")):
            self._take_in(index, order)

    @property
    def size(self) -> int:
        """Bytes that all pictures on the shelf take."""
        return self._bytes

    @property
    def living_size(self) -> int:
        """Bytes that the pictures of these identities take."""
        return int(self._at["length"].sum(dtype=np.int64))

    def has(self, indices: Indices) -> npt.NDArray[np.bool_]:
        """Which pictures have a record; their bytes may still turn out damaged."""
        there: npt.NDArray[np.bool_] = self._at["length"][indices] > 0
        return there

    def get(self, row: int) -> bytes | None:
        """A picture's JPEG; None where it is not there, or damaged. Raises `OSError`."""
        at = self._at[row]
        number, offset, length = int(at["file"]), int(at["offset"]), int(at["length"])
        if not length:
            return None
        try:
            file = self._files[number]
        except IndexError:  # closed meanwhile
            return None
        data: bytes = file.read(offset, length)
        if _checksum(data, int(self._identities[row])) == int(at["checksum"]):
            return data
        self._at["length"][row] = 0
        return None

    def append(self, rows: Sequence[int], pictures: Sequence[bytes]) -> None:
        """Keeps pictures. Raises `OSError` where the disk is full, and `ShelfFull`."""
        with self._guard:
            if self._closed:
                return
            lengths = [len(picture) for picture in pictures]
            if self._bytes + sum(lengths) > self._most:
                raise ShelfFull(f"The {file_size(self._most)} set aside for pictures on disk are used up.")
            if self._writer is None:
                self._writer = _Writer(self._folder)
                self._files.append(PositionedFile(self._writer.pictures_at, os.O_RDONLY))
            identities = self._identities[np.asarray(rows, np.int64)]
            records = np.zeros(len(rows), RECORD)
            records["identity"], records["length"] = identities, lengths
            records["checksum"] = [_checksum(*each) for each in zip(pictures, identities.tolist(), strict=True)]
            self._writer.append(pictures, records)
            self._bytes += sum(lengths)
            self._place(np.asarray(rows, np.int64), len(self._files) - 1, records)

    def close(self) -> None:
        with self._guard:
            self._closed = True
            self._at["length"] = 0
            self._files = []
            self._writer = None

    def _take_in(self, index: Path, order: Indices) -> None:
        """The records of one pair of files, as far as they are whole."""
        try:
            raw = index.read_bytes()
            file = PositionedFile(index.with_suffix(_PICTURES), os.O_RDONLY)
            size = file.size
        except OSError:  # another process let it go meanwhile
            return
        records = np.frombuffer(raw[: len(raw) // RECORD.itemsize * RECORD.itemsize], RECORD)
        records = records[(records["offset"] < size) & (records["length"] <= size - records["offset"].astype(np.int64))]
        self._bytes += size
        self._files.append(file)
        if not len(order):
            return
        ordered = self._identities[order]
        place = np.minimum(np.searchsorted(ordered, records["identity"]), len(order) - 1)
        known = ordered[place] == records["identity"]
        self._place(order[place[known]], len(self._files) - 1, records[known])

    def _place(self, rows: Indices, number: int, records: npt.NDArray[np.void]) -> None:
        """Notes where pictures stand. A thread that reads one meanwhile meets a wrong checksum at worst."""
        for name in ("offset", "checksum", "length"):
            self._at[name][rows] = records[name]
        self._at["file"][rows] = number


class _Writer:
    """A pair of files of this process alone."""

    def __init__(self, folder: Path) -> None:
        name = uuid.uuid4().hex
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self.pictures_at = folder / f"{name}{_PICTURES}"
        self._pictures = PositionedFile(self.pictures_at, flags)
        self._index = PositionedFile(folder / f"{name}{_INDEX}", flags)

    def append(self, pictures: Sequence[bytes], records: npt.NDArray[np.void]) -> None:
        """Writes pictures, then their records, whose offsets it fills in. Raises `OSError`."""
        lengths = records["length"].astype(np.int64)
        begin = self._pictures.size  # what a full disk cut short before stays where it is
        records["offset"] = begin + np.cumsum(lengths) - lengths
        self._pictures.append(b"".join(pictures))
        self._index.append(records.tobytes())


def _checksum(data: bytes, identity: int) -> int:
    return zlib.crc32(data, identity & 0xFFFFFFFF)
