"""The menu that says which plots of a run are shown."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from workbench.ui.training.charts import CHARTS, LAYERS, LAYERS_TIP, LAYERS_TITLE, ORDER


class PlotsMenu(QMenu):
    """`chosen(names)` when a person switched one on or off: ids of `charts.ORDER`, in that order."""

    chosen = Signal(object)  # tuple[str, ...]

    def __init__(self, shown: Collection[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._plots = QActionGroup(self)
        self._plots.setExclusionPolicy(QActionGroup.ExclusionPolicy.None_)
        titles = {chart.id: (chart.title, chart.tip) for chart in CHARTS}
        titles[LAYERS] = (LAYERS_TITLE, LAYERS_TIP)
        titles["metrics"] = ("Further metrics", "Those that the recipe has counted each epoch.")
        for name in ORDER:
            title, tip = titles[name]
            action = QAction(title, self, checkable=True, checked=name in shown)
            action.setToolTip(tip)
            action.setStatusTip(tip)
            action.setData(name)
            self._plots.addAction(action)
        self.setToolTipsVisible(True)
        self.addActions(self._plots.actions())
        self._plots.triggered.connect(self._changed)

    def show_chosen(self, names: Collection[str]) -> None:
        """Tick these."""
        for action in self._plots.actions():
            action.setChecked(action.data() in names)

    def _changed(self, _action: QAction) -> None:
        self.chosen.emit(tuple(str(action.data()) for action in self._plots.actions() if action.isChecked()))
