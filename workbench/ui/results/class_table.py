"""A row for each class: how many samples, precision, recall, F1 and ROC area. A click on a column's name sorts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QApplication, QHeaderView, QSizePolicy, QTableView

from workbench.core.words import UNKNOWN
from workbench.training.metrics.evaluation import Evaluation
from workbench.ui.bridge import Bridge
from workbench.ui.theme import Theme, mark

AnyIndex = QModelIndex | QPersistentModelIndex
COLUMNS = ("Class", "Samples", "Precision", "Recall", "F1", "ROC area")
TIPS = (
    "",
    "How many samples of the class there are",
    "How many of the answers for the class are right",
    "How many of the class's samples are recognised",
    "Precision and recall in one number, near the smaller of the two",
    "How well the class's score tells its samples from all others; 0.5 is chance",
)
ROOM = {5: 470, 1: 400}
"""Columns that are left out where the table is narrower than so many pixels."""
LINE = 26
MOST_LINES = 16
"""Rows shown at once; more are scrolled."""
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
SORTED_BY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One row; shares are NaN where there is nothing to take one of."""

    name: str
    samples: int
    precision: float
    recall: float
    f1: float
    area: float
    color: QColor | None = None

    def value(self, column: int) -> str | float:
        return (self.name, self.samples, self.precision, self.recall, self.f1, self.area)[column]

    def cell(self, column: int) -> str:
        value = self.value(column)
        if isinstance(value, str):
            return value
        if column == 1:
            return f"{value:,}"
        if math.isnan(value):
            return UNKNOWN
        return f"{value:.3f}" if column == 5 else f"{value * 100:.1f} %"


def lines_of(found: Evaluation, colors: Mapping[int, QColor]) -> tuple[ClassLine, ...]:
    """The rows of an evaluation, none where it is not of classes or labels; `colors` are those of their curves."""
    areas = [curve.area for curve in found.curves] or [math.nan] * len(found.support)
    if not found.support:
        return ()
    own = [colors.get(place) for place in range(len(found.classes))]
    rows = zip(found.classes, found.support, found.precision, found.recall, found.f1, areas, own, strict=True)
    return tuple(ClassLine(*row) for row in rows)


class _Model(QAbstractTableModel):
    def __init__(self, theme: Theme, parent: QTableView) -> None:
        super().__init__(parent)
        self._theme = theme
        self.lines: tuple[ClassLine, ...] = ()

    def show(self, lines: tuple[ClassLine, ...]) -> None:
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def columnCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return TIPS[section] or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT if section == 0 else RIGHT
        return None

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not place.isValid():
            return None
        line, column = self.lines[place.row()], place.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return line.cell(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return line.name if column == 0 else None
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return line.color
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT if column == 0 else RIGHT
        if role == SORTED_BY:
            value = line.value(column)
            return -1.0 if isinstance(value, float) and math.isnan(value) else value
        return None


class ClassTable(QTableView):
    """Ctrl+C copies all of it."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._model = _Model(bridge.theme, self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(SORTED_BY)
        self.setModel(self._sorted)
        mark(self, surface="panel")
        self.setAccessibleName("Metrics of each class")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(LINE)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setIconSize(QSize(8, 8))
        self.setSortingEnabled(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorClearable(True)

    @property
    def lines(self) -> tuple[ClassLine, ...]:
        return self._model.lines

    def show_lines(self, lines: tuple[ClassLine, ...]) -> None:
        self._model.show(lines)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        lines = min(len(self._model.lines), MOST_LINES)
        return QSize(460, self.horizontalHeader().sizeHint().height() + lines * LINE + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(300, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, the names come first."""
        for column, width in ROOM.items():
            self.setColumnHidden(column, self.width() < width)
        super().resizeEvent(event)

    def as_text(self) -> str:
        rows = [COLUMNS, *(tuple(line.cell(column) for column in range(len(COLUMNS))) for line in self._model.lines)]
        return "".join("\t".join(row) + "\n" for row in rows)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QApplication.clipboard().setText(self.as_text())
            event.accept()
        else:
            super().keyPressEvent(event)
