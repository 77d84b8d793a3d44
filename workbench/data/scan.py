"""Scanning a folder of labelled pictures: every file is accounted for, as a picture or as bad with a reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.core.words import count
from workbench.data.crew import Crew, Progress, cancellation, in_order, usable_cores
from workbench.data.formats import has_picture_name, is_ignored
from workbench.data.headers import Header, read_header
from workbench.data.index import Bad, Index, Item, natural, printable
from workbench.data.listing import Found, Listing, list_folder
from workbench.data.unreadable import UnreadablePicture

_CHUNK = 64
_DOING = "Reading the folder"

HOW_TO = "Make one sub-folder for each class, named after it, with the pictures of that class inside."


def scan(folder: str | Path, *, progress: Progress | None = None, cancelled: Callable[[], bool] | None = None) -> Index:
    """All pictures below a folder with one sub-folder a class (deeper ones flattened into their class).

    Folders called train, val (valid, validation) and test beside each other are splits, with the classes inside.
    Classes are in natural order ("10" after "9"), pictures by class and then in natural order of their paths. Only
    headers are read, by a few threads; `progress(done, total)` is called on the calling thread, with the total None
    while the files are still being listed.

    Raises `Problem` for a folder that is not there, cannot be read, or does not hold pictures of two classes at least
    ("data.missing", "data.unreadable", "data.no_classes", "data.one_class", "data.empty"), and "data.cancelled".
    """
    root = _root(folder)

    def seen(n: int) -> None:
        if cancelled is not None and cancelled():
            raise cancellation(_DOING)
        if progress is not None:
            progress(n, None)

    try:
        listing = list_folder(root, seen)
    except OSError as error:
        raise _not_read(root, error) from error
    listing.files.sort(key=lambda found: (natural(found.group), natural(found.path)))
    headers = _headers(root, listing.files, progress, cancelled)
    return _index(root, listing, headers)


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


def _root(folder: str | Path) -> Path:
    """The folder, absolute and free of links; raises `Problem` where it cannot be scanned."""
    path = Path(os.path.expanduser(folder))
    try:
        root = path.resolve(strict=True)
        if not root.is_dir():
            raise Problem.of("data.missing", f"“{path}” is a file, not a folder. {HOW_TO}")
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


def _headers(
    root: Path, files: Sequence[Found], progress: Progress | None, cancelled: Callable[[], bool] | None
) -> list[Header | str]:
    """For each file its header, or the reason why it is bad."""
    chunks = [files[i : i + _CHUNK] for i in range(0, len(files), _CHUNK)]
    headers: list[Header | str] = []
    with Crew(2 * usable_cores(), name="scan") as crew:  # more than cores: some wait for the disk
        futures = [crew.submit(_read_chunk, root, chunk) for chunk in chunks]
        for part in in_order(futures, cancelled, _DOING):
            headers.extend(part)
            if progress is not None:
                progress(len(headers), len(files))
    return headers


def _read_chunk(root: Path, files: Sequence[Found]) -> list[Header | str]:
    headers: list[Header | str] = []
    for found in files:
        try:
            headers.append(read_header(f"{root}/{found.path}"))
        except UnreadablePicture as refused:
            headers.append(refused.reason)
    return headers


def _index(root: Path, listing: Listing, headers: Sequence[Header | str]) -> Index:
    bad = list(listing.bad)
    good: list[tuple[Found, Header]] = []
    for found, header in zip(listing.files, headers, strict=True):
        if isinstance(header, str):
            bad.append(Bad(found.path, header))
        else:
            good.append((found, header))
    groups = tuple(sorted({found.group for found, _header in good}, key=natural))
    told = {b.path for b in bad}
    for group, path in listing.groups.items():
        if group not in groups and path not in told:
            bad.append(Bad(path, "The folder holds no usable pictures, so it is not a class."))
    bad.sort(key=lambda b: natural(b.path))
    classes = tuple(map(printable, groups))  # they go into checkpoints and exports, which hold text
    _require_classes(root, classes, listing, bad)
    labels = {group: label for label, group in enumerate(groups)}
    items = (Item(f.path, labels[f.group], f.split, h.width, h.height, h.bytes, h.mtime_ns) for f, h in good)
    return Index.of(root, classes, items, bad)


def _require_classes(root: Path, classes: tuple[str, ...], listing: Listing, bad: list[Bad]) -> None:
    if len(classes) >= 2:
        return
    if len(classes) == 1:
        raise Problem.of(
            "data.one_class",
            f"The folder “{root}” holds pictures of one class only (“{printable(classes[0])}”), so there is nothing to "
            f"tell apart. {HOW_TO}",
        )
    if listing.loose and not listing.files:
        raise Problem.of(
            "data.no_classes",
            f"The folder “{root}” holds {count(listing.loose, 'picture')} but no sub-folders with pictures. {HOW_TO}",
        )
    first = next((b for b in bad if b.path.count("/") or not listing.files), None)
    example = f" The first of them: “{printable(first.path)}”. {first.reason}" if first and listing.files else ""
    if listing.files:
        raise Problem.of(
            "data.empty",
            f"None of the {count(len(listing.files), 'picture file')} below “{root}” can be used.{example}",
        )
    raise Problem.of("data.empty", f"There are no pictures below the folder “{root}”. {HOW_TO}")
