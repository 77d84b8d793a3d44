"""The folders caches stand in: made whole or not at all, carried over when files change, let go when room is needed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
import uuid
from importlib import metadata
from pathlib import Path

import numpy as np
import PIL
import simplejpeg

from workbench.core.paths import user_dir
from workbench.core.words import file_size
from workbench.data.chance import key
from workbench.data.index import Index
from workbench.data.inuse import InUse, is_in_use
from workbench.data.rows import RECORD, DiskRows
from workbench.data.shelves import QUALITY

LAYOUT = 2
"""Raised when rows are written differently, so that older caches are not read."""

MOST_DISK = 20 * 10**9
"""All caches together take at most this, and at most half of what the disk has left for them."""


class TooLarge(OSError):
    """The cache would not fit into the budget; the message is a sentence."""


def cache_root() -> Path:
    """Where all caches stand."""
    return user_dir("cache") / "pictures"


def cache_bytes(folder: Path) -> int:
    """Bytes a cache's files take."""
    total = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                total += entry.stat(follow_symlinks=False).st_size
    return total


def cache_folder(index: Index, shape: tuple[int, int, int], fit: str) -> Path:
    """The folder these pictures' cache has, whether it is there or not."""
    return cache_root() / f"{key(_place(index, shape, fit), index.contents):016x}"


def shelf_folder(index: Index, shape: tuple[int, int, int], fit: str) -> Path:
    """The folder these pictures have as JPEG. Files that change leave it where it is: each picture is told by its own
    path, size and time of change."""
    return cache_root() / f"{key(_place(index, shape, fit), 'jpeg', QUALITY):016x}"


def _place(index: Index, shape: tuple[int, int, int], fit: str) -> str:
    """What stays the same when files of the folder change: rows of one place can be carried over to the next."""
    decoders = f"{PIL.__version__}/{getattr(simplejpeg, '__version__', '')}/{metadata.version('torch')}"
    roots = "\0".join(map(os.fspath, index.roots))
    return f"{LAYOUT}\0{roots}\0{shape}\0{fit}\0{decoders}"


def open_folder(index: Index, shape: tuple[int, int, int], fit: str, budget: int | None) -> tuple[Path, InUse]:
    """The cache's folder, whole and marked as in use. Raises `OSError` where it cannot be made."""
    folder = cache_folder(index, shape, fit)
    place = f"{key(_place(index, shape, fit)):016x}"
    needed = len(index) * (int(np.prod(shape)) + RECORD.itemsize)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for _attempt in range(3):  # another process may be evicting or making the same folder
        if not _is_whole(folder, len(index), shape):
            _discard(folder)
            _make_room(folder.parent, needed, budget)
            _create(folder, index, shape, place)
        in_use = InUse(folder)
        if _is_whole(folder, len(index), shape):
            os.utime(folder / "about.json")
            return folder, in_use
        in_use.release()
    raise OSError("the cache folder keeps vanishing")


