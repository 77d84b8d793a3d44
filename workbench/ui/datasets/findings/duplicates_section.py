"""Duplicates: looking for them, what they mean, and what to do about each group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from workbench.core.diagnostic import Fix, Problem
from workbench.core.words import count, duration, rate
from workbench.session.duplicates import DuplicatesState
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.findings.duplicate_list import DuplicateList
from workbench.ui.datasets.findings.section import BUSY, GOOD, UNKNOWN, WORTH_A_LOOK, Finding, Section
from workbench.ui.datasets.nouns import noun
from workbench.ui.datasets.thumbnails import Thumbnails
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.header import ElidedLabel, dotted
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.theme import GAP, ROW, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.session.session import Session

UNTOUCHED = "Kept in the project; your files stay as they are"


class DuplicatesSection(Section):
    def __init__(self, bridge: Bridge, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._bridge = bridge
        self._shown: tuple[DuplicatesState, Dataset] | None = None
        self.words = ElidedLabel("dim")
        self.look = QPushButton("Look for duplicates")
        self.look.setToolTip("Compare all files; pictures also by their looks. Training can go on beside it.")
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop looking; what was read need not be read again")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Files compared")
        self.note = ProblemNote(bridge)
        self.chosen_words = ElidedLabel("strong")
        self.keep_one = QPushButton("Keep one")
        self.to_training = QPushButton("Move to training")
        self.keep_all = QPushButton("Keep all")
        self.see = QPushButton("Show in browser")
        for button, tip in (
            (self.keep_one, f"Exclude all but one of each chosen group, the largest of training. {UNTOUCHED}."),
            (self.to_training, f"Let the network learn from all of the chosen groups. {UNTOUCHED}."),
            (self.keep_all, "They are meant to be there: set the chosen groups aside"),
            (self.see, "Browse the samples of the chosen groups (Enter)"),
        ):
            button.setToolTip(tip)
        self.set_aside = QPushButton()
        mark(self.set_aside, role="link")
        self.set_aside.setToolTip("Show the groups again that you chose to keep")
        self.list = DuplicateList(bridge, thumbnails)
        self.none = EmptyState(bridge, "check", "No duplicates found", "")
        self._build()
        self.look.clicked.connect(self._look)
        self.cancel.clicked.connect(self._cancel)
        self.keep_one.clicked.connect(self._keep_one)
        self.to_training.clicked.connect(self._move)
        self.keep_all.clicked.connect(self._keep_all)
        self.see.clicked.connect(self._see)
        self.set_aside.clicked.connect(self._show_all)
        self.list.chosenChanged.connect(self._show_chosen)
        self.list.opened.connect(self._open)
        self.note.fixChosen.connect(self._fix)

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addStrut(ROW)
        head.addWidget(self.words, 1)
        head.addWidget(self.set_aside)
        head.addWidget(self.cancel)
        head.addWidget(self.look)
        deeds = QHBoxLayout()
        deeds.setSpacing(GAP)
        deeds.addWidget(self.chosen_words, 1)
        for button in (self.keep_one, self.to_training, self.keep_all, self.see):
            deeds.addWidget(button)
        groups = QWidget()
        below = QVBoxLayout(groups)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(GAP)
        below.addLayout(deeds)
        below.addWidget(self.list, 1)
        stage = QWidget()
        self._stage = QStackedLayout(stage)
        self._stage.addWidget(self.none)
        self._stage.addWidget(groups)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addWidget(self.note)
        column.addWidget(stage, 1)

    # --- following the session ----------------------------------------------------------------------------------------

    def show_session(self, session: Session, dataset: Dataset) -> Finding:
        state = session.duplicates
        working = state.phase == "working"
        self.bar.setVisible(working)
        self.cancel.setVisible(working or state.phase == "waiting")
        self.look.setVisible(not working)
        self.look.setText("Look now" if state.phase == "waiting" else "Look again" if _has_looked(state) else _LOOK)
        self.words.setText(_words(state, noun(dataset)))
        self.bar.setRange(0, state.total or 0)
        self.bar.setValue(min(state.done, state.total or 0))
        self.set_aside.setVisible(bool(state.set_aside))
        self.set_aside.setText(f"{count(state.set_aside, 'group')} kept as they are")
        notes = session.duplicate_search.notes
        self.note.show_diagnostic(notes[0] if notes else None)  # the graver one; the rows tell of the other
        if self._shown is None or self._shown[0].groups is not state.groups or self._shown[1] is not dataset:
            self._shown = (state, dataset)
            self.list.show_state(state, dataset)
        self._stage.setCurrentIndex(1 if len(state.groups) else 0)
        self.none.set_words(*_empty(state, noun(dataset)))
        return _finding(state)

    def _show_chosen(self) -> None:
        chosen, state = self.list.chosen, self.list.groups.state
        total = len(state.groups)
        self.chosen_words.setText(f"{len(chosen):,} of {count(total, 'group')} chosen")
        for button in (self.keep_one, self.keep_all, self.see):
            button.setEnabled(bool(chosen))
        self.to_training.setEnabled(any(bool(state.in_splits[row]) for row in chosen))

    # --- what a person does -------------------------------------------------------------------------------------------

    def _look(self) -> None:
        session = self._bridge.session
        if session is not None:
            try:
                session.look_for_duplicates()
            except Problem as problem:
                self._bridge.notify(problem.diagnostics[0])

    def _cancel(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.duplicate_search.cancel()

    def _keep_one(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.duplicate_search.keep_one(self.list.chosen)

    def _move(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.duplicate_search.move_to_training(self.list.chosen)

    def _keep_all(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.duplicate_search.keep_all(self.list.chosen)

    def _show_all(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.duplicate_search.show_all()

    def _fix(self, fix: Fix) -> None:
        session = self._bridge.session
        if session is not None and (refused := session.apply_fix(fix)) is not None:
            self._bridge.notify(refused)

    def _see(self) -> None:
        members = [i for row in self.list.chosen for i in self.list.groups.members(row)]
        self._bridge.show_samples(members, "Duplicates")

    def _open(self, row: int) -> None:
        self._bridge.show_samples(self.list.groups.members(row), self.list.groups.title(row)[0])

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show but a calm word."""
        return self._stage.currentIndex() == 0


