"""Every action of the window: its words, its shortcut, its icon, and in which menu it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from workbench.ui.icons import icon
from workbench.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class Spec:
    """One action. `group` makes it checkable, one of its group at a time; `needs` is what must be there for it:
    "" (nothing), "project", "edit" (a project that may be changed), "run" (a live run) or "idle" (no live run)."""

    id: str
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    needs: str = ""
    group: str = ""


SPECS: tuple[Spec, ...] = (
    Spec("new", "New project…", "Start a new project from a template.", ("Ctrl+N",), "new"),
    Spec("open", "Open project…", "Open a project folder or its project.json.", ("Ctrl+O",), "folder"),
    Spec(
        "open_pictures",
        "Open a folder of pictures…",
        "Start a project from labelled pictures, one folder a class.",
        ("Ctrl+Alt+O",),
        "folder-pictures",
    ),
    Spec("save", "Save", "Write the project to its folder.", ("Ctrl+S",), "save", "edit"),
    Spec(
        "save_as", "Save as…", "Write the project to another folder and go on there.", ("Ctrl+Shift+S",), "", "project"
    ),
    Spec("export", "Export…", "Write the trained network as a file and check it.", ("Ctrl+E",), "export", "project"),
    Spec("close", "Close project", "Go back to the start page.", ("Ctrl+W",), "close", "project"),
    Spec("quit", "Quit", "Close the window.", ("Ctrl+Q",), "quit"),
    Spec("undo", "Undo", "Take back the last change.", ("Ctrl+Z",), "undo", "edit"),
    Spec("redo", "Redo", "Make the change again.", ("Ctrl+Y", "Ctrl+Shift+Z"), "redo", "edit"),
    Spec("search_layers", "Search layers", "Put the cursor into the palette's search field.", ("/",), "search", "edit"),
    Spec("find", "Find a layer…", "Select a layer by a few letters of its name.", ("Ctrl+F",), "target", "project"),
    Spec("place_data", "Data", "The labelled pictures.", ("Ctrl+1",), "data", "project", "place"),
    Spec("place_build", "Build", "Layers and wires.", ("Ctrl+2",), "build", "project", "place"),
    Spec("place_train", "Train", "Runs, loss and accuracy.", ("Ctrl+3",), "chart", "project", "place"),
    Spec("place_look", "Look inside", "What every layer makes of a picture.", ("Ctrl+4",), "eye", "project", "place"),
    Spec("place_export", "Export", "Take the model with you.", ("Ctrl+5",), "export", "project", "place"),
    Spec("reset_docks", "Reset this place", "Put the panels back where they stood at first.", (), "refresh", "project"),
    Spec("theme_dark", "Dark", "Light words on dark.", (), "moon", "", "theme"),
    Spec("theme_light", "Light", "Dark words on light.", (), "sun", "", "theme"),
    Spec("theme_system", "Like the system", "Follow the desktop's setting.", (), "", "", "theme"),
    Spec("train", "Train", "Start a run with the project's recipe.", ("Ctrl+Return", "Ctrl+Enter"), "play", "idle"),
    Spec(
        "pause", "Pause or go on", "Hold the run after the present step; again to go on.", ("Ctrl+P",), "pause", "run"
    ),
    Spec(
        "train_on",
        "Train on",
        "Start a new run from what the layers have learned so far.",
        ("Ctrl+Shift+Return", "Ctrl+Shift+Enter"),
        "refresh",
        "learned",
    ),
    Spec("resume", "Resume the last run", "Go on with the newest run exactly where it stopped.", (), "play", "halted"),
    Spec("step", "One step", "Do one training step and hold.", ("F10",), "step", "run"),
    Spec(
        "stop_after_epoch",
        "Stop after this epoch",
        "End the run when the epoch is learned, validated and saved; again to go on.",
        ("Ctrl+Shift+.",),
        "stop-after",
        "run",
    ),
    Spec(
        "validate",
        "Validate now",
        "Measure the network where it stands; the run is not changed by it.",
        ("F9",),
        "validate",
        "run",
    ),
    Spec("checkpoint", "Checkpoint now", "Write the state of the run to the disk.", ("F8",), "save", "run"),
    Spec(
        "find_rate",
        "Find a learning rate",
        "Try rates from small to large on a copy of the network, and suggest one.",
        ("F7",),
        "target",
        "idle",
    ),
    Spec("stop", "Stop", "End the run after the present step; what was learned is kept.", ("Ctrl+.",), "stop", "run"),
    Spec("help", "Help", "How to use the program.", ("F1",), "help"),
    Spec("shortcuts", "Keyboard shortcuts", "Every key in one list.", ("Ctrl+F1",), "keyboard"),
    Spec("log", "Open the log folder", "Where the program writes what went wrong.", (), ""),
)

MENUS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("&File", ("new", "open_pictures", "open", "[recent]", "-", "save", "save_as", "export", "-", "close", "quit")),
    ("&Edit", ("undo", "redo", "-", "[Edit]", "[align]", "-", "[Add]", "search_layers", "find")),
    (
        "&View",
        (
            *("place_data", "place_build", "place_train", "place_look", "place_export", "-"),
            *("[panels]", "reset_docks", "-", "[View]", "[facts]", "-", "[theme]"),
        ),
    ),
    (
        "&Run",
        (
            "train",
            "train_on",
            "resume",
            "find_rate",
            "-",
            "pause",
            "step",
            "validate",
            "checkpoint",
            "-",
            "stop_after_epoch",
            "stop",
        ),
    ),
    ("&Help", ("help", "shortcuts", "-", "log")),
)
"""Menus by title. "-" is a line; "[recent]", "[align]", "[panels]" and "[theme]" are submenus; other brackets name a
group of the canvas's own actions."""

