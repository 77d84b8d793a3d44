"""Advice on the run, one note at a time: what its course gives reason to say, and what to try."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from workbench.core.diagnostic import Diagnostic, Fix
from workbench.ui.bridge import Bridge
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.theme import mark

SHOW_LAYER = "show_layer"
"""The action of a link that leads to a layer; it changes nothing."""


class Advice(QWidget):
    """Shows the newest note that was not closed; the arrows go through the others. `fixChosen(Fix)`."""

    fixChosen = Signal(object)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._notes: tuple[Diagnostic, ...] = ()
        self._run = ""
        self._closed: list[Diagnostic] = []
        self._place = 0
        self.note = ProblemNote(bridge)
        self._which = QLabel()
        mark(self._which, role="label")
        self.before = IconButton(bridge, "chevron-left", "The note before", quiet=True, small=True)
        self.after = IconButton(bridge, "chevron-right", "The next note", quiet=True, small=True)
        self.close_button = IconButton(bridge, "close", "Close this note", quiet=True, small=True)
        self.note.add_corner(self._which, self.before, self.after, self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.note)
        self.setAccessibleName("Advice")
        self.before.clicked.connect(self._back)
        self.after.clicked.connect(self._on)
        self.close_button.clicked.connect(self._close)
        self.note.fixChosen.connect(self._fix)
        self.hide()

    @property
    def shown(self) -> Diagnostic | None:
        """The note that is to be read now."""
        return self.note.diagnostic

    def show_notes(self, run: str, notes: tuple[Diagnostic, ...]) -> None:
        """Show a run's notes, oldest first; a new one comes to the front, those of another run begin anew."""
        if run != self._run:
            self._run = run
            self._closed.clear()
        open_notes = tuple(note for note in notes if note not in self._closed)
        if open_notes == self._notes:
            return
        grown = len(open_notes) > len(self._notes)
        self._notes = open_notes
        self._place = len(open_notes) - 1 if grown else min(self._place, max(len(open_notes) - 1, 0))
        self._show()

    def _show(self) -> None:
        several = len(self._notes) > 1
        self.setVisible(bool(self._notes))
        self.note.show_diagnostic(_with_way(self._notes[self._place]) if self._notes else None)
        self._which.setText(f"{self._place + 1} of {len(self._notes)}")
        for widget in (self._which, self.before, self.after):
            widget.setVisible(several)
        self.before.setEnabled(self._place > 0)
        self.after.setEnabled(self._place < len(self._notes) - 1)

    def _back(self) -> None:
        self._place = max(self._place - 1, 0)
        self._show()

    def _on(self) -> None:
        self._place = min(self._place + 1, len(self._notes) - 1)
        self._show()

    def _close(self) -> None:
        if self._notes:
            note = self._notes[self._place]
            self._closed.append(note)
            self._notes = tuple(other for other in self._notes if other is not note)
            self._place = min(self._place, max(len(self._notes) - 1, 0))
            self._show()

    def _fix(self, fix: Fix) -> None:
        if fix.action != SHOW_LAYER:
            self._close()
        self.fixChosen.emit(fix)


def _with_way(note: Diagnostic) -> Diagnostic:
    """A note that names a layer, with the way there."""
    if note.node is None:
        return note
    arguments = {"path": list(note.path), "node": note.node}
    return replace(note, fixes=(*note.fixes, Fix("Show the layer", SHOW_LAYER, arguments)))
