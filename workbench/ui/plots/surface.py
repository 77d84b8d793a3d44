"""The drawing area of a plot: pyqtgraph, reduced to what the window's plots need and dressed in its theme.

This module is imported when the first curve is drawn, not before: pyqtgraph costs a fifth of a second to load.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from workbench.ui.plots.pyramid import Floats
from workbench.ui.plots.ticks import log_ticks, nice_ticks, plain
from workbench.ui.theme import Theme

Words = Callable[[float, float], str]
"""How an axis writes a value: (value, distance between ticks) -> text."""

Y_DISTANCE, X_DISTANCE = 22, 40  # pixels between two ticks, at least
MOST_Y_TICKS = 6


TEXT_MARGIN = 24


class _Band(pg.GraphicsObject):
    """The area between two lines, for curves with more points than the plot has pixels.

    One plain area costs the same however wild the curve is; a line that runs up and down in every pixel does not.
    """

    def __init__(self) -> None:
        super().__init__()
        self._path = QPainterPath()
        self._pen = QPen()

    def show_band(self, x: Floats, low: Floats, high: Floats, color: QColor, width: float) -> None:
        self.prepareGeometryChange()
        self._pen = QPen(color, width)
        self._pen.setCosmetic(True)  # a flat stretch has no area: its outline is what is seen of it
        self._path = QPainterPath()
        finite = np.isfinite(low) & np.isfinite(high)
        cuts = np.flatnonzero(np.diff(finite.astype(np.int8))) + 1
        for piece in np.split(np.arange(x.size), cuts):
            if finite[piece[0]]:
                around_x = np.concatenate([x[piece], x[piece][::-1]])
                around_y = np.concatenate([high[piece], low[piece][::-1]])
                self._path.addPath(pg.arrayToQPath(around_x, around_y, connect="all"))
        self.update()

    def boundingRect(self) -> QRectF:
        return self._path.controlPointRect()

    def paint(self, painter: QPainter, _option: object, _widget: object = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(self._pen)
        painter.setBrush(self._pen.color())
        painter.drawPath(self._path)


class _Axis(pg.AxisItem):
    """An axis with round ticks, written by `words`; its grid lines are drawn across the plot."""

    def __init__(self, orientation: str, words: Words, unit: str = "") -> None:
        super().__init__(orientation, showValues=True)
        self._words, self._unit = words, unit
        self.enableAutoSIPrefix(False)
        self.setStyle(tickLength=0, tickTextOffset=6, tickAlpha=255)
        self.setStyle(autoExpandTextSpace=False, autoReduceTextSpace=False, textFillLimits=[(0, 1.0)])

    def boundingRect(self) -> QRectF:
        """With room for words that stand at the very ends of the axis (pyqtgraph would leave those out)."""
        return super().boundingRect().adjusted(-TEXT_MARGIN, -TEXT_MARGIN, TEXT_MARGIN, TEXT_MARGIN)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        vertical = self.orientation == "left"
        count = max(min(int(size / Y_DISTANCE), MOST_Y_TICKS) if vertical else int(size / X_DISTANCE), 1)
        if self.logMode:
            return [(1.0, log_ticks(low, high, count))]
        if not vertical and high - low >= 2:
            count = min(count, math.ceil(high - low))  # whole epochs, as soon as there are some
        step, values = nice_ticks(low, high, count, quarters=vertical)
        return [(step, values)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.logMode:
            return [self._words(10.0**value, 10.0**value) for value in values]
        words = [self._words(value, spacing) for value in values]
        if self._unit and words:
            words[0] = f"{self._unit} {words[0]}"
        return words


class Surface(pg.PlotWidget):
    """Lines over two axes. The x axis zooms with the wheel and pans with the mouse; a double click shows all again.

    Everything is given in data units, on logarithmic axes too.
    """

    hovered = Signal(object)  # x in data units, or None once the pointer has left
    viewMoved = Signal()  # a person zoomed, panned or asked for all
    resized = Signal()
    stepped = Signal(int)  # arrow keys: -1 or +1; Home and End: -1_000_000 and +1_000_000

    def __init__(
        self, theme: Theme, x_unit: str, y_words: Words, parent: QWidget | None = None, *, x_log: bool = False
    ) -> None:
        axes = {"bottom": _Axis("bottom", plain, x_unit), "left": _Axis("left", y_words)}
        super().__init__(parent, axisItems=axes, enableMenu=False)
        self._theme, self._x_log = theme, x_log
        self._lines: dict[str, pg.PlotCurveItem] = {}
        self._bands: dict[str, _Band] = {}
        self._markers: dict[str, pg.InfiniteLine] = {}
        self.follows = True
        item = self.getPlotItem()
        item.hideButtons()
        item.setContentsMargins(0, 8, 8, 0)
        item.layout.setContentsMargins(0, 0, 0, 0)
        self._left, self._bottom = axes["left"], axes["bottom"]
        self._bottom.setLogMode(x=x_log)
        for axis in (self._left, self._bottom):
            axis.setZValue(-1)  # grid lines belong behind the curves
        self._left.setWidth(44)
        self._bottom.setHeight(20)
        self._box = item.getViewBox()
        self._box.setMouseEnabled(x=True, y=False)
        self._box.setDefaultPadding(0.0)
        self._box.disableAutoRange()
        self._box.sigRangeChangedManually.connect(self._moved_by_hand)
        self._box.sigResized.connect(self.resized)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.setZValue(5)
        self._cursor.hide()
        item.addItem(self._cursor, ignoreBounds=True)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self.restyle()

    @property
    def log(self) -> bool:
        return bool(self._left.logMode)

    @property
    def pixels(self) -> int:
        """Width of the drawing area."""
        return max(int(self._box.width()), 1)

    @property
    def points_drawn(self) -> int:
        """Points of all lines together, after decimation."""
        return sum(len(line.getData()[0]) for line in self._lines.values() if line.getData()[0] is not None)

    @property
    def bands(self) -> frozenset[str]:
        """The curves that are drawn as areas, for they have more points than there are pixels."""
        return frozenset(key for key, band in self._bands.items() if band.isVisible())

    def set_log(self, on: bool) -> None:
        self._left.setLogMode(y=on)

    def restyle(self) -> None:
        """Take the theme's colours (lines keep theirs; see `draw`)."""
        self.setBackground(self._theme.color("panel"))
        for axis in (self._left, self._bottom):
            axis.setPen(QPen(Qt.PenStyle.NoPen))
            axis.setTextPen(self._theme.color("dim"))
            axis.setStyle(tickFont=self._theme.font("label"))
            axis.setTickPen(self._pen(self._theme.color("line"), 1.0))
        self._left.setGrid(255)
        self._cursor.setPen(self._pen(self._theme.color("dim"), 1.0))

    def _pen(self, color: QColor, width: float) -> QPen:
        """A pen of `width` logical pixels: pyqtgraph's pens count the screen's own, half as wide at 200 %."""
        return pg.mkPen(color, width=width * self.devicePixelRatioF())

    def draw(self, key: str, x: Floats, y: Floats, color: QColor, width: float) -> None:
        """Set a line's points (data units). On a log axis what is not above zero becomes a gap."""
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = pg.PlotCurveItem(antialias=True, skipFiniteCheck=False)
            self.getPlotItem().addItem(line, ignoreBounds=True)
        line.setPen(self._pen(color, width))
        line.setZValue(width)
        line.setData(self._along(x), self._up(y), connect="finite")
        line.setVisible(bool(len(x)))
        self._hide(self._bands.get(key))

    def draw_band(self, key: str, x: Floats, low: Floats, high: Floats, color: QColor, width: float = 1.0) -> None:
        """Fill between two lines, in the place of the line of this key."""
        band = self._bands.get(key)
        if band is None:
            band = self._bands[key] = _Band()
            self.getPlotItem().addItem(band, ignoreBounds=True)
        band.setZValue(width - 1.0)
        band.show_band(self._along(x), self._up(low), self._up(high), color, width)
        band.show()
        self._hide(self._lines.get(key))

    @staticmethod
    def _hide(item: pg.GraphicsObject | None) -> None:
        if item is not None and item.isVisible():
            item.hide()

    def _along(self, x: Floats) -> Floats:
        return _powers(x) if self._x_log else x

    def _up(self, y: Floats) -> Floats:
        return _powers(y) if self.log else y

    def drop(self, key: str) -> None:
        for items in (self._lines, self._bands):
            item = items.pop(key, None)
            if item is not None:
                self.getPlotItem().removeItem(item)

    def mark(self, key: str, x: float | None, color: QColor) -> None:
        """Stand an upright line at x (data units); None takes it away."""
        line = self._markers.pop(key, None)
        if line is not None:
            self.getPlotItem().removeItem(line)
        if x is not None:
            line = self._markers[key] = pg.InfiniteLine(pos=self._place(x), angle=90, movable=False)
            line.setPen(pg.mkPen(color, width=1.5 * self.devicePixelRatioF(), style=Qt.PenStyle.DashLine))
            line.setZValue(4)
            self.getPlotItem().addItem(line, ignoreBounds=True)

    def _place(self, x: float) -> float:
        return math.log10(max(x, 1e-300)) if self._x_log else x

    def show_range(self, x: tuple[float, float] | None, y: tuple[float, float]) -> None:
        """Look at a stretch (data units); x None keeps what the person zoomed to."""
        if self.log:
            y = (math.log10(max(y[0], 1e-300)), math.log10(max(y[1], 1e-300)))
        if x is not None:
            self._box.setXRange(self._place(x[0]), self._place(x[1]), padding=0, update=False)
        self._box.setYRange(*y, padding=0)

    def x_range(self) -> tuple[float, float]:
        low, high = self._box.viewRange()[0]
        return (10.0**low, 10.0**high) if self._x_log else (float(low), float(high))

    def set_cursor(self, x: float | None) -> None:
        """Show the reading line at x, or hide it."""
        self._cursor.setVisible(x is not None)
        if x is not None:
            self._cursor.setValue(self._place(x))

    def _moved_by_hand(self, _mask: object = None) -> None:
        self.follows = False
        self.viewMoved.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place = self._box.mapSceneToView(self.mapToScene(event.position().toPoint()))
        inside = self._box.sceneBoundingRect().contains(QPointF(self.mapToScene(event.position().toPoint())))
        x = 10.0 ** place.x() if self._x_log and inside else place.x()
        self.hovered.emit(x if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.follows = True
        self.viewMoved.emit()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -1_000_000, Qt.Key.Key_End: 1_000_000}
        if event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.hovered.emit(None)
            event.ignore()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_box"):  # pyqtgraph resizes once while it is still being built
            self.resized.emit()


def _powers(values: Floats) -> Floats:
    """Base-10 logarithms; what has none becomes a gap."""
    logarithms: Floats = np.log10(np.where(values > 0, values, np.nan))
    return logarithms
