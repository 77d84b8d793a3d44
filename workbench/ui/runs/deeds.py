"""What can be done to chosen runs: their actions with keys and menu, and the marks that can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QMenu, QWidget

from workbench.core.diagnostic import Diagnostic, Fix, Problem, Severity
from workbench.core.words import count, file_size
from workbench.session.jobs import Job
from workbench.training.storing.run_rows import RunRow
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.runs.table import RunsTable

if TYPE_CHECKING:
    from workbench.session.session import Session

_SPECS: tuple[tuple[str, str, str, tuple[str, ...], str], ...] = (
    ("compare", "Compare", "compare", ("C",), "Put the chosen runs side by side: recipe, network, curves, confusion."),
    ("rename", "Rename…", "rename", (), "Give the run a name. F2 in the table."),
    ("star", "Star", "star", (), "Mark the chosen runs as worth finding again. Space in the table."),
    ("tag", "Tags…", "bars", ("T",), "Give the chosen runs words to find them by."),
    ("resume", "Go on with it", "play", (), "Train the run on from its last checkpoint, exactly where it stopped."),
    ("train_on", "Train on from its weights", "refresh", (), "Begin a run of the present network with its weights."),
    ("reopen", "Bring its network back", "undo", ("R",), "Put its exact network into the project. Undo takes it back."),
    ("reopen_whole", "Bring network, recipe and data back", "undo", (), "The project as it was, in one undo step."),
    ("reopen_new", "Open as a new project…", "new", (), "Its network, recipe and data settings, as a project."),
    ("csv", "Export as CSV…", "export", (), "Tables of runs, epochs and steps for spreadsheets and scripts."),
    ("tensorboard", "Export to TensorBoard…", "chart", (), "Event files with curves, layers and settings."),
    ("show", "Show its folder", "folder", (), "Open the folder with the run's checkpoints."),
    ("delete", "Delete", "trash", ("Delete", "Backspace"), "Throw the chosen runs away. Undo brings them back."),
    ("undo", "Undo", "undo", (), "Take back what was last done to runs here. Ctrl+Z in the table."),
)  # fmt: skip
_ONE = frozenset({"rename", "resume", "train_on", "reopen", "reopen_whole", "reopen_new", "show"})
_EDITS = frozenset({"rename", "star", "tag", "delete", "resume", "train_on", "reopen", "reopen_whole"})
_MENU = (
    ("compare",),
    ("rename", "star", "tag"),
    ("resume", "train_on"),
    ("reopen", "reopen_whole", "reopen_new"),
    ("csv", "tensorboard", "show"),
    ("delete",),
)
MOST_COMPARED = 8
"""Runs side by side; more columns than that cannot be read."""


class RunDeeds(QObject):
    """Actions on what is chosen in a table of runs; their keys work in `place`.

    Marks (names, tags, notes, stars, deleting) can be taken back one by one with Ctrl+Z, as long as the project is
    open; what was done to the project itself is undone there.
    """

    compareAsked = Signal(object)  # tuple[str, ...]

    def __init__(self, bridge: Bridge, table: RunsTable, place: QWidget) -> None:
        super().__init__(place)
        self._bridge, self._table, self._place = bridge, table, place
        self._back: list[tuple[str, Callable[[Session], None]]] = []  # what takes the last marks back
        self.actions: dict[str, QAction] = {}
        for name, text, _picture, keys, tip in _SPECS:
            action = QAction(text, self)
            action.setObjectName(name)
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            written = " ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys[:1])
            action.setToolTip(f"{tip} {f'({written})' if written else ''}".strip())
            action.setStatusTip(tip)
            action.triggered.connect(self._triggered)
            table.addAction(action)
            self.actions[name] = action
        table.chosenChanged.connect(self.follow)
        table.menuAsked.connect(self.show_menu)
        table.starAsked.connect(self.star)
        table.named.connect(self.name)
        table.undoAsked.connect(self.undo)
        table.can_undo = self._can_undo
        bridge.sessionChanged.connect(self._session_changed)
        bridge.themeChanged.connect(self._tint)
        bridge.runChanged.connect(self.follow)
        self._tint()
        self.follow()

    # --- what makes sense --------------------------------------------------------------------------------------------

    def follow(self, _changed: object = None) -> None:
        """Switch the actions by what is chosen, and say what they would do."""
        session, chosen = self._bridge.session, self._table.chosen
        editable = session is not None and not session.read_only
        live = session is not None and session.run is not None and session.run.is_live
        for name, action in self.actions.items():
            enabled = len(chosen) == 1 if name in _ONE else bool(chosen)
            action.setEnabled(session is not None and enabled and (editable or name not in _EDITS))
        self.actions["compare"].setEnabled(2 <= len(chosen) <= MOST_COMPARED)
        for name in ("resume", "train_on"):
            self.actions[name].setEnabled(self.actions[name].isEnabled() and not live)
        if len(chosen) == 1 and chosen[0].state in ("running", "done"):
            self.actions["resume"].setEnabled(False)
        if any(row.state == "running" for row in chosen):
            self.actions["delete"].setEnabled(False)
        starred = bool(chosen) and all(row.starred for row in chosen)
        self.actions["star"].setText("Take the star away" if starred else "Star")
        self.actions["undo"].setEnabled(bool(self._back) and editable)
        self.actions["undo"].setText(f"Undo: {self._back[-1][0]}" if self._back else "Undo")

    def _session_changed(self, _session: object) -> None:
        self._back.clear()
        self.follow()

    def _triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.do(action.objectName())

    def do(self, name: str) -> None:
        """Carry an action out by its name, for what is chosen; what stands in its way becomes a notice."""
        deeds: dict[str, Callable[[Session, tuple[RunRow, ...]], None]] = {
            "compare": self._compare,
            "star": self._star,
            "tag": self._ask_for_tags,
            "delete": self._delete,
            "resume": self._resume,
            "train_on": self._train_on,
            "reopen": self._reopen,
            "reopen_whole": self._reopen_whole,
            "reopen_new": self._reopen_new,
            "csv": partial(self._export, "csv"),
            "tensorboard": partial(self._export, "tensorboard"),
            "show": self._show,
        }
        session = self._bridge.session
        if session is None:
            return
        try:
            if name == "rename":
                self._table.rename()
            elif name == "undo":
                self._undo(session)
            else:
                deeds[name](session, self._table.chosen)
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
        self.follow()

    # --- the menu ----------------------------------------------------------------------------------------------------

    def menu(self) -> QMenu:
        """The menu for what is chosen, made anew."""
        menu = QMenu(self._place)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        if len(self._table.chosen) > 1:
            head = menu.addAction(f"{count(len(self._table.chosen), 'run')} chosen")
            head.setEnabled(False)
            menu.addSeparator()
        for place, group in enumerate(_MENU):
            if place:
                menu.addSeparator()
            for name in group:
                menu.addAction(self.actions[name])
        return menu

    def show_menu(self, where: QPoint) -> None:
        self.menu().popup(where)

    # --- marks, which can be taken back ------------------------------------------------------------------------------

    def name(self, run: str, name: str) -> None:
        """Give a run a name."""
        before = self._row(run)
        self._mark(
            f"name of {before.title}",
            lambda session: session.training.rename_run(run, name),
            lambda session: session.training.rename_run(run, before.name),
        )

    def note(self, run: str, text: str) -> None:
        """Replace a run's note."""
        before = self._row(run)
        if text.strip() != before.note:
            self._mark(
                f"note of {before.title}",
                lambda session: session.training.note_run(run, text),
                lambda session: session.training.note_run(run, before.note),
            )

    def tag(self, tags: dict[str, tuple[str, ...]]) -> None:
        """Replace the tags of runs, by their ids."""
        before = {run: self._row(run).tags for run in tags}
        changed = {run: new for run, new in tags.items() if new != before[run]}

        def give(wanted: dict[str, tuple[str, ...]], session: Session) -> None:
            for run, words in wanted.items():
                session.training.tag_run(run, words)

        if changed:
            self._mark("tags", partial(give, changed), partial(give, {run: before[run] for run in changed}))

    def star(self, run: str) -> None:
        """Give a run a star, or take it away."""
        self._star_all((self._row(run),))

    def _star(self, _session: Session, chosen: tuple[RunRow, ...]) -> None:
        self._star_all(chosen)

    def _star_all(self, chosen: tuple[RunRow, ...]) -> None:
        wanted = not all(row.starred for row in chosen)
        changed = [row.id for row in chosen if row.starred is not wanted]
        self._mark(
            "star" if len(changed) == 1 else "stars",
            lambda session: session.training.star_runs(changed, wanted),
            lambda session: session.training.star_runs(changed, not wanted),
        )

    def _delete(self, _session: Session, chosen: tuple[RunRow, ...]) -> None:
        runs = [row.id for row in chosen]
        self._mark(
            f"deleting {chosen[0].title if len(chosen) == 1 else count(len(chosen), 'run')}",
            lambda session: session.training.delete_runs(runs),
            lambda session: session.training.restore_runs(runs),
        )

    def _mark(self, words: str, do: Callable[[Session], None], back: Callable[[Session], None]) -> None:
        session = self._bridge.session
        if session is None:
            return
        try:
            do(session)
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
            return
        self._back.append((words, back))
        self.follow()

    def _can_undo(self) -> bool:
        return bool(self._back)

    def undo(self) -> None:
        """Take back what was last done to runs here."""
        self.do("undo")

    def _undo(self, session: Session) -> None:
        if self._back:
            _words, back = self._back.pop()
            back(session)

    def _row(self, run: str) -> RunRow:
        return next(row for row in self._table.runs.rows if row.id == run)

    def _ask_for_tags(self, _session: Session, chosen: tuple[RunRow, ...]) -> None:
        shared = [tag for tag in chosen[0].tags if all(tag in row.tags for row in chosen)]
        whose = chosen[0].title if len(chosen) == 1 else f"all {len(chosen)} chosen runs"
        text, agreed = QInputDialog.getText(
            self._place, "Tags", f"Tags of {whose}, apart by commas:", QLineEdit.EchoMode.Normal, ", ".join(shared)
        )
        if agreed:
            given = [word.strip() for word in text.split(",") if word.strip()]
            own = {row.id: [tag for tag in row.tags if tag not in shared] for row in chosen}
            self.tag({run: tuple(dict.fromkeys([*given, *tags])) for run, tags in own.items()})

    # --- what it leads to --------------------------------------------------------------------------------------------

    def _compare(self, _session: Session, chosen: tuple[RunRow, ...]) -> None:
        self.compareAsked.emit(tuple(row.id for row in reversed(chosen)))  # the older first, as the table has it last

    def _resume(self, session: Session, chosen: tuple[RunRow, ...]) -> None:
        session.start_training(resume=chosen[0].id)
        self._bridge.show_training_page("live")

    def _train_on(self, session: Session, chosen: tuple[RunRow, ...]) -> None:
        from workbench.session.runs.continuing import train_on_from

        train_on_from(session, chosen[0].id)
        self._bridge.show_training_page("live")

    def _reopen(self, session: Session, chosen: tuple[RunRow, ...], *, whole: bool = False) -> None:
        from workbench.session.runs.reopening import reopen

        before = session.project
        if reopen(session, chosen[0].id, whole=whole) is None:
            already = "already " if session.project is before else ""
            what, verb = ("network, recipe and data settings", "are") if whole else ("network", "is")
            text = f"The project's {what} {verb} {already}{'those' if whole else 'that'} of {chosen[0].title}."
            self._bridge.notify(Diagnostic("runs.reopened", text, Severity.INFO))

    def _reopen_whole(self, session: Session, chosen: tuple[RunRow, ...]) -> None:
        self._reopen(session, chosen, whole=True)

    def _reopen_new(self, session: Session, chosen: tuple[RunRow, ...]) -> None:
        from workbench.session.runs.reopening import reopen_as_project
        from workbench.ui.folders import fresh_folder

        usual = fresh_folder(f"{session.project.name} {chosen[0].title}")
        text, _kind = QFileDialog.getSaveFileName(self._place, "Folder of the new project", str(usual))
        if text:
            made = reopen_as_project(session, chosen[0].id, Path(text))
            fix = Fix("Open it", "open_project", {"path": str(made)})
            told = f"{chosen[0].title} is a project of its own now, in “{made}”."
            self._bridge.notify(Diagnostic("runs.new_project", told, Severity.INFO, fixes=(fix,)))

    def _export(self, kind: str, session: Session, chosen: tuple[RunRow, ...]) -> None:
        title = "Folder for runs.csv, epochs.csv and steps.csv" if kind == "csv" else "Folder for TensorBoard"
        folder = QFileDialog.getExistingDirectory(self._place, title, str(session.folder))
        if folder:
            session.training.export_runs([row.id for row in chosen], Path(folder), kind, self._exported)

    def _exported(self, job: Job) -> None:
        if job.diagnostic is not None:
            self._bridge.notify(job.diagnostic)
        elif job.state == "done" and job.result:
            self._bridge.notify(Diagnostic("runs.exported", _written(job.result), Severity.INFO))

    def _show(self, session: Session, chosen: tuple[RunRow, ...]) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(session.training.open_store().folder(chosen[0].id))))

    def _tint(self, _theme: object = None) -> None:
        for name, _text, picture, _keys, _tip in _SPECS:
            self.actions[name].setIcon(icon(picture, self._bridge.theme))


def _written(made: tuple[Path, ...]) -> str:
    """What an export has written, and where."""
    files = [path for path in made if path.is_file()]
    size = file_size(sum(file.stat().st_size for file in files))
    what = f"{count(len(files), 'file')} ({size})" if files else count(len(made), "run")
    return f"{what} written to “{made[0].parent}”."
