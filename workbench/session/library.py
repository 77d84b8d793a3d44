"""A person's own blocks: one JSON file each in a folder of theirs, for use in every project."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.files import open_regular, write_atomic
from workbench.core.json_text import parse, render
from workbench.core.paths import user_dir
from workbench.document.block_rules import MOST_BLOCKS
from workbench.document.blocks import needed
from workbench.document.diff import same_block
from workbench.document.fields import Fields, refuse
from workbench.document.graph import Block, Graph
from workbench.document.graph_format import read_graph, write_graph
from workbench.document.ids import block_id, numbered
from workbench.document.migrations import VERSION, migrate
from workbench.document.rules import one_line

log = logging.getLogger(__name__)

MOST_BYTES = 4_000_000
"""Largest file of a kept block."""


@dataclass(frozen=True, slots=True)
class KeptBlock:
    """One block of the library, with the blocks it uses and the file it lies in."""

    block: Block
    needed: tuple[Block, ...]
    path: Path


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file in the library that holds no block, and why."""

    path: Path
    reason: str


class Library:
    """The folder of kept blocks, each under a key: its file's name. Files are read anew when they have changed, so
    that several windows see the same."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = user_dir("data") / "blocks" if folder is None else folder
        self._known: dict[Path, tuple[tuple[int, int], KeptBlock | BadFile]] = {}

    def items(self) -> tuple[tuple[str, KeptBlock], ...]:
        """Every kept block with its key, by title."""
        good = [kept for kept in self._read() if isinstance(kept, KeptBlock)]
        good.sort(key=lambda kept: (kept.block.title.casefold(), kept.path))
        return tuple((kept.path.stem, kept) for kept in good)

    def bad(self) -> tuple[BadFile, ...]:
        """The files that cannot be read, each with a sentence."""
        return tuple(found for found in self._read() if isinstance(found, BadFile))

    def get(self, key: str) -> KeptBlock | None:
        """The kept block of a key."""
        return next((kept for name, kept in self.items() if name == key), None)

    def has(self, block: Block) -> bool:
        """Whether this very definition is kept, under whatever title."""
        return self._of(block) is not None

    def needed_by(self, block: Block) -> tuple[Block, ...]:
        """The blocks that a kept one uses; none for a block that is not kept here."""
        found = self._of(block)
        return found.needed if found is not None else ()

    def keep(self, block: Block, needed_blocks: Iterable[Block] = ()) -> Diagnostic | None:
        """Put a block into the library, unless it is there. Gives why it could not be written.

        Another block of that title is not overwritten: the new one gets a number.
        """
        if self.has(block):
            return None
        entries = self.items()
        title = numbered(block.title, {kept.block.title for _key, kept in entries})
        key = block_id(title, {path.stem for path in self._files()})
        return self._write(key, replace(block, title=title), tuple(needed_blocks))

    def rename(self, key: str, title: str) -> Diagnostic | None:
        """Give a kept block another title. Gives why it could not be written."""
        kept, title = self.get(key), one_line(title)
        if kept is None or not title or title == kept.block.title:
            return None
        return self._write(key, replace(kept.block, title=title), kept.needed)

    def remove(self, key: str) -> Diagnostic | None:
        """Forget a kept block; projects that use it have their own copy. Gives why it could not go."""
        kept = self.get(key)
        if kept is None:
            return None
        try:
            kept.path.unlink(missing_ok=True)
        except OSError as error:
            return Diagnostic(
                "library.remove",
                f"“{kept.path}” cannot be removed ({error.strerror or error}). Remove the file yourself.",
            )
        return None

    def _of(self, block: Block) -> KeptBlock | None:
        for _key, kept in self.items():
            if same_block(replace(kept.block, id=block.id, title=block.title), block):
                return kept
        return None

    def _write(self, key: str, block: Block, needed_blocks: tuple[Block, ...]) -> Diagnostic | None:
        blocks = {b.id: b for b in (*needed_blocks, block)}
        inside = {i: blocks[i] for i in needed(blocks, [block.id])}
        content = render({"version": VERSION, "block": block.id, **write_graph(Graph(blocks=inside))})
        try:
            _decoded(content)  # what could not be read again must never replace what can
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(self.folder / f"{key}.json", content)
        except Problem as problem:
            return problem.diagnostics[0]
        except OSError as error:
            return Diagnostic(
                "library.folder",
                f"The folder of your blocks, “{self.folder}”, cannot be made ({error.strerror or error}). The block "
                "stays in the project.",
            )
        return None

    def _files(self) -> list[Path]:
        try:
            return sorted(path for path in self.folder.iterdir() if path.suffix == ".json")[:MOST_BLOCKS]
        except OSError:  # no folder yet: nothing is kept
            return []

    def _read(self) -> tuple[KeptBlock | BadFile, ...]:
        found = {}
        for path in self._files():
            mark = _mark(path)
            before = self._known.get(path)
            found[path] = before if before is not None and before[0] == mark else (mark, _opened(path))
        self._known = found
        return tuple(entry for _mark, entry in found.values())


def _mark(path: Path) -> tuple[int, int]:
    """What tells a file from what it was before."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return status.st_mtime_ns, status.st_size


def _opened(path: Path) -> KeptBlock | BadFile:
    try:
        with open_regular(path) as stream:
            block, inside = _decoded(stream.read(MOST_BYTES + 1))
    except (Problem, OSError, ValueError) as error:
        log.warning("the kept block %s cannot be read: %s", path, error)
        return BadFile(path, _sentence(path, error))
    return KeptBlock(block, inside, path)


def _sentence(path: Path, error: Exception) -> str:
    if isinstance(error, Problem):
        return error.diagnostics[0].message.replace("In the project file,", f"In “{path.name}”,")
    words = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"“{path.name}” cannot be read ({words})."


def _decoded(content: bytes) -> tuple[Block, tuple[Block, ...]]:
    """The block in a file's bytes and those it uses; raises `Problem` otherwise."""
    document: Any = parse(content, "kept block", most_bytes=MOST_BYTES)
    if not isinstance(document, Mapping) or "version" not in document or "block" not in document:
        raise Problem.of("library.not_one", "This file holds no block that was kept by Workbench.")
    version = Fields(document, "the file").whole("version", 0, low=-(2**63))
    fields = Fields(migrate(document, version), "the file")
    wanted = fields.text("block", None)
    blocks = read_graph(fields).blocks
    if wanted not in blocks:
        refuse(f"there is no block “{wanted[:80]}”, though the file says it is about it")
    inside = tuple(blocks[i] for i in needed(blocks, [wanted]) if i != wanted)
    return blocks[wanted], inside
