"""Class names that look alike: probably one class, written in two ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.words import count
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.findings.section import GOOD, UNKNOWN, WORTH_A_LOOK, Finding, Section
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.theme import GAP, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.session.session import Session

MOST_SHOWN = 50


class NamesSection(Section):
    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._told: tuple[Diagnostic, ...] = ()
        self.notes: list[ProblemNote] = []
        self.none = EmptyState(bridge, "check", "All class names differ", "No two are written nearly alike.")
        inside = QWidget()
        mark(inside, surface="panel")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, GAP, 0)
        self._column.setSpacing(GAP)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setAccessibleName("Class names that look alike")
        self._stage = QStackedLayout(self)
        self._stage.addWidget(self.none)
        self._stage.addWidget(area)

    def show_session(self, session: Session, dataset: Dataset) -> Finding:
        told = name_notes(dataset)
        if told != self._told:
            self._told = told
            self._show(told[:MOST_SHOWN])
        self._stage.setCurrentIndex(1 if told else 0)
        if not told:
            return Finding("Class names", GOOD, "No two alike")
        surely = sum(note.severity is Severity.WARNING for note in told)
        if surely:
            return Finding("Class names", WORTH_A_LOOK, f"{count(surely, 'pair')} alike, likely one class each")
        return Finding("Class names", UNKNOWN, "Some may be one class in two spellings")

    def _show(self, told: tuple[Diagnostic, ...]) -> None:
        while len(self.notes) < len(told):
            note = ProblemNote(self._bridge)
            note.fixChosen.connect(self._fix)
            self.notes.append(note)
            self._column.insertWidget(len(self.notes) - 1, note)
        for place, note in enumerate(self.notes):
            note.show_diagnostic(told[place] if place < len(told) else None)

    def _fix(self, fix: Fix) -> None:
        session = self._bridge.session
        if session is not None and (refused := session.apply_fix(fix)) is not None:
            self._bridge.notify(refused)


def name_notes(dataset: Dataset) -> tuple[Diagnostic, ...]:
    """What the scan said of class names that look alike."""
    return tuple(d for d in dataset.diagnostics if d.code.startswith("data.class_names"))
