"""Opening, making, saving and leaving projects: what the File menu, the start page and a drop on the window do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.core.diagnostic import Diagnostic, Fix, Problem, Severity
from workbench.ui import recovering
from workbench.ui.background import Background
from workbench.ui.bridge import Bridge
from workbench.ui.folders import fresh_folder, kind, projects_home
from workbench.ui.leaving import LeavingQuestion
from workbench.ui.settings import Settings

if TYPE_CHECKING:  # the session brings the catalogue and the compiler along: loaded when the first project opens
    from workbench.document.autosave import Recovery
    from workbench.document.project import Project
    from workbench.session.session import Session
    from workbench.session.state import RunState

"""The template a folder of pictures begins with: a small convolutional network for photographs."""


class Projects(QObject):
    """Owns the session the bridge shows. Every failure becomes a notice; nothing here blocks but file dialogs."""

    opened = Signal()
    closed = Signal()
    working = Signal(str)  # what is being done, in words; "" when it is over

    def __init__(self, bridge: Bridge, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._bridge, self._settings, self._window = bridge, settings, window
        self._then: Callable[[], None] | None = None  # what a person wants once the open project is let go of
        self._otherwise: Callable[[], None] | None = None  # what to do if that is given up
        self.question: LeavingQuestion | None = None
        self._looking = Background("pictures", self)
        self._looking.done.connect(self._make_fitted)
        self._looking.failed.connect(self._refused)
        self._pictures: Path | None = None
        bridge.runChanged.connect(self._run_moved)

    # --- opening and making ----------------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open a project, after asking about the one that is open; that one stays if the other cannot be opened."""
        session = self._bridge.session
        if session is None or session.read_only or not _is_in(path, session.folder):
            self._open(path, "normal")

    def open_any(self, path: Path) -> None:
        """A path a person dropped or gave: a project is opened, another folder or a list starts one."""
        what = kind(path)
        if what == "project":
            self.open(path)
        elif what in ("folder", "list"):
            self.from_pictures(path)
        else:
            words = "is not there any more" if what == "nothing" else "is neither a project nor a folder of pictures"
            self._bridge.notify(
                Diagnostic("project.not_one", f"“{path.name}” {words}. Choose a folder with one sub-folder a class.")
            )

    def from_template(self, name: str, folder: Path | None = None) -> None:
        """Make a project from a template, in `folder` or a fresh one."""
        self._leave_then(partial(self._from_template, name, folder))

    def from_nothing(self) -> None:
        """Make an empty project."""
        self.from_template("empty")

    def from_sample(self, name: str) -> None:
        """Go on with the copy of a sample project, or make the copy if there is none yet."""
        copy = projects_home() / name
        if kind(copy) == "project":
            self.open(copy)
        else:
            self.from_template(name)

    def from_pictures(self, folder: Path) -> None:
        """Start a project from a folder or list of labelled pictures: look at it in the background, then open it."""
        self._pictures = folder
        self.working.emit(f"Looking at the pictures in {folder.name}…")
        self._looking.start(partial(_fit, folder))

    def recover(self, recovery: Recovery) -> None:
        """Open a project with the changes that a crash had left unsaved."""
        self._leave_then(partial(self._recover, recovery))

    def follow_fix(self, fix: Fix) -> bool:
        """Carry out a remedy about opening projects; False if it is about something else."""
        path = Path(str(fix.arguments.get("path", "")))
        if fix.action == "open_project":
            self.open(path)
        elif fix.action == "open_read_only":
            self._open(path, "read only")
        elif fix.action == "open_take_over":
            self._open(path, "take over")
        elif fix.action in (recovering.RESTORE, recovering.DISCARD):
            self._answer_recovery(fix)
        else:
            return False
        return True

    def _open(self, path: Path, how: str) -> None:
        from workbench.session.session import Session

        try:
            session = Session.open(path, read_only=how == "read only", take_over=how == "take over")
        except Problem as problem:
            self._bridge.notify(_with_remedies(problem.diagnostics[0], path))
            if kind(path) != "project":
                self._settings.forget(path)
            return
        self._leave_then(partial(self._show_offering, session), otherwise=session.close)

    def _from_template(self, name: str, folder: Path | None) -> None:
        from workbench.session.templates import project_of

        try:
            project = project_of(name)
            title = folder.name if folder is not None else project.name
            self._create(replace(project, name=title), folder or fresh_folder(title))
        except Problem as problem:
            self._refused(problem.diagnostics[0])

    def _make_fitted(self, project: Project) -> None:
        self.working.emit("")
        self._leave_then(partial(self._create_noticing, project))

    def _create_noticing(self, project: Project) -> None:
        try:
            self._create(project, fresh_folder(project.name))
            self._bridge.go_to("data")
        except Problem as problem:
            self._refused(problem.diagnostics[0])

    def _create(self, project: Project, folder: Path) -> None:
        from workbench.session.session import Session

        self._show(Session.create(folder, replace(project, name=folder.name)))

    def _recover(self, recovery: Recovery) -> None:
        from workbench.document.storage import project_file
        from workbench.session.session import Session

        try:
            folder = recovery.project_folder
            there = project_file(folder).is_file()
            session = Session.open(folder) if there else Session.create(fresh_folder(folder.name), recovery.project)
        except Problem as problem:
            self._refused(problem.diagnostics[0])
            return
        recovering.restore(recovery, session)
        self._show(session)
        recovery.discard()

    def _answer_recovery(self, fix: Fix) -> None:
        session = self._bridge.session
        if session is None:
            return
        for recovery in _recoveries(session.folder):
            if str(recovery.path) == fix.arguments.get("recovery"):
                if fix.action == recovering.RESTORE:
                    recovering.restore(recovery, session)
                recovery.discard()

    def _show_offering(self, session: Session) -> None:
        """Show a project, and tell of what a crash left unsaved of it."""
        self._show(session)
        found = _recoveries(session.folder)
        if found and not session.read_only:
            self._bridge.notify(recovering.offer(found[0]))

    def _show(self, session: Session) -> None:
        self._settings.remember(session.folder)
        self._bridge.set_session(session)
        self.opened.emit()

    def _refused(self, diagnostic: Diagnostic) -> None:
        self.working.emit("")
        self._bridge.notify(diagnostic)

    # --- dialogs -----------------------------------------------------------------------------------------------------

    def ask_open(self) -> None:
        """Choose a project file, then open it."""
        start = self._settings.last_folder or str(projects_home())
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, "Open project", start, "Workbench projects (project.json);;All files (*)"
        )
        if chosen:
            self._settings.last_folder = str(Path(chosen).parent.parent)
            self.open(Path(chosen))

    def ask_pictures(self) -> None:
        """Choose a folder of labelled pictures, then start a project from it."""
        chosen = QFileDialog.getExistingDirectory(
            self._window, "Open a folder of pictures, one sub-folder a class", self._settings.last_folder
        )
        if chosen:
            self._settings.last_folder = str(Path(chosen).parent)
            self.from_pictures(Path(chosen))

    def ask_save_as(self) -> None:
        """Choose a new folder, then write the project there."""
        session = self._bridge.session
        if session is None:
            return
        start = str(session.folder.parent / f"{session.folder.name}-copy")
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save project as a folder", start)
        if chosen:
            self.save_as(Path(chosen))

    # --- saving ------------------------------------------------------------------------------------------------------

    def save(self) -> bool:
        """Write the project; gives whether that worked (if not, a notice says why)."""
        session = self._bridge.session
        if session is None:
            return False
        try:
            session.save()
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
            return False
        return True

    def save_as(self, folder: Path) -> bool:
        """Write the project to another folder and go on there."""
        session = self._bridge.session
        if session is None:
            return False
        try:
            session.save_as(folder)
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
            return False
        self._settings.remember(folder)
        self._bridge.notify(Diagnostic("project.saved", f"Saved in {folder}.", Severity.INFO))
        return True

    # --- leaving -----------------------------------------------------------------------------------------------------

    def leave(self, then: Callable[[], None]) -> None:
        """Let go of the open project (asking where work would be lost), then go on."""
        self._leave_then(then)

    def close_background(self) -> None:
        """Wait for work that still runs, at the very end."""
        self._looking.close()

    def _leave_then(self, then: Callable[[], None], otherwise: Callable[[], None] | None = None) -> None:
        """Go on with `then` once the open project is let go of; with `otherwise` if a person rather stays."""
        session = self._bridge.session
        if session is None:
            then()
            return
        unsaved = not session.is_saved and not session.read_only
        running = session.run is not None and session.run.is_live
        self._stay()  # whatever was wanted before is not any more
        self._then, self._otherwise = then, otherwise
        if not (unsaved or running):
            self._let_go()
            return
        if self.question is not None:
            self.question.box.raise_()
            return
        self.question = LeavingQuestion(
            self._window, session.project.name, unsaved=unsaved, running=running, can_save=not session.read_only
        )
        self.question.answered.connect(self._answered)
        self.question.ask()

    def _answered(self, choice: str) -> None:
        self.question = None
        session = self._bridge.session
        if session is None or choice == "stay" or (choice == "save" and not self.save()):
            self._stay()
            return
        if session.run is not None and session.run.is_live:
            session.stop()  # `_run_moved` goes on when it has ended
            self.working.emit("Stopping the run…")
        else:
            self._let_go()

    def _run_moved(self, run: RunState | None) -> None:
        if self._then is not None and self.question is None and (run is None or not run.is_live):
            self.working.emit("")
            QTimer.singleShot(0, self, self._let_go)  # not from within the session's own signal

    def _stay(self) -> None:
        """Give up what was to follow."""
        otherwise = self._otherwise
        self._then = self._otherwise = None
        if otherwise is not None:
            otherwise()

    def _let_go(self) -> None:
        session, then = self._bridge.session, self._then
        if then is None:  # done already, or given up meanwhile
            return
        self._then = self._otherwise = None
        self._bridge.set_session(None)
        if session is not None:
            session.close()
        self.closed.emit()
        then()


def _fit(folder: Path) -> Project:
    from workbench.session.fitting import project_for

    name = folder.stem if folder.is_file() else folder.name
    return replace(project_for(folder.absolute()), name=name, notes="")


def _is_in(path: Path, folder: Path) -> bool:
    from workbench.document.storage import project_file

    return project_file(path).parent.resolve() == folder.resolve()


def _recoveries(folder: Path) -> tuple[Recovery, ...]:
    """What a crash left unsaved of a project; nothing where that cannot be known (said at the start already)."""
    from workbench.document.autosave import pending

    try:
        return pending(folder)
    except Problem:
        return ()


def _with_remedies(refusal: Diagnostic, path: Path) -> Diagnostic:
    if refusal.code != "project.locked":
        return refusal
    arguments = {"path": str(path)}
    fixes = (Fix("Open to read only", "open_read_only", arguments), Fix("Take over", "open_take_over", arguments))
    return replace(refusal, fixes=fixes)
