"""Lining cards up and spreading them evenly: rectangles in, new places out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from PySide6.QtCore import QRectF

Line = Literal["left", "centre", "right", "top", "middle", "bottom"]
Axis = Literal["across", "down"]
Places = dict[str, tuple[int, int]]
Spans = dict[str, tuple[float, float]]

CLEAR = 16.0
"""The least that is left between two cards, in scene pixels."""


def aligned(cards: Mapping[str, QRectF], line: Line) -> Places:
    """Top left corners after lining cards up along one line of the rectangle around them all.

    Cards that would come to lie on each other are pushed apart along the line, each no farther than it takes.
    """
    if not cards:
        return {}
    across = line in ("left", "centre", "right")  # which coordinate becomes the same for all
    spans, others = _spans(cards, across=across), _spans(cards, across=not across)
    low = min(start for start, _ in spans.values())
    high = max(start + length for start, length in spans.values())
    share = {"left": 0.0, "top": 0.0, "centre": 0.5, "middle": 0.5, "right": 1.0, "bottom": 1.0}[line]
    starts = {i: low + (high - low - length) * share for i, (_, length) in spans.items()}
    apart: dict[str, float] = {}
    edge = float("-inf")
    for identity in sorted(cards, key=lambda i: (others[i][0], i)):
        start, length = others[identity]
        apart[identity] = max(start, edge)
        edge = apart[identity] + length + CLEAR
    return _places(cards, starts, apart) if across else _places(cards, apart, starts)


def distributed(cards: Mapping[str, QRectF], axis: Axis) -> Places:
    """Top left corners after making the gaps between cards equal; the outermost two stay where they are.

    Where the cards are longer than the room between those two, they follow each other from the first one on, as close
    as cards may stand. Fewer than three cards stay where they are.
    """
    if len(cards) < 3:
        return {i: (round(r.left()), round(r.top())) for i, r in cards.items()}
    across = axis == "across"
    spans, others = _spans(cards, across=across), _spans(cards, across=not across)
    order = sorted(cards, key=lambda i: (spans[i][0] + spans[i][1] / 2, i))
    first = spans[order[0]][0]
    room = sum(spans[order[-1]]) - first - sum(length for _, length in spans.values())
    gap = max(CLEAR, room / (len(order) - 1))
    starts: dict[str, float] = {}
    at = first
    for identity in order:
        starts[identity] = at
        at += spans[identity][1] + gap
    kept = {i: start for i, (start, _) in others.items()}
    return _places(cards, starts, kept) if across else _places(cards, kept, starts)


def _spans(cards: Mapping[str, QRectF], *, across: bool) -> Spans:
    """Where each card begins along one axis, and how long it is there."""
    return {i: (r.left(), r.width()) if across else (r.top(), r.height()) for i, r in cards.items()}


def _places(cards: Mapping[str, QRectF], x: Mapping[str, float], y: Mapping[str, float]) -> Places:
    return {i: (round(x[i]), round(y[i])) for i in cards}
