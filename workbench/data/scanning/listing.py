"""Which files stand below a folder, and in which folders: names and links only, nothing is opened."""

from __future__ import annotations

import os
import stat
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.data.bad import BadFiles
from workbench.data.decoding.formats import is_ignored
from workbench.data.scanning.courtesy import Courtesy
from workbench.data.scanning.packed import Packed, Packer
from workbench.data.unreadable import kind_refused, why_not_opened

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
"""Folder names (in any case) that are splits when they stand beside each other."""

MOST_BYTES_OF_PATH = 4000
"""Longer paths are refused by most systems; a folder that deep is listed as bad rather than walked into."""

_RESTED_AFTER, _SEEN_AFTER = 0x3F, 0x1FF  # entries: every 64, every 512

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Listing:
    """Every regular file below a folder, as columns, in no particular order; and all else that stands there.

    `paths` are relative to the folder, with "/". `tops` and `inners` give the folders on the first and on the second
    level each file is in, as numbers of `folders` (paths), -1 where it is not that deep. `extensions` are numbers of
    those that were asked for, -1 for any other.
    """

    paths: Packed
    tops: Codes
    inners: Codes
    extensions: Codes
    folders: tuple[str, ...]
    bad: BadFiles


def list_folder(root: Path, extensions: tuple[str, ...], seen: Callable[[int], None]) -> Listing:
    """Walks the folder (resolved, absolute). `seen(n)` is called now and then with the number of entries so far.

    Hidden files and what file managers leave behind are passed over. Links to files that stay inside the folder are
    taken, links to folders are not followed, and all other links are bad; so is what is no file (a pipe, a device),
    and a folder that cannot be read. Raises `OSError` if the root itself cannot be listed.
    """
    walk = _Walk(os.fsencode(root), extensions, seen)
    walk.run()
    return walk.listing()


class _Walk:
    """One walk. Names stay bytes, as the system gives them; no list of a folder's entries is ever made, because one
    folder may hold a million."""

    def __init__(self, root: bytes, extensions: tuple[str, ...], seen: Callable[[int], None]) -> None:
        self._root = root
        self._inside = root if root.endswith(os.fsencode(os.sep)) else root + os.fsencode(os.sep)
        self._codes = {name.lstrip(".").encode(): code for code, name in enumerate(extensions)}
        self._seen = seen
        self._paths = Packer()
        self._tops, self._inners, self._extensions = array("i"), array("i"), array("i")
        self._bad_paths = Packer()
        self._bad_reasons = array("i")
        self._reasons: dict[str, int] = {}
        self._folders: list[str] = []
        self._entries = 0
        self._rest = Courtesy()

    def listing(self) -> Listing:
        tops, inners, extensions = (np.array(c, np.int32) for c in (self._tops, self._inners, self._extensions))
        bad = BadFiles(self._bad_paths.packed(), np.array(self._bad_reasons, np.int32), tuple(self._reasons))
        return Listing(self._paths.packed(), tops, inners, extensions, tuple(self._folders), bad)

    def run(self) -> None:
        waiting = [(b"", -1, -1)]
        while waiting:
            path, top, inner = waiting.pop()
            try:
                for name in self._take(path, top, inner):
                    deeper = path + name
                    if inner >= 0:
                        waiting.append((deeper + b"/", top, inner))
                        continue
                    number = len(self._folders)
                    self._folders.append(os.fsdecode(deeper))
                    waiting.append((deeper + b"/", number, -1) if top < 0 else (deeper + b"/", top, number))
            except OSError as error:
                if not path:
                    raise
                self._refuse(path[:-1], why_not_opened(error).replace("The file", "The folder"))
        self._seen(self._entries)

    def _take(self, path: bytes, top: int, inner: int) -> Iterator[bytes]:
        """Takes a folder's files; gives the names of the folders in it."""
        add, tops, inners, extensions, codes = (
            self._paths.add, self._tops.append, self._inners.append, self._extensions.append, self._codes,
        )  # fmt: skip
        entries = self._entries
        with os.scandir(self._inside + path if path else self._root) as found:
            for entry in found:
                entries += 1
                if not entries & _RESTED_AFTER:
                    self._rest()
                    if not entries & _SEEN_AFTER:
                        self._entries = entries
                        self._seen(entries)
                name = entry.name
                if is_ignored_bytes(name):
                    continue
                if _is_link(entry):
                    refused = self._link_refused(entry)
                elif entry.is_file(follow_symlinks=False):
                    refused = None
                elif entry.is_dir(follow_symlinks=False):
                    if len(path) + len(name) > MOST_BYTES_OF_PATH:
                        self._refuse(path + name, "The folder lies too deep: its path is too long to be opened.")
                    else:
                        yield name
                    continue
                else:
                    refused = _kind_refused(entry)
                if refused is not None:
                    self._refuse(path + name, refused)
                    continue
                add(path + name)
                tops(top)
                inners(inner)
                stem, dot, extension = name.rpartition(b".")
                extensions(codes.get(extension.lower(), -1) if stem and dot else -1)
        self._entries = entries

    def _refuse(self, path: bytes, reason: str) -> None:
        self._bad_paths.add(path)
        self._bad_reasons.append(self._reasons.setdefault(reason, len(self._reasons)))

    def _link_refused(self, entry: os.DirEntry[bytes]) -> str | None:
        try:
            target = os.path.realpath(entry.path, strict=True)
            mode = os.stat(target).st_mode
        except OSError:
            return "It is a link that leads nowhere."
        if not (target == self._root or target.startswith(self._inside)):
            return "It is a link to a place outside the folder; such links are not followed."
        if stat.S_ISDIR(mode):
            return "It is a link to a folder; links to folders are not followed."
        return kind_refused(mode)


def is_ignored_bytes(name: bytes) -> bool:
    """As `is_ignored`; only the few names that could be are looked at closely."""
    return name[0] == 0x2E or (name[0] in _IGNORED_BEGIN and is_ignored(os.fsdecode(name)))


_IGNORED_BEGIN = frozenset(b"tTeEdDiI_@$")


def _is_link(entry: os.DirEntry[bytes]) -> bool:
    """A link, or what Windows calls a junction."""
    if entry.is_symlink():
        return True
    is_junction: Callable[[], bool] | None = getattr(entry, "is_junction", None)  # Python 3.12 and later
    return is_junction is not None and is_junction()


def _kind_refused(entry: os.DirEntry[bytes]) -> str | None:
    """Why an entry that is neither a file, a folder nor a link is not taken."""
    try:
        return kind_refused(entry.stat(follow_symlinks=False).st_mode)
    except OSError as error:  # it went away meanwhile
        return why_not_opened(error)
