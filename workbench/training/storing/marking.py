"""What a person says of runs: names, tags, notes, stars; and which are thrown away."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.training.storing.reading import Reading, number_of

LONGEST_NAME, LONGEST_TAG, LONGEST_NOTE, MOST_TAGS = 200, 40, 20_000, 50


class Marking(Reading):
    """Marks on runs. Each method raises `Problem` where there is no such run or the file cannot be written."""

    def rename(self, run: str, name: str) -> None:
        """Give a run a name for people; an empty one takes it away."""
        self._mark(run, "name", " ".join(name.split())[:LONGEST_NAME])

    def tag(self, run: str, tags: Iterable[str]) -> None:
        """Replace a run's tags: words in the order given, none twice."""
        self._mark(run, "tags", json.dumps(cleaned_tags(tags)))

    def note(self, run: str, text: str) -> None:
        """Replace a run's note."""
        self._mark(run, "note", text.strip()[:LONGEST_NOTE])

    def star(self, run: str, starred: bool = True) -> None:
        """Mark a run as one worth finding again, or take the mark away."""
        self._mark(run, "starred", int(starred))

    def delete(self, run: str) -> None:
        """Throw a run away; `restore` brings it back until `empty` removes it. Not while it is running."""
        if self.row(run).state == "running":
            raise Problem.of("runs.live", f"{run} is still running. Stop it first, then delete it.")
        self._mark(run, "deleted", time.time())

    def restore(self, run: str) -> None:
        """Bring a run back that was deleted."""
        self._mark(run, "deleted", None)

    def empty(self, run: str) -> int:
        """Remove a deleted run for good: its numbers and its checkpoints. Gives the bytes that were freed."""
        row = self.row(run)
        if row.deleted is None:
            raise Problem.of("runs.not_deleted", f"{run} is in use. Delete it first, then remove it for good.")
        folder = self.folder(run)
        freed = size_of(folder)
        with self._database.writing() as db:
            db.execute("DELETE FROM runs WHERE number = ?", (number_of(run),))
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise Problem.of(
                "runs.not_removed",
                f"{run} was removed, but its folder “{folder}” could not be ({error.strerror or error}). "
                "Remove it by hand.",
                details=repr(error),
            ) from error
        return freed

    def _mark(self, run: str, column: str, value: str | float | None) -> None:
        self.row(run)
        with self._database.writing() as db:  # the column's name is written in this file, never read from anywhere
            db.execute(f"UPDATE runs SET {column} = ? WHERE number = ?", (value, number_of(run)))


def cleaned_tags(tags: Iterable[str]) -> list[str]:
    """Tags as they are kept: without spaces around, none empty, none twice whatever its case, not too many."""
    found: dict[str, str] = {}
    for tag in tags:
        plain = " ".join(tag.replace(",", " ").split())[:LONGEST_TAG]
        if plain:
            found.setdefault(plain.casefold(), plain)
    return list(found.values())[:MOST_TAGS]


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder; 0 where there is none or it may not be looked at."""
    total = 0
    try:
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_symlink():
                total += file.stat().st_size
    except OSError:
        return total
    return total
