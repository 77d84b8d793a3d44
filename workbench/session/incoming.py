"""Samples from outside of the data set: the files a person names, and the rows of a table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.catalogue.registry import LAYERS
from workbench.core.diagnostic import Problem
from workbench.data.decoding.formats import is_ignored
from workbench.data.index import natural
from workbench.data.inputs import PICTURES
from workbench.document.graph import Graph

if TYPE_CHECKING:
    from workbench.data.kinds.kind import DataKind

TABLES = (".csv", ".tsv")


def fed_by(layer: str) -> DataKind:
    """The kind of data that enters a network by this input layer; pictures for one that no data feed."""
    from workbench.data.kinds import KINDS

    return next((kind for kind in KINDS.values() if layer in kind.layers), KINDS[PICTURES])


def one_of(graph: Graph) -> str:
    """What a network takes at a time: "picture", "text", "sound", "row"; a picture where it has no input yet."""
    layer = next((n.layer for n in graph if n.layer in LAYERS and LAYERS[n.layer].is_input), PICTURES)
    return fed_by(layer).one


def files_of(kind: DataKind, path: Path) -> list[Path]:
    """The file itself, or all files of this kind below a folder, in natural order.

    Hidden files and folders are passed over, links to folders are not followed. Raises `Problem` if nothing is there.
    """
    if not os.path.isdir(path):
        if not os.path.lexists(path):
            raise Problem.of("data.missing", f"There is no file or folder “{path}”. Check the path.")
        return [path]
    extensions = kind.extensions or frozenset(TABLES)
    files: list[Path] = []
    for at, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not is_ignored(name)]
        wanted = (name for name in names if Path(name).suffix.casefold() in extensions and not is_ignored(name))
        files.extend(Path(at) / name for name in wanted)
    return sorted(files, key=lambda file: natural(file.relative_to(path).as_posix()))


def given_by(kind: DataKind, path: Path) -> Iterator[tuple[str, Any]]:
    """(name, what `NewSamples.sample` takes) of a file: itself, or of a table each row, named "file.csv#17".

    Raises `Problem` for what is not of this kind at all.
    """
    if kind.id != "table":
        if path.suffix.casefold() in TABLES:
            raise Problem.of(
                "predict.kind", f"“{path}” is a table, and the network takes {kind.title.lower()}. Name their files."
            )
        yield str(path), path
        return
    from workbench.data.kinds.tables import layout_of, open_table, rows_of, text_of_cell

    layout = layout_of(path)
    with open_table(path) as file:
        for row in rows_of(file, layout):
            if row.refused:
                raise Problem.of("data.row", f"Row {row.number} of “{path}” cannot be used. {row.refused}")
            cells = [text_of_cell(cell) for cell in row.cells]
            if layout.decimal_comma:
                cells = [_with_point(cell) for cell in cells]
            yield f"{path}#{row.number}", dict(zip(layout.names, cells, strict=True))


def _with_point(cell: str) -> str:
    """ "1,5" as "1.5"; anything else as it is."""
    changed = cell.replace(",", ".", 1)
    try:
        float(changed)
    except ValueError:
        return cell
    return changed