_LOOK = "Look for duplicates"


def _has_looked(state: DuplicatesState) -> bool:
    return state.phase == "ready"


def _words(state: DuplicatesState, thing: str) -> str:
    """Where the search stands, or what it found."""
    match state.phase:
        case "working":
            done = f"{state.done:,} of {state.total:,}" if state.total and state.doing == "Reading" else ""
            speed = rate(state.rate, "files") if state.rate > 0 and done else ""
            left = f"{duration(state.seconds_left)} left" if state.seconds_left is not None else ""
            doing = "Reading the files" if state.doing == "Reading" else "Comparing the pictures"
            return dotted((doing, done, speed, left))
        case "waiting":
            return "Duplicates are looked for when the run has ended"
        case "ready":
            members = len(state.groups.members)
            found = f"{count(len(state.groups), 'group')}, {count(members, thing)}" if members else "All was compared"
            return dotted((found, "" if state.complete else "there are too many alike to compare all of them"))
        case "failed":
            return state.diagnostic.message if state.diagnostic is not None else "The search failed"
        case "cancelled":
            return "The search was cancelled"
    return "Nobody has looked yet"


def _empty(state: DuplicatesState, thing: str) -> tuple[str, str]:
    """What stands where the groups would be."""
    things = count(2, thing).removeprefix("2 ")
    match state.phase:
        case "working":
            return "Looking for duplicates", "You can go on meanwhile; what is found appears here."
        case "waiting":
            return "Waiting for the run", "Training comes first. Look now, if you do not want to wait."
        case "ready" if state.set_aside:
            return "No other duplicates found", "The groups you chose to keep are set aside."
        case "ready" if state.looked:
            return "No duplicates found", f"No two {things} are the same, or nearly the same."
        case "ready":
            return "No duplicates found", f"No two {things} are the same, byte for byte."
        case "failed" | "cancelled":
            return "Not all was compared", "Look again to find what is there twice."
    return (
        "Not looked for yet",
        f"The same {thing} in training and in validation makes a network look better than it is. "
        "With many files looking takes a while, so it is left to you when.",
    )


def _finding(state: DuplicatesState) -> Finding:
    """The line for the overview."""
    title = "Duplicates"
    match state.phase:
        case "working":
            share = f" {state.done * 100 // state.total} %" if state.total else ""
            return Finding(title, BUSY, f"{state.doing or 'Looking'}…{share}")
        case "waiting":
            return Finding(title, BUSY, "After the run")
        case "ready":
            splits, classes = int(state.in_splits.sum()), int(state.in_classes.sum())
            if splits:
                return Finding(title, WORTH_A_LOOK, f"{splits:,} in more than one split")
            if classes:
                return Finding(title, WORTH_A_LOOK, f"{classes:,} under more than one label")
            if len(state.groups):
                return Finding(title, WORTH_A_LOOK, f"{count(len(state.groups), 'group')}, each within a split")
            return Finding(title, GOOD, "None found")
        case "failed" | "cancelled":
            return Finding(title, UNKNOWN, "Not all was compared")
    return Finding(title, UNKNOWN, "Not looked for yet")
