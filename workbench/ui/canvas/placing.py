"""Where new cards go: beside what they belong to, and clear of what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QRectF

from workbench.catalogue.blocks import layer_of
from workbench.catalogue.declaration import Layer
from workbench.catalogue.values import check
from workbench.document.graph import Graph, Node
from workbench.ui.canvas.card import Card
from workbench.ui.canvas.geometry import GRID, snapped

COLUMN_GAP = 48  # between a card and the next one in its row
ROW_GAP = 56
_CLEAR = 16.0


def declared(graph: Graph, layer: str) -> Layer:
    """The declaration of a layer that can be added to this graph. KeyError for one that nobody knows here."""
    found = layer_of(graph, layer)
    if found is None:
        raise KeyError(layer)
    return found


def blank_card(node: Node, layer: Layer) -> Card:
    """The card of a layer that stands in no graph yet: its title, its words, its ports."""
    values, _ = check(layer, node.params)
    return Card(
        id=node.id,
        title=node.name or layer.title,
        words=layer.words(values).replace(" × ", "×"),
        category=str(layer.category),
        inputs=layer.input_ports(values),
        outputs=layer.outputs,
    )


def ports_of(layer: Layer) -> tuple[str | None, str | None]:
    """The first input and the first output port of a layer with its defaults."""
    values, _ = check(layer, {})
    inputs = layer.input_ports(values)
    return (inputs[0].id if inputs else None), (layer.outputs[0].id if layer.outputs else None)


def takes_wire(layer: Layer) -> bool:
    """Whether a layer can stand in a wire."""
    return None not in ports_of(layer)


def free_spot(x: float, y: float, width: float, height: float, taken: Sequence[QRectF]) -> tuple[int, int]:
    """The first place on the grid at or below (x, y) where a card of this size overlaps none."""
    at = QRectF(snapped(x), snapped(y), width, height)
    while True:
        hit = [r for r in taken if r.intersects(at.adjusted(-_CLEAR, -_CLEAR, _CLEAR, _CLEAR))]
        if not hit:
            return round(at.x()), round(at.y())
        at.moveTop(snapped(max(r.bottom() for r in hit) + _CLEAR + GRID))


def clear_of(cards: Sequence[QRectF], taken: Sequence[QRectF]) -> int:
    """How far down (whole steps of the grid) cards have to go together so that none overlaps one that is there."""
    down = 0
    while True:
        least = 0
        for card in cards:
            around = card.translated(0, down).adjusted(-_CLEAR, -_CLEAR, _CLEAR, _CLEAR)
            for other in taken:
                if other.intersects(around):
                    least = max(least, _up_to_grid(other.bottom() - around.top()))
        if not least:
            return down
        down += least


def make_room(new: QRectF, cards: Mapping[str, QRectF], behind: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Where the cards `behind` have to go so that `new` fits before them: only those of its row that stand in its way.

    They move to the right, each as far as the one before pushes it.
    """
    moved: dict[str, tuple[int, int]] = {}
    edge = new.right() + COLUMN_GAP
    row = sorted(
        (i for i in behind if cards[i].top() < new.bottom() and cards[i].bottom() > new.top()),
        key=lambda i: cards[i].left(),
    )
    for identity in row:
        rect = cards[identity]
        if rect.left() >= edge:
            break
        x = _up_to_grid(edge)
        moved[identity] = (x, round(rect.top()))
        edge = x + rect.width() + COLUMN_GAP
    return moved


def _up_to_grid(value: float) -> int:
    down = snapped(value)
    return down if down >= value else down + GRID
