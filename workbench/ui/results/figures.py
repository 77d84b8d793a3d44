"""The metrics of an output: a large figure each with its name below, as many in a row as there is room for."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from workbench.catalogue.registry import METRICS
from workbench.core.words import UNKNOWN
from workbench.ui.parts.flow_layout import FlowLayout
from workbench.ui.theme import mark

WIDTH = 118


class Figures(QWidget):
    """`show_numbers` takes metrics by id; "loss" is the objective's mean."""

    def __init__(self) -> None:
        super().__init__()
        self._flow = FlowLayout(8, self, between=12)
        self.shown: dict[str, str] = {}
        """Title and value of each figure in view."""

    def show_numbers(self, numbers: Mapping[str, float]) -> None:
        while self._flow.count():
            item = self._flow.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        self.shown = {}
        for id, value in numbers.items():
            title = "Loss" if id == "loss" else METRICS[id].title
            self.shown[title] = words(id, value)
            self._flow.addWidget(_figure(title, words(id, value), "" if id == "loss" else METRICS[id].summary))


def words(id: str, value: float) -> str:
    """A metric's value for people."""
    if math.isnan(value):
        return UNKNOWN
    if id != "loss" and METRICS[id].share and id != "roc_area":
        return f"{value * 100:.1f} %"
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:,.0f}"


def _figure(title: str, value: str, tip: str) -> QWidget:
    tile = QWidget()
    tile.setFixedWidth(WIDTH)
    tile.setToolTip(tip)
    tile.setAccessibleName(f"{title}: {value}")
    column = QVBoxLayout(tile)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    figure, name = QLabel(value), QLabel(title)
    mark(figure, role="heading")
    mark(name, role="label")
    column.addWidget(figure)
    column.addWidget(name)
    return tile
