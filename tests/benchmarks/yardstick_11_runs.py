"""A thousand runs opened as a page, against a plain table widget filled with the same cells from the same file.

The page reads the record anew in each round (its connection is closed before), builds all its parts, sorts, and is
painted with the newest run's curves and recipe beside the table. The baseline is what one writes first: every row read
with the `sqlite3` module, its JSON decoded, and a `QTableWidgetItem` made for each cell. Then one run is changed by
another connection, and the page reads again; a filter is typed; and another column is sorted by.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.harness import Row, at_most, fact, interleave, rounds

if TYPE_CHECKING:
    from PySide6.QtWidgets import QTableWidget

RUNS, EPOCHS, QUICK_RUNS = 1000, 20, 50
LIMIT = 1.0  # seconds
SIZE = (1280, 640)


def measure(quick: bool) -> list[Row]:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from tests.many_runs import record_runs
    from workbench.document.storage import save
    from workbench.session.session import Session
    from workbench.session.templates import project_of
    from workbench.ui.bridge import Bridge
    from workbench.ui.runs.page import RunsPage
    from workbench.ui.theme import Theme

    count = QUICK_RUNS if quick else RUNS
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme = Theme("dark")
    app.setStyleSheet(theme.stylesheet())
    with tempfile.TemporaryDirectory(prefix="workbench-yardstick-") as place:
        project, folder = project_of("digits-mlp"), Path(place)
        save(project, folder)
        with record_runs(folder, project, count, 2 if quick else EPOCHS) as store, Session.open(folder) as session:
            bridge = Bridge(theme)
            bridge.set_session(session)
            again: dict[str, list[float]] = {"read": [], "filter": [], "sort": []}

            def page() -> float:
                session.training.store_moved()  # the next look opens the file again
                began = time.perf_counter()
                shown = RunsPage(bridge, theme)
                shown.resize(*SIZE)
                shown.show()
                shown.grab()
                seconds = time.perf_counter() - began
                assert len(shown.table.runs.lines) == count
                assert shown.details.row is not None
                store.star("run-7")
                again["read"].append(_timed(shown.refresh))
                shown.filter.field.setText("accuracy>0.9")
                again["filter"].append(_timed(shown.filter.apply))
                again["sort"].append(_timed(lambda: shown.table.runs.sort_by("accuracy", True)))
                shown.close()
                shown.deleteLater()
                return seconds

            def plain() -> float:
                began = time.perf_counter()
                table = _plain(folder / "runs" / "runs.sqlite")
                table.resize(*SIZE)
                table.show()
                table.grab()
                seconds = time.perf_counter() - began
                assert table.rowCount() == count
                table.close()
                table.deleteLater()
                return seconds

            page()  # once beforehand: modules, fonts, icons
            found = interleave({"page": page, "table widget": plain}, rounds(quick))
            bridge.set_session(None)
            bridge.close()
    return [
        at_most(f"{count:,} runs opened", statistics.median(found["page"]), "s", LIMIT),
        fact("worst round", max(found["page"]), "s"),
        fact(
            "against a plain table widget",
            statistics.median(found["page"]),
            "s",
            statistics.median(found["table widget"]),
        ),
        fact("read again after a change", 1000 * statistics.median(again["read"]), "ms"),
        fact("filtered", 1000 * statistics.median(again["filter"]), "ms"),
        fact("sorted by another column", 1000 * statistics.median(again["sort"]), "ms"),
    ]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _plain(path: Path) -> QTableWidget:
    """A table widget with the columns the page shows, filled cell by cell."""
    from PySide6.QtWidgets import QTableWidget, QTableWidgetItem

    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    rows = db.execute("SELECT * FROM runs WHERE deleted IS NULL ORDER BY number DESC").fetchall()
    db.close()
    table = QTableWidget(len(rows), 9)
    for line, row in enumerate(rows):
        recipe, metrics = json.loads(row["recipe"]), json.loads(row["metrics"])
        cells = (
            "★" if row["starred"] else "",
            row["name"] or f"run {row['number']}",
            row["state"],
            f"{row['best_val_accuracy'] or 0:.1%}",
            f"{metrics.get('val_loss', 0):.4g}",
            str(row["epochs"]),
            f"{recipe['optimizer']['params']['lr']:g}",
            time.strftime("%d %b %H:%M", time.localtime(row["created"])),
            ", ".join(json.loads(row["tags"])),
        )
        for column, text in enumerate(cells):
            table.setItem(line, column, QTableWidgetItem(text))
    table.resizeColumnsToContents()
    return table
