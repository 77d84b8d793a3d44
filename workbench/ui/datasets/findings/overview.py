"""The overview: each finding in a line or two, with a mark that says whether it is worth a look."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.datasets.findings.section import BUSY, GOOD, UNKNOWN, WORTH_A_LOOK, Finding
from workbench.ui.icons import pixmap

WIDTH = 250
_ROW, _ICON = 52, 16
_LOOKS = {
    GOOD: ("check", "good", ""),
    WORTH_A_LOOK: ("warning", "warning", "Worth a look. "),
    UNKNOWN: ("help", "dim", ""),
    BUSY: ("clock", "dim", ""),
}

AnyIndex = QModelIndex | QPersistentModelIndex


class _Model(QAbstractListModel):
    FINDING = Qt.ItemDataRole.UserRole

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.findings: tuple[Finding, ...] = ()

    def show(self, findings: tuple[Finding, ...]) -> None:
        if len(findings) == len(self.findings):
            self.findings = findings
            if findings:
                self.dataChanged.emit(self.index(0), self.index(len(findings) - 1))
            return
        self.beginResetModel()
        self.findings = findings
        self.endResetModel()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.findings)

    def data(self, place: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not place.isValid():
            return None
        finding = self.findings[place.row()]
        if role == self.FINDING:
            return finding
        if role == Qt.ItemDataRole.DisplayRole:
            return finding.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{finding.title}. {_LOOKS[finding.state][2]}{finding.words}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return finding.words
        return None


class _Painter(QStyledItemDelegate):
    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge = bridge

    def sizeHint(self, _option: QStyleOptionViewItem, _place: AnyIndex) -> QSize:
        return QSize(WIDTH, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, place: AnyIndex) -> None:
        theme, finding = self._bridge.theme, place.data(_Model.FINDING)
        room: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if chosen else "hover"))
            painter.drawRoundedRect(QRectF(room).adjusted(0, 1, 0, -1), 6, 6)
        if chosen and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(room).adjusted(0.5, 1.5, -0.5, -1.5), 6, 6)
        name, token, _spoken = _LOOKS[finding.state]
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(room.left() + 10, room.top() + 9, pixmap(name, theme.color(token), _ICON, ratio))
        left = room.left() + 10 + _ICON + 8
        width = room.right() - 8 - left
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme.font(bold=True))
        painter.setPen(theme.color("text"))
        painter.drawText(QRect(left, room.top() + 6, width, 20), flags, finding.title)
        painter.setFont(theme.font("label"))
        painter.setPen(theme.color("dim"))
        words = QFontMetrics(painter.font()).elidedText(finding.words, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRect(left, room.top() + 26, width, 18), flags, words)
        painter.restore()


class Overview(QListView):
    """`chosen(row)` tells which finding a person wants to see."""

    chosen = Signal(int)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._model = _Model(self)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(180)
        self.setItemDelegate(_Painter(bridge, self))
        self.setModel(self._model)
        self.setAccessibleName("Findings")
        self.selectionModel().currentChanged.connect(self._choose)
        bridge.themeChanged.connect(self._restyle)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self._model.findings

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, _ROW * 5)

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """The same number of findings keeps the chosen one; else the caller chooses."""
        self._model.show(findings)

    def choose(self, row: int) -> None:
        self.setCurrentIndex(self._model.index(row))

    def _choose(self, place: QModelIndex, _before: QModelIndex) -> None:
        if place.isValid():
            self.chosen.emit(place.row())

    def _restyle(self, _theme: object = None) -> None:
        self.viewport().update()
