"""CSV files: how they are written, which rows they have, and what is said of those that cannot be used."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.data.kinds import tables
from workbench.data.kinds.tables import Row, cells_of, layout_of, open_table, rows_of, span_of, text_of_cell, unquoted


def written(folder: Path, data: bytes | str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def rows(path: Path) -> list[Row]:
    with open_table(path) as file:
        return list(rows_of(file, layout_of(path)))


def cells(path: Path) -> list[list[str]]:
    return [[text_of_cell(cell) for cell in row.cells] for row in rows(path) if not row.refused]


def test_a_plain_table(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b,c\n1,x,2.5\n2,y,3.5\n")
    layout = layout_of(path)
    assert (layout.delimiter, layout.decimal_comma, layout.names) == (b",", False, ("a", "b", "c"))
    assert (layout.begin, layout.first) == (6, 2)
    assert cells(path) == [["1", "x", "2.5"], ["2", "y", "3.5"]]
    assert [row.number for row in rows(path)] == [2, 3], "as a spreadsheet counts them"
    data = path.read_bytes()
    assert [data[row.offset : row.offset + row.length] for row in rows(path)] == [b"1,x,2.5\n", b"2,y,3.5\n"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter_is_recognised(delimiter: str, tmp_path: Path) -> None:
    lines = [
        delimiter.join(row) for row in (("size", "note", "class"), ("1.5", "a b; c" if delimiter != ";" else "a", "x"))
    ]
    assert layout_of(written(tmp_path, "\n".join(lines) + "\n")).delimiter == delimiter.encode()


def test_decimal_commas_are_recognised(tmp_path: Path) -> None:
    assert layout_of(written(tmp_path, "a;b;c\n1,5;2,25;x\n2,5;3;y\n")).decimal_comma
    assert layout_of(written(tmp_path, 'a,b,c\n"1,5","2,25",x\n')).decimal_comma
    assert not layout_of(written(tmp_path, "a;b;c\n1.5;2.25;x\n")).decimal_comma
    assert not layout_of(written(tmp_path, "a,b,c\n1,5,x\n")).decimal_comma


def test_a_first_row_of_numbers_is_no_header(tmp_path: Path) -> None:
    path = written(tmp_path, "1,2,0\n3,4,1\n")
    assert layout_of(path).names == ("column 1", "column 2", "column 3")
    assert [(row.number, row.cells) for row in rows(path)] == [(1, [b"1", b"2", b"0"]), (2, [b"3", b"4", b"1"])]


def test_names_are_told_apart(tmp_path: Path) -> None:
    layout = layout_of(written(tmp_path, 'x,x,,"x (2)"," wide\nname ",Größe\n1,2,3,4,5,6\n'))
    assert layout.names == ("x", "x (2)", "column 3", "x (2) (2)", "wide name", "Größe")
    assert layout.column("größe") == 5
    assert layout.column("X") == 0
    assert layout.column("none") is None


def test_quotes_hold_delimiters_line_ends_and_quotes(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,b\r\n"1, 2","say ""hi"""\r\n"two\r\nlines",x\r\n,""\r\n')
    assert [row.cells for row in rows(path)] == [[b"1, 2", b'say "hi"'], [b"two\r\nlines", b"x"], [b"", b""]]
    assert [row.number for row in rows(path)] == [2, 3, 4]
    path = written(tmp_path, 'a,b\n"he said ""hi""\nand left",1\n"""\n""",2\n')
    assert [row.cells for row in rows(path)] == [[b'he said "hi"\nand left', b"1"], [b'"\n"', b"2"]]
    assert [row.cells for row in rows(written(tmp_path, 'a,b\n5" pipe,1\n'))] == [[b'5" pipe', b"1"]]


def test_other_letters_and_marks(tmp_path: Path) -> None:
    assert cells(written(tmp_path, b"\xef\xbb\xbfname,b\ncaf\xc3\xa9,1\n")) == [["café", "1"]]
    assert layout_of(tmp_path / "t.csv").names[0] == "name"
    assert cells(written(tmp_path, "name,b\ncafé,1\n".encode("cp1252"))) == [["café", "1"]]


