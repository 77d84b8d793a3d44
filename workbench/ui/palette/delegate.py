"""How a row of the palette is painted: a square in the category's colour, then the title."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from workbench.catalogue.declaration import Layer
from workbench.ui.palette.model import PaletteModel
from workbench.ui.theme import Theme

LAYER_ROW, HEADING_ROW, FIRST_HEADING_ROW = 22, 30, 24
LEFT, SQUARE, TEXT = 12, 9, 32
SHORT_FORMS = (
    ("Convolution", "Conv"),
    ("Pooling", "Pool"),
    ("Average", "Avg"),
    ("Normalisation", "Norm"),
    ("Transposed", "Transp."),
    ("transformer", "transf."),
)


class PaletteDelegate(QStyledItemDelegate):
    """Paints headings and layers; the whole row lights up under the pointer and when it is current."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        layer = index.data(PaletteModel.LAYER)
        if layer is not None:
            return QSize(120, LAYER_ROW)
        return QSize(120, HEADING_ROW if index.row() else FIRST_HEADING_ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = self._theme
        rect = QRectF(option.rect)  # type: ignore[attr-defined]
        layer: Layer | None = index.data(PaletteModel.LAYER)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if layer is None:
            painter.setFont(theme.font("label", bold=True))
            painter.setPen(theme.color("dim"))
            box = rect.adjusted(LEFT, 0, -8, -4)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, str(index.data()))
        else:
            state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
            if state & QStyle.StateFlag.State_Selected:
                _fill(painter, rect, theme.color("selection"))
            elif state & QStyle.StateFlag.State_MouseOver:
                _fill(painter, rect, theme.color("hover"))
            square(painter, QPointF(rect.left() + LEFT, rect.center().y() - SQUARE / 2), theme.category(layer.category))
            painter.setFont(theme.font())
            painter.setPen(theme.color("text"))
            box = rect.adjusted(TEXT, 0, -8, 0)
            title = fitting(layer.title, QFontMetricsF(painter.font()), box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        painter.restore()


def fitting(title: str, metrics: QFontMetricsF, width: float) -> str:
    """A title that fits: whole, else with the usual short forms, else cut in the middle (the end tells 1D from 2D)."""
    if metrics.horizontalAdvance(title) <= width:
        return title
    for long, short in SHORT_FORMS:
        title = title.replace(long, short)
    return metrics.elidedText(title, Qt.TextElideMode.ElideMiddle, width)


def square(painter: QPainter, at: QPointF, color: QColor, edge: float = SQUARE) -> None:
    """The small rounded square that stands for a category, as in the palette and the inspector."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(QRectF(at.x(), at.y(), edge, edge), 2.5, 2.5)


def drag_picture(theme: Theme, layer: Layer, ratio: float) -> QPixmap:
    """What hangs at the pointer while a layer is dragged: a small card with the category's bar."""
    font = theme.font(bold=True)
    width, height = max(120.0, QFontMetricsF(font).horizontalAdvance(layer.title) + 32), 36.0
    made = QPixmap(round(width * ratio), round(height * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.color("outline"))
    painter.setBrush(theme.color("raised"))
    painter.drawRoundedRect(QRectF(0.5, 0.5, width - 1, height - 1), 6, 6)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.category(layer.category))
    painter.drawRoundedRect(QRectF(1, 1, 4, height - 2), 2, 2)
    painter.setPen(theme.color("text"))
    painter.setFont(font)
    painter.drawText(QRectF(16, 0, width - 20, height), Qt.AlignmentFlag.AlignVCenter, layer.title)
    painter.end()
    return made


def _fill(painter: QPainter, rect: QRectF, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(rect.adjusted(4, 0, -4, 0), 5, 5)
