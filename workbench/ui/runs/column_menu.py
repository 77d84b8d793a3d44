"""The menu to choose the columns of the table of runs, in groups, each with a tick."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from workbench.session.runs.columns import USUAL, Column
from workbench.ui.runs.model import RunsModel

_FEW = ("Run", "Results")


class ColumnMenu(QObject):
    """`chosen(ids)` when a person shows or hides a column."""

    chosen = Signal(object)  # tuple[str, ...]

    def __init__(self, model: RunsModel, place: QWidget) -> None:
        super().__init__(place)
        self._model, self._place = model, place

    def menu(self) -> QMenu:
        """The menu, made anew: the recipe's many settings and the data's in menus of their own."""
        menu = QMenu(self._place)
        menu.setToolTipsVisible(True)
        inner: dict[str, QMenu] = {}
        for group, columns in _grouped(self._model.known).items():
            if group in _FEW:
                menu.addSection(group)
                place = menu
            else:
                place = inner[group] = menu.addMenu(group)
            for column in columns:
                action = QAction(column.title, place, checkable=True, checked=column.id in self._model.chosen)
                action.setData(column.id)
                action.setEnabled(column.id != "name")
                action.triggered.connect(self._toggle)
                place.addAction(action)
        menu.addSeparator()
        usual = menu.addAction("The usual columns")
        usual.triggered.connect(self._usual)
        return menu

    def show(self, where: QPoint) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(where)

    def _toggle(self) -> None:
        action = self.sender()
        if not isinstance(action, QAction):
            return
        name, now = str(action.data()), self._model.chosen
        order = list(self._model.known)
        shown = [*now, name] if name not in now else [column for column in now if column != name]
        if name not in now and name in order:  # beside its neighbours of the same group, else at the end
            group = self._model.known[name].group
            same = [i for i, c in enumerate(now) if c in self._model.known and self._model.known[c].group == group]
            if same:
                shown = [*now[: same[-1] + 1], name, *now[same[-1] + 1 :]]
        self.chosen.emit(tuple(shown))

    def _usual(self) -> None:
        self.chosen.emit(USUAL)


def _grouped(known: Mapping[str, Column]) -> dict[str, list[Column]]:
    groups: dict[str, list[Column]] = {name: [] for name in ("Run", "Results", "Recipe", "Network", "Data")}
    for column in known.values():
        groups.setdefault(column.group, []).append(column)
    return {name: columns for name, columns in groups.items() if columns}
