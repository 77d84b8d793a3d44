"""Reading CSV files row by row, in memory that does not grow with them: where each row begins, and its cells as bytes.

A row is named by its number as a spreadsheet shows it: the header is row 1. Nothing is decoded that is not needed: a
million rows are cut, counted and turned into numbers as bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from workbench.core.diagnostic import Problem
from workbench.core.words import count, file_size, number
from workbench.data.unreadable import kind_refused, why_not_opened

EXTENSIONS = frozenset({".csv", ".tsv"})

MOST_ROW_BYTES = 1 << 20
"""A longer row is no row: most likely a quote was opened and never closed."""

MOST_COLUMNS = 20_000

_DELIMITERS = (b",", b";", b"\t", b"|")
_HEAD = 1 << 16
_LOOKED_AT = 200
_MOST_NULS = 8
"""In the first four kibibytes; a row with one is refused by itself, a file full of them is no table."""
_QUOTED = re.compile(rb'"([^"]*(?:""[^"]*)*)"(?!")')
_CLOSING = re.compile(rb'[^"]*(?:""[^"]*)*"(?!")')
_POINT = re.compile(rb"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
_COMMA = re.compile(rb"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_NUMBER = re.compile(rb"\s*[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?\s*")
_UTF8_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")

Cells = list[bytes]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV file is written: what parts its cells, its columns' names, and where its rows begin.

    `begin` is the byte at which the first row of data begins, and `first` that row's number.
    """

    delimiter: bytes
    decimal_comma: bool
    names: tuple[str, ...]
    begin: int
    first: int

    def column(self, name: str) -> int | None:
        """The place of a column, by its name as it is or in other letters; None if there is none."""
        if name in self.names:
            return self.names.index(name)
        folded = [n.casefold() for n in self.names]
        return folded.index(name.casefold()) if name.casefold() in folded else None


class Row(NamedTuple):
    """One row: its number, where its bytes are in the file, its cells, its bytes; `refused` says why it has none."""

    number: int
    offset: int
    length: int
    cells: Cells
    refused: str = ""
    raw: bytes = b""


