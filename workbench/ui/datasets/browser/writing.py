"""Copying the samples into folders as they are sorted now: asks where, shows how far, says when it is done."""

from __future__ import annotations

from PySide6.QtWidgets import QFileDialog

from workbench.core.diagnostic import Problem
from workbench.session.jobs import Job
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.browser.job_line import JobLine


class Writing(JobLine):
    """Hidden while nothing is written."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__("Copying into folders", "files")
        self._bridge = bridge
        self._copy: Job | None = None
        bridge.jobsChanged.connect(self._moved)
        bridge.sessionChanged.connect(self._let_go)

    def ask(self) -> None:
        """Ask for an empty folder and copy all samples that are not excluded into it, by split and class."""
        folder = QFileDialog.getExistingDirectory(self.window(), "Choose an empty folder to copy the samples into")
        session = self._bridge.session
        if not folder or session is None:
            return
        try:
            self._copy = session.write_to_folders(folder)
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
        self._moved()

    def _moved(self, _jobs: object = None) -> None:
        self.follow(self._copy)
        if self._copy is not None and self._copy.state != "running":
            self._copy = None

    def _let_go(self, _session: object = None) -> None:
        self._copy = None
        self.follow(None)
