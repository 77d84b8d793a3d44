"""`workbench data … --write-shards DIR`: a data set as tar shards."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.output import Bar, Output
from workbench.core.diagnostic import Problem
from workbench.core.words import count, file_size, number

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

UNITS = {"": 1, "B": 1, "K": 10**3, "KB": 10**3, "M": 10**6, "MB": 10**6, "G": 10**9, "GB": 10**9}


def size_from(text: str) -> int:
    """ "256 MB", "1G", "500000": bytes in decimal units. Raises `Problem`."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text, re.ASCII)
    unit = UNITS.get(found[2].upper()) if found is not None else None
    size = round(float(found[1]) * unit) if found is not None and unit is not None else 0
    if size < 1:
        raise Problem.of("shards.size", f"“{text[:40]}” is no size of a shard. Give one such as 256MB or 1GB.")
    return size


def write(dataset: Dataset, folder: str, size: str | None, name: str, out: Output) -> None:
    """Writes the shards, with a progress bar, and says what was written. Raises `Problem`."""
    from workbench.data.scanning.source import chosen_folder
    from workbench.data.shards.writing import SHARD_SIZE, write_shards

    target = Path(chosen_folder(folder, kept=False))
    bar = Bar("Writing shards", quiet=out.json)
    try:
        manifest = write_shards(
            dataset,
            target,
            name=name,
            shard_size=SHARD_SIZE if size is None else size_from(size),
            progress=lambda done, total: bar.show(done, total, number(done)),
        )
    finally:
        bar.close()
    said = manifest.as_json()
    out.row({"written": str(target), **said})
    samples = count(manifest.samples, dataset.kind.one)
    out.say(f"{samples} in {count(len(manifest.shards), 'shard')} ({file_size(said['bytes'])}) in {target}")
    out.say(" · ".join(f"{split} {number(n)}" for split, n in said["splits"].items()))
