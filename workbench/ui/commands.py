"""What every action of the window does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QAction, QDesktopServices

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.paths import user_dir
from workbench.ui.bridge import PLACES
from workbench.ui.settings import THEMES

if TYPE_CHECKING:
    from workbench.ui.window import MainWindow


class Commands(QObject):
    """Hears all `QAction`s of the window through one slot and carries them out by their name."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._bridge = window.bridge
        for action in window.actions_by_name:
            action.triggered.connect(self._triggered)
        for changed in (self._bridge.sessionChanged, self._bridge.projectChanged, self._bridge.savedChanged):
            changed.connect(self._follow)
        self._bridge.runChanged.connect(self._follow)
        self._follow()

    def _follow(self, _changed: object = None) -> None:
        """Switch the actions on and off by what is there, and say what undo and redo would do."""
        session, actions = self._bridge.session, self._window.actions_by_name
        editable = session is not None and not session.read_only
        live = session is not None and session.run is not None and session.run.is_live
        actions.allow(
            project=session is not None,
            edit=editable,
            run=live,
            learned=session is not None and session.training.weights is not None,
            halted=session is not None and session.training.has_runs,
        )
        for name, title, label in (
            ("undo", "Undo", session.history.undo_label if session is not None else ""),
            ("redo", "Redo", session.history.redo_label if session is not None else ""),
        ):
            actions[name].setEnabled(editable and bool(label))
            actions[name].setText(f"{title} {label[:1].lower()}{label[1:]}" if label else title)

    def _triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.carry_out(action.objectName())

    def carry_out(self, name: str) -> None:
        """Do what the action `name` of `workbench.ui.actions` stands for."""
        head, _, tail = name.partition("_")
        if head == "place" and tail in PLACES:
            self._bridge.go_to(tail)
        elif head == "theme":
            self._window.use_theme(next(theme for theme in THEMES if theme == tail))
        else:
            self._table()[name]()

    def _table(self) -> Mapping[str, Callable[[], object]]:
        window, projects = self._window, self._window.projects
        return {
            "new": window.close_project,
            "open": projects.ask_open,
            "open_pictures": projects.ask_pictures,
            "save": projects.save,
            "save_as": projects.ask_save_as,
            "export": self.export,
            "close": window.close_project,
            "quit": window.close,
            "undo": self.undo,
            "redo": self.redo,
            "search_layers": window.search_layers,
            "find": self.find,
            "reset_docks": window.reset_docks,
            "train": self.train,
            "train_on": self.train_on,
            "resume": self.resume,
            "pause": self.pause,
            "step": self.step,
            "stop": self.stop,
            "stop_after_epoch": self.stop_after_epoch,
            "validate": self.validate,
            "checkpoint": self.checkpoint,
            "find_rate": self.find_rate,
            "help": window.show_help,
            "shortcuts": self.shortcuts,
            "log": self.open_log,
        }

    def find(self) -> None:
        """Choose a layer of the project by name; where the canvas is closed, go where it is open."""
        if self._window.panels is None:
            return
        if not self._window.panels.canvas.isVisible():
            self._bridge.go_to("build")
        self._window.panels.finder.open()

    def undo(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.undo()

    def redo(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.redo()

    def train(self) -> None:
        """Start a run with fresh weights."""
        self._start()

    def train_on(self) -> None:
        """Start a run from what was learned; layers that were changed since begin afresh."""
        self._start(keep_weights=True)

    def resume(self) -> None:
        """Go on with the newest run."""
        self._start(resume=True)

    def _start(self, *, keep_weights: bool = False, resume: bool = False) -> None:
        """Start; where that is refused, say the first reason and show them all."""
        session = self._bridge.session
        if session is None:
            return
        try:
            session.start_training(keep_weights=keep_weights, resume=resume)
        except Problem as problem:
            first = problem.diagnostics[0]
            self._bridge.notify(Diagnostic(first.code, f"Training cannot start. {first.message}", first.severity))
            if session.problems:
                self._window.show_problems()
            return
        if self._bridge.place in ("data", "export"):
            self._bridge.go_to("train")

    def pause(self) -> None:
        """Hold the run, or let it go on."""
        session = self._bridge.session
        if session is not None and session.run is not None:
            (session.resume if session.run.phase == "paused" else session.pause)()

    def step(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.step_once()

    def stop(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.stop()

    def stop_after_epoch(self) -> None:
        """Let the run end with the epoch under way, or take that back."""
        session = self._bridge.session
        if session is not None and session.run is not None:
            session.stop_after_epoch(not session.run.last_epoch)

    def validate(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.validate_now()

    def checkpoint(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.save_now()

    def find_rate(self) -> None:
        """Show the search for a learning rate, and begin it."""
        if self._window.panels is None:
            return
        self._bridge.show_training_page("live")
        self._window.panels.training.live.find_rate()

    def export(self) -> None:
        self._bridge.go_to("export")

    def primary(self, what: str) -> None:
        """The primary button: "train", "stop" or "export"."""
        if what == "train":
            self.train()
        elif what == "stop":
            self.stop()
        else:
            self._bridge.go_to("export")
            if self._window.panels is not None:
                self._window.panels.export.export_all()

    def shortcuts(self) -> None:
        self._window.show_help("shortcuts")

    def open_log(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(user_dir("log"))))
