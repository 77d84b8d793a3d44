"""What can be done to chosen samples: their menu, its keys, and the calls to the session behind them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPoint, QProcess, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from workbench.core.words import count
from workbench.data.index import printable
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.browser.class_chooser import ClassChooser
from workbench.ui.datasets.browser.columns import EXCLUDED, SPLIT_NAMES, Columns
from workbench.ui.datasets.browser.grid import SampleGrid
from workbench.ui.datasets.nouns import noun

if TYPE_CHECKING:
    from workbench.session.session import Session

MOST_LISTED = 20
"""Classes that stand in the menu themselves; of more the searchable list is asked."""

UNTOUCHED = "Kept in the project; your files stay as they are"

_SPECS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("open", "Look at it large", (), "The sample alone, with its facts. Space or Enter."),
    ("use", "Use as the picture to look at", ("P",), "What the viewers and the canvas show is this sample."),
    ("relabel", "Other class…", ("L",), f"Give the chosen samples another class. {UNTOUCHED}."),
    ("again", "Same class again", ("Ctrl+L",), f"Give the class that was given last. {UNTOUCHED}."),
    ("train", "Training", ("T",), f"Learn from the chosen samples. {UNTOUCHED}."),
    ("val", "Validation", ("V",), f"Measure on the chosen samples, and do not learn from them. {UNTOUCHED}."),
    ("test", "Test", ("E",), f"Keep the chosen samples for the last evaluation. {UNTOUCHED}."),
    ("drawn", "As drawn by the split", (), "Let the settings of the split decide again."),
    ("exclude", "Exclude", ("Delete", "Backspace"), f"Leave the chosen samples out of all splits. {UNTOUCHED}."),
    ("toggle", "Exclude or include", ("X",), f"Leave the chosen samples out, or take them in again. {UNTOUCHED}."),
    ("copy", "Copy paths", ("Ctrl+C",), "Put the files' full paths on the clipboard."),
    ("show", "Show in folder", (), "Open the folder that holds the file."),
    ("write", "Write to folders…", (), "Copy all samples into an empty folder, sorted as they are now."),
)
_EDITS = frozenset({"relabel", "again", "train", "val", "test", "drawn", "exclude", "toggle"})


class Deeds(QObject):
    """Actions on what is chosen in a grid; their keys work in `place`, where nobody types.

    The menu says that the files stay as they are. Everything that changes goes through the session, one undo step each.
    """

    openAsked = Signal(int)
    writeAsked = Signal()

    def __init__(self, bridge: Bridge, grid: SampleGrid, place: QWidget) -> None:
        super().__init__(place)
        self._bridge, self._grid, self._place = bridge, grid, place
        self._last = ""  # the class that was given last
        self.chooser: ClassChooser | None = None
        self.actions: dict[str, QAction] = {}
        for name, text, keys, tip in _SPECS:
            action = QAction(text, self)
            action.setObjectName(name)
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.setToolTip(tip)
            action.setStatusTip(tip)
            action.triggered.connect(self._triggered)
            place.addAction(action)
            self.actions[name] = action
        grid.selectionChanged.connect(self.follow)
        bridge.sessionChanged.connect(self.follow)
        self.follow()

    def follow(self, _changed: object = None) -> None:
        """Switch the actions by what is chosen, and say what they would do."""
        session, chosen = self._bridge.session, len(self._grid.selection)
        editable = session is not None and not session.read_only
        for name, action in self.actions.items():
            action.setEnabled(bool(chosen) and (editable or name not in _EDITS))
        self.actions["write"].setEnabled(session is not None and self._grid.columns is not None)
        again = self.actions["again"]
        again.setEnabled(again.isEnabled() and bool(self._last))
        again.setText(f"“{self._last}” again" if self._last else "Same class again")
        included = bool(chosen) and not self._all_excluded()
        self.actions["toggle"].setText("Exclude" if included or not chosen else "Include again")

    def _triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.do(action.objectName())

    def do(self, name: str) -> None:
        """Carry an action out by its name, for what is chosen."""
        table: dict[str, Callable[[], object]] = {
            "open": self._open,
            "use": self._use,
            "relabel": self.ask_for_class,
            "again": self._again,
            "exclude": self._exclude,
            "toggle": self._toggle,
            "copy": self._copy,
            "show": self._show,
            "write": self.writeAsked.emit,
            "drawn": self._draw,
        }
        if name in SPLIT_NAMES[:EXCLUDED]:
            self._move(name)
        else:
            table[name]()

    # --- the menu ----------------------------------------------------------------------------------------------------

    def menu(self) -> QMenu:
        """The menu for what is chosen, made anew."""
        menu = QMenu(self._place)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        actions, columns = self.actions, self._grid.columns
        thing = noun(self._bridge.session.data.dataset if self._bridge.session is not None else None)
        head = menu.addAction(f"{count(len(self._grid.selection), thing)} chosen")
        head.setEnabled(False)
        menu.addSeparator()
        actions["open"].setText("Look at it large\tSpace")
        menu.addAction(actions["open"])
        menu.addAction(actions["use"])
        menu.addSeparator()
        classes = menu.addMenu("Relabel")
        classes.setToolTipsVisible(True)
        if columns is not None and len(columns.classes) <= MOST_LISTED:
            for name in columns.classes:
                entry = classes.addAction(name.replace("&", "&&"))
                entry.setData(name)
                entry.triggered.connect(self._class_picked)
            classes.addSeparator()
        classes.addAction(actions["again"])
        classes.addAction(actions["relabel"])
        actions["relabel"].setText("New class…" if columns is None or len(columns.classes) <= MOST_LISTED else "Class…")
        classes.setEnabled(actions["relabel"].isEnabled())
        moves = menu.addMenu("Move to")
        moves.setToolTipsVisible(True)
        for name in ("train", "val", "test"):
            moves.addAction(actions[name])
        moves.addSeparator()
        moves.addAction(actions["drawn"])
        moves.setEnabled(actions["train"].isEnabled())
        menu.addAction(actions["toggle"])
        menu.addSeparator()
        menu.addAction(actions["copy"])
        menu.addAction(actions["show"])
        menu.addAction(actions["write"])
        menu.addSeparator()
        note = menu.addAction(UNTOUCHED)
        note.setEnabled(False)
        return menu

    def show_menu(self, where: QPoint) -> None:
        self.menu().popup(where)

    def ask_for_class(self) -> None:
        """Open the searchable list of classes at the sample the keyboard is at."""
        columns, grid = self._grid.columns, self._grid
        if columns is None:
            return
        sizes = np.bincount(columns.labels, minlength=len(columns.classes)).tolist()
        self.chooser = ClassChooser(list(zip(columns.classes, sizes, strict=True)), self._bridge.theme, self._place)
        self.chooser.chosen.connect(self.relabel)
        self.chooser.closed.connect(self._chooser_closed)
        rect = grid.rect_of(grid.selection.current) if grid.selection.current is not None else None
        visible = rect is not None and rect.intersects(grid.viewport().rect()) and grid.isVisible()
        if rect is not None and visible:
            self.chooser.open_at(grid.viewport().mapToGlobal(rect.center()))
        else:
            self.chooser.open_at(self._place.mapToGlobal(QPoint(self._place.width() // 2, 40)))

    def _chooser_closed(self) -> None:
        self.chooser = None

    def _class_picked(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.relabel(str(action.data()))

    # --- edits -------------------------------------------------------------------------------------------------------

    def relabel(self, label: str) -> None:
        """Give the chosen samples a class."""
        session, paths = self._chosen()
        if session is not None and paths:
            self._last = label
            session.relabel(paths, label)
            self.follow()

    def _again(self) -> None:
        if self._last:
            self.relabel(self._last)

    def _move(self, split: str) -> None:
        session, paths = self._chosen()
        if session is not None and paths:
            session.move_to_split(paths, split)

    def _draw(self) -> None:
        session, paths = self._chosen()
        if session is not None and paths:
            session.move_to_split(paths, None)

    def _exclude(self) -> None:
        session, paths = self._chosen()
        if session is not None and paths:
            session.exclude(paths)

    def _toggle(self) -> None:
        session, paths = self._chosen()
        if session is not None and paths:
            session.exclude(paths, not self._all_excluded())

    def _all_excluded(self) -> bool:
        columns: Columns | None = self._grid.columns
        numbers = self._grid.selection.numbers
        return columns is not None and len(numbers) > 0 and bool((columns.splits[numbers] == EXCLUDED).all())

    # --- elsewhere ---------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if (number := self._one()) is not None:
            self.openAsked.emit(number)

    def _use(self) -> None:
        session, number = self._bridge.session, self._one()
        if session is not None and number is not None:
            session.choose_picture(number)

    def _copy(self) -> None:
        files = [printable(str(file)) for file in self._files(self._grid.chosen)]
        QApplication.clipboard().setText("\n".join(files))

    def _show(self) -> None:
        number = self._one()
        if number is not None:
            show_in_folder(self._files(np.array([number]))[0])

    def _one(self) -> int | None:
        """The one the keyboard is at, or the first that is chosen."""
        current, chosen = self._grid.selection.current, self._grid.chosen
        if current is not None:
            return current
        return int(chosen[0]) if len(chosen) else None

    def _files(self, numbers: NDArray[np.int64]) -> list[Path]:
        session = self._bridge.session
        dataset = session.data.dataset if session is not None else None
        return [] if dataset is None else [dataset.index.file(int(number)) for number in numbers]

    def _chosen(self) -> tuple[Session | None, list[str]]:
        columns = self._grid.columns
        paths = [] if columns is None else [columns.names[int(number)] for number in self._grid.chosen]
        return self._bridge.session, paths


def show_in_folder(file: Path) -> None:
    """Open the folder of a file in the system's file manager, with the file marked where the system can."""
    if sys.platform == "win32":
        QProcess.startDetached("explorer", ["/select,", str(file)])
    elif sys.platform == "darwin":
        QProcess.startDetached("open", ["-R", str(file)])
    else:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(file.parent)))