def test_rows_that_cannot_be_used_say_why(tmp_path: Path) -> None:
    data = 'a,b,c\n1,2\n1,2,3,4\n1,2,3,,\n\n"x"y,2,3\n1,\0,3\n4,5,6\n"open,2,3\n7,8,9\n'
    found = [(row.number, row.refused) for row in rows(written(tmp_path, data))]
    assert found == [
        (2, "The row has 2 cells, the header 3."),
        (3, "The row has 4 cells, the header 3."),
        (4, ""),
        (6, "Something stands between a closing quote and the next cell."),
        (7, "The row holds a NUL, which is no character."),
        (8, ""),
        (9, "A quote is opened in this row and never closed."),
        (10, ""),
    ]


def test_a_huge_cell_is_one_bad_row(tmp_path: Path) -> None:
    huge = b"x" * (tables.MOST_ROW_BYTES + 5)
    found = rows(written(tmp_path, b"a,b\n1,2\n" + huge + b",3\n4,5\n"))
    assert [(row.number, bool(row.refused)) for row in found] == [(2, False), (3, True), (4, False)]
    assert "longer than 1 MB" in found[1].refused
    assert found[2].cells == [b"4", b"5"]


class Counted(io.BytesIO):
    """Counts the bytes that are read."""

    taken = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self.taken += len(line)
        return line


@pytest.mark.parametrize(
    "line", [b'%d,"%d\n', b'"%d"",%d\n', b'"a""%d\n,%d\n', b'%d,"x"","\n%d",""\n'], ids=["next", "end", "twice", "many"]
)
def test_quotes_that_never_close_are_not_read_again_and_again(line: bytes) -> None:
    """Looking for a closing quote goes on until the next one, and for each row once."""
    file = Counted(b'"lost,1\n' + b"".join(line % (i, i) for i in range(20_000)))
    found = list(tables._records(file, b",", 0, 1))
    assert sum(row.length for row in found) == len(file.getvalue())
    assert file.taken < 3 * len(file.getvalue())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"a\n1\n2\n", "one column only"),
        (b"just words\nand more\n", "one column only"),
        (b"\xff\xfea\0,\0b\0", "UTF-16"),
        (b"PK\x03\x04" + bytes(50), "spreadsheet"),
        (bytes(range(256)) * 20 + bytes(100), "no table"),
        (b"a,b\r1,2\r3,4\r", "Macintosh"),
    ],
)
def test_what_is_no_table_says_why(data: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(Problem, match=words) as refused:
        layout_of(written(tmp_path, data))
    assert str(refused.value).endswith(".")


def test_a_table_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no longer there"):
        layout_of(tmp_path / "gone.csv")
    with pytest.raises(Problem, match="folder"):
        layout_of(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        with pytest.raises(Problem, match="pipe"):
            layout_of(tmp_path / "pipe.csv")


CELLS = st.one_of(
    st.text(alphabet='",\n a', max_size=8),
    st.text(alphabet=st.characters(exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=12),
)


@given(
    st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=8)),
    st.sampled_from((",", ";", "\t")),
    st.booleans(),
)
def test_what_the_csv_module_writes_is_read(table: list[list[str]], delimiter: str, quote_all: bool) -> None:
    """And every cell is found in the bytes of its row."""
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL

    def line(row: list[str]) -> str:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=quoting).writerow(row)
        return text.getvalue()

    file = io.BytesIO("".join(map(line, table)).encode())
    found = list(tables._records(file, delimiter.encode(), 0, 1))
    written_rows = [[cell.encode() for cell in row] for row in table if line(row).encode().strip()]
    assert [row.cells for row in found if not row.refused] == written_rows
    for row in found:
        for place, cell in enumerate(row.cells):
            begin, end = span_of(row.raw, delimiter.encode(), place)
            assert unquoted(row.raw[begin:end]) == cell


@given(st.binary(max_size=80).filter(lambda data: b"\n" not in data and b"\r" not in data))
def test_any_line_is_cut_or_refused(line: bytes) -> None:
    try:
        found = cells_of(line, b",")
    except ValueError:
        found = None
    if found is not None and b'"' not in line:
        assert b",".join(found) == line


@given(st.binary(max_size=400))
def test_rows_cover_the_file_whatever_it_holds(data: bytes) -> None:
    found = list(tables._records(io.BytesIO(data), b",", 0, 1))
    at = 0
    for row in found:
        assert row.offset >= at
        assert row.length > 0
        assert not data[at : row.offset].strip()
        at = row.offset + row.length
    assert not data[at:].strip()
