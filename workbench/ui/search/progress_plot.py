"""How a search went: the result of each trial, and the best there was until then."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from workbench.session.searching.trial import SearchState, Trial
from workbench.ui.bridge import Bridge
from workbench.ui.parts.save_view import ask_and_save
from workbench.ui.plots.ticks import nice_ticks, percent, plain, y_range
from workbench.ui.theme import GAP

TOP, BOTTOM = 22, 20
CLOSE = 9


class ProgressPlot(QWidget):
    """A dot a trial: filled when it was done, hollow when it was ended early, a cross at the foot when it failed.

    `chosen(number)` tells the dot that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._state = SearchState()
        self._range = (0.0, 1.0)
        self._left = 40
        self._hovered: int | None = None
        self._current: int | None = None
        self._only: frozenset[int] | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 110)
        self.setAccessibleName("Result of each trial")
        bridge.themeChanged.connect(self._restyle)

    def sizeHint(self) -> QSize:
        return QSize(300, 180)

    def show_state(self, state: SearchState) -> None:
        self._state = state
        scores = [t.score for t in state.trials if t.score is not None and math.isfinite(t.score)]
        if scores:
            low, high = y_range(min(scores), max(scores))
            if state.plan is not None and state.plan.measure.is_share:
                high = min(high, 1.0) if max(scores) <= 1.0 else high
            self._range = (low, high)
        best = state.best
        if best is not None and state.plan is not None:
            self.setAccessibleName(f"Result of each trial; the best is {state.plan.measure.words(best.score)}")
        self.update()

    def show_only(self, numbers: frozenset[int] | None) -> None:
        """Draw the other trials faint."""
        self._only = numbers
        self.update()

    def choose(self, number: int | None) -> None:
        self._current = number
        self.update()

    def point_of(self, trial: Trial) -> QPointF:
        """Where a trial's dot stands."""
        total = max(self._state.total, len(self._state.trials), 2)
        x = self._left + (self.width() - self._left - GAP) * (trial.number - 0.5) / total
        if trial.score is None or trial.state == "failed":
            return QPointF(x, self.height() - BOTTOM - 5)
        return QPointF(x, self._y(trial.score))

    def _y(self, score: float) -> float:
        low, high = self._range
        share = (score - low) / (high - low) if high > low else 0.5
        return TOP + (self.height() - TOP - BOTTOM) * (1.0 - share)

    def trial_at(self, point: QPointF) -> int | None:
        found = [((self.point_of(t) - point).manhattanLength(), t.number) for t in self._state.trials]
        near = min(found, default=(float(CLOSE) + 1, 0))
        return near[1] if near[0] <= CLOSE else None

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, state = self._bridge.theme, self._state
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("label"))
        metrics = QFontMetrics(painter.font())
        painter.setPen(theme.color("text"))
        title = state.plan.measure.title if state.plan is not None else "Result"
        painter.drawText(QRectF(0, 0, self.width(), TOP), int(Qt.AlignmentFlag.AlignVCenter), title)
        self._draw_grid(painter, metrics)
        self._draw_best(painter)
        for trial in state.trials:
            self._draw_dot(painter, trial)

    def _draw_grid(self, painter: QPainter, metrics: QFontMetrics) -> None:
        theme, measure = self._bridge.theme, self._state.plan.measure if self._state.plan is not None else None
        low, high = self._range
        count = max(2, min(5, (self.height() - TOP - BOTTOM) // 28))
        step, ticks = nice_ticks(low, high, count)
        spelled = percent if measure is not None and measure.is_share else plain
        words = [spelled(t, step) for t in ticks]
        self._left = max((metrics.horizontalAdvance(w) for w in words), default=30) + GAP
        for tick, word in zip(ticks, words, strict=True):
            y = self._y(tick)
            painter.setPen(theme.color("line"))
            painter.drawLine(QPointF(self._left, y), QPointF(self.width(), y))
            painter.setPen(theme.color("dim"))
            box = QRectF(0, y - metrics.height() / 2, self._left - GAP / 2, metrics.height())
            painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), word)
        foot = QRectF(self._left, self.height() - BOTTOM, self.width() - self._left, BOTTOM)
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), "trial")
        total = max(self._state.total, len(self._state.trials), 2)
        every = max(1, -(-total * (metrics.horizontalAdvance(f"{total}") + GAP) // max(self.width() - self._left, 1)))
        stride = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000) if s >= every)
        numbers = [1, *range(stride, total + 1, stride)] if stride > 1 else list(range(1, total + 1))
        room = self.width() - self._left - GAP
        last = self.width() - metrics.horizontalAdvance("trial") - GAP
        for number in numbers:
            x = self._left + room * (number - 0.5) / total
            wide = metrics.horizontalAdvance(f"{number}")
            if x + wide / 2 < last:
                box = QRectF(x - 20, self.height() - BOTTOM, 40, BOTTOM)
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), f"{number}")

    def _draw_best(self, painter: QPainter) -> None:
        """The best until then, as steps."""
        plan = self._state.plan
        best: float | None = None
        corners: list[QPointF] = []
        for trial in self._state.trials:
            if trial.state == "done" and trial.score is not None and plan is not None:
                x = self.point_of(trial).x()
                new = trial.score if best is None else plan.measure.best((best, trial.score))
                if best is not None:
                    corners.append(QPointF(x, self._y(best)))
                best = new
                corners.append(QPointF(x, self._y(best if best is not None else trial.score)))
        if len(corners) > 1:
            painter.setPen(QPen(self._bridge.theme.color("good"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(corners))

    def _draw_dot(self, painter: QPainter, trial: Trial) -> None:
        theme, at = self._bridge.theme, self.point_of(trial)
        faint = self._only is not None and trial.number not in self._only
        lit = trial.number in (self._hovered, self._current)
        best = self._state.best
        size = 4.5 if lit else 3.0
        if trial.state == "failed":
            painter.setPen(QPen(theme.color("bad", 0.35 if faint else 1.0), 1.5))
            for dx in (-1, 1):
                painter.drawLine(at + QPointF(-size * dx, -size), at + QPointF(size * dx, size))
            return
        if trial.score is None:
            return
        is_best = best is not None and best.number == trial.number
        color = theme.color("good" if is_best else "accent", 0.25 if faint else 1.0)
        painter.setPen(QPen(theme.color("text") if lit else color, 1.5))
        hollow = trial.state != "done"
        painter.setBrush(Qt.BrushStyle.NoBrush if hollow else color)
        painter.drawEllipse(at, size, size)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self.trial_at(event.position())
        if found != self._hovered:
            self._hovered = found
            trial = next((t for t in self._state.trials if t.number == found), None)
            plan = self._state.plan
            words = ""
            if trial is not None and plan is not None:
                result = trial.reason if trial.state == "failed" else plan.measure.words(trial.score)
                words = f"Trial {trial.number}: {result}"
            QToolTip.showText(event.globalPosition().toPoint(), words, self)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self.trial_at(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        if found is not None:
            self.chosen.emit(found)
        else:
            super().mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovered = None
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.addAction("Save as picture…").triggered.connect(self._save)
        menu.exec(event.globalPos())
        menu.deleteLater()

    def _save(self) -> None:
        ask_and_save(self, self._bridge, "trials")

    def _restyle(self, _theme: object = None) -> None:
        self.update()
