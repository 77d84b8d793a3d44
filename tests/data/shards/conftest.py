"""Small tar shards made by hand, in every way a shard can be made."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from tests.data.conftest import encoded, photograph

Entry = tuple[str, bytes]


def jpeg(seed: int) -> bytes:
    return encoded(photograph(seed, 20, 24), "JPEG", quality=90)


def plain_tar(path: Path, entries: Sequence[Entry | tarfile.TarInfo]) -> Path:
    """A tar with these members, in this order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                tar.addfile(entry, io.BytesIO(bytes(entry.size)) if entry.isreg() else None)
            else:
                name, data = entry
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return path


def samples(first: int, n: int, classes: int = 2) -> list[Entry]:
    """n samples with their classes by number, all of different pictures."""
    entries: list[Entry] = []
    for k in range(first, first + n):
        entries += [(f"{k:05d}.cls", str(k % classes).encode()), (f"{k:05d}.jpg", jpeg(k))]
    return entries


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Four shards of 7, 7, 7 and 3 samples of the classes 0 and 1."""
    folder = tmp_path / "shards"
    for shard, n in enumerate((7, 7, 7, 3)):
        plain_tar(folder / f"some-{shard:06d}.tar", samples(shard * 7, n))
    return folder


def coloured_pictures(root: Path) -> Path:
    """A folder with 40 pictures of two classes that differ in colour alone, so that they are learned at once."""
    for name, tint in (("blue", (40, 60, 220)), ("red", (220, 60, 40))):
        (root / name).mkdir(parents=True)
        for k in range(20):
            noise = photograph(k, 16, 16)
            Image.blend(noise, Image.new("RGB", (16, 16), tint), 0.7).save(root / name / f"{k:02d}.png")
    return root
