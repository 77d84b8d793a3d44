"""Snapping of moved cards: to the edges and ports' lines of their neighbours first, else to the grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QLineF, QRectF

from workbench.ui.canvas.geometry import PORT_Y, snapped

PULL = 6.0  # screen pixels from which a guide attracts
MOST_NEIGHBOURS = 300
_OVERSHOOT = 12.0


class Snapping:
    """Made once a gesture from the leading card's rectangle and the rectangles that stand still."""

    def __init__(self, leader: QRectF, still: Sequence[QRectF]) -> None:
        self._leader = leader
        self._still = still if len(still) <= MOST_NEIGHBOURS else ()

    def snap(self, dx: float, dy: float, zoom: float) -> tuple[int, int, list[QLineF]]:
        """The step to take instead of (dx, dy), and the guides to show for it. Scene pixels."""
        reach = PULL / zoom
        moved = self._leader.translated(dx, dy)
        lines: list[QLineF] = []
        # Left edges line up with left edges, right with right; ports with ports, so that wires run straight.
        x = _nearest(
            [(moved.left(), other.left()) for other in self._still]
            + [(moved.right(), other.right()) for other in self._still],
            reach,
        )
        y = _nearest([(moved.top(), other.top()) for other in self._still], reach)
        snapped_x = round(dx + x[1] - x[0]) if x is not None else snapped(moved.left()) - round(self._leader.left())
        snapped_y = round(dy + y[1] - y[0]) if y is not None else snapped(moved.top()) - round(self._leader.top())
        final = self._leader.translated(snapped_x, snapped_y)
        if x is not None:
            lines += _vertical(x[1], [final, *_on(self._still, x[1])])
        if y is not None:
            row = [final, *(other for other in self._still if abs(other.top() - y[1]) < 0.5)]
            left, right = min(r.left() for r in row) - _OVERSHOOT, max(r.right() for r in row) + _OVERSHOOT
            lines.append(QLineF(left, y[1] + PORT_Y, right, y[1] + PORT_Y))
        return snapped_x, snapped_y, lines


def _nearest(pairs: Iterable[tuple[float, float]], reach: float) -> tuple[float, float] | None:
    best = min(pairs, key=lambda pair: abs(pair[0] - pair[1]), default=None)
    return best if best is not None and abs(best[0] - best[1]) <= reach else None


def _on(rects: Sequence[QRectF], x: float) -> list[QRectF]:
    return [r for r in rects if abs(r.left() - x) < 0.5 or abs(r.right() - x) < 0.5]


def _vertical(x: float, column: Sequence[QRectF]) -> list[QLineF]:
    top, bottom = min(r.top() for r in column) - _OVERSHOOT, max(r.bottom() for r in column) + _OVERSHOOT
    return [QLineF(x, top, x, bottom)]
