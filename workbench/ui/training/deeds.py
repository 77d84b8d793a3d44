"""What a person asks of a run, carried out by the session; what is refused becomes a notice."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from workbench.core.diagnostic import Fix, Problem
from workbench.ui import scopes
from workbench.ui.bridge import Bridge
from workbench.ui.training.controls import RunButtons
from workbench.ui.training.notes import SHOW_LAYER


class RunDeeds(QObject):
    """Everything that the live page offers to do. `rateWanted` when a remedy leads to the learning-rate finder."""

    rateWanted = Signal()

    def __init__(self, bridge: Bridge, buttons: RunButtons, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        buttons.pauseAsked.connect(self.pause)
        buttons.resumeAsked.connect(self.resume)
        buttons.stopAsked.connect(self.stop)
        buttons.stepAsked.connect(self.step)
        buttons.lastEpochAsked.connect(self.stop_after_epoch)
        buttons.validateAsked.connect(self.validate)
        buttons.saveAsked.connect(self.save)

    def start(self) -> None:
        """Begin a run with the project's recipe."""
        session = self._bridge.session
        if session is None:
            return
        try:
            session.start_training()
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])

    def may_find_rate(self) -> bool:
        """Whether a search for a rate may begin; while a run goes on it may not, and that is said."""
        session = self._bridge.session
        if session is None or session.run is None or not session.run.is_live:
            return session is not None
        try:
            session.find_learning_rate()
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
        return False

    def pause(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.pause()

    def resume(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.resume()

    def stop(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.stop()

    def step(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.step_once()

    def stop_after_epoch(self, on: bool) -> None:
        if self._bridge.session is not None:
            self._bridge.session.stop_after_epoch(on)

    def validate(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.validate_now()

    def save(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.save_now()

    def fix(self, fix: Fix) -> None:
        """Carry out a remedy; where it no longer fits, that is said."""
        session = self._bridge.session
        if session is None:
            return
        if fix.action == SHOW_LAYER:
            scopes.go_to(self._bridge, tuple(fix.arguments["path"]), str(fix.arguments["node"]))
        elif fix.action == "find_learning_rate":
            self.rateWanted.emit()
        elif (refused := session.apply_fix(fix)) is not None:
            self._bridge.notify(refused)
