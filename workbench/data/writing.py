"""Copying samples into folders as a person sorted them: one folder a class, in train, val and test if wished.

The files of the data set are only read. What is written is there whole or not at all.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.files import explain
from workbench.core.words import file_size
from workbench.data.bad import Bad
from workbench.data.crew import Progress, cancellation
from workbench.data.index import SPLITS, Index
from workbench.data.splitting.splits import Splits
from workbench.data.unreadable import UnreadablePicture

_DOING = "Writing the folders"
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\ud800-\udfff]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|\Z)", re.IGNORECASE)
_LONGEST = 200
_SPARE = 50_000_000
"""Bytes that are left free on the disk."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: how many files into which folder, and which samples could not be read."""

    folder: Path
    files: int
    skipped: tuple[Bad, ...] = ()


def write_to_folders(
    index: Index,
    splits: Splits,
    folder: Path,
    *,
    with_splits: bool = True,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Written:
    """Copy every sample that is not excluded to `folder`/split/class/name, or to `folder`/class/name.

    Names keep what any system can have; where two samples would have one name, the later is numbered. Times of change
    are kept. Raises `Problem` for a folder that is not empty, lies among the data or cannot be written, for a full disk
    and "data.cancelled"; nothing is then left behind.
    """
    chosen = splits["all"].tolist()
    _require_free(index, folder)
    _require_room(folder, int(index.bytes[chosen].sum()))
    making = folder.with_name(f".{folder.name[:100]}.{uuid.uuid4().hex[:8]}.writing")
    names = _places(index, splits, chosen, with_splits)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        making.mkdir()
        written = _copy(index, chosen, names, making, progress, cancelled)
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()  # empty, as was looked at; if it is not any more, this fails
        os.rename(making, folder)
    except OSError as error:
        raise Problem(explain(error, folder)) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return Written(folder, len(chosen) - len(written), tuple(written))


def _copy(
    index: Index,
    chosen: Sequence[int],
    names: Iterator[str],
    making: Path,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> list[Bad]:
    skipped: list[Bad] = []
    made: set[Path] = set()
    for done, (i, name) in enumerate(zip(chosen, names, strict=True)):
        if cancelled is not None and cancelled():
            raise cancellation(_DOING)
        if progress is not None:
            progress(done, len(chosen))
        target = making / name
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        try:
            data = index.read(i)
        except UnreadablePicture as refused:
            skipped.append(Bad(index.path(i), refused.reason))
            continue
        with open(target, "xb") as file:
            file.write(data)
        times = int(index.mtimes[i])
        with contextlib.suppress(OSError, OverflowError, ValueError):
            os.utime(target, ns=(times, times))
    if progress is not None:
        progress(len(chosen), len(chosen))
    return skipped


def _places(index: Index, splits: Splits, chosen: Sequence[int], with_splits: bool) -> Iterator[str]:
    """For each sample its place below the folder, no two alike on any system."""
    classes = _distinct([safe_name(name) for name in index.classes])
    split_of = {int(i): name for name in SPLITS for i in splits[name]} if with_splits else {}
    taken: set[str] = set()
    for i in chosen:
        parent = "/".join(part for part in (split_of.get(i, ""), classes[int(index.labels[i])]) if part)
        name = safe_name(index.path(i).rpartition("/")[2])
        yield _free(f"{parent}/{name}", taken)


def _distinct(names: Sequence[str]) -> list[str]:
    taken: set[str] = set()
    return [_free(name, taken) for name in names]


def _free(path: str, taken: set[str]) -> str:
    """The path, numbered if it (or one that differs in case only) is taken."""
    parent, slash, name = path.rpartition("/")
    base, dot, ending = name.rpartition(".")
    base, ending = (base, dot + ending) if base else (name, "")
    found, n = path, 1
    while found.casefold() in taken:
        n += 1
        found = f"{parent}{slash}{base} ({n}){ending}"
    taken.add(found.casefold())
    return found


def safe_name(name: str) -> str:
    """A name that any system can have and no scan passes over: "a/b?" becomes "a_b_", "con.jpg" "_con.jpg"."""
    safe = _FORBIDDEN.sub("_", name).strip(" ").rstrip(". ")
    if not safe or safe.startswith(".") or _DEVICES.match(safe):
        safe = f"_{safe}"
    while len(safe.encode()) > _LONGEST:
        base, dot, ending = safe.rpartition(".")
        safe = f"{base[:-1]}{dot}{ending}" if 0 < len(ending) <= 10 and base else safe[:-1]
    return safe


def _require_free(index: Index, folder: Path) -> None:
    rows = index.kind == "text" and len(index) > 0 and "#" in index.path(0).rpartition("/")[2]
    if index.kind == "table" or rows:
        raise Problem.of(
            "data.write",
            "A table is one file with all samples in it, so there are no files to sort into folders. Keep the changes "
            "in the project, or change the table itself.",
        )
    try:
        there = any(folder.iterdir())
    except FileNotFoundError:
        there = False
    except OSError as error:
        raise Problem(explain(error, folder)) from error
    if there:
        raise Problem.of(
            "data.write",
            f"“{folder}” is not empty, and nothing in it may be overwritten. Choose an empty folder, or a new one.",
        )
    real = Path(os.path.realpath(folder))
    for root in index.roots:
        if real == root or real.is_relative_to(root):
            raise Problem.of(
                "data.write",
                f"“{folder}” lies inside “{root}”, where the samples come from, so the copies would count as samples. "
                "Choose a folder elsewhere.",
            )


def _require_room(folder: Path, needed: int) -> None:
    there = next((parent for parent in folder.parents if parent.is_dir()), None)
    try:
        free = shutil.disk_usage(there or ".").free
    except OSError:
        return  # writing will tell
    if needed + _SPARE > free:
        raise Problem(
            Diagnostic(
                "data.write",
                f"The files take {file_size(needed)} and there are {file_size(free)} free where “{folder}” is to be. "
                "Make room, or choose another disk.",
            )
        )
