"""From the data settings to an index: every source is scanned as what it is, and all of them are merged."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.data.crew import Progress
from workbench.data.index import Index
from workbench.data.scanning.layout import FileKind
from workbench.data.scanning.list_scan import scan_list
from workbench.data.scanning.lists import is_list_name, list_in
from workbench.data.scanning.merging import merged, refuse_overlap
from workbench.data.scanning.scan import Cancelled, Found, scan_one
from workbench.data.scanning.source import sources
from workbench.document.project import DataSettings


def read_index(
    settings: DataSettings,
    project_folder: str | Path | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Index:
    """The samples of all sources: folders, lists of files, tables, tar shards.

    `progress(done, total)` is called on the calling thread, with the total None while files are being listed. Raises
    `Problem` for sources that are not there, cannot be read or do not go together, for fewer than two classes, and
    "data.cancelled".
    """
    places = sources(settings, project_folder, progress)
    refuse_overlap(places)
    done = 0
    parts: list[Index] = []
    found: list[Found] = []
    for place in places:
        before = done

        def told(n: int, total: int | None, before: int = before) -> None:
            if progress is not None:
                progress(before + n, None if total is None else before + total)

        part = _read(place, settings, told, cancelled)
        if isinstance(part, Found):
            found.append(part)
            part = part.index
        parts.append(part)
        done += len(part) + len(part.bad)
    index = merged(parts, places)
    if len(index.classes) < 2 and found and settings.target != "numbers":
        found[0].require(2)
    return index


def _read(place: Path, settings: DataSettings, progress: Progress, cancelled: Cancelled | None) -> Found | Index:
    from workbench.data.shards.names import means_shards

    kinds = _kinds(settings)
    if means_shards(place):
        from workbench.data.shards.opening import open_shards

        return open_shards(place, settings, progress=progress, cancelled=cancelled)
    if os.path.isfile(place) and is_list_name(place):  # a name no drive can have is no file
        listed = list_in(place, settings, frozenset[str]().union(*(kind.extensions for kind in kinds)))
        if listed is not None:
            return scan_list(listed, kinds, progress=progress, cancelled=cancelled)
        from workbench.data.kinds.row_scan import kind_of_rows, scan_rows

        return scan_rows(place, kind_of_rows(place, settings), settings, progress=progress, cancelled=cancelled)
    if settings.kind == "table":
        raise Problem.of(
            "data.table", f"“{place}” is not a table. Choose a CSV or TSV file with a column for the class."
        )
    return scan_one(place, kinds=kinds, progress=progress, cancelled=cancelled)


def _kinds(settings: DataSettings) -> Sequence[FileKind]:
    """The kinds of files that are looked for: the one the person chose, else all."""
    from workbench.data.kinds import KINDS

    chosen = KINDS.get(settings.kind)
    if chosen is not None and chosen.extensions:
        return (chosen,)
    return tuple(kind for kind in KINDS.values() if kind.extensions)
