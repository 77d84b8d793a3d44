"""A job that was started here: how far it is, how fast, how long still, and a way out."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from workbench.core.words import duration, rate
from workbench.session.jobs import Job
from workbench.ui.parts.header import ElidedLabel, dotted
from workbench.ui.theme import GAP


class JobLine(QWidget):
    """Hidden while there is no job that runs."""

    def __init__(self, title: str, noun: str) -> None:
        super().__init__()
        self._title, self._noun = title, noun
        self._job: Job | None = None
        self._words = ElidedLabel("dim")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(title)
        self._bar.setMaximumWidth(200)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip(f"Stop: {title[:1].lower()}{title[1:]}")
        self.cancel.clicked.connect(self._cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self._words, 1)
        row.addWidget(self._bar)
        row.addWidget(self.cancel)
        self.hide()

    @property
    def words(self) -> str:
        return self._words.text()

    def follow(self, job: Job | None) -> None:
        """Show where a job stands; called again as it moves."""
        self._job = job
        self.setVisible(job is not None and job.state == "running")
        if job is None or job.state != "running":
            return
        total = job.total
        left = f"{duration(job.seconds_left)} left" if job.seconds_left is not None else ""
        done = f"{job.done:,} of {total:,}" if total else ""
        speed = rate(job.rate, self._noun) if job.done else ""
        self._words.setText(dotted((self._title, done, speed, left)))
        self._bar.setRange(0, total or 0)
        self._bar.setValue(min(job.done, total or 0))

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
