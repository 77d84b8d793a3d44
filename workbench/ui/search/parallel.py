"""Parallel coordinates (Inselberg 1985): an upright axis for each setting and for the result, a line for each trial.

Drag along an axis to keep only the trials that pass there; click it to keep all again.
"""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from workbench.session.searching.trial import SearchState, Trial
from workbench.ui.bridge import Bridge
from workbench.ui.parts.save_view import ask_and_save
from workbench.ui.search.scales import Scale, place_of, scale_of, scale_of_scores
from workbench.ui.theme import GAP

TOP, BOTTOM, SIDE = 40, 14, 34
NEAR = 14
"""Pixels beside an axis within which it is meant."""
CLOSE = 7
"""Pixels from a line within which it is meant."""
LEAST = 4
"""A drag shorter than this is a click."""


class ParallelPlot(QWidget):
    """`sifted(numbers)` tells the trials that all brushes leave (None: no brush), `chosen(number)` the one clicked."""

    sifted = Signal(object)
    chosen = Signal(int)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._state = SearchState()
        self._scales: tuple[Scale, ...] = ()
        self._lines: dict[int, tuple[tuple[float | None, ...], float | None]] = {}  # places, and how good (0 to 1)
        self.brushes: dict[int, tuple[float, float]] = {}
        self._dragged: tuple[int, float] | None = None
        self._hovered: int | None = None
        self._current: int | None = None
        self._axis = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 130)
        self.setAccessibleName("Trials as lines across their settings")
        bridge.themeChanged.connect(self._restyle)

    def sizeHint(self) -> QSize:
        return QSize(560, 240)

    def show_state(self, state: SearchState) -> None:
        """Take in the trials as they stand; brushes stay while it is the same search."""
        before, self._state = self._state, state
        plan = state.plan
        same = before.plan is not None and plan is not None and before.plan.axes == plan.axes
        if not same:
            self.brushes.clear()
            self._hovered = self._current = None
        if plan is None:
            self._scales, self._lines = (), {}
        else:
            scales = [scale_of(axis) for axis in plan.axes]
            result = scale_of_scores(plan.measure, state.trials)
            self._scales = (*scales, result)
            self._lines = {
                trial.number: self._placed(trial, scales, result)
                for trial in state.trials
                if trial.values and trial.same_as is None
            }
        if self.brushes or not same:
            self.sifted.emit(self.left)
        self.update()

    def _placed(
        self, trial: Trial, scales: list[Scale], result: Scale
    ) -> tuple[tuple[float | None, ...], float | None]:
        plan = self._state.plan
        assert plan is not None
        places: list[float | None] = [
            place_of(axis, scale, trial.values[axis.id]) if axis.id in trial.values else None
            for axis, scale in zip(plan.axes, scales, strict=True)
        ]
        at = result.place(trial.score) if trial.score is not None and trial.state != "failed" else None
        good = None if at is None else at if plan.measure.higher else 1.0 - at
        return (*places, at), good

    def choose(self, number: int | None) -> None:
        """Draw one trial's line above the others."""
        if number != self._current:
            self._current = number
            self.update()

    @property
    def left(self) -> frozenset[int] | None:
        """The trials that pass through all brushes; None where there is none."""
        if not self.brushes:
            return None
        return frozenset(number for number, (places, _good) in self._lines.items() if self._passes(places))

    def _passes(self, places: tuple[float | None, ...]) -> bool:
        for axis, (low, high) in self.brushes.items():
            at = places[axis] if axis < len(places) else None
            if at is None or not low - 1e-9 <= at <= high + 1e-9:
                return False
        return True

    # --- where things are --------------------------------------------------------------------------------------------

    def axis_x(self, axis: int) -> float:
        """The x of an axis."""
        room = self.width() - 2 * SIDE
        return SIDE + room * axis / max(len(self._scales) - 1, 1)

    def axis_y(self, place: float) -> float:
        """The y of a place from 0 to 1."""
        return TOP + (self.height() - TOP - BOTTOM) * (1.0 - place)

    def _place_at(self, y: float) -> float:
        return min(max(1.0 - (y - TOP) / max(self.height() - TOP - BOTTOM, 1), 0.0), 1.0)

    def axis_at(self, x: float) -> int | None:
        """The axis meant at an x."""
        near = min(range(len(self._scales)), key=lambda k: abs(self.axis_x(k) - x), default=None)
        return near if near is not None and abs(self.axis_x(near) - x) <= NEAR else None

    def trial_at(self, point: QPointF) -> int | None:
        """The trial whose line passes closest to a point, if one is close."""
        best, found = float(CLOSE), None
        for number, (places, _good) in self._lines.items():
            if self.brushes and not self._passes(places):
                continue
            for axis, (one, other) in enumerate(pairwise(places)):
                left, right = self.axis_x(axis), self.axis_x(axis + 1)
                if one is None or other is None or not left <= point.x() <= right:
                    continue
                share = (point.x() - left) / max(right - left, 1.0)
                y = self.axis_y(one) * (1 - share) + self.axis_y(other) * share
                if abs(y - point.y()) < best:
                    best, found = abs(y - point.y()), number
        return found

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("label"))
        if not self._lines:
            painter.setPen(theme.color("dim"))
            words = "Each trial becomes a line here, from its settings to its result."
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), words)
            return
        lit = {number for number in (self._hovered, self._current) if number is not None}
        best = self._state.best
        failed = {trial.number for trial in self._state.trials if trial.state == "failed"}
        ordered = sorted(self._lines.items(), key=lambda item: (item[1][1] is not None, item[1][1] or 0.0))
        for number, (places, good) in ordered:
            if number not in lit:
                look = self._look(places, good, best is not None and number == best.number, number in failed)
                self._draw(painter, places, *look)
        for number in lit:
            if number in self._lines:
                self._draw(painter, self._lines[number][0], theme.color("text"), 2.5, False)
        for axis, scale in enumerate(self._scales):
            self._draw_axis(painter, axis, scale)

    def _look(
        self, places: tuple[float | None, ...], good: float | None, is_best: bool, has_failed: bool
    ) -> tuple[QColor, float, bool]:
        """The colour, width and dashes of a line: the better, the bluer; failed ones are dashed."""
        theme = self._bridge.theme
        if self.brushes and not self._passes(places):
            return theme.color("line", 0.6), 1.0, good is None
        if good is None:
            return theme.color("bad" if has_failed else "dim", 0.55), 1.0, has_failed
        if is_best:
            return theme.color("good"), 2.5, False
        return _between(theme.color("outline", 0.45), theme.color("accent", 0.95), good**2), 1.0 + good, False

    def _draw(
        self, painter: QPainter, places: tuple[float | None, ...], color: QColor, width: float, dashed: bool
    ) -> None:
        pen = QPen(color, width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        if dashed:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        piece: list[QPointF] = []
        for axis, place in enumerate((*places, None)):
            if place is not None:
                piece.append(QPointF(self.axis_x(axis), self.axis_y(place)))
                continue
            if len(piece) > 1:
                painter.drawPolyline(QPolygonF(piece))
            elif piece:
                painter.drawEllipse(piece[0], 2.0, 2.0)
            piece = []

    def _draw_axis(self, painter: QPainter, axis: int, scale: Scale) -> None:
        theme = self._bridge.theme
        x, metrics = self.axis_x(axis), QFontMetrics(painter.font())
        is_last = axis == len(self._scales) - 1
        focused = self.hasFocus() and axis == self._axis
        painter.setPen(QPen(theme.color("accent" if focused else "outline"), 1.5 if focused else 1.0))
        painter.drawLine(QPointF(x, self.axis_y(0.0)), QPointF(x, self.axis_y(1.0)))
        if axis in self.brushes:
            low, high = self.brushes[axis]
            band = QRectF(x - 5, self.axis_y(high), 10, self.axis_y(low) - self.axis_y(high))
            painter.setPen(QPen(theme.color("accent"), 1.0))
            painter.setBrush(theme.color("accent", 0.3))
            painter.drawRoundedRect(band, 3, 3)
        gap = (self.width() - 2 * SIDE) / max(len(self._scales) - 1, 1)
        for at, whole in self._fitting(scale, metrics):
            words = metrics.elidedText(whole, Qt.TextElideMode.ElideRight, int(max(gap - 16, 24)))
            wide = metrics.horizontalAdvance(words) + 6
            left = x - wide - 5 if is_last else x + 5
            box = QRectF(left, self.axis_y(at) - metrics.height() / 2, wide, metrics.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("panel", 0.78))  # words stay readable above the lines
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(theme.color("dim"))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)
            painter.drawLine(QPointF(x - 3, self.axis_y(at)), QPointF(x + 3, self.axis_y(at)))
        self._draw_title(painter, axis, scale.title, metrics)

    def _fitting(self, scale: Scale, metrics: QFontMetrics) -> list[tuple[float, str]]:
        """The ticks that have room above each other; the first and the last before those between."""
        ticks = list(scale.ticks)
        wanted = [ticks[0], ticks[-1], *ticks[1:-1]] if len(ticks) > 1 else ticks
        found: list[tuple[float, str]] = []
        for at, words in wanted:
            room = metrics.height() / max(self.height() - TOP - BOTTOM, 1)
            if all(abs(at - other) >= room for other, _words in found):
                found.append((at, words))
        return found

    def _draw_title(self, painter: QPainter, axis: int, title: str, metrics: QFontMetrics) -> None:
        """Above the axis, centred where there is room; every second one a line higher where they are tight."""
        theme = self._bridge.theme
        gap = (self.width() - 2 * SIDE) / max(len(self._scales) - 1, 1)
        tight = any(metrics.horizontalAdvance(scale.title) > gap - GAP for scale in self._scales)
        room = min(2 * gap - GAP, self.width()) if tight else gap - GAP
        words = metrics.elidedText(title, Qt.TextElideMode.ElideMiddle, int(max(room, 40)))
        wide = metrics.horizontalAdvance(words)
        left = min(max(self.axis_x(axis) - wide / 2, 0.0), self.width() - wide)
        top = 4 if not tight or axis % 2 else 4 + metrics.height()
        painter.setPen(theme.color("text"))
        painter.drawText(QPointF(left, top + metrics.ascent()), words)

    # --- the pointer and the keyboard --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        axis = self.axis_at(event.position().x()) if self._lines else None
        if axis is not None:
            self._axis = axis
            self._dragged = (axis, event.position().y())
        else:
            found = self.trial_at(event.position())
            if found is not None:
                self.chosen.emit(found)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None:
            axis, began = self._dragged
            if abs(event.position().y() - began) >= LEAST:
                ends = sorted((self._place_at(began), self._place_at(event.position().y())))
                self._brush(axis, (ends[0], ends[1]))
            return
        meant = self.axis_at(event.position().x()) if self._lines else None
        found = None if meant is not None else self.trial_at(event.position())
        self.setCursor(Qt.CursorShape.SizeVerCursor if meant is not None else Qt.CursorShape.ArrowCursor)
        if found != self._hovered:
            self._hovered = found
            QToolTip.showText(event.globalPosition().toPoint(), self.words(found) if found is not None else "", self)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragged is None or event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        (axis, began), self._dragged = self._dragged, None
        if abs(event.position().y() - began) < LEAST:
            self._brush(axis, None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._hovered is not None:
            self._hovered = None
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right choose an axis, up and down move a brush on it, Escape takes all brushes away."""
        last = len(self._scales) - 1
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        shifts = {Qt.Key.Key_Up: 0.1, Qt.Key.Key_Down: -0.1}
        if event.key() in steps and last >= 0:
            self._axis = min(max(self._axis + steps[Qt.Key(event.key())], 0), last)
            self.update()
        elif event.key() in shifts and last >= 0:
            low, high = self.brushes.get(self._axis, (0.75, 1.0))
            shift = shifts[Qt.Key(event.key())] if self._axis in self.brushes else 0.0
            shift = min(max(shift, -low), 1.0 - high)
            self._brush(self._axis, (low + shift, high + shift))
        elif event.key() == Qt.Key.Key_Escape and self.brushes:
            self.clear_brushes()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        clear = menu.addAction("Keep all trials")
        clear.setEnabled(bool(self.brushes))
        clear.triggered.connect(self.clear_brushes)
        menu.addAction("Save as picture…").triggered.connect(self._save)
        menu.exec(event.globalPos())
        menu.deleteLater()

    def clear_brushes(self) -> None:
        """Keep all trials again."""
        self.brushes.clear()
        self.sifted.emit(None)
        self.update()

    def words(self, number: int) -> str:
        """A trial in a line, with all it tried."""
        plan = self._state.plan
        trial = next((t for t in self._state.trials if t.number == number), None)
        if plan is None or trial is None:
            return ""
        tried = [
            f"{a.setting.name} {a.setting.words_of(trial.values[a.id])}" for a in plan.axes if a.id in trial.values
        ]
        result = plan.measure.words(trial.score) if trial.state != "failed" else f"failed: {trial.reason}"
        return "\n".join((f"Trial {number}: {result}", *tried))

    def _brush(self, axis: int, band: tuple[float, float] | None) -> None:
        if band is None:
            self.brushes.pop(axis, None)
        else:
            self.brushes[axis] = band
        self.sifted.emit(self.left)
        self.update()

    def _save(self) -> None:
        ask_and_save(self, self._bridge, "search")

    def _restyle(self, _theme: object = None) -> None:
        self.update()


def _between(one: QColor, other: QColor, share: float) -> QColor:
    """A colour on the way from one to another."""
    parts = [
        (one.redF(), other.redF()),
        (one.greenF(), other.greenF()),
        (one.blueF(), other.blueF()),
        (one.alphaF(), other.alphaF()),
    ]
    return QColor.fromRgbF(*(min(max(a + (b - a) * share, 0.0), 1.0) for a, b in parts))
