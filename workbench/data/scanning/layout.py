"""What the folders of a listing mean: which are classes, which are splits, and which files are samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from workbench.data.bad import Bad, BadFiles
from workbench.data.index import SPLITS, natural, printable
from workbench.data.scanning.courtesy import gathered
from workbench.data.scanning.headers import Header
from workbench.data.scanning.listing import SPLIT_NAMES, Listing


class FileKind(Protocol):
    """What is asked of a kind of data (`workbench.data.kinds`) while files are listed and looked at."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def one(self) -> str: ...
    @property
    def extensions(self) -> frozenset[str]: ...
    def header(self, path: str) -> Header: ...


@dataclass(frozen=True, slots=True)
class Layout:
    """The files that may be samples: `rows` of the listing, and for each its class and split.

    `groups` are numbers of `names`, which are in natural order; `folders` has a folder of each class. `loose` counts
    the files that stand in no class folder.
    """

    rows: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    splits: npt.NDArray[np.int8]
    names: tuple[str, ...]
    folders: tuple[str, ...]
    loose: int
    bad: BadFiles

    def taken(self, order: npt.NDArray[np.int64]) -> Layout:
        """The same files in another order."""
        return replace(
            self,
            rows=gathered(self.rows, order),
            groups=gathered(self.groups, order),
            splits=gathered(self.splits, order),
        )


def recognised(listing: Listing, extensions: Sequence[str], kinds: Sequence[FileKind]) -> FileKind:
    """The kind most files are of. Pictures with a text beside each are pictures: an earlier kind wins with half as many
    files as a later one."""
    counts = np.bincount(listing.extensions[listing.extensions >= 0], minlength=len(extensions)).tolist()
    return most_frequent(dict(zip(extensions, counts, strict=True)), kinds)


def most_frequent(extensions: Mapping[str, int], kinds: Sequence[FileKind]) -> FileKind:
    """The kind most files are of, of which there are so many with each extension."""
    found = [sum(n for name, n in extensions.items() if name in kind.extensions) for kind in kinds]
    best = 0
    for k in range(1, len(kinds)):
        if found[k] > 2 * found[best]:
            best = k
    return kinds[best]


def laid_out(listing: Listing, extensions: Sequence[str], kind: FileKind) -> Layout:
    """Classes and splits of a listing, for files of one kind.

    One sub-folder a class, deeper folders flattened into it; or train, val and test folders beside each other with the
    class folders inside.
    """
    known = np.array([name in kind.extensions for name in (*extensions, "")], np.bool_)  # the last is number -1
    usable = gathered(known, listing.extensions)
    tops = [k for k, path in enumerate(listing.folders) if "/" not in path]
    splits = _splits(listing, tops, usable)
    group_of = np.full(len(listing.folders) + 1, -1, np.int64)  # by folder; the last is number -1
    split_of = np.full(len(listing.folders) + 1, -1, np.int8)
    groups: dict[str, str] = {}
    elsewhere: list[Bad] = []
    folders = listing.folders
    if splits:
        named = {folders[k]: split for k, split in splits.items()}
        classes = [k for k, path in enumerate(folders) if path.rpartition("/")[0] in named]
        for k in classes:
            split_of[k] = SPLITS.index(named[folders[k].rpartition("/")[0]])
        elsewhere = [Bad(folders[k], f"The folder holds no {kind.title.lower()}.") for k in tops if k not in splits]
    else:
        classes = tops
    for k in classes:
        groups.setdefault(printable(folders[k].rpartition("/")[2]), folders[k])
    names = tuple(sorted(groups, key=natural))
    number = {name: place for place, name in enumerate(names)}
    for k in classes:
        group_of[k] = number[printable(folders[k].rpartition("/")[2])]
    folder = listing.inners if splits else listing.tops
    group = gathered(group_of, folder)
    rows = np.flatnonzero(usable & (group >= 0))
    counted = np.ones(len(usable), np.bool_)
    if splits:  # one line for a folder beside the splits stands for all its files
        outside = np.array([k not in splits for k in range(len(folders))] + [False], np.bool_)
        counted = ~gathered(outside, listing.tops)
    lost = np.flatnonzero((group < 0) & usable & counted)
    others = np.flatnonzero(~usable & counted)
    unlike = f"It is not a {kind.one}: its extension is none of a {kind.one} format that is read here."
    bad = (
        listing.bad
        + elsewhere
        + BadFiles.alike(listing.paths.taken(lost), "It is not inside a class folder, so its class is unknown.")
        + BadFiles.alike(listing.paths.taken(others), unlike)
    )
    return Layout(
        rows,
        gathered(group, rows),
        gathered(split_of, gathered(folder, rows)),
        names,
        tuple(groups[name] for name in names),
        len(lost),
        bad,
    )


def _splits(listing: Listing, tops: Sequence[int], usable: npt.NDArray[np.bool_]) -> dict[int, str]:
    """Top folder to split where the top folders are splits; empty where they are classes.

    There must be a training folder with folders inside. Any other folder with samples makes all of them classes (a
    class may be called "train"), unless it is empty of samples, such as one for labels.
    """
    names = {k: listing.folders[k].casefold() for k in tops}
    splits = {k: SPLIT_NAMES[name] for k, name in names.items() if name in SPLIT_NAMES}
    parents = {path.rpartition("/")[0] for path in listing.folders}
    if not any(split == "train" and listing.folders[k] in parents for k, split in splits.items()):
        return {}
    filled = np.bincount(listing.tops[usable] + 1, minlength=len(listing.folders) + 1)[1:]
    others = [k for k in tops if k not in splits]
    if others and (len(set(splits.values())) < 2 or any(filled[k] for k in others)):
        return {}
    return splits
