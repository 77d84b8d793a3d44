"""Scanning a folder of labelled samples: every file is accounted for, as a sample or as bad with a reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.core.diagnostic import Problem
from workbench.core.words import count
from workbench.data.bad import Bad, BadFiles
from workbench.data.crew import Progress, cancellation
from workbench.data.decoding.formats import EXTENSIONS, has_picture_name, is_ignored
from workbench.data.index import Index, natural, printable
from workbench.data.scanning.courtesy import gathered
from workbench.data.scanning.facts import READING, Facts, facts_of
from workbench.data.scanning.headers import Header, read_header
from workbench.data.scanning.layout import FileKind, Layout, laid_out, recognised
from workbench.data.scanning.listing import list_folder
from workbench.data.scanning.ordering import natural_order
from workbench.data.scanning.packed import Packed

Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class PictureFiles:
    """Picture files, as the scan needs them."""

    id: str = "pictures"
    title: str = "Pictures"
    one: str = "picture"
    extensions: frozenset[str] = EXTENSIONS

    def header(self, path: str) -> Header:
        return read_header(path)


PICTURES: Sequence[FileKind] = (PictureFiles(),)


def scan(
    folder: str | Path,
    *,
    kinds: Sequence[FileKind] = PICTURES,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Index:
    """All samples below a folder with one sub-folder a class (deeper ones flattened into their class).

    Folders called train, val (valid, validation) and test beside each other are splits, with the classes inside.
    Classes are in natural order ("10" after "9"), samples by class and then in natural order of their paths. Of
    several `kinds` the one most files are of is taken. Only headers are read, by a few threads; `progress(done, total)`
    is called on the calling thread, with the total None while the files are still being listed.

    Raises `Problem` for a folder that is not there, cannot be read, or does not hold samples of two classes at least
    ("data.missing", "data.unreadable", "data.no_classes", "data.one_class", "data.empty"), and "data.cancelled".
    """
    found = scan_one(folder, kinds=kinds, progress=progress, cancelled=cancelled)
    found.require(2)
    return found.index


@dataclass(frozen=True, slots=True)
class Found:
    """What one folder holds, however little."""

    index: Index
    kind: FileKind
    files: int
    """Files that might have been samples."""
    loose: int = 0
    source: Path | None = None
    """The list, where it was one."""

    def require(self, classes: int) -> None:
        """Raises `Problem` where there are fewer classes with samples, which says what is there instead."""
        if len(self.index.classes) < classes:
            raise _too_few(self) if self.source is None else _too_few_listed(self, self.source)


def scan_one(
    folder: str | Path,
    *,
    kinds: Sequence[FileKind] = PICTURES,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Found:
    """As `scan`, but a folder with samples of one class, or of none, will do."""
    root = folder_of(folder, kinds[0])

    def seen(n: int) -> None:
        if cancelled is not None and cancelled():
            raise cancellation(READING)
        if progress is not None:
            progress(n, None)

    extensions = tuple(sorted(frozenset[str]().union(*(kind.extensions for kind in kinds))))
    try:
        listing = list_folder(root, extensions, seen)
    except OSError as error:
        raise _not_read(root, error) from error
    kind = recognised(listing, extensions, kinds)
    layout = laid_out(listing, extensions, kind)
    seen(len(listing.paths))
    entries = len(listing.paths)

    def beat() -> None:
        seen(entries)

    order = natural_order(listing.paths.taken(layout.rows), layout.groups, beat)
    layout = layout.taken(order)
    paths = listing.paths.taken(layout.rows)
    del listing
    seen(len(paths))
    facts = facts_of(root, paths, kind.id, kind.header, progress=progress, cancelled=cancelled)
    refused = np.flatnonzero(facts.reasons >= 0)
    bad = layout.bad + BadFiles(paths.taken(refused), gathered(facts.reasons, refused), facts.words)
    index = _index(root, kind, layout, facts, paths, bad, cancelled)
    return Found(index, kind, len(layout.rows), layout.loose)


def _index(
    root: Path,
    kind: FileKind,
    layout: Layout,
    facts: Facts,
    paths: Packed,
    bad: BadFiles,
    cancelled: Cancelled | None,
) -> Index:
    """`layout`, `facts` and `paths` have a row for each file that was looked at; `bad` is all that is not used."""
    good = np.flatnonzero(facts.reasons < 0)
    groups = gathered(layout.groups, good)
    there = np.bincount(groups, minlength=len(layout.names)) > 0
    empty = [folder for k, folder in enumerate(layout.folders) if not there[k]]
    told = bad.paths.find_all(empty)
    untold = [Bad(path, _no_class(kind)) for path, row in zip(empty, told.tolist(), strict=True) if row < 0]
    bad = bad + untold

    def beat() -> None:
        if cancelled is not None and cancelled():
            raise cancellation(READING)

    return Index(
        (root,),
        tuple(name for k, name in enumerate(layout.names) if there[k]),
        paths.taken(good),
        gathered(np.cumsum(there) - 1, groups),
        gathered(facts.heights, good),
        gathered(facts.widths, good),
        gathered(facts.bytes, good),
        gathered(facts.mtimes, good),
        gathered(layout.splits, good),
        bad.taken(natural_order(bad.paths, beat=beat)),
        kind.id,
    )


def _no_class(kind: FileKind) -> str:
    return f"The folder holds no usable {kind.title.lower()}, so it is not a class."


def picture_files(path: Path) -> list[Path]:
    """The file itself, or all files below a folder that have a picture's extension, in natural order.

    Hidden files and folders are passed over, links to folders are not followed. Raises `Problem` if nothing is there.
    """
    if not os.path.isdir(path):
        if not os.path.lexists(path):
            raise Problem.of("data.missing", f"There is no file or folder “{path}”. Check the path.")
        return [path]
    files: list[Path] = []
    for at, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not is_ignored(name)]
        files.extend(Path(at) / name for name in names if has_picture_name(name) and not is_ignored(name))
    return sorted(files, key=lambda file: natural(file.relative_to(path).as_posix()))


def how_to(kind: FileKind) -> str:
    """How a folder should look, in a sentence."""
    return f"Make one sub-folder for each class, named after it, with the {kind.title.lower()} of that class inside."


def folder_of(folder: str | Path, kind: FileKind) -> Path:
    """The folder, absolute and free of links; raises `Problem` where it cannot be scanned."""
    path = Path(os.path.expanduser(folder))
    try:
        root = path.resolve(strict=True)
        if not root.is_dir():
            raise Problem.of("data.missing", f"“{path}” is a file, not a folder. {how_to(kind)}")
        with os.scandir(root):
            return root
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Problem.of(
            "data.missing", f"The folder “{path}” is not there. It may have been moved or renamed; choose it again."
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise _not_read(path, error) from error


def _not_read(path: Path, error: Exception) -> Problem:
    why = getattr(error, "strerror", None) or str(error)
    shown = str(path) if len(str(path)) <= 300 else f"{str(path)[:300]}…"
    return Problem.of("data.unreadable", f"The folder “{shown}” cannot be read ({why}). Choose another one.")


def _too_few_listed(found: Found, source: Path) -> Problem:
    classes, kind, bad = found.index.classes, found.kind, found.index.bad
    if len(classes) == 1:
        return Problem.of(
            "data.one_class",
            f"All {kind.title.lower()} that “{source}” names are of one class (“{classes[0]}”), so there is nothing to "
            "tell apart. Choose another column for the class.",
            param="label_column",
        )
    example = f" The first of them: “{printable(bad[0].path)}”. {bad[0].reason}" if len(bad) else ""
    return Problem.of(
        "data.empty",
        f"None of the {count(found.files, f'{kind.one} file')} that “{source}” names can be used.{example}",
    )


def _too_few(found: Found) -> Problem:
    root, classes, kind, bad = found.index.root, found.index.classes, found.kind, found.index.bad
    if len(classes) == 1:
        return Problem.of(
            "data.one_class",
            f"The folder “{root}” holds {kind.title.lower()} of one class only (“{classes[0]}”), so there is nothing "
            f"to tell apart. {how_to(kind)}",
        )
    if found.loose and not found.files:
        return Problem.of(
            "data.no_classes",
            f"The folder “{root}” holds {count(found.loose, kind.one)} but no sub-folders with {kind.title.lower()}. "
            f"{how_to(kind)}",
        )
    if found.files:
        first = next((b for b in bad if "/" in b.path), None)
        example = f" The first of them: “{printable(first.path)}”. {first.reason}" if first else ""
        return Problem.of(
            "data.empty",
            f"None of the {count(found.files, f'{kind.one} file')} below “{root}” can be used.{example}",
        )
    return Problem.of("data.empty", f"There are no {kind.title.lower()} below the folder “{root}”. {how_to(kind)}")
