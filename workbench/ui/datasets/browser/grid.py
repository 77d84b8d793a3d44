"""The grid of samples: painted from what is in view alone, so that a hundred thousand are as quick as a hundred."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip

from workbench.core.words import count
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.browser.columns import Columns
from workbench.ui.datasets.browser.keys import GridKeys
from workbench.ui.datasets.browser.layout import HEADING, Layout, fitted
from workbench.ui.datasets.browser.pointing import GridPointing
from workbench.ui.datasets.browser.query import NOTHING, Found
from workbench.ui.datasets.browser.selection import Selection
from workbench.ui.datasets.browser.spoken import spoken, tip
from workbench.ui.datasets.browser.tiles import Tile, TilePainter, caption
from workbench.ui.datasets.thumbnails import Thumbnails

SMALLEST, FIRST, LARGEST = 48, 96, 256
"""Edges of a tile in logical pixels."""
MARGIN = 6
"""Room around all tiles, for the frame of those at the edge."""
_ARRIVALS = 16  # milliseconds in which thumbnails that arrive are painted together
_REST = 60  # milliseconds the view must rest after a leap before its thumbnails are decoded


class SampleGrid(QAbstractScrollArea):
    """Shows a `Found` of some `Columns`. Click, Ctrl, Shift, a rubber band and the keyboard choose; see `GridKeys`."""

    selectionChanged = Signal()
    currentChanged = Signal(int)  # the sample the keyboard came to
    opened = Signal(int)  # double-click, Space or Enter
    menuAsked = Signal(QPoint)  # global
    findAsked = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.edge = FIRST
        self.noun = "sample"  # what one of them is called
        self.thumbnails = Thumbnails(FIRST, self)
        self.destroyed.connect(self.thumbnails.close)
        self.columns: Columns | None = None
        self.found: Found = NOTHING
        self.sort = ""
        self.selection = Selection()
        self.tiles = Layout(0, NOTHING.starts, 1, FIRST, FIRST)
        self._painter = TilePainter(bridge)
        self._places = np.zeros(0, np.int32)  # by sample: where it is shown, -1: nowhere
        self._hovered: int | None = None
        self._pointing = GridPointing(self)
        self._keys = GridKeys(self)
        self._arrived: set[int] = set()
        self._repaint = QTimer(self)
        self._repaint.setSingleShot(True)
        self._repaint.setInterval(_ARRIVALS)
        self._repaint.timeout.connect(self._paint_arrived)
        self._flung = QTimer(self)  # runs while the view moves too fast for anything in it to be seen
        self._flung.setSingleShot(True)
        self._flung.setInterval(_REST)
        self._flung.timeout.connect(self.viewport().update)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOn
        )  # tiles must not jump as it comes and goes
        self.setAccessibleName("Samples")
        self.viewport().setMouseTracking(True)
        self.thumbnails.arrived.connect(self._thumbnail_arrived)
        bridge.themeChanged.connect(self._restyle)
        self._prepare()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_found(self, columns: Columns, found: Found, sort: str, *, stay: bool) -> None:
        """Show samples in order. `stay` keeps what is chosen and the place in view as far as they are still there."""
        place = self.place_of(self.selection.current) if self.selection.current is not None else None
        at = self.first_in_view() if stay and self.top > HEADING else None
        self.columns, self.found, self.sort = columns, found, sort
        if not stay or self.selection.capacity != len(columns):
            self.selection = Selection(len(columns))
        self._places = np.full(len(columns), -1, np.int32)
        self._places[found.numbers] = np.arange(len(found), dtype=np.int32)
        changed = self.selection.restrict(found.numbers)
        if stay and place is not None and self.selection.current is None and len(found):
            # what the keyboard was at has gone from view: go on at what took its place
            number = int(found.numbers[min(place, len(found) - 1)])
            self.selection.current = self.selection.anchor = number
            if not len(self.selection):
                self.selection.only(number)
        self._hovered = None
        self._arrange()
        if not stay:
            self.verticalScrollBar().setValue(0)
        elif at is not None and self._places[at] >= 0 and self.selection.current is None:
            self.verticalScrollBar().setValue(self.tiles.corner(int(self._places[at]))[1])
        if changed or not stay:
            self.selectionChanged.emit()
        self._tell()
        self.viewport().update()

    def forget(self) -> None:
        """There is no data any more."""
        self.columns, self.found = None, NOTHING
        self.selection, self._places = Selection(), np.zeros(0, np.int32)
        self._arrange()
        self.selectionChanged.emit()
        self.viewport().update()

    def set_edge(self, edge: int) -> None:
        """The size of the tiles, in logical pixels; what is at the top of the view stays there."""
        edge = max(SMALLEST, min(LARGEST, edge))
        if edge != self.edge:
            at = self.selection.current if self.selection.current is not None else self.first_in_view()
            self.edge = edge
            self._arrange()
            if at is not None:
                self.reveal(at)
            self.viewport().update()

    def place_of(self, number: int) -> int | None:
        """Where a sample is shown; None where it is not."""
        place = int(self._places[number]) if number < len(self._places) else -1
        return None if place < 0 else place

    def first_in_view(self) -> int | None:
        """The sample at the top left of the view."""
        rows = self.tiles.within(self.top, self.top + self.viewport().height())
        return int(self.found.numbers[rows[0][0]]) if rows else None

    @property
    def top(self) -> int:
        """How far down the view is, in pixels."""
        return self.verticalScrollBar().value()

    @property
    def chosen(self) -> NDArray[np.int64]:
        """The chosen samples in the order they are shown."""
        numbers = self.selection.numbers
        return numbers[np.argsort(self._places[numbers], kind="stable")]

    def rect_of(self, number: int) -> QRect | None:
        """A sample's tile in the viewport, in view or not; None where it is not among those shown."""
        place = self.place_of(number)
        if place is None:
            return None
        left, top = self.tiles.corner(place)
        return QRect(left + MARGIN, top - self.top + MARGIN, self.tiles.tile, self.tiles.height)

    def reveal(self, number: int) -> None:
        """Scroll as little as needed to bring a sample into view, with the heading above the first row."""
        place = self.place_of(number)
        if place is None:
            return
        top = self.tiles.corner(place)[1]
        bottom, bar, height = top + self.tiles.height + 2 * MARGIN, self.verticalScrollBar(), self.viewport().height()
        group = self.tiles.group_of(place)
        if self.tiles.heading and place - int(self.tiles.starts[group]) < self.tiles.columns:
            top -= HEADING
        if top < bar.value():
            bar.setValue(top)
        elif bottom > bar.value() + height:
            bar.setValue(bottom - height)

    def _prepare(self) -> None:
        ratio = self.devicePixelRatioF()
        self._painter.prepare(self.tiles.tile, ratio)
        self.thumbnails.resize(round(self.tiles.tile * ratio))

    def _arrange(self) -> None:
        width, before = max(self.viewport().width() - 2 * MARGIN, 1), self.tiles.tile
        tile = fitted(width, self.edge)
        self.tiles = Layout(len(self.found), self.found.starts, width, tile, self._painter.height(tile))
        if tile != before:
            self._prepare()
        bar, view = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, self.tiles.bottom + 2 * MARGIN - view))
        bar.setPageStep(max(view - self.tiles.pitch, self.tiles.pitch))
        bar.setSingleStep(max(20, self.tiles.pitch // 3))

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.columns is None:
            return
        painter = QPainter(self.viewport())
        dirty, offset = event.rect(), MARGIN - self.top
        top, bottom = dirty.top() - offset - 4, dirty.bottom() + 1 - offset + 4
        with self.thumbnails.painting(self._in_view(), ask=not self._flung.isActive()):
            self._paint_tiles(painter, event.region(), top, bottom)
        self._paint_headings(painter, top, bottom)
        band = self._pointing.band
        if band is not None:
            theme = self._bridge.theme
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(theme.color("accent", 0.15))
            painter.drawRect(QRectF(band.translated(0, -self.top)))
        painter.end()

    def _paint_tiles(self, painter: QPainter, region: QRegion, top: int, bottom: int) -> None:
        """Those that reach into a band and into the region that is to be painted."""
        offset, whole = MARGIN - self.top, region.rectCount() == 1
        for first, end, y in self.tiles.within(top, bottom):
            for place in range(first, end):
                left = self.tiles.left(place - first) + MARGIN
                if whole or region.intersects(
                    QRect(left - 4, y + offset - 4, self.tiles.tile + 8, self.tiles.height + 8)
                ):
                    self._painter.paint(painter, left, y + offset, self._tile(place))

    def _tile(self, place: int) -> Tile:
        number = int(self.found.numbers[place])
        columns, selection = self.columns, self.selection
        assert columns is not None
        picture = self.thumbnails.get(number)
        return Tile(
            picture,
            self.thumbnails.words(number) if picture is None else "",
            picture is None and self.thumbnails.failed(number),
            caption(columns, number, self.sort),
            0 <= int(columns.predicted[number]) != int(columns.labels[number]),
            int(columns.splits[number]),
            number in selection,
            number == selection.current and self.hasFocus(),
            place == self._hovered,
        )

    def _paint_headings(self, painter: QPainter, top: int, bottom: int) -> None:
        theme = self._bridge.theme
        for group in self.tiles.headings_within(top, bottom):
            y = self.tiles.heading_top(group) + MARGIN - self.top
            room = QRect(MARGIN, y, self.tiles.width, HEADING - 6)
            painter.setFont(theme.font(bold=True))
            painter.setPen(theme.color("text"))
            bottom_left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
            size = count(self.tiles.size(group), self.noun)
            title = self._painter_title(self.found.titles[group], room.width() - 120)
            painter.drawText(room, bottom_left, title)
            room.setLeft(room.left() + QFontMetrics(painter.font()).horizontalAdvance(title) + 10)
            painter.setFont(theme.font("label"))
            painter.setPen(theme.color("dim"))
            painter.drawText(room.adjusted(0, 0, 0, -1), bottom_left, size)

    def _painter_title(self, title: str, width: int) -> str:
        font = self._bridge.theme.font(bold=True)
        return QFontMetrics(font).elidedText(title, Qt.TextElideMode.ElideMiddle, max(width, 60))

    def _in_view(self) -> list[int]:
        rows = self.tiles.within(self.top - MARGIN, self.top + self.viewport().height())
        return self.found.numbers[rows[0][0] : rows[-1][1]].tolist() if rows else []

    def _thumbnail_arrived(self, number: int) -> None:
        self._arrived.add(number)
        if not self._repaint.isActive():
            self._repaint.start()

    def _paint_arrived(self) -> None:
        for number in self._arrived:
            self.repaint_sample(number)
        self._arrived.clear()

    def repaint_sample(self, number: int | None) -> None:
        rect = None if number is None else self.rect_of(number)
        if rect is not None and rect.adjusted(-4, -4, 4, 4).intersects(self.viewport().rect()):
            self.viewport().update(rect.adjusted(-4, -4, 4, 4))

    def _restyle(self, _theme: object = None) -> None:
        self._prepare()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        at = self.first_in_view()
        super().resizeEvent(event)
        self._arrange()
        if at is not None and event.oldSize().width() != event.size().width():
            place = self.place_of(at)
            if place is not None and self.top:
                self.verticalScrollBar().setValue(self.tiles.corner(place)[1])
        self.viewport().update()

    def scrollContentsBy(self, _dx: int, dy: int) -> None:
        if abs(dy) > self.viewport().height() // 2:
            self._flung.start()
        if self._pointing.band is not None:
            self.viewport().update()
            return
        self.viewport().scroll(0, dy)  # what stays in view is moved, and only what comes in is painted
        self._hover(self.viewport().mapFromGlobal(self.cursor().pos()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._restyle()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.repaint_sample(self.selection.current)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.repaint_sample(self.selection.current)

    # --- choosing ----------------------------------------------------------------------------------------------------

    def choose(self, numbers: NDArray[np.int64], current: int | None = None) -> None:
        """Choose exactly these samples of those that are shown."""
        self.selection.choose(numbers[self._places[numbers] >= 0])
        self.moved_to(current)

    def choose_all(self) -> None:
        self.selection.choose(self.found.numbers)
        self.moved_to(self.selection.current)

    def move_to(self, place: int, *, extend: bool = False, keep: bool = False) -> None:
        """Take the keyboard to a place: alone chosen, with the range from where it began, or choosing nothing."""
        if not len(self.found):
            return
        number = int(self.found.numbers[max(0, min(place, len(self.found) - 1))])
        if extend:
            self.extend_to(number, add=False)
        elif keep:
            self.selection.current = number
        else:
            self.selection.only(number)
        self.moved_to(number)
        self.reveal(number)

    def toggle_current(self) -> None:
        if self.selection.current is not None:
            self.selection.toggle(self.selection.current)
            self.moved_to(self.selection.current)

    def extend_to(self, number: int, *, add: bool) -> None:
        """Choose from where a range began to a sample, these alone or as well."""
        anchor = self.selection.anchor if self.selection.anchor is not None else self.selection.current
        begin = self.place_of(anchor) if anchor is not None else None
        end = self.place_of(number)
        assert end is not None
        first, last = sorted((begin if begin is not None else 0, end))
        self.selection.choose(self.found.numbers[first : last + 1], add=add)
        self.selection.anchor = anchor if begin is not None else int(self.found.numbers[0])

    def moved_to(self, number: int | None) -> None:
        """The choice has changed, and the keyboard is at a sample: paint it and tell everyone."""
        before, self.selection.current = self.selection.current, number
        self.viewport().update()
        self.selectionChanged.emit()
        if number is not None and number != before:
            self.currentChanged.emit(number)
        self._tell()

    def _tell(self) -> None:
        """Say for screen readers where the keyboard is and how many are chosen."""
        if self.columns is None:
            self.setAccessibleDescription("")
        else:
            self.setAccessibleDescription(spoken(self.columns, self.selection, len(self.found)))

    # --- the mouse ---------------------------------------------------------------------------------------------------

    def place_at(self, point: QPoint) -> int | None:
        """The tile under a point of the viewport."""
        return self.tiles.at(point.x() - MARGIN, point.y() + self.top - MARGIN)

    def heading_at(self, point: QPoint) -> int | None:
        """The group whose heading is at a point of the viewport."""
        return self.tiles.heading_at(point.y() + self.top - MARGIN)

    def places_in(self, band: QRect) -> NDArray[np.int64]:
        """The places of the tiles that a rectangle touches, which is in pixels of all."""
        inner = band.translated(-MARGIN, -MARGIN)
        return self.tiles.touched(inner.left(), inner.top(), inner.right() + 1, inner.bottom() + 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pointing.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._pointing.move(event):
            self._hover(event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pointing.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(int(self.found.numbers[place]))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            rect = self.rect_of(self.selection.current) if self.selection.current is not None else None
            inside = rect is not None and rect.intersects(self.viewport().rect())
            point = rect.center() if rect is not None and inside else self.viewport().rect().center()
            self.menuAsked.emit(self.viewport().mapToGlobal(point))
        elif len(self.selection):
            self.menuAsked.emit(event.globalPos())

    def _hover(self, point: QPoint) -> None:
        inside = self.viewport().rect().contains(point)
        place = self.place_at(point) if inside else None
        if place != self._hovered:
            before, self._hovered = self._hovered, place
            for changed in (before, place):
                if changed is not None and changed < len(self.found):
                    self.repaint_sample(int(self.found.numbers[changed]))

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(QPoint(-1, -1))
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self.columns is not None:
            place = self.place_at(event.pos())
            words = "" if place is None else tip(self.columns, int(self.found.numbers[place]))
            QToolTip.showText(event.globalPos(), words, self.viewport())
            return True
        return super().viewportEvent(event)

    # --- the keyboard ------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._keys.claims(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._keys.press(event):
            event.ignore()