def text_of_cell(cell: bytes) -> str:
    """A cell's text: UTF-8, else Windows-1252, else Latin-1; without spaces around it."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return cell.decode(encoding).strip()
        except UnicodeDecodeError:
            continue
    return cell.decode("latin-1").strip()


def open_table(path: str | Path) -> BinaryIO:
    """A CSV file for reading. Raises `Problem` where it is none or cannot be read."""
    try:
        refused = kind_refused(os.stat(path).st_mode)
        if refused is None:
            return open(path, "rb", buffering=1 << 18)
    except (OSError, ValueError) as error:
        refused = why_not_opened(error)
    raise Problem.of("data.table", f"The table “{path}” cannot be read. {refused}")


def layout_of(path: str | Path) -> Layout:
    """How a CSV file is written, from its beginning.

    The delimiter is the one of comma, semicolon, tab and bar that parts the most rows into as many cells as the first
    has. The first row names the columns unless all its cells are numbers. Raises `Problem` ("data.table").
    """
    with open_table(path) as file:
        head = file.read(_HEAD)
        whole = not file.read(1)
    _check_head(path, head)
    mark = len(_UTF8_MARK) if head.startswith(_UTF8_MARK) else 0
    body = head[mark:]
    lines = body.splitlines(keepends=True)
    if not whole and len(lines) > 1:
        lines.pop()  # most likely cut
    lines = [line for line in lines if line.strip()][:_LOOKED_AT]
    if not lines:
        raise Problem.of("data.table", f"The table “{path}” has no rows.")
    delimiter = max(_DELIMITERS, key=lambda d: (_regularity(lines, d), -_DELIMITERS.index(d)))
    with open_table(path) as file:
        rows = _records(file, delimiter, mark, 1)
        top = next((row for row in rows if not row.refused), None)
        if top is None:
            raise Problem.of("data.table", f"The table “{path}” has no row that can be read.")
        few = [row.cells for row, _ in zip((r for r in rows if not r.refused), range(_LOOKED_AT), strict=False)]
    if len(top.cells) < 2:
        raise Problem.of(
            "data.table",
            f"The table “{path}” has one column only. It needs a column for the class and at least one more, parted by "
            "commas, semicolons or tabs.",
        )
    if len(top.cells) > MOST_COLUMNS:
        raise Problem.of(
            "data.table", f"The table “{path}” has {number(len(top.cells))} columns; {number(MOST_COLUMNS)} are read."
        )
    headless = all(_NUMBER.fullmatch(cell) for cell in top.cells)
    cells = [cell for row in ([top.cells, *few] if headless else few) for cell in row]
    points = sum(1 for cell in cells if _POINT.fullmatch(cell.strip()))
    commas = sum(1 for cell in cells if _COMMA.fullmatch(cell.strip()))
    if headless:
        names = tuple(f"column {k}" for k in range(1, len(top.cells) + 1))
        return Layout(delimiter, commas > points, names, mark, 1)
    return Layout(delimiter, commas > points, _named(top.cells), top.offset + top.length, top.number + 1)


def rows_of(file: BinaryIO, layout: Layout) -> Iterator[Row]:
    """All rows of data, in order; one that cannot be used says why. Empty lines are passed over, and counted."""
    file.seek(0)
    width = len(layout.names)
    for row in _records(file, layout.delimiter, layout.begin, layout.first):
        if not row.refused and len(row.cells) != width:
            while len(row.cells) > width and not row.cells[-1].strip():
                row.cells.pop()  # delimiters after the last cell
            if len(row.cells) != width:
                yield _refused(row, f"The row has {count(len(row.cells), 'cell')}, the header {number(width)}.")
                continue
        yield row


def cells_of(line: bytes, delimiter: bytes) -> Cells | None:
    """The cells of a row without its line end; None where a quoted cell does not end in it.

    Cells in quotes may hold delimiters, line ends, and quotes written twice (RFC 4180). Raises `ValueError` where
    something stands between a closing quote and the delimiter.
    """
    if b'"' not in line:
        return line.split(delimiter)
    cells: Cells = []
    return cells if _cut(line, delimiter, cells) < 0 else None


def span_of(raw: bytes, delimiter: bytes, place: int) -> tuple[int, int]:
    """Where in the bytes of a sound row its cell number `place` begins and ends, quotes and all."""
    line = raw.rstrip(b"\r\n")
    at = 0
    for k in range(place + 1):
        if line[at : at + 1] == b'"' and (found := _QUOTED.match(line, at)) is not None:
            end = found.end()
        else:
            end = line.find(delimiter, at)
            end = len(line) if end < 0 else end
        if k < place:
            at = end + 1
    return at, end


def unquoted(cell: bytes) -> bytes:
    """A cell as it stands in the file, without its quotes."""
    found = _QUOTED.fullmatch(cell)
    return cell if found is None else found[1].replace(b'""', b'"')


def _cut(line: bytes, delimiter: bytes, cells: Cells) -> int:
    """Adds the cells of a line to `cells`; gives where the quoted cell begins that does not end in it, else -1."""
    at = 0
    while True:
        if line[at : at + 1] == b'"':
            found = _QUOTED.match(line, at)
            if found is None:
                return at
            at = found.end()
            if at < len(line) and line[at : at + 1] != delimiter:
                raise ValueError
            cells.append(found[1].replace(b'""', b'"'))
        else:
            end = line.find(delimiter, at)
            end = len(line) if end < 0 else end
            cells.append(line[at:end])
            at = end
        if at >= len(line):
            return -1
        at += 1


def _records(file: BinaryIO, delimiter: bytes, begin: int, first: int) -> Iterator[Row]:
    """Rows from a place in the file on, whatever the number of their cells."""
    offset, number_of_row = begin, first
    file.seek(begin)
    while line := file.readline(MOST_ROW_BYTES + 1):
        length, this = len(line), number_of_row
        number_of_row += 1
        if len(line) > MOST_ROW_BYTES:
            while not line.endswith(b"\n") and (line := file.readline(MOST_ROW_BYTES)):
                length += len(line)
            yield Row(this, offset, length, [], f"The row is longer than {file_size(MOST_ROW_BYTES)}.")
            offset += length
            continue
        bare = line.rstrip(b"\r\n")
        if not bare.strip():
            offset += length
            continue
        try:
            cells = cells_of(bare, delimiter)
            if cells is None:
                cells, line = _continued(file, line, delimiter)
                length = len(line)
            refused = ""
        except ValueError:
            cells, refused = [], "Something stands between a closing quote and the next cell."
            file.seek(offset + length)
        if cells is None:
            cells, refused = [], "A quote is opened in this row and never closed."
            file.seek(offset + length)
        if b"\0" in line:
            cells, refused = [], "The row holds a NUL, which is no character."
        yield Row(this, offset, length, cells, refused, line)
        offset += length


def _continued(file: BinaryIO, line: bytes, delimiter: bytes) -> tuple[Cells | None, bytes]:
    """The cells of a row whose quoted cell goes on in the next line, and its bytes; None where it never ends.

    Whatever was cut is not looked at again, so that no file takes long.
    """
    cells: Cells = []
    begin = _cut(line.rstrip(b"\r\n"), delimiter, cells)
    done, waiting = [line[:begin]], [line[begin:]]
    length = len(line)
    while length <= MOST_ROW_BYTES and (more := file.readline(MOST_ROW_BYTES)):
        length += len(more)
        waiting.append(more)
        if _CLOSING.match(more) is None:
            continue
        rest = b"".join(waiting)
        begin = _cut(rest.rstrip(b"\r\n"), delimiter, cells)
        if begin < 0:
            return cells, b"".join((*done, rest))
        done.append(rest[:begin])
        waiting = [rest[begin:]]
    return None, line


def _refused(row: Row, why: str) -> Row:
    return Row(row.number, row.offset, row.length, [], why)


def _regularity(lines: list[bytes], delimiter: bytes) -> tuple[float, int]:
    """How many of the lines have as many cells as the first, and how many that is; what parts nothing comes last."""
    widths = []
    for line in lines:
        try:
            cells = cells_of(line.rstrip(b"\r\n"), delimiter)
        except ValueError:
            cells = None
        widths.append(len(cells) if cells is not None else 0)
    if widths[0] < 2:
        return -1.0, 0
    return sum(1 for width in widths if width == widths[0]) / len(widths), widths[0]


def _named(cells: Cells) -> tuple[str, ...]:
    """The columns' names: what is empty gets its place, what is there twice a number."""
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = " ".join(text_of_cell(cell).split()) or f"column {place}"
        unique, k = name, 2
        while unique in names:
            unique, k = f"{name} ({k})", k + 1
        names.append(unique)
    return tuple(names)


def _check_head(path: str | Path, head: bytes) -> None:
    if not head.strip():
        raise Problem.of("data.table", f"The table “{path}” is empty.")
    if head.startswith(_WIDE_MARKS):
        raise Problem.of("data.table", f"The table “{path}” is written in UTF-16. Save it as UTF-8 and try again.")
    if head.startswith(b"PK\x03\x04"):
        raise Problem.of("data.table", f"“{path}” is a spreadsheet, not a CSV file. Save it as CSV and try again.")
    if head[:4096].count(b"\0") > _MOST_NULS:
        raise Problem.of("data.table", f"“{path}” is no table: the file holds bytes that stand for no characters.")
    if b"\n" not in head and b"\r" in head:
        raise Problem.of(
            "data.table", f"The lines of “{path}” end as those of old Macintosh files do. Save it with usual line ends."
        )
