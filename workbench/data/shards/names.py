"""Which tar files a source means: a folder of them, one of them, or a pattern with braces. Nothing is opened."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.core.words import count, number
from workbench.data.decoding.formats import is_ignored
from workbench.data.index import natural, printable

SUFFIX = ".tar"

MOST_SHARDS = 1_000_000
"""A pattern that means more files than that is a slip of the pen."""

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
"""Words in the names of shards, and of the folders they are in, that say a split."""

_REMOTE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
"""What begins an address or a command ("https:", "s3:", "pipe:"); a Windows drive has one letter."""

_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d{1,12})\.\.(\d{1,12})", re.ASCII)
_PACKED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")


@dataclass(frozen=True, slots=True)
class Shard:
    """One tar file: where it is, its name below the source with "/", and its split where the name says one."""

    path: Path
    name: str
    split: str | None = None


def refuse_remote(source: str) -> None:
    """Raises `Problem` ("shards.remote") for addresses and commands: nothing is fetched, and no program is run."""
    found = _REMOTE.match(source.strip())
    if found is not None:
        what = "a command" if found[1].casefold() == "pipe" else "an address"
        raise Problem.of(
            "shards.remote",
            f"“{printable(source)[:200]}” is {what} (“{found[1]}:”). Only files on this machine or in a mounted folder "
            "are read. Copy the shards, or mount the place they are in.",
            param="source",
        )


def is_pattern(source: str | Path) -> bool:
    """Whether a source names several files by braces: `train-{000000..000099}.tar`."""
    text = os.fspath(source)
    return text.casefold().endswith(SUFFIX) and "{" in text and "}" in text


def means_shards(source: Path) -> bool:
    """Whether a source is one shard, a pattern, or a folder that holds shards and no class folders beside them."""
    if is_pattern(source) and not os.path.lexists(source):
        return True
    if source.suffix.casefold() == SUFFIX and not source.is_dir():
        return True
    try:
        with os.scandir(source) as entries:
            found = [entry for entry in entries if not is_ignored(entry.name)]
            folders = [entry.name for entry in found if entry.is_dir(follow_symlinks=False)]
            if any(_is_shard(entry) for entry in found):
                return all(_is_split(name) for name in folders)
        return bool(folders) and all(_is_split(name) and _only_shards(source / name) for name in folders)
    except OSError:
        return False  # whoever reads the folder says why it cannot be read


def find_shards(source: Path) -> tuple[Shard, ...]:
    """The shards of a source in natural order of their names.

    Folders called train, val and test, or those words in the file names (`imagenet-val-000003.tar`), are splits,
    unless all shards would be of the same one. Raises `Problem` where there are none ("shards.none",
    "data.missing"), and for a pattern that is not one ("shards.pattern").
    """
    if is_pattern(source) and not os.path.lexists(source):
        paths = [Path(name) for name in _expanded(os.fspath(source))]
        base = Path(os.path.commonpath([path.parent for path in paths]))
    elif source.is_dir():
        paths, base = _below(source), source
    else:
        paths, base = [source], source.parent
    missing = [path for path in paths if not os.path.lexists(path)]
    if missing:
        which = f"“{printable(str(missing[0]))}”"
        others = f" and {count(len(missing) - 1, 'other')}" if len(missing) > 1 else ""
        raise Problem.of("data.missing", f"The shard {which}{others} is not there. Check the path.", param="source")
    if not paths:
        raise Problem.of(
            "shards.none", f"There are no shards (files ending in .tar) below “{source}”.{_packed(source)}"
        )
    shards = sorted((_shard(path, base) for path in paths), key=lambda shard: natural(shard.name))
    if len({shard.split or "train" for shard in shards}) == 1 and shards[0].split is not None:
        shards = [Shard(shard.path, shard.name) for shard in shards]  # a data set that is itself called "test"
    return tuple(shards)


def _shard(path: Path, base: Path) -> Shard:
    name = path.relative_to(base).as_posix()
    words = re.split(r"[/\-_.]", name.casefold())
    split = next((SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES), None)
    return Shard(path, name, split)


def _below(folder: Path) -> list[Path]:
    found: list[Path] = []
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not is_ignored(name)]
        found.extend(Path(at) / name for name in names if name.casefold().endswith(SUFFIX) and not is_ignored(name))
    return found


def _packed(source: Path) -> str:
    """A word more where the shards are compressed."""
    if source.is_dir() and any(name.endswith(_PACKED) for _at, _folders, names in os.walk(source) for name in names):
        return " Compressed ones cannot be read from the middle; unpack them (gunzip) first."
    return " Write some with: workbench data FOLDER --write-shards DIR"


def _expanded(pattern: str) -> list[str]:
    """The names a pattern stands for, in order, as shells and the webdataset library expand braces.

    Counted before they are made: a few digits more in a range must not fill the memory.
    """
    parts = _BRACES.split(pattern)  # plain, braces, plain, …
    if any("{" in plain or "}" in plain for plain in parts[::2]):
        raise Problem.of(
            "shards.pattern",
            f"The braces of “{printable(pattern)[:200]}” do not match. A range reads {{000000..000099}}.",
            param="source",
        )
    total = 1
    choices: list[Iterable[str]] = []
    for k, part in enumerate(parts):
        n, words = _choices(part, pattern) if k % 2 else (1, (part,))
        total *= n
        choices.append(words)
        if total > MOST_SHARDS:
            raise Problem.of(
                "shards.pattern",
                f"“{printable(pattern)[:200]}” stands for more than {number(MOST_SHARDS)} shards. Name fewer.",
                param="source",
            )
    return ["".join(words) for words in itertools.product(*choices)]


def _choices(braces: str, pattern: str) -> tuple[int, Iterable[str]]:
    """How many words a pair of braces stands for, and the words, made when they are asked for."""
    found = _RANGE.fullmatch(braces)
    if found is not None:
        low, high = int(found[1]), int(found[2])
        step = 1 if high >= low else -1
        padded = any(len(word) > 1 and word.startswith("0") for word in found.groups())
        width = max(len(found[1]), len(found[2])) if padded else 0
        return abs(high - low) + 1, (f"{n:0{width}d}" for n in range(low, high + step, step))
    words = braces.split(",")
    if len(words) < 2:
        raise Problem.of(
            "shards.pattern",
            f"“{{{printable(braces)[:80]}}}” in “{printable(pattern)[:200]}” is neither a range such as "
            "{000000..000099} nor a list such as {train,val}.",
            param="source",
        )
    return len(words), words


def _is_shard(entry: os.DirEntry[str]) -> bool:
    return entry.name.casefold().endswith(SUFFIX) and not entry.is_dir(follow_symlinks=False)


def _is_split(name: str) -> bool:
    return name.casefold() in SPLIT_NAMES


def _only_shards(folder: Path) -> bool:
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if not is_ignored(entry.name)]
    return bool(found) and all(_is_shard(entry) for entry in found)
