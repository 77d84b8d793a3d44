"""What comes of the settings, class by class: how many samples in each part, as bars and as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from workbench.core.words import UNKNOWN
from workbench.data.index import printable
from workbench.ui.bridge import Bridge

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

NAME, BAR, TRAIN, VAL, TEST, LAST = range(6)
PARTS = (("training", "accent"), ("validation", "warning"), ("test", "outline"))
"""The splits and the colours the plots give them."""

ROW_HEIGHT, THICK = 32, 8
AnyIndex = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """`counts` int64 classes × (training, validation, test); `last` is a further column and `title` its name."""

    names: tuple[str, ...]
    counts: NDArray[np.int64]
    title: str = ""
    help: str = ""
    last: tuple[str, ...] = ()

    @property
    def largest(self) -> int:
        return int(self.counts.sum(1).max(initial=1))


def outcome_of(dataset: Dataset) -> Outcome:
    """With balanced sampling, how often a sample of each class is shown in an epoch; with weights, these."""
    counts = np.stack([dataset.class_counts(part) for part in ("train", "val", "test")], 1)
    names = tuple(map(printable, dataset.classes))
    if dataset.settings.balance == "sampling":
        train = counts[:, 0]
        share = len(dataset.splits.train) / max(1, int((train > 0).sum()))
        times = tuple(f"{share / n:,.2f} ×" if n else UNKNOWN for n in train.tolist())
        return Outcome(names, counts, "Shown", "How often a sample of this class is shown in an epoch", times)
    weights = dataset.class_weights
    if weights is not None:
        digits = 2 if float(weights.min()) >= 0.1 else 4
        words = tuple(f"{float(w):,.{digits}f}" for w in weights)
        return Outcome(names, counts, "Weight", "How much a sample of this class counts in the objective", words)
    return Outcome(names, counts)


class OutcomeModel(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.outcome: Outcome | None = None

    def show(self, outcome: Outcome | None) -> None:
        self.beginResetModel()
        self.outcome = outcome
        self.endResetModel()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        inside = parent is not None and parent.isValid()
        return 0 if inside or self.outcome is None else len(self.outcome.names)

    def columnCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else LAST + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        last = self.outcome.title if self.outcome is not None else ""
        if role == Qt.ItemDataRole.DisplayRole:
            return ("Class", "", "Training", "Validation", "Test", last)[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section in (NAME, BAR) else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole and section == LAST and self.outcome is not None:
            return self.outcome.help
        return None

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        outcome = self.outcome
        if outcome is None or not place.isValid():
            return None
        row, column = place.row(), place.column()
        if role == Qt.ItemDataRole.DisplayRole:
            if column == NAME:
                return outcome.names[row]
            if column == LAST:
                return outcome.last[row] if outcome.last else ""
            return "" if column == BAR else f"{int(outcome.counts[row, column - TRAIN]):,}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column in (NAME, BAR) else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            parts = zip(outcome.counts[row].tolist(), PARTS, strict=True)
            words = ", ".join(f"{n:,} {name}" for n, (name, _token) in parts)
            last = f", {outcome.title.lower()} {outcome.last[row]}" if outcome.last else ""
            return f"{outcome.names[row]}: {words}{last}"
        return None


class _BarPainter(QStyledItemDelegate):
    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge = bridge

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, place: AnyIndex) -> None:
        super().paint(painter, option, place)
        model = place.model()
        outcome = model.outcome if isinstance(model, OutcomeModel) else None
        if outcome is None:
            return
        theme, room = self._bridge.theme, option.rect
        groove = QRectF(room.left() + 6, room.top() + (room.height() - THICK) / 2, max(room.width() - 12, 8), THICK)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(groove, THICK / 2, THICK / 2)
        left = groove.left()
        for n, (_name, token) in zip(outcome.counts[place.row()].tolist(), PARTS, strict=True):
            width = groove.width() * n / outcome.largest
            if width > 0:
                painter.setBrush(theme.color(token))
                painter.drawRoundedRect(QRectF(left, groove.top(), max(width - 1, 1), THICK), 2, 2)
                left += width
        painter.restore()


class OutcomeTable(QTableView):
    """One row a class; as many as there are, painted while they can be seen."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._model = OutcomeModel(self)
        self.setModel(self._model)
        self.setItemDelegateForColumn(BAR, _BarPainter(bridge, self))
        self.setAccessibleName("Samples of each class by split")
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setSectionsClickable(False)
        columns.setMinimumSectionSize(24)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(BAR, QHeaderView.ResizeMode.Stretch)
        bridge.themeChanged.connect(self._restyle)

    @property
    def outcome(self) -> Outcome | None:
        return self._model.outcome

    def show_outcome(self, outcome: Outcome | None) -> None:
        """Numbers changed: what is chosen and in view stays, where the classes are the same."""
        before, row, place = self._model.outcome, self.currentIndex().row(), self.verticalScrollBar().value()
        self._model.show(outcome)
        self.setColumnHidden(LAST, outcome is None or not outcome.title)
        self._fit()
        if before is not None and outcome is not None and before.names == outcome.names:
            if row >= 0:
                self.selectRow(row)
            self.verticalScrollBar().setValue(place)

    def _fit(self) -> None:
        outcome = self._model.outcome
        if outcome is None:
            return
        metrics = self.fontMetrics()
        names = max((metrics.horizontalAdvance(name) for name in outcome.names[:200]), default=0)
        self.setColumnWidth(NAME, min(max(names + 24, 96), 220))
        for column in (TRAIN, VAL, TEST, LAST):
            title = str(self._model.headerData(column, Qt.Orientation.Horizontal))
            figures = f"{outcome.largest:,}" if column != LAST else max(outcome.last, key=len, default="")
            self.setColumnWidth(column, max(metrics.horizontalAdvance(title), metrics.horizontalAdvance(figures)) + 20)

    def _restyle(self, _theme: object = None) -> None:
        self.viewport().update()