SUBMENUS = {
    "recent": "Open recent",
    "align": "Align and distribute",
    "panels": "Panels",
    "facts": "Facts on layers",
    "theme": "Theme",
}

THEMES = ("theme_dark", "theme_light", "theme_system")

QUIET_WHILE_TYPING = frozenset({"undo", "redo", "search_layers", "close"})
"""Actions whose keys belong to the field while a person types in one."""


class Actions(QObject):
    """The window's QActions by id: ``actions["save"].triggered.connect(…)``."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._made: dict[str, QAction] = {}
        groups: dict[str, QActionGroup] = {}
        for spec in SPECS:
            action = QAction(spec.text, self)
            action.setObjectName(spec.id)
            action.setShortcuts([QKeySequence(key) for key in spec.keys])
            action.setStatusTip(spec.tip)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{spec.text.rstrip('…')}{f' ({keys})' if keys else ''}. {spec.tip}")
            if spec.group:
                action.setCheckable(True)
                groups.setdefault(spec.group, QActionGroup(self)).addAction(action)
            self._made[spec.id] = action
        self._made["quit"].setMenuRole(QAction.MenuRole.QuitRole)
        self.restyle()

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._made.values())

    def restyle(self) -> None:
        """Tint the icons anew after the theme changed."""
        for spec in SPECS:
            if spec.icon:
                self._made[spec.id].setIcon(icon(spec.icon, self._theme))

    def allow(self, *, project: bool, edit: bool, run: bool, learned: bool, halted: bool) -> None:
        """Switch actions on and off by what is there: a live run, learned weights, runs to go on with."""
        idle = edit and not run
        there = {
            "": True,
            "project": project,
            "edit": edit,
            "run": run,
            "idle": idle,
            "learned": idle and learned,
            "halted": idle and halted,
        }
        for spec in SPECS:
            self._made[spec.id].setEnabled(there[spec.needs])

    def fill(self, bar: QMenuBar, canvas: Mapping[str, Sequence[QAction]]) -> dict[str, QMenu]:
        """Build all menus anew, with the canvas's actions by group; gives the submenus, filled by the window."""
        submenus: dict[str, QMenu] = {}
        bar.clear()
        for title, entries in MENUS:
            menu = bar.addMenu(title)
            for entry in entries:
                name = entry.strip("[]")
                if entry == "-":
                    menu.addSeparator()
                elif name == entry:
                    menu.addAction(self._made[entry])
                elif name in SUBMENUS:
                    submenus[name] = menu.addMenu(SUBMENUS[name])
                else:
                    menu.addActions(list(canvas.get(name, ())))
        return submenus

    def belongs_to_field(self, keys: QKeySequence) -> bool:
        """Whether these keys must not leave a field in which a person types."""
        exact = QKeySequence.SequenceMatch.ExactMatch
        return any(s.matches(keys) == exact for name in QUIET_WHILE_TYPING for s in self._made[name].shortcuts())
