"""Snapping of moved cards: to edges and middles of their neighbours and to equal gaps, else to the grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QLineF, QRectF

from workbench.ui.canvas.geometry import PORT_Y, snapped

PULL = 6.0  # screen pixels from which a guide attracts
MOST_NEIGHBOURS = 300
_OVERSHOOT = 12.0
_TICK = 4.0  # half the height of the marks at the ends of a gap


@dataclass(frozen=True, slots=True)
class Guide:
    """One thing a card may line up with: how far it still has to go, and the lines to draw once it is there."""

    step: float
    lines: Callable[[QRectF], list[QLineF]]


class Snapping:
    """Made once a gesture from the leading card's rectangle and the rectangles that stand still."""

    def __init__(self, leader: QRectF, still: Sequence[QRectF]) -> None:
        self._leader = leader
        self._still = still if len(still) <= MOST_NEIGHBOURS else ()

    def snap(self, dx: float, dy: float, zoom: float) -> tuple[int, int, list[QLineF]]:
        """The step to take instead of (dx, dy), and the guides to show for it. Scene pixels."""
        reach = PULL / zoom
        moved = self._leader.translated(dx, dy)
        # First the height: which cards stand in the same row, and so have gaps to match, depends on it.
        down = _nearest([*self._rows(moved), *_gaps_down(moved, self._still)], reach)
        step_y = round(dy + down.step) if down is not None else snapped(moved.top()) - round(self._leader.top())
        moved = self._leader.translated(dx, step_y)
        across = _nearest([*self._columns(moved), *_gaps_across(moved, self._still)], reach)
        step_x = round(dx + across.step) if across is not None else snapped(moved.left()) - round(self._leader.left())
        final = self._leader.translated(step_x, step_y)
        lines = [line for guide in (across, down) if guide is not None for line in guide.lines(final)]
        return step_x, step_y, lines

    def _columns(self, moved: QRectF) -> list[Guide]:
        """Left edges line up with left edges, right with right, middles with middles."""
        return [
            Guide(at - place(moved), self._column_lines(at, place))
            for place in (QRectF.left, QRectF.right, _middle_x)
            if (at := self._nearest_line(place, moved)) is not None
        ]

    def _rows(self, moved: QRectF) -> list[Guide]:
        """Tops line up with tops, so that ports do and wires run straight; bottoms and middles likewise."""
        return [
            Guide(at - place(moved), self._row_lines(at, place))
            for place in (QRectF.top, QRectF.bottom, _middle_y)
            if (at := self._nearest_line(place, moved)) is not None
        ]

    def _nearest_line(self, place: Callable[[QRectF], float], moved: QRectF) -> float | None:
        here = place(moved)
        return min((place(other) for other in self._still), key=lambda at: abs(at - here), default=None)

    def _column_lines(self, at: float, place: Callable[[QRectF], float]) -> Callable[[QRectF], list[QLineF]]:
        def lines(final: QRectF) -> list[QLineF]:
            column = [final, *(other for other in self._still if abs(place(other) - at) < 0.5)]
            top, bottom = min(r.top() for r in column) - _OVERSHOOT, max(r.bottom() for r in column) + _OVERSHOOT
            return [QLineF(at, top, at, bottom)]

        return lines

    def _row_lines(self, at: float, place: Callable[[QRectF], float]) -> Callable[[QRectF], list[QLineF]]:
        def lines(final: QRectF) -> list[QLineF]:
            row = [final, *(other for other in self._still if abs(place(other) - at) < 0.5)]
            left, right = min(r.left() for r in row) - _OVERSHOOT, max(r.right() for r in row) + _OVERSHOOT
            y = at + PORT_Y if place is QRectF.top else at  # along the ports, where the wire will run
            return [QLineF(left, y, right, y)]

        return lines


def _nearest(guides: Sequence[Guide], reach: float) -> Guide | None:
    """The guide with the least way to go; of equal ones the first."""
    best = min(guides, key=lambda guide: abs(guide.step), default=None)
    return best if best is not None and abs(best.step) <= reach else None


def _middle_x(rect: QRectF) -> float:
    return rect.center().x()


def _middle_y(rect: QRectF) -> float:
    return rect.center().y()


# --- equal gaps -------------------------------------------------------------------------------------------------------


def _gaps_across(moved: QRectF, still: Sequence[QRectF]) -> list[Guide]:
    """Places in a row at which the gap on one side of the card equals a gap beside it."""
    row = sorted((r for r in still if r.top() < moved.bottom() and r.bottom() > moved.top()), key=QRectF.left)
    before = [r for r in row if r.center().x() < moved.center().x()]
    after = [r for r in row if r.center().x() >= moved.center().x()]
    guides = []
    for left in _targets(
        [(r.left(), r.right()) for r in before], [(r.left(), r.right()) for r in after], moved.width()
    ):
        guides.append(Guide(left - moved.left(), _gap_lines(before, after, across=True)))
    return guides


def _gaps_down(moved: QRectF, still: Sequence[QRectF]) -> list[Guide]:
    """The same in a column."""
    column = sorted((r for r in still if r.left() < moved.right() and r.right() > moved.left()), key=QRectF.top)
    before = [r for r in column if r.center().y() < moved.center().y()]
    after = [r for r in column if r.center().y() >= moved.center().y()]
    guides = []
    for top in _targets(
        [(r.top(), r.bottom()) for r in before], [(r.top(), r.bottom()) for r in after], moved.height()
    ):
        guides.append(Guide(top - moved.top(), _gap_lines(before, after, across=False)))
    return guides


def _targets(before: list[tuple[float, float]], after: list[tuple[float, float]], length: float) -> list[float]:
    """Where a card of this length has to begin: in the middle between its neighbours, or as far from the nearest one
    as that is from the next."""
    found = []
    if before and after and after[0][0] - before[-1][1] > length:
        found.append((before[-1][1] + after[0][0] - length) / 2)
    if len(before) > 1 and (gap := before[-1][0] - before[-2][1]) > 0:
        found.append(before[-1][1] + gap)
    if len(after) > 1 and (gap := after[1][0] - after[0][1]) > 0:
        found.append(after[0][0] - gap - length)
    return found


def _gap_lines(before: Sequence[QRectF], after: Sequence[QRectF], *, across: bool) -> Callable[[QRectF], list[QLineF]]:
    def lines(final: QRectF) -> list[QLineF]:
        """A line with a tick at either end in each gap that is as wide as the ones beside the card."""
        row = [*before[-2:], final, *after[:2]]
        gaps = [(a, b, b.left() - a.right() if across else b.top() - a.bottom()) for a, b in pairwise(row)]
        own = {round(gap) for a, b, gap in gaps if final in (a, b)}
        equal = [(a, b) for a, b, gap in gaps if any(abs(gap - o) <= 1 for o in own) and gap > 0]
        drawn: list[QLineF] = []
        for a, b in equal:
            if across:
                y = final.center().y()
                drawn += [QLineF(a.right(), y, b.left(), y)]
                drawn += [QLineF(x, y - _TICK, x, y + _TICK) for x in (a.right(), b.left())]
            else:
                x = final.center().x()
                drawn += [QLineF(x, a.bottom(), x, b.top())]
                drawn += [QLineF(x - _TICK, y, x + _TICK, y) for y in (a.bottom(), b.top())]
        return drawn

    return lines
