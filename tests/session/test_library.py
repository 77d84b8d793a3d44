from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workbench.document.edits import add
from workbench.document.graph import Block, BlockParam, Graph, Node
from workbench.session.library import Library


def block(id: str, *uses: str, title: str = "") -> Block:
    graph = add(Graph(), Node("relu_1", "relu"), *(Node(f"{u}_1", f"block:{u}") for u in uses))
    assert isinstance(graph, Graph)
    return Block(id, title or id.capitalize(), graph, (BlockParam("width", "Width", "int", 8),))


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "not there yet" / "blocks")


def test_an_empty_library(library: Library) -> None:
    assert library.items() == library.bad() == ()
    assert library.get("nobody") is None
    assert library.remove("nobody") is None


def test_a_kept_block_brings_what_it_uses(library: Library) -> None:
    stage, cell = block("stage", "cell"), block("cell")
    assert library.keep(stage, [cell, block("other")]) is None
    kept = Library(library.folder).get("stage")
    assert kept is not None
    assert (kept.block, kept.needed) == (stage, (cell,))
    assert library.needed_by(stage) == (cell,)
    assert library.needed_by(cell) == ()


def test_nothing_is_kept_twice_and_nothing_overwritten(library: Library) -> None:
    library.keep(block("cell"))
    library.keep(block("cell"))
    library.keep(replace(block("cell"), id="other", title="Other name"))
    assert len(library.items()) == 1
    library.keep(block("cell", "unknown"))
    assert [(key, kept.block.title) for key, kept in library.items()] == [("cell", "Cell"), ("cell_2", "Cell 2")]


def test_renaming_and_removing(library: Library) -> None:
    library.keep(block("cell"))
    assert library.rename("cell", " My\ncell ") is None
    ((key, kept),) = library.items()
    assert (key, kept.block.title, kept.block.id) == ("cell", "My cell", "cell")
    assert library.rename("cell", "") is None
    assert library.rename("nobody", "x") is None
    assert library.has(block("cell"))
    assert library.remove("cell") is None
    assert library.items() == ()


def test_another_window_is_seen(library: Library) -> None:
    assert library.items() == ()
    Library(library.folder).keep(block("cell"))
    assert [key for key, _kept in library.items()] == ["cell"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b'{"version": 2}', b'{"version": 2, "block": "x", "nodes": []}',
        b'{"version": 99, "block": "x", "blocks": []}', b'{"version": 2, "block": 7, "blocks": []}',
        b'{"version": 2, "block": "a", "blocks": [{"id": "a", "title": "A", "nodes": [{"id": "n"}]}]}',
        b'{"version": 2, "block": "a", "blocks": [{"id": "a", "title": "", "nodes": []}]}',
        b"\xff" * 100, b"[" * 100_000, b" " * 4_000_001,
    ],
)  # fmt: skip
def test_hostile_files_are_listed_and_the_others_work(library: Library, content: bytes) -> None:
    library.keep(block("cell"))
    (library.folder / "bad.json").write_bytes(content)
    (library.folder / "notes.txt").write_text("not looked at")
    (library.folder / "folder.json").mkdir()
    assert [key for key, _kept in library.items()] == ["cell"]
    assert [bad.path.name for bad in library.bad()] == ["bad.json", "folder.json"]
    assert all(bad.reason.endswith(".") for bad in library.bad())
    assert library.get("bad") is None


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    refused = Library(tmp_path / "file" / "blocks").keep(block("cell"))
    assert refused is not None
    assert "cannot be made" in refused.message


def test_what_could_not_be_read_again_is_not_written(library: Library) -> None:
    refused = library.keep(block("cell", "cell"))
    assert refused is not None
    assert "within itself" in refused.message
    assert library.items() == ()
