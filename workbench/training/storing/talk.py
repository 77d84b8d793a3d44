"""What a run in other processes and those who follow it say to each other, through the run store.

Commands go to the run, notices come from it, and where it stands is one line that it replaces. What is said is plain
JSON; nothing of it is trusted.
"""

from __future__ import annotations

import json
from typing import Any

from workbench.training.storing.database import Database

COMMAND, NOTICE, PROGRESS = "command", "notice", "progress"
LONGEST = 1_000_000
"""Characters of one line that are read; a longer one is passed over."""


class Talk:
    """The lines about one run, by its number. Every method raises `Problem` as the store does."""

    def __init__(self, database: Database, run: int) -> None:
        self._database = database
        self._run = run

    def say(self, kind: str, line: dict[str, Any]) -> None:
        """Add a line."""
        with self._database.writing() as db:
            db.execute("INSERT INTO talk (run, kind, text) VALUES (?, ?, ?)", (self._run, kind, json.dumps(line)))

    def show(self, line: dict[str, Any]) -> None:
        """Replace the line that says where the run stands."""
        with self._database.writing() as db:
            db.execute("DELETE FROM talk WHERE run = ? AND kind = ?", (self._run, PROGRESS))
            db.execute("INSERT INTO talk (run, kind, text) VALUES (?, ?, ?)", (self._run, PROGRESS, json.dumps(line)))

    def shown(self) -> dict[str, Any]:
        """Where the run stands; empty while it said nothing."""
        found = self.since(PROGRESS, 0)
        return found[-1][1] if found else {}

    def since(self, kind: str, number: int) -> list[tuple[int, dict[str, Any]]]:
        """(number, line) of all lines of a kind after this number, oldest first."""
        if not self._database.exists:
            return []
        with self._database.reading() as db:
            found = db.execute(
                "SELECT number, text FROM talk WHERE run = ? AND kind = ? AND number > ? AND length(text) <= ? "
                "ORDER BY number",
                (self._run, kind, number, LONGEST),
            )
            return [(int(row["number"]), line) for row in found if isinstance(line := json.loads(row["text"]), dict)]

    def newest(self) -> int:
        """The number of the last line, so that what was said to an earlier part of the run is passed over."""
        if not self._database.exists:
            return 0
        with self._database.reading() as db:
            found = db.execute("SELECT max(number) FROM talk WHERE run = ?", (self._run,)).fetchone()
            return int(found[0] or 0)

    def forget(self) -> None:
        """Remove every line: the run has ended."""
        with self._database.writing() as db:
            db.execute("DELETE FROM talk WHERE run = ?", (self._run,))