def shelf_room(index: Index, shape: tuple[int, int, int], fit: str, wanted: int, budget: int | None) -> int:
    """Bytes a shelf may take, `wanted` at most; older caches make room for it. Raises `OSError`."""
    folder = shelf_folder(index, shape, fit)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return min(wanted + wanted // 2, _make_room(folder.parent, wanted, budget, spare=folder))


def open_shelf_folder(index: Index, shape: tuple[int, int, int], fit: str) -> tuple[Path, InUse]:
    """The shelf's folder, marked as in use. Raises `OSError` where it cannot be made."""
    folder = shelf_folder(index, shape, fit)
    for _attempt in range(3):  # another process may be letting the same folder go
        folder.mkdir(parents=True, exist_ok=True)
        in_use = InUse(folder)
        try:
            about = {"folder": _shown(index), "shape": list(shape), "jpeg": QUALITY}
            (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
        except FileNotFoundError:
            in_use.release()
            continue
        return folder, in_use
    raise OSError("the cache folder keeps vanishing")


def _is_whole(folder: Path, count: int, shape: tuple[int, int, int]) -> bool:
    try:
        about = json.loads((folder / "about.json").read_bytes())
        pixels, table = (folder / "pixels.u8").stat().st_size, (folder / "table.bin").stat().st_size
        return bool(
            about["count"] == count
            and about["shape"] == list(shape)
            and pixels == count * int(np.prod(shape))
            and table == count * RECORD.itemsize
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _create(folder: Path, index: Index, shape: tuple[int, int, int], place: str) -> None:
    """Makes the folder under another name and renames it, so that it is there whole or not at all."""
    making = folder.with_name(f".making-{uuid.uuid4().hex}")
    making.mkdir()
    try:
        DiskRows.allocate(making, len(index), shape)
        about = {
            "place": place,
            "folder": _shown(index),
            "count": len(index),
            "shape": list(shape),
        }
        (making / "about.json").write_text(json.dumps(about), encoding="utf-8")
        _carry_over(making, folder, index, shape, place)
        with contextlib.suppress(OSError):  # another process was quicker; then its folder is used
            making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _shown(index: Index) -> str:
    return str(index.root).encode("utf-8", "backslashreplace").decode()


def _carry_over(making: Path, folder: Path, index: Index, shape: tuple[int, int, int], place: str) -> None:
    """Copies rows of pictures that have not changed from the newest cache of the same data folder.

    The older cache is then let go, unless somebody reads it: it is of no use until the files change back.
    """
    before = [(at, about) for at, about in _caches(folder.parent) if about.get("place") == place]
    if not before:
        return
    old = max((at for at, _about in before), key=_last_used)
    try:
        table = np.fromfile(old / "table.bin", RECORD)
        old_pixels = np.memmap(old / "pixels.u8", np.uint8, "r", shape=(len(table), *shape))  # type: ignore[call-overload]
        filled = np.flatnonzero(table["filled"])
        _same, mine, theirs = np.intersect1d(index.identities, table["identity"][filled], return_indices=True)
        new_table = np.zeros(len(index), table.dtype)
        with open(making / "pixels.u8", "r+b") as pixels:
            for row, other in zip(mine, filled[theirs], strict=True):
                pixels.seek(int(row) * old_pixels[0].size)
                pixels.write(np.ascontiguousarray(old_pixels[other]).data)
                new_table[row] = table[other]  # its checksum is verified when the row is first read
        with open(making / "table.bin", "r+b") as file:
            file.write(new_table.tobytes())
        del old_pixels
    except (OSError, ValueError):
        return  # a cache that vanishes meanwhile only costs decoding again
    if not is_in_use(old):
        _discard(old)


def _caches(root: Path) -> list[tuple[Path, dict[str, object]]]:
    found: list[tuple[Path, dict[str, object]]] = []
    for folder in root.iterdir():
        if folder.name.startswith("."):
            if _last_used(folder) < time.time() - 86_400:  # left by a crash
                shutil.rmtree(folder, ignore_errors=True)
            continue
        try:
            about = json.loads((folder / "about.json").read_bytes())
        except (OSError, ValueError):
            about = {}
        found.append((folder, about if isinstance(about, dict) else {}))
    return found


def _last_used(folder: Path) -> float:
    for path in (folder / "about.json", folder):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def _make_room(root: Path, needed: int, budget: int | None, spare: Path | None = None) -> int:
    """Lets caches go, the one unused for longest first, until `needed` bytes fit; gives the bytes that are free then.

    `spare` is a cache whose bytes count as free and which is not let go. Without one, raises `TooLarge` if `needed`
    bytes cannot be had.
    """
    caches = sorted((folder for folder, _about in _caches(root) if folder != spare), key=_last_used)
    sizes = {folder: cache_bytes(folder) for folder in caches}
    held = sum(sizes.values())
    own = cache_bytes(spare) if spare is not None else 0
    most = budget if budget is not None else min(MOST_DISK, (shutil.disk_usage(root).free + held + own) // 2)
    if needed > most and spare is None:
        raise TooLarge(
            f"The decoded pictures need {file_size(needed)} on disk, and {file_size(most)} are set aside for them."
        )
    for folder in caches:
        if held + needed <= most:
            break
        if not is_in_use(folder) and _discard(folder):
            held -= sizes[folder]
    if held + needed > most and spare is None:
        raise TooLarge(
            f"The decoded pictures need {file_size(needed)} on disk, and {file_size(max(0, most - held))} of the space "
            "set aside for them are left."
        )
    return max(0, most - held)


def _discard(folder: Path) -> bool:
    """Removes a cache, first out of sight so that nobody opens half of it; False where it is held open (Windows)."""
    if not folder.exists():
        return True
    away = folder.with_name(f".gone-{uuid.uuid4().hex}")
    try:
        folder.rename(away)
    except OSError:
        return False
    shutil.rmtree(away, ignore_errors=True)
    return True
