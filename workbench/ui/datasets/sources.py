"""Where the samples come from: the words for it, and the menus that open, add and leave out folders and lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from workbench.core.words import count
from workbench.data.samples import SAMPLES
from workbench.data.scanning.source import SAMPLE
from workbench.ui.bridge import Bridge

if TYPE_CHECKING:
    from workbench.document.project import DataSettings

LISTS = "Lists and tables (*.csv *.tsv);;All files (*)"


def source_words(data: DataSettings) -> str:
    """ "hand_signs", "digits (built in)", "hand_signs and 2 more sources"."""
    if data.source.startswith(SAMPLE):
        first = f"{data.source.removeprefix(SAMPLE)} (built in)"
    else:
        first = Path(data.source).name or data.source
    return f"{first} and {count(len(data.more), 'more source')}" if data.more else first


class Sources(QWidget):
    """The dialogs and menus for sources; never shown itself, it is the parent its menus belong to."""

    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self.hide()
        self._bridge = bridge
        self.samples = _menu(self)
        _offer_samples(self.samples)
        self.open_menu = _menu(self)
        folder = self.open_menu.addAction("A folder…")
        _explain(folder, "One sub-folder for each class, named after it")
        a_list = self.open_menu.addAction("A list or table (CSV, TSV)…")
        _explain(a_list, "A column of paths and one of labels, or a table with a column to predict")
        self.open_menu.addSeparator()
        _offer_samples(self.open_menu)
        self.add_menu = _menu(self)
        folder.triggered.connect(self.ask_for_folder)
        a_list.triggered.connect(self.ask_for_list)
        self.samples.triggered.connect(self._use_sample)
        self.open_menu.triggered.connect(self._use_sample)
        self.add_menu.aboutToShow.connect(self.fill_add_menu)

    def ask_for_folder(self) -> None:
        """Ask for the folder of pictures and use it."""
        if self._bridge.session is not None and (folder := self._folder("Open a folder of pictures")):
            self._bridge.session.use_folder(folder)

    def ask_for_list(self) -> None:
        """Ask for a list of paths and labels, or a table, and use it."""
        if self._bridge.session is not None and (file := self._list("Open a list or table")):
            self._bridge.session.use_folder(file)

    def add_folder(self) -> None:
        """Ask for another folder and merge it with what is there."""
        self._add(self._folder("Add a folder"))

    def add_list(self) -> None:
        """Ask for another list and merge it with what is there."""
        self._add(self._list("Add a list"))

    def fill_add_menu(self) -> None:
        """What can be added, and what was added and can be left out again."""
        menu, session = self.add_menu, self._bridge.session
        menu.clear()
        folder = menu.addAction("Another folder…", self.add_folder)
        _explain(folder, "Its classes are merged with those that are there, by name")
        a_list = menu.addAction("A list (CSV, TSV)…", self.add_list)
        _explain(a_list, "A column of paths and one of labels; its classes are merged by name")
        more: Sequence[str] = () if session is None else session.project.data.more
        if more:
            menu.addSeparator()
        for place, source in enumerate(more):
            action = menu.addAction(f"Leave out {Path(source).name or source}")
            action.setData(place)
            _explain(action, source)
            action.triggered.connect(self._leave_out)

    def _folder(self, title: str) -> str:
        return QFileDialog.getExistingDirectory(self.window(), title)

    def _list(self, title: str) -> str:
        return QFileDialog.getOpenFileName(self.window(), title, "", LISTS)[0]

    def _add(self, source: str) -> None:
        session = self._bridge.session
        if session is not None and source:
            data = session.project.data
            session.change("Add a source", data=replace(data, more=(*data.more, str(Path(source).absolute()))))

    def _leave_out(self) -> None:
        action, session = self.sender(), self._bridge.session
        if session is not None and isinstance(action, QAction):
            data, gone = session.project.data, action.data()
            left = tuple(source for place, source in enumerate(data.more) if place != gone)
            session.change("Leave out a source", data=replace(data, more=left))

    def _use_sample(self, action: QAction) -> None:
        if self._bridge.session is not None and action.data() is not None:
            self._bridge.session.use_folder(action.data())


def _menu(parent: QWidget) -> QMenu:
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    return menu


def _explain(action: QAction, words: str) -> None:
    action.setToolTip(words)
    action.setStatusTip(words)


def _offer_samples(menu: QMenu) -> None:
    for sample in SAMPLES.values():
        action = menu.addAction(sample.title)
        action.setData(f"{SAMPLE}{sample.name}")
        action.setToolTip(sample.summary)
        action.setStatusTip(sample.summary)
