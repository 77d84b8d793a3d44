"""Which card lies next: along the wires to the left and right, by place up and down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from PySide6.QtCore import QRectF

from workbench.document.graph import Graph

Direction = Literal["left", "right", "up", "down"]

_ASIDE = 2.0
"""How much farther a pixel sideways counts than one straight ahead."""


def neighbour(graph: Graph, cards: Mapping[str, QRectF], node: str, direction: Direction) -> str | None:
    """The card that lies next to `node`, None where there is none.

    To the right it is one that `node` feeds, to the left one that feeds it (of several the one nearest in height),
    however the cards are laid out. Up and down, and where no wire leads on, it is the nearest one in that direction.
    """
    here = cards.get(node)
    if here is None:
        return None
    joined: Iterable[str] = ()
    if direction == "right":
        joined = (e.target for e in graph.outgoing(node))
    elif direction == "left":
        joined = (e.source for e in graph.incoming(node))
    wired = [i for i in dict.fromkeys(joined) if i in cards]
    if wired:
        return min(wired, key=lambda i: (abs(cards[i].center().y() - here.center().y()), cards[i].top(), i))
    found = [(way, i) for i, rect in cards.items() if i != node and (way := _way(here, rect, direction)) is not None]
    return min(found)[1] if found else None


def _way(here: QRectF, there: QRectF, direction: Direction) -> float | None:
    """How far it is to a card in a direction; None where it lies elsewhere (outside a right angle)."""
    step = there.center() - here.center()
    ahead, aside = (step.x(), step.y()) if direction in ("left", "right") else (step.y(), step.x())
    if direction in ("left", "up"):
        ahead = -ahead
    # A card of the row above counts as above even where the row is shifted by half a card or more.
    wide = here.width() if direction in ("up", "down") else here.height()
    return ahead + _ASIDE * abs(aside) if ahead > 0 and abs(aside) <= max(ahead, wide) else None
