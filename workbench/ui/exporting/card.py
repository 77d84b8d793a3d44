"""One export format: what it is for, its progress, and how the last export did."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.diagnostic import Diagnostic
from workbench.core.words import file_size
from workbench.session.jobs import Job
from workbench.ui.bridge import Bridge
from workbench.ui.icons import pixmap
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import GAP, MARGIN, mark

if TYPE_CHECKING:
    from workbench.export.check import ExportCheck

STAGES = ("Writing the file…", "Running it on your own data…", "Moving it into place…")


class ExportCard(QFrame):
    """Tells what a person asked for; the panel runs the export and hands the job back to `follow`."""

    exportAsked = Signal(str)  # the format's id
    cancelAsked = Signal(str)

    def __init__(self, bridge: Bridge, format_id: str, title: str, summary: str) -> None:
        super().__init__()
        self.format_id = format_id
        self._bridge, self._title_text = bridge, title
        self._job: Job | None = None
        self._check: ExportCheck | None = None
        self.state: tuple[str, str] | None = None  # icon and colour of the outcome
        mark(self, role="card")
        self.setAccessibleName(title)
        name = QLabel(title)
        mark(name, role="strong")
        about = QLabel(summary)
        about.setWordWrap(True)
        mark(about, role="dim")
        self.button = QPushButton("Export")
        self.button.setAccessibleName(f"Export {title}")
        self.button.setToolTip("Write it, run it again in its own runtime, and compare it with the project")
        self.button.clicked.connect(self._ask)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(f"Progress of {title}")
        self._stage = QLabel()
        mark(self._stage, role="label")
        self._outcome_icon = QLabel()
        self._outcome = QLabel()
        self._outcome.setWordWrap(True)
        self._outcome.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._copy = IconButton(bridge, "copy", "Copy the result", quiet=True)
        self._copy.clicked.connect(self.copy)
        self._path = ElidedLabel("label", Qt.TextElideMode.ElideMiddle)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(2 * MARGIN)
        self._facts.setVerticalSpacing(2)
        self._result = QWidget()
        self._build(name, about)
        bridge.themeChanged.connect(self._tint)
        self._show_nothing()

    def _build(self, name: QLabel, about: QLabel) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(name)
        words.addWidget(about)
        top = QHBoxLayout()
        top.setSpacing(MARGIN)
        top.addLayout(words, 1)
        top.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        outcome = QHBoxLayout()
        outcome.setSpacing(GAP)
        outcome.addWidget(self._outcome_icon, 0, Qt.AlignmentFlag.AlignVCenter)
        outcome.addWidget(self._outcome, 1)
        outcome.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignVCenter)
        facts = QHBoxLayout()
        facts.addLayout(self._facts)
        facts.addStretch(1)
        result = QVBoxLayout(self._result)
        result.setContentsMargins(0, 4, 0, 0)
        result.setSpacing(GAP)
        result.addLayout(outcome)
        result.addLayout(facts)
        result.addWidget(self._path)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, 12, MARGIN, 12)
        column.setSpacing(GAP)
        column.addLayout(top)
        column.addWidget(self._bar)
        column.addWidget(self._stage)
        column.addWidget(self._result)

    # --- states ------------------------------------------------------------------------------------------------------

    def _show_nothing(self) -> None:
        for widget in (self._bar, self._stage, self._result):
            widget.hide()
        self.button.setText("Export")

    @property
    def is_running(self) -> bool:
        return self._job is not None and self._job.state == "running"

    def follow(self, job: Job) -> None:
        """Show this export from now on."""
        self._job, self._check, self.state = job, None, None
        self._result.hide()
        self.refresh()

    def forget(self) -> None:
        """Another project: nothing was exported here yet."""
        self._job = self._check = self.state = None
        self._show_nothing()

    def refresh(self) -> None:
        """Show how far the job is, or how it ended."""
        job = self._job
        if job is None:
            return
        running = job.state == "running"
        self._bar.setVisible(running)
        self._stage.setVisible(running)
        self.button.setText("Cancel" if running else "Export again")
        if running:
            self._bar.setRange(0, job.total or 0)
            self._bar.setValue(job.done)
            self._stage.setText(STAGES[min(job.done, len(STAGES) - 1)])
            return
        self._job = None
        if job.state == "cancelled":
            self._show_nothing()
        elif job.state == "done" and job.result is not None:
            self.show_check(job.result)
        elif job.diagnostic is not None:
            self.show_problem(job.diagnostic)

    def show_check(self, check: ExportCheck) -> None:
        """The outcome of an export that was written and run again."""
        self._check = check
        self.state = ("check", "good") if check.ok else ("error", "bad")
        self._outcome.setText(verdict(check))
        self._clear_facts()
        for column, (title, value) in enumerate(facts(check)):
            label, number = QLabel(title), QLabel(value)
            mark(label, role="label")
            mark(number, role="number")
            self._facts.addWidget(label, 0, column)
            self._facts.addWidget(number, 1, column)
        self._path.setText(check.path if check.ok else "")
        self._path.setVisible(check.ok)
        self._result.show()
        self._tint()

    def show_problem(self, diagnostic: Diagnostic) -> None:
        """The export could not be made."""
        self.state = ("error", "bad")
        self._outcome.setText(diagnostic.message)
        self._clear_facts()
        self._path.hide()
        self._result.show()
        self._tint()

    def _clear_facts(self) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()

    @property
    def outcome(self) -> str:
        """The verdict's words; "" before the first export."""
        return self._outcome.text() if self.state is not None else ""

    def copy(self) -> None:
        """The result as text on the clipboard."""
        lines = [f"{self._title_text}: {self._outcome.text()}"]
        if self._check is not None:
            lines += [f"{title}: {value}" for title, value in facts(self._check)] + [self._check.path]
        QApplication.clipboard().setText("\n".join(lines) + "\n")

    def _ask(self) -> None:
        (self.cancelAsked if self.is_running else self.exportAsked).emit(self.format_id)

    def _tint(self, _theme: object = None) -> None:
        if self.state is not None:
            name, token = self.state
            color = self._bridge.theme.color(token)
            self._outcome_icon.setPixmap(pixmap(name, color, 16, self.devicePixelRatioF()))


def verdict(check: ExportCheck) -> str:
    """One sentence: does the export answer as the project does?"""
    if check.ok:
        return "Written and checked: it answers as the project does."
    return check.message or "It does not answer as the project does, so it was not kept."


def facts(check: ExportCheck) -> tuple[tuple[str, str], ...]:
    """What was measured, in words."""
    difference = f"{check.max_abs_diff:.1e}" if math.isfinite(check.max_abs_diff) else "not a number"
    return (
        ("Largest difference", difference),
        ("Same labels", f"{check.labels_agree:,} of {check.checked_on:,}"),
        ("Time a sample", f"{check.milliseconds:.2f} ms"),
        ("Size", file_size(check.bytes)),
    )
