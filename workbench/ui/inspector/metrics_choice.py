"""Which metrics are counted after each epoch: a button with what is chosen, and a menu to tick."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from workbench.catalogue.metrics import Metric
from workbench.ui.inspector.field import FIELD_HEIGHT
from workbench.ui.inspector.form import FIELD_WIDTH
from workbench.ui.theme import SPACE, mark

_TIP = "Further figures of every epoch's validation; some cost a little time."


class MetricsChoice(QWidget):
    """`edited(tuple of ids)`: the metrics ticked now, in the catalogue's order."""

    edited = Signal(object)

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        super().__init__()
        self._metrics = metrics
        self._chosen: tuple[str, ...] = ()
        label = QLabel("Also measure")
        label.setToolTip(_TIP)
        mark(label, role="dim")
        self.button = QPushButton()
        self.button.setFixedSize(FIELD_WIDTH, FIELD_HEIGHT)
        self.button.setAccessibleName("Also measure")
        label.setBuddy(self.button)
        self.menu = QMenu(self.button)
        self.menu.setToolTipsVisible(True)
        self.actions_by_id: dict[str, QAction] = {}
        for metric in metrics.values():
            action = self.menu.addAction(metric.title)
            action.setCheckable(True)
            action.setToolTip(metric.summary)
            action.setStatusTip(metric.summary)
            action.setData(metric.id)
            self.actions_by_id[metric.id] = action
        self.menu.triggered.connect(self._toggled)
        self.button.setMenu(self.menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * SPACE)
        row.addWidget(label, 1)
        row.addWidget(self.button)

    def show_metrics(self, chosen: tuple[str, ...], offered: tuple[str, ...]) -> None:
        """Show what is chosen; only metrics that apply to the network's outputs, and chosen ones, are offered."""
        self._chosen = chosen
        for name, action in self.actions_by_id.items():
            action.setChecked(name in chosen)
            action.setVisible(name in chosen or name in offered)
        words = ", ".join(self._metrics[name].title for name in chosen if name in self._metrics) or "none"
        room = FIELD_WIDTH - 32  # the arrow and the outline
        self.button.setText(self.button.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room))
        self.button.setToolTip(f"{_TIP} Now: {words}.")

    def _toggled(self, action: QAction) -> None:
        name = str(action.data())
        wanted = set(self._chosen) ^ {name}
        known = [i for i in self._metrics if i in wanted]
        self.edited.emit((*known, *(i for i in self._chosen if i in wanted and i not in self._metrics)))
