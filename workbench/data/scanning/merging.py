"""Several sources as one: classes of one name are one class, and every sample keeps its split."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from workbench.core.diagnostic import Problem
from workbench.data.bad import BadFiles
from workbench.data.index import Index, natural
from workbench.data.scanning.packed import Packed

_AMBIGUOUS = re.compile(rb"@[1-9]\d*/")


def refuse_overlap(places: Sequence[Path]) -> None:
    """Raises `Problem` ("data.twice") where a folder stands inside another or is named twice: its files would count
    twice."""
    real = [place.resolve() for place in places]
    for k, inner in enumerate(real):
        for other, outer in enumerate(real):
            if other == k or not inner.is_relative_to(outer) or (inner == outer and other > k):
                continue
            how = "is named twice" if inner == outer else f"lies inside “{places[other]}”"
            raise Problem.of(
                "data.twice",
                f"“{places[k]}” {how}, so every file in it would count twice. Take it out of the sources.",
                param="more",
            )


def merged(parts: Sequence[Index], sources: Sequence[Path]) -> Index:
    """All samples of several sources, one source after another.

    Paths of the second source begin with "@2/", and so on; those of the first stay as they are, unless they begin like
    that themselves (then with "@1/"). Raises `Problem` ("data.kinds") for sources that are not alike.
    """
    if len(parts) == 1:
        return parts[0]
    _refuse_unlike(parts, sources)
    names = tuple(sorted(frozenset(chain.from_iterable(part.classes for part in parts)), key=natural))
    place = {name: k for k, name in enumerate(names)}
    labels = [np.array([place[name] for name in part.classes] or [0], np.int64)[part.labels] for part in parts]
    bad = BadFiles.of(())
    for k, part in enumerate(parts, start=1):
        bad = bad + BadFiles(_named(part.bad.paths, k), part.bad.codes, part.bad.reasons)
    first = parts[0]
    return replace(
        first,
        roots=tuple(chain.from_iterable(part.roots for part in parts)),
        classes=names,
        paths=Packed.joined([_named(part.paths, k) for k, part in enumerate(parts, start=1)]),
        labels=np.concatenate(labels),
        heights=np.concatenate([part.heights for part in parts]),
        widths=np.concatenate([part.widths for part in parts]),
        bytes=np.concatenate([part.bytes for part in parts]),
        mtimes=np.concatenate([part.mtimes for part in parts]),
        split_codes=np.concatenate([part.split_codes for part in parts]),
        bad=bad,
        offsets=None if first.offsets is None else np.concatenate([p.offsets for p in parts if p.offsets is not None]),
        notes=tuple(chain.from_iterable(part.notes for part in parts)),
    )


def _named(paths: Packed, source: int) -> Packed:
    if source > 1:
        return Packed.of_bytes(b"@%d/%b" % (source, path) for path in paths.each_bytes())
    starts = paths.offsets[:-1][paths.lengths > 2]
    if not (paths.data[starts] == ord("@")).any():
        return paths
    return Packed.of_bytes(b"@1/" + path if _AMBIGUOUS.match(path) else path for path in paths.each_bytes())


def _refuse_unlike(parts: Sequence[Index], sources: Sequence[Path]) -> None:
    first = parts[0]
    for part, source in zip(parts, sources, strict=True):
        if part.kind != first.kind:
            raise Problem.of(
                "data.kinds",
                f"“{sources[0]}” holds {_WORDS[first.kind]} and “{source}” holds {_WORDS[part.kind]}. A data set is of "
                "one kind; choose sources that are alike.",
                param="more",
            )
        if part.stream is not None:
            raise Problem.of(
                "data.kinds",
                f"The shards of “{source}” are streamed, as they hold so many samples, and cannot be merged with other "
                "sources. Put all shards into one folder.",
                param="more",
            )
        if part.kind == "table" or (part.offsets is None) != (first.offsets is None):
            what = "Tables" if part.kind == "table" else "Shards or rows of a table, and files of their own,"
            raise Problem.of(
                "data.kinds",
                f"{what} cannot be merged with other sources (“{sources[0]}” and “{source}”). Use one of them.",
                param="more",
            )


_WORDS = {"pictures": "pictures", "text": "texts", "audio": "sounds", "table": "a table"}
