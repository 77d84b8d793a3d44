"""A few bars with their numbers. The pointer, or the arrow keys, go from bar to bar; a click or Enter takes one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.core.words import count
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.findings.sizes import Bins

_LABELS, _FIGURES, _WIDEST = 20, 18, 72


class Histogram(QWidget):
    """`chosen(place)`: a person wants to see what is in a bin."""

    chosen = Signal(int)

    def __init__(self, bridge: Bridge, name: str) -> None:
        super().__init__()
        self._bridge, self._name = bridge, name
        self.bins: Bins | None = None
        self._hovered: int | None = None
        self.current = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(120)
        self.setMaximumHeight(300)
        self.setAccessibleName(name)
        bridge.themeChanged.connect(self._restyle)

    def show_bins(self, bins: Bins) -> None:
        self.bins, self._hovered = bins, None
        self.current = int(bins.counts.argmax()) if len(bins.counts) else 0
        self._tell()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 200)

    def words(self, place: int) -> str:
        """ "64 to 95 pixels: 1,204 pictures, 58 %"."""
        if self.bins is None or not 0 <= place < len(self.bins.labels):
            return ""
        amount, total = int(self.bins.counts[place]), max(int(self.bins.counts.sum()), 1)
        share = amount / total
        percent = "under 1 %" if 0 < share < 0.01 else f"{share * 100:.0f} %"
        return f"{self.bins.words[place]}: {count(amount, 'picture')}, {percent}"

    # --- painting -----------------------------------------------------------------------------------------------------

    def _cell(self) -> float:
        bars = len(self.bins.labels) if self.bins is not None else 0
        return min(self.width() / max(bars, 1), _WIDEST)

    def bar(self, place: int) -> QRectF:
        """Where a bar stands; as high as its share of the fullest bin, and never invisible while it holds something."""
        assert self.bins is not None
        most = max(int(self.bins.counts.max()), 1)
        room = self.height() - _LABELS - _FIGURES
        amount = int(self.bins.counts[place])
        high = max(room * amount / most, 2.0) if amount else 0.0
        cell = self._cell()
        gap = min(6.0, cell * 0.2)
        return QRectF(place * cell + gap / 2, _FIGURES + room - high, cell - gap, high)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.bins is None:
            return
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("label"))
        metrics = QFontMetrics(painter.font())
        cell, base = self._cell(), self.height() - _LABELS
        centre = int(Qt.AlignmentFlag.AlignCenter)
        every = self._every(metrics)
        for place, label in enumerate(self.bins.labels):
            bar, amount = self.bar(place), int(self.bins.counts[place])
            lit = place == self._hovered or (self.hasFocus() and place == self.current)
            if lit:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("hover"))
                painter.drawRoundedRect(QRectF(place * cell, 0, cell, self.height()), 4, 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent", 1.0 if lit else 0.75))
            painter.drawRoundedRect(bar, 2, 2)
            figure = f"{amount:,}"
            fits = metrics.horizontalAdvance(figure) < cell or amount == self.bins.counts.max()
            if amount and (lit or fits):
                painter.setPen(theme.color("text" if lit else "dim"))
                painter.drawText(self._inside(place, bar.top() - _FIGURES, _FIGURES, figure, metrics), centre, figure)
            if lit or place % every == 0:
                painter.setPen(theme.color("text" if lit else "dim"))
                painter.drawText(self._inside(place, base, _LABELS, label, metrics), centre, label)
        painter.setPen(theme.color("outline"))
        painter.drawLine(QPointF(0, base), QPointF(cell * len(self.bins.labels), base))
        if self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.current * cell, 0, cell, self.height()).adjusted(1, 1, -1, -1), 4, 4)

    def _every(self, metrics: QFontMetrics) -> int:
        """Which labels have room: each, each second, …"""
        assert self.bins is not None
        widest = max((metrics.horizontalAdvance(label) for label in self.bins.labels), default=0) + 8
        return max(1, -(-widest // max(int(self._cell()), 1)))

    def _inside(self, place: int, top: float, high: float, words: str, metrics: QFontMetrics) -> QRectF:
        """A line centred over a bar, but within the widget."""
        cell, wide = self._cell(), metrics.horizontalAdvance(words) + 4
        left = max(0.0, min(place * cell + (cell - wide) / 2, self.width() - wide))
        return QRectF(left, top, wide, high)

    # --- the pointer and the keyboard ---------------------------------------------------------------------------------

    def place_at(self, point: QPoint) -> int | None:
        """The bar over or under a point."""
        if self.bins is None:
            return None
        place = int(point.x() / max(self._cell(), 1e-6))
        return place if 0 <= place < len(self.bins.labels) else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.place_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)
        super().leaveEvent(event)

    def _hover(self, place: int | None) -> None:
        if place != self._hovered:
            self._hovered = place
            has = place is not None and self.bins is not None and bool(self.bins.counts[place])
            self.setCursor(Qt.CursorShape.PointingHandCursor if has else Qt.CursorShape.ArrowCursor)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._go_to(place)
            self._take(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self.bins.labels) - 1 if self.bins is not None else 0
        match event.key():
            case Qt.Key.Key_Left:
                self._go_to(max(self.current - 1, 0))
            case Qt.Key.Key_Right:
                self._go_to(min(self.current + 1, last))
            case Qt.Key.Key_Home:
                self._go_to(0)
            case Qt.Key.Key_End:
                self._go_to(last)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Space:
                self._take(self.current)
            case _:
                super().keyPressEvent(event)

    def _go_to(self, place: int) -> None:
        self.current = place
        self._tell()
        self.update()

    def _take(self, place: int) -> None:
        if self.bins is not None and self.bins.counts[place]:
            self.chosen.emit(place)

    def _tell(self) -> None:
        self.setAccessibleDescription(self.words(self.current))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.place_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if place is None else self.words(place), self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _restyle(self, _theme: object = None) -> None:
        self.update()
