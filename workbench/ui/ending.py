"""The end of a run, told to whoever is not looking: a desktop notice, a badge until it was seen, no sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from workbench.core.words import duration
from workbench.ui.bridge import Bridge

if TYPE_CHECKING:
    from workbench.session.state import RunState

ALERT_SECONDS = 8
STATES = {"done": "is trained", "stopped": "was stopped", "failed": "could not be trained further"}


class RunEnding(QObject):
    """Follows the runs of a window.

    `badgeChanged(state)` tells how a run ended that nobody has looked at since ("done", "stopped" or "failed"), and
    "" once somebody has: the place where runs are shown was in view of an active window. Runs of a series (a search,
    folds) end too often to be told one by one.
    """

    badgeChanged = Signal(str)
    told = Signal(str, str)  # title and words of a desktop notice, as it is given

    def __init__(self, bridge: Bridge, window: QWidget) -> None:
        super().__init__(window)
        self._bridge, self._window = bridge, window
        self._before: RunState | None = None
        self._tray: QSystemTrayIcon | None = None
        self.badge = ""
        bridge.runChanged.connect(self._run_changed)
        bridge.sessionChanged.connect(self._session_changed)
        bridge.placeChanged.connect(self.look)
        self._application = QApplication.instance()
        if isinstance(self._application, QApplication):
            self._application.applicationStateChanged.connect(self.look)

    def _session_changed(self, _session: object) -> None:
        session = self._bridge.session
        self._before = None if session is None else session.run
        self._show("")

    def _run_changed(self, run: RunState | None) -> None:
        before, self._before = self._before, run
        if run is None or before is None or not before.is_live:
            if run is not None and run.is_live:
                self._show("")
            return
        if run.is_live or run.series:
            return
        if self._is_watched:
            return
        self._show(run.phase)
        if not self._window.isActiveWindow():
            self._tell(run)

    @property
    def _is_watched(self) -> bool:
        """Whether a person has the run before their eyes."""
        return self._window.isActiveWindow() and self._bridge.place == "train"

    def look(self, _changed: object = None) -> None:
        """A person may have looked: take the badge away then."""
        if self.badge and self._is_watched:
            self._show("")

    def _show(self, badge: str) -> None:
        if badge != self.badge:
            self.badge = badge
            self.badgeChanged.emit(badge)

    def _tell(self, run: RunState) -> None:
        """A notice on the desktop where there is a place for it; else the window's entry asks for attention."""
        session = self._bridge.session
        title, words = ending_words(session.project.name if session is not None else "", run)
        self.told.emit(title, words)
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            if self._tray is None:
                self._tray = QSystemTrayIcon(self._window.windowIcon(), self)
                self._tray.messageClicked.connect(self._come)
            self._tray.show()
            self._tray.showMessage(title, words, self._window.windowIcon(), ALERT_SECONDS * 1000)
        QApplication.alert(self._window)

    def _come(self) -> None:
        """The notice was clicked: show the run."""
        self._window.showNormal() if self._window.isMinimized() else self._window.show()
        self._window.raise_()
        self._window.activateWindow()
        if self._bridge.session is not None:
            self._bridge.go_to("train")

    def close(self) -> None:
        """The window goes: so does its icon."""
        if self._tray is not None:
            self._tray.hide()


def ending_words(project: str, run: RunState) -> tuple[str, str]:
    """The title and the words of a desktop notice about a run that ended."""
    title = f"{project} {STATES.get(run.phase, 'has ended')}"
    if run.phase == "failed" and run.diagnostic is not None:
        return title, run.diagnostic.message
    parts = [f"{run.id.replace('-', ' ').capitalize()}, epoch {run.epoch:,} of {run.epochs:,}"]
    if run.best_val_accuracy is not None:
        parts.append(f"best accuracy {run.best_val_accuracy * 100:.1f} %")
    if seconds := sum(e.seconds for e in run.epochs_log):
        parts.append(f"{duration(seconds)} of training")
    return title, ", ".join(parts) + "."
