"""Runs that were deleted: brought back, or removed for good after being asked once more."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.core.diagnostic import Problem
from workbench.core.words import count
from workbench.ui.bridge import Bridge
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.runs.table import RunsTable
from workbench.ui.theme import GAP, mark

COLUMNS = ("name", "state", "accuracy", "epochs", "created", "tags")
SURE_SECONDS = 5
"""How long the second question stands before nothing was meant."""


class DeletedPage(QWidget):
    """`left` when a person goes back to the runs."""

    left = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.table = RunsTable(bridge)
        self.table.setAccessibleName("Deleted runs")
        self.table.runs.choose_columns(COLUMNS)
        self.empty = EmptyState(
            bridge,
            "trash",
            "Nothing was deleted",
            "Deleted runs stay here for a week and can be brought back.",
        )
        self._back = QPushButton("Back to the runs")
        self.restore = QPushButton("Bring back")
        self.restore.setToolTip("Put the chosen runs, or all, back into the table")
        self.remove = QPushButton("Remove for good…")
        self.remove.setToolTip("Remove numbers and checkpoints of the chosen runs, or of all, from the disk")
        self._words = ElidedLabel("dim")
        self._words.setText("Deleted runs can be brought back for a week.")
        self._sure = QTimer(self)
        self._sure.setSingleShot(True)
        self._sure.setInterval(1000 * SURE_SECONDS)
        self._sure.timeout.connect(self._unsure)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self._back)
        row.addWidget(self._words, 1)
        row.addWidget(self.restore)
        row.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        column.addWidget(self.empty, 1)
        self._back.clicked.connect(self.left)
        self.restore.clicked.connect(self._restore)
        self.remove.clicked.connect(self._remove)
        self.table.chosenChanged.connect(self._unsure)
        self.table.opened.connect(self._restore)

    def refresh(self) -> None:
        """Show what is deleted now."""
        session = self._bridge.session
        try:
            rows = () if session is None else session.training.deleted()
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
            rows = ()
        self.table.runs.show(rows)
        self.table.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        for button in (self.restore, self.remove):
            button.setEnabled(bool(rows) and session is not None and not session.read_only)
        self._unsure()

    @property
    def _meant(self) -> list[str]:
        return [row.id for row in self.table.chosen or self.table.runs.lines]

    def _restore(self) -> None:
        session = self._bridge.session
        if session is not None and self._meant:
            try:
                session.training.restore_runs(self._meant)
            except Problem as problem:
                self._bridge.notify(problem.diagnostics[0])

    def _remove(self) -> None:
        session = self._bridge.session
        if session is None or not self._meant:
            return
        if not self._sure.isActive():  # the first click asks, the second means it
            self.remove.setText(f"Really remove {count(len(self._meant), 'run')}?")
            mark(self.remove, role="danger")
            self._sure.start()
            return
        self._unsure()
        try:
            session.training.remove_runs(self._meant)
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])

    def _unsure(self) -> None:
        self._sure.stop()
        if self.remove.property("role"):
            mark(self.remove, role="")
        self.remove.setText("Remove for good…")
