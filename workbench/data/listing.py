"""Which files of a folder stand for which class and split: names and links only, nothing is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from workbench.data.formats import has_picture_name, is_ignored
from workbench.data.index import Bad
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

NOT_A_PICTURE = "It is not a picture: its extension is none of a picture format that is read here."


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be a picture: path relative to the root with "/", class name, split."""

    path: str
    group: str
    split: str | None


@dataclass(slots=True)
class Listing:
    """Everything found. `loose` counts pictures that stand in no class folder."""

    files: list[Found] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)  # class name -> relative path of a folder of that class
    loose: int = 0


def list_folder(root: Path, seen: Callable[[int], None]) -> Listing:
    """Walks the folder (resolved, absolute). `seen(n)` is called now and then with the number of files so far.

    One sub-folder a class, deeper folders flattened into it; or train, val and test folders beside each other with the
    class folders inside. Links that stay inside the folder are taken, all others listed as bad.
    Raises `OSError` if the root itself cannot be listed.
    """
    walk = _Walk(root, seen)
    top = walk.entries(root)
    folders = [entry.name for entry in top if _is_folder(entry)]
    splits = _splits(root, folders)
    walk.take_beside(top, "")
    for name in folders:
        if not splits:
            walk.take_class(name, None, name)
        elif name not in splits:
            walk.listing.bad.append(Bad(name, "The folder holds no pictures."))
        else:
            inner = walk.entries_or_bad(name)
            walk.take_beside(inner, f"{name}/")
            for entry in inner:
                if _is_folder(entry):
                    walk.take_class(entry.name, splits[name], f"{name}/{entry.name}")
    return walk.listing


def _splits(root: Path, folders: list[str]) -> dict[str, str]:
    """Folder name to split where the top folders are splits; empty where they are classes.

    There must be a training folder with folders inside. Any other folder with pictures makes all of them classes (a
    class may be called "train"), unless it is empty of pictures, such as one for labels.
    """
    splits = {name: SPLIT_NAMES[name.casefold()] for name in folders if name.casefold() in SPLIT_NAMES}
    others = [name for name in folders if name not in splits]
    if not any(split == "train" and _has_folders(root / name) for name, split in splits.items()):
        return {}
    if others and (len(set(splits.values())) < 2 or any(_has_pictures(root / name) for name in others)):
        return {}
    return splits


def _has_folders(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(_is_folder(entry) for entry in entries)
    except OSError:
        return False


def _has_pictures(folder: Path) -> bool:
    return any(has_picture_name(name) for _at, _folders, files in os.walk(folder) for name in files)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """A folder that is walked into: not hidden, not a link (nor what Windows calls a junction)."""
    return not is_ignored(entry.name) and not _is_link(entry) and entry.is_dir(follow_symlinks=False)


def _is_link(entry: os.DirEntry[str]) -> bool:
    is_junction: Callable[[], bool] = getattr(entry, "is_junction", lambda: False)  # Python 3.12 and later
    return entry.is_symlink() or is_junction()


class _Walk:
    def __init__(self, root: Path, seen: Callable[[int], None]) -> None:
        self.root = root
        self.listing = Listing()
        self._seen = seen

    def entries(self, folder: Path) -> list[os.DirEntry[str]]:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)

    def entries_or_bad(self, path: str) -> list[os.DirEntry[str]]:
        try:
            return self.entries(self.root / path)
        except OSError as error:
            self.listing.bad.append(Bad(path, why_not_opened(error).replace("The file", "The folder")))
            return []

    def take_beside(self, entries: list[os.DirEntry[str]], prefix: str) -> None:
        """Files beside the class folders: whatever they are, they have no class."""
        for entry in entries:
            if is_ignored(entry.name) or _is_folder(entry):
                continue
            reason = self._refused(entry)
            if reason is None:
                self.listing.loose += 1
                reason = "It is not inside a class folder, so its class is unknown."
            self.listing.bad.append(Bad(prefix + entry.name, reason))

    def take_class(self, group: str, split: str | None, path: str) -> None:
        """All files of a class folder, whatever the depth."""
        self.listing.groups.setdefault(group, path)
        waiting = [path]
        while waiting:
            folder = waiting.pop()
            for entry in self.entries_or_bad(folder):
                if is_ignored(entry.name):
                    continue
                inside = f"{folder}/{entry.name}"
                if _is_folder(entry):
                    waiting.append(inside)
                    continue
                reason = self._refused(entry)
                if reason is None:
                    self.listing.files.append(Found(inside, group, split))
                else:
                    self.listing.bad.append(Bad(inside, reason))
            self._seen(len(self.listing.files))

    def _refused(self, entry: os.DirEntry[str]) -> str | None:
        """Why an entry that is no folder is not a candidate; None if it may be a picture."""
        if _is_link(entry):
            return self._link_refused(entry)
        if not entry.is_file(follow_symlinks=False):
            return kind_refused(entry.stat(follow_symlinks=False).st_mode)
        return None if has_picture_name(entry.name) else NOT_A_PICTURE

    def _link_refused(self, entry: os.DirEntry[str]) -> str | None:
        try:
            target = Path(os.path.realpath(entry.path, strict=True))
            mode = os.stat(target).st_mode
        except OSError:
            return "It is a link that leads nowhere."
        if not target.is_relative_to(self.root):
            return "It is a link to a place outside the folder; such links are not followed."
        if stat.S_ISDIR(mode):
            return "It is a link to a folder; links to folders are not followed."
        return kind_refused(mode) or (None if has_picture_name(entry.name) else NOT_A_PICTURE)
