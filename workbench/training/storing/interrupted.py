"""Runs whose process died without a word."""

from __future__ import annotations

import socket
import sqlite3

from workbench.core.processes import own, started


def mark_interrupted(db: sqlite3.Connection) -> None:
    """Runs whose process died without a word (kill -9, a power cut) are running no more.

    Only runs of this machine can be told; one that another machine trains is left as it is.
    """
    live = db.execute(
        "SELECT number, pid, started FROM runs WHERE state = 'running' AND host = ?", (socket.gethostname(),)
    )
    for row in live.fetchall():
        if (row["pid"], row["started"]) != own() and started(int(row["pid"])) != row["started"]:
            db.execute("UPDATE runs SET state = 'interrupted' WHERE number = ?", (row["number"],))
