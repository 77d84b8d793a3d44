"""The line above the table of runs: a field to find runs by what they are, and switches for stars and deleted ones."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QToolButton, QWidget

from workbench.core.diagnostic import Problem
from workbench.session.runs.filtering import HINT, Filter, read
from workbench.ui.bridge import Bridge
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.runs.model import RunsModel
from workbench.ui.theme import GAP, ROW, mark

TYPING = 180
"""Milliseconds without a key after which what was typed counts."""


class FilterBar(QWidget):
    """Sets the filter of a model of runs. `deletedAsked(on)` when the deleted runs are to be shown instead."""

    filtered = Signal()
    deletedAsked = Signal(bool)
    downAsked = Signal()  # the arrow key into the table

    def __init__(self, bridge: Bridge, model: RunsModel) -> None:
        super().__init__()
        self._model = model
        self.field = _Field()
        self.field.setPlaceholderText("Find runs: tag:baseline  accuracy>0.9  lr<=1e-3  failed")
        self.field.setToolTip(f"{HINT} (Ctrl+F)")
        self.field.setAccessibleName("Find runs")
        self.field.setAccessibleDescription(HINT)
        self.field.setClearButtonEnabled(True)
        for clear in self.field.findChildren(QToolButton):
            clear.setAccessibleName("Show all runs")
            clear.setToolTip("Show all runs (Esc)")
        self.field.setFixedHeight(ROW)
        self.field.setMaximumWidth(520)
        self.starred = IconButton(bridge, "star", "Starred runs alone", quiet=True, checkable=True)
        self.deleted = QPushButton("Deleted")
        self.deleted.setCheckable(True)
        self.deleted.setToolTip("Show the runs that were deleted, to bring them back or remove them for good")
        mark(self.deleted, role="quiet")
        self.wrong = ElidedLabel("bad")
        self.wrong.hide()
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(TYPING)
        self._due.timeout.connect(self.apply)
        self.field.textChanged.connect(self._typed)
        self.field.returnPressed.connect(self.apply)
        self.field.down.connect(self.downAsked)
        self.starred.toggled.connect(self.apply)
        self.deleted.toggled.connect(self.deletedAsked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.field, 3)
        row.addWidget(self.starred)
        row.addWidget(self.wrong, 3)
        row.addStretch(1)
        row.addWidget(self.deleted)

    def _typed(self, _text: str) -> None:
        self._due.start()

    def begin_finding(self) -> None:
        """Put the keyboard into the field."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def apply(self) -> None:
        """Show what passes; what makes no sense is said beside the field, and the filter before stays."""
        self._due.stop()
        try:
            found = read(self.field.text(), self._model.known)
        except Problem as problem:
            mark(self.field, state="error")
            self.wrong.setText(problem.diagnostics[0].message)
            self.wrong.show()
            return
        if self.field.property("state"):
            mark(self.field, state="")
        self.wrong.hide()
        if self.starred.isChecked():
            found = Filter(found.text, (*found.tests, _is_starred))
        self._model.set_filter(found)
        self.filtered.emit()

    def clear(self) -> None:
        """Show all runs."""
        self.field.clear()
        self.starred.setChecked(False)
        self.apply()


class _Field(QLineEdit):
    """Escape clears, the arrow down goes into the table."""

    down = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() == Qt.Key.Key_Down:
            self.down.emit()
        else:
            super().keyPressEvent(event)


def _is_starred(row: object) -> bool:
    return bool(getattr(row, "starred", False))
