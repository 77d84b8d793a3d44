"""The curve of a wire: a smooth S forwards, and around the cards where the target stands left of the source."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

FORWARD = 4.0  # room a plain curve needs between the two ports
REACH = 30.0  # how far a wrapped wire swings out left and right
LANE = 48.0  # how far above the target's card the way back runs: clear of the title of a frame around it
BEND = 40.0  # height of a bend, at most
_ROUND = 0.5523  # a cubic with this handle is a quarter of a circle


def wire_path(start: QPointF, end: QPointF, source: QRectF | None = None, target: QRectF | None = None) -> QPainterPath:
    """The path from an output port to an input port; the cards' rectangles (scene) keep a wrapped wire off them."""
    path = QPainterPath(start)
    dx, dy = end.x() - start.x(), end.y() - start.y()
    if dx >= FORWARD:
        if abs(dy) < 0.5:
            path.lineTo(end)
            return path
        handle = max(dx / 2, min(24.0, dx))
        # Far apart sideways, near in height: keep the bend where the wire leaves rather than a long slack diagonal.
        handle = min(handle, 48.0 + abs(dy))
        if dx > 2 * handle:
            turn = QPointF(start.x() + 2 * handle, end.y())
            path.cubicTo(QPointF(start.x() + handle, start.y()), QPointF(start.x() + handle, end.y()), turn)
            path.lineTo(end)
        else:
            path.cubicTo(QPointF(start.x() + handle, start.y()), QPointF(end.x() - handle, end.y()), end)
        return path
    _wrap(path, start, end, lane(start, end, source, target))
    return path


def lane(start: QPointF, end: QPointF, source: QRectF | None, target: QRectF | None) -> float:
    """The height (scene y) at which a wrapped wire runs back to the left."""
    above = source if source is not None else QRectF(start.x(), start.y() - 28, 1, 56)
    below = target if target is not None else QRectF(end.x(), end.y() - 28, 1, 56)
    if above.top() > below.bottom():  # the target's row is the upper one: run under it
        return min(below.bottom() + LANE, (below.bottom() + above.top()) / 2)
    if below.top() > above.bottom():
        gap = below.top() - above.bottom()
        # A wire past further rows runs a little higher, beside the one that comes from the row before.
        higher = min(10.0, max(0.0, gap - 140.0) / 16)
        return max(below.top() - LANE - higher, above.bottom() + gap / 2)
    return max(above.bottom(), below.bottom()) + LANE  # side by side: under both


def _wrap(path: QPainterPath, start: QPointF, end: QPointF, y: float) -> None:
    """Out to the right, round to the lane, back along it, round to the target."""
    bend_out = _bend(y - start.y())
    bend_in = _bend(end.y() - y)
    # Longer ways swing out farther, so that wires past several rows lie around one another and not on one another.
    reach = REACH + min(28.0, max(0.0, abs(y - start.y()) - 100.0) / 12)
    right, left = start.x() + reach, end.x() - REACH
    _quarter(path, QPointF(right, start.y() + bend_out), horizontal_first=True)
    path.lineTo(right, y - bend_out)
    _quarter(path, QPointF(right - abs(bend_out), y), horizontal_first=False)
    if right - abs(bend_out) > left + abs(bend_in):
        path.lineTo(left + abs(bend_in), y)
        _quarter(path, QPointF(left, y + bend_in), horizontal_first=True)
    else:
        _quarter(path, QPointF(left, y + bend_in), horizontal_first=True)
    path.lineTo(left, end.y() - bend_in)
    _quarter(path, end, horizontal_first=False)


def _bend(height: float) -> float:
    """The signed height of one of the two quarter turns that share a stretch."""
    half = height / 2
    return max(-BEND, min(BEND, half))


def _quarter(path: QPainterPath, to: QPointF, *, horizontal_first: bool) -> None:
    """A quarter of an ellipse from where the path stands to `to`."""
    at = path.currentPosition()
    dx, dy = to.x() - at.x(), to.y() - at.y()
    if horizontal_first:
        path.cubicTo(at.x() + dx * _ROUND, at.y(), to.x(), to.y() - dy * _ROUND, to.x(), to.y())
    else:
        path.cubicTo(at.x(), at.y() + dy * _ROUND, to.x() - dx * _ROUND, to.y(), to.x(), to.y())


def samples(path: QPainterPath, spacing: float = 6.0) -> list[QPointF]:
    """Points along a path about `spacing` apart, for the moving line and for hit tests."""
    length = path.length()
    count = max(2, min(400, int(length / spacing)))
    return [path.pointAtPercent(path.percentAtLength(length * i / count)) for i in range(count + 1)]
