"""What a folder of shards says about itself: the classes by number, and each shard's samples and checksum."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.diagnostic import Problem
from workbench.core.files import write_atomic

FILE = "shards.json"
FORMAT = "workbench-shards"
VERSION = 1

_LARGEST = 1 << 28


@dataclass(frozen=True, slots=True)
class Written:
    """One shard as it was written: its path below the folder with "/", what is in it, and its SHA-256."""

    file: str
    split: str
    samples: int
    bytes: int
    sha256: str
    classes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole folder. The number in a sample's `cls` counts `classes` from 0."""

    kind: str
    classes: tuple[str, ...]
    shards: tuple[Written, ...]

    @property
    def samples(self) -> int:
        return sum(shard.samples for shard in self.shards)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values, with the sums a reader wants first."""
        splits: dict[str, int] = {}
        for shard in self.shards:
            splits[shard.split] = splits.get(shard.split, 0) + shard.samples
        return {
            "format": FORMAT,
            "version": VERSION,
            "kind": self.kind,
            "samples": self.samples,
            "bytes": sum(shard.bytes for shard in self.shards),
            "splits": splits,
            "classes": list(self.classes),
            "shards": [
                {
                    "file": shard.file,
                    "split": shard.split,
                    "samples": shard.samples,
                    "bytes": shard.bytes,
                    "sha256": shard.sha256,
                    "classes": dict(shard.classes),
                }
                for shard in self.shards
            ],
        }


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Puts the manifest beside the shards. Raises `Problem`."""
    text = json.dumps(manifest.as_json(), ensure_ascii=False, indent=1) + "\n"
    write_atomic(folder / FILE, text.encode("utf-8", "backslashreplace"))


def class_names(folder: Path) -> tuple[str, ...]:
    """The classes in the order of their numbers, as a manifest in the folder says; () where there is none.

    Raises `Problem` ("shards.manifest") for one that is damaged: numbers without names would pass for classes.
    """
    path = folder / FILE
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return ()
        said = json.loads(path.read_bytes())
        if not isinstance(said, dict) or said.get("format") != FORMAT:
            return ()  # another program's file of that name
        names = said["classes"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError("the classes are no list of names")
        return tuple(names)
    except (OSError, ValueError, KeyError, RecursionError) as error:
        raise Problem.of(
            "shards.manifest",
            f"“{path}” cannot be read, so the names of the classes are not known. Write the shards again, or remove "
            "that file to go by the numbers.",
            details=repr(error),
        ) from error
