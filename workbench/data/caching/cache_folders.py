"""The folders caches stand in: shared by all who read the same files, let go when room is needed."""

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
from workbench.data.caching.inuse import CAN_TELL, InUse, Turn, is_in_use
from workbench.data.caching.rows import PIXELS, TABLE, DiskRows
from workbench.data.caching.shelves import QUALITY
from workbench.data.caching.slots import give_slots
from workbench.data.chance import key
from workbench.data.index import Index

LAYOUT = 3
"""Raised when rows are written differently, so that older caches are not read."""

MOST_DISK = 20 * 10**9
"""All caches together take at most this, and at most half of what the disk has left for them."""


_ABOUT = "about.json"


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
    """The folder these pictures' rows have, whether it is there or not.

    Files that change leave it where it is: each picture is told by its own path, size and time of change, and has a
    slot of its own.
    """
    return cache_root() / f"{key(_place(index, shape, fit)):016x}"


def shelf_folder(index: Index, shape: tuple[int, int, int], fit: str) -> Path:
    """The folder these pictures have as JPEG, whether it is there or not."""
    return cache_root() / f"{key(_place(index, shape, fit), 'jpeg', QUALITY):016x}"


def _place(index: Index, shape: tuple[int, int, int], fit: str) -> str:
    """All that pictures of one folder have in common."""
    decoders = f"{PIL.__version__}/{getattr(simplejpeg, '__version__', '')}/{_torch_version()}"
    roots = "\0".join(map(os.fspath, index.roots))
    return f"{LAYOUT}\0{roots}\0{shape}\0{fit}\0{decoders}"


def _torch_version() -> str:
    """Without importing it. A bundle may lack what says so."""
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return ""


def open_rows(index: Index, shape: tuple[int, int, int], fit: str, budget: int | None) -> tuple[DiskRows, InUse]:
    """The pictures' rows, in a folder that is marked as in use. Raises `OSError` or `ValueError` where it cannot be
    made, and `TooLarge`."""
    folder, row_bytes = cache_folder(index, shape, fit), int(np.prod(shape))

    def make_room(needed: int) -> None:
        free = _make_room(folder, needed, needed, budget)
        if free < needed:
            raise TooLarge(
                f"The decoded pictures need {file_size(needed)} on disk, and {file_size(free)} of the space set aside "
                "for them are left."
            )

    for _attempt in range(3):  # another process may be letting the same folder go
        folder.mkdir(parents=True, exist_ok=True)
        in_use: InUse | None = None
        try:
            with Turn(folder):
                alone = CAN_TELL and not is_in_use(folder)
                is_new = _made_whole(folder, index, shape, alone)
                try:
                    slots = give_slots(folder, index.identities, row_bytes, alone=alone, make_room=make_room)
                except OSError:
                    if is_new:
                        _discard(folder)
                    raise
                in_use = InUse(folder)
                rows = DiskRows(folder, index.identities, slots, shape)
                os.utime(folder / _ABOUT)
            return rows, in_use
        except (OSError, ValueError) as error:
            if in_use is not None:
                in_use.release()
            if not isinstance(error, FileNotFoundError):
                raise
    raise OSError("the cache folder keeps vanishing")


def shelf_room(index: Index, shape: tuple[int, int, int], fit: str, wanted: int, budget: int | None) -> int:
    """Bytes a shelf may take, half more than `wanted` at most; older caches make room for it. Raises `OSError`."""
    folder = shelf_folder(index, shape, fit)
    folder.parent.mkdir(parents=True, exist_ok=True)
    own = cache_bytes(folder)
    free = _make_room(folder, max(0, wanted - own), 0, budget)
    return min(wanted + wanted // 2, own + free)


def open_shelf_folder(index: Index, shape: tuple[int, int, int], fit: str) -> tuple[Path, InUse]:
    """The shelf's folder, marked as in use. Raises `OSError` where it cannot be made."""
    folder = shelf_folder(index, shape, fit)
    for _attempt in range(3):  # another process may be letting the same folder go
        folder.mkdir(parents=True, exist_ok=True)
        in_use = InUse(folder)
        try:
            (folder / _ABOUT).write_text(_about(index, shape), encoding="utf-8")
        except FileNotFoundError:
            in_use.release()
            continue
        return folder, in_use
    raise OSError("the cache folder keeps vanishing")


def _made_whole(folder: Path, index: Index, shape: tuple[int, int, int], alone: bool) -> bool:
    """Makes an empty store where there is none, or none that holds together; whether it did. Raises `OSError`."""
    try:
        about = json.loads((folder / _ABOUT).read_bytes())
        if about["shape"] == list(shape) and (folder / PIXELS).exists() and (folder / TABLE).exists():
            return False
    except (OSError, ValueError, KeyError, TypeError):
        pass
    if not alone and CAN_TELL:
        raise OSError("the cache is damaged, and another program uses it")
    for name in (PIXELS, TABLE):
        (folder / name).write_bytes(b"")
    (folder / _ABOUT).write_text(_about(index, shape), encoding="utf-8")  # last: it says that the rest is there
    return True


def _about(index: Index, shape: tuple[int, int, int]) -> str:
    return json.dumps({"folder": _shown(index), "shape": list(shape)})


def _shown(index: Index) -> str:
    return str(index.root).encode("utf-8", "backslashreplace").decode()


def _caches(root: Path) -> list[Path]:
    """All of them; what a crash left is swept away."""
    found: list[Path] = []
    for folder in root.iterdir():
        if not folder.name.startswith("."):
            found.append(folder)
        elif _last_used(folder) < time.time() - 86_400:
            shutil.rmtree(folder, ignore_errors=True)
    return found


def _last_used(folder: Path) -> float:
    for path in (folder / _ABOUT, folder):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def _make_room(folder: Path, wanted: int, least: int, budget: int | None) -> int:
    """Lets caches go, the one unused for longest first, until `wanted` more bytes fit; gives the bytes that are free.

    Never the one in `folder`, never one in use, and none at all where not even `least` bytes could be had.
    """
    caches = sorted((cache for cache in _caches(folder.parent) if cache != folder), key=_last_used)
    sizes = {cache: cache_bytes(cache) for cache in caches}
    own, others = cache_bytes(folder), sum(sizes.values())
    most = budget if budget is not None else min(MOST_DISK, (shutil.disk_usage(folder.parent).free + own + others) // 2)
    for cache in caches if own + least <= most else ():
        if own + others + wanted <= most:
            break
        if not is_in_use(cache) and _discard(cache):
            others -= sizes[cache]
    return max(0, most - own - others)


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
