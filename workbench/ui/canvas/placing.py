"""Where new cards go: beside what they belong to, and clear of what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QRectF

from workbench.catalogue.declaration import Layer
from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check
from workbench.document.graph import Node
from workbench.ui.canvas.card import Card
from workbench.ui.canvas.geometry import GRID, snapped

COLUMN_GAP = 48  # between a card and the next one in its row
ROW_GAP = 56
_CLEAR = 16.0


def blank_card(node: Node) -> Card:
    """The card of a layer that stands in no graph yet: its title, its words, its ports."""
    layer = LAYERS[node.layer]
    values, _ = check(layer, node.params)
    return Card(
        id=node.id,
        title=node.name or layer.title,
        words=layer.words(values).replace(" × ", "×"),
        category=str(layer.category),
        inputs=layer.input_ports(values),
        outputs=layer.outputs,
    )


def ports_of(layer: str) -> tuple[str | None, str | None]:
    """The first input and the first output port of a layer with its defaults."""
    declared: Layer = LAYERS[layer]
    values, _ = check(declared, {})
    inputs = declared.input_ports(values)
    return (inputs[0].id if inputs else None), (declared.outputs[0].id if declared.outputs else None)


def takes_wire(layer: str) -> bool:
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
