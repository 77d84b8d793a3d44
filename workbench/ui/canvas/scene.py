"""The scene: one item a node and a wire, keyed by document id, kept in step with the graph by touching what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from PySide6.QtCore import QLineF, QObject, QRectF, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGraphicsScene

from workbench.compiler.inference import Inferred
from workbench.core.diagnostic import Diagnostic
from workbench.document.diff import GraphDiff, diff
from workbench.document.graph import Graph
from workbench.ui.canvas.card import Card, describe
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.items.overview import OverviewItem
from workbench.ui.canvas.items.wire import WireItem
from workbench.ui.canvas.look import Look

FAR = 0.3
"""Below this zoom the overview stands in for the items."""

MANY = 80
"""From so many cards on their drawings are kept; fewer are painted as quickly as it takes to see."""


class CanvasScene(QGraphicsScene):
    """Shows a graph. It knows the document's values and never changes them; gestures ask the session for that."""

    boundsChanged = Signal()

    def __init__(self, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.BspTreeIndex)
        self.look = look
        self.graph = Graph()
        self.inferred: Inferred | None = None
        self.selection: tuple[str, ...] = ()
        self.chosen_wire: str | None = None
        self.far = False
        self.keeps_drawings = False
        self._items: dict[str, NodeItem | WireItem] = {}
        self._cards: dict[str, Card] = {}  # as described, without thumbnails
        self._problems: dict[str, tuple[Diagnostic, ...]] = {}
        self._joined: dict[str, list[str]] = {}  # wires at each node, by id
        self._images: Mapping[str, tuple[QImage, ...]] = {}
        self._overview = OverviewItem()
        self._overview.setVisible(False)
        self.addItem(self._overview)
        self._overview_stale = True

    # --- reading -----------------------------------------------------------------------------------------------------

    def node(self, identity: str) -> NodeItem | None:
        item = self._items.get(identity)
        return item if isinstance(item, NodeItem) else None

    def wire(self, identity: str) -> WireItem | None:
        item = self._items.get(identity)
        return item if isinstance(item, WireItem) else None

    def nodes(self) -> Iterator[NodeItem]:
        return (item for item in self._items.values() if isinstance(item, NodeItem))

    def wires(self) -> Iterator[WireItem]:
        return (item for item in self._items.values() if isinstance(item, WireItem))

    def ids(self) -> frozenset[str]:
        """The ids of everything there is an item for."""
        return frozenset(self._items)

    def bounds(self, nodes: Iterable[str] | None = None) -> QRectF:
        """The rectangle around the named nodes (or all), notes included; null when there are none."""
        rect = QRectF()
        for item in self.nodes() if nodes is None else filter(None, map(self.node, nodes)):
            rect = rect.united(item.rect)
            if item.note is not None:
                rect = rect.united(item.note.mapRectToScene(item.note.boundingRect()))
        return rect

    def wires_at(self, nodes: Iterable[str]) -> tuple[WireItem, ...]:
        """The wires that end at any of these nodes, each once."""
        found = dict.fromkeys(wire for node in nodes for wire in self._joined.get(node, ()))
        return tuple(item for wire in found if (item := self.wire(wire)) is not None)

    # --- following the document --------------------------------------------------------------------------------------

    def show_graph(
        self, graph: Graph, inferred: Inferred, problems: Iterable[Diagnostic] = (), change: GraphDiff | None = None
    ) -> None:
        """Bring the items in step with a graph. `change` is what differs from the graph shown now, where known."""
        change = diff(self.graph, graph) if change is None else change
        before = self.inferred
        self.graph, self.inferred = graph, inferred
        for edge in change.edges_removed:
            self._drop(edge.id)
        for identity in change.nodes_removed:
            self._drop(identity)
            self._cards.pop(identity, None)
        grouped = _by_node(problems)
        stale = set(change.nodes_changed) | {e.target for e in (*change.edges_added, *change.edges_removed)}
        stale |= {e.source for e in (*change.edges_added, *change.edges_removed)}
        stale |= {n for n in grouped.keys() | self._problems.keys() if grouped.get(n) != self._problems.get(n)}
        if before is not None:
            old = before.results
            stale |= {n for n, result in inferred.results.items() if old.get(n) is not result}
        self._problems = grouped
        for identity in change.nodes_added:
            self._add_node(identity)
        moved = set(change.nodes_moved)
        for identity in change.nodes_moved:
            if (item := self.node(identity)) is not None:
                item.setPos(graph.nodes[identity].x, graph.nodes[identity].y)
        for identity in stale.difference(change.nodes_added):
            if identity in graph.nodes and self._describe_again(identity):
                moved.add(identity)
        for edge in change.edges_added:
            if edge.source in graph.nodes and edge.target in graph.nodes:
                self._enter(edge.id, WireItem(edge, self.look))
                for end in {edge.source, edge.target}:
                    self._joined.setdefault(end, []).append(edge.id)
                moved.add(edge.source)
        if change.edges_added or change.edges_removed or stale:
            self._colour_wires()
        self.route(moved)
        self.keep_drawings(len(graph) >= MANY)
        if change or moved or stale:
            self.touch()

    def _add_node(self, identity: str) -> None:
        if self.inferred is None:
            return
        node = self.graph.nodes[identity]
        card = self._cards[identity] = describe(node, self.inferred, self._problems.get(identity, ()))
        item = NodeItem(self._dressed(card), self.look)
        item.setPos(node.x, node.y)
        item.set_selected(identity in self.selection)
        item.set_images(self._images.get(identity, ()))
        item.keep_drawing(self.keeps_drawings)
        self._enter(identity, item)

    def _describe_again(self, identity: str) -> bool:
        """Renew a node's card; gives whether its ports moved."""
        item = self.node(identity)
        if item is None or self.inferred is None:
            return False
        card = describe(self.graph.nodes[identity], self.inferred, self._problems.get(identity, ()))
        self._cards[identity] = card
        return item.set_card(self._dressed(card))

    def show_problems(self, problems: Iterable[Diagnostic]) -> None:
        """Take in the problems of the project; only nodes whose problems differ are touched."""
        if self.inferred is not None:
            self.show_graph(self.graph, self.inferred, problems, GraphDiff())

    def show_images(self, images: Mapping[str, tuple[QImage, ...]]) -> None:
        """The thumbnails of each node. Cards grow or shrink where a node gets its first or loses its last."""
        before, self._images = self._images, images
        moved: set[str] = set()
        for identity in before.keys() | images.keys():
            item = self.node(identity)
            if item is None:
                continue
            item.set_images(images.get(identity, ()))
            if item.card.maps != len(images.get(identity, ())) and item.set_card(self._dressed(self._cards[identity])):
                moved.add(identity)
        if moved:
            self.route(moved)
            self.touch()

    def _dressed(self, card: Card) -> Card:
        """The card with room for the thumbnails it has."""
        return card.showing(len(self._images.get(card.id, ())))

    def set_look(self, look: Look) -> None:
        """Another theme: everything is laid out and painted anew."""
        self.look = look
        for item in self._items.values():
            if isinstance(item, NodeItem):
                item.set_card(item.card, look)
            else:
                item.set_look(look)
        self.route(node.id for node in self.nodes())
        self.touch()
        self.update()

    def clear_graph(self) -> None:
        """Show nothing (there is no project)."""
        for identity in tuple(self._items):
            self._drop(identity)
        self.graph, self.inferred, self.selection, self.chosen_wire = Graph(), None, (), None
        self._cards, self._problems, self._joined, self._images = {}, {}, {}, {}
        self.touch()

    # --- what is selected --------------------------------------------------------------------------------------------

    def select(self, nodes: tuple[str, ...]) -> None:
        """Mark the selected nodes and the wires that leave them."""
        before, self.selection = self.selection, nodes
        for identity in set(before) ^ set(nodes):
            if (item := self.node(identity)) is not None:
                item.set_selected(identity in nodes)
        chosen = frozenset(nodes)
        for wire in self.wires_at({*before, *nodes}):
            wire.set_state(leading=wire.edge.source in chosen)
        if nodes:
            self.choose_wire(None)
        self._overview_stale = True
        if self.far:
            self._draw_overview()

    def choose_wire(self, identity: str | None) -> None:
        """Mark one wire as the one that Delete removes."""
        before, self.chosen_wire = self.chosen_wire, identity
        for name, on in ((before, False), (identity, True)):
            if name is not None and (wire := self.wire(name)) is not None:
                wire.set_state(chosen=on)

    # --- geometry ----------------------------------------------------------------------------------------------------

    def route(self, nodes: Iterable[str]) -> None:
        """Draw the wires at these nodes anew."""
        for wire in self.wires_at(nodes):
            source, target = self.node(wire.edge.source), self.node(wire.edge.target)
            if source is not None and target is not None:
                wire.join(source, target)

    def touch(self) -> None:
        """Something moved, came or went: the overview and the minimap have to follow."""
        self._overview_stale = True
        if self.far:
            self._draw_overview()
        self.boundsChanged.emit()

    def set_far(self, far: bool) -> None:
        """Whether the graph is so far away that one item stands in for all."""
        if far == self.far:
            return
        self.far = far
        for item in self._items.values():
            item.setVisible(not far)
        if far and self._overview_stale:
            self._draw_overview()
        self._overview.setVisible(far)

    def keep_drawings(self, kept: bool) -> None:
        """Whether cards are copied from a drawing that is kept, rather than painted each time."""
        if kept != self.keeps_drawings:
            self.keeps_drawings = kept
            for item in self.nodes():
                item.keep_drawing(kept)

    def _draw_overview(self) -> None:
        look, chosen = self.look, frozenset(self.selection)
        cards = (
            (item.rect, look.category(item.card.category), item.id in chosen, item.card.fault is not None)
            for item in self.nodes()
        )
        lines = []
        for wire in self.wires():
            source, target = self.node(wire.edge.source), self.node(wire.edge.target)
            if source is not None and target is not None:
                lines.append(QLineF(source.output_at(wire.edge.source_port), target.input_at(wire.edge.target_port)))
        self._overview.draw(cards, lines, look)
        self._overview_stale = False

    # --- items -------------------------------------------------------------------------------------------------------

    def _enter(self, identity: str, item: NodeItem | WireItem) -> None:
        self._items[identity] = item
        item.setVisible(not self.far)
        self.addItem(item)

    def _drop(self, identity: str) -> None:
        item = self._items.pop(identity, None)
        if item is None:
            return
        if isinstance(item, WireItem):
            for end in {item.edge.source, item.edge.target}:
                if identity in self._joined.get(end, ()):
                    self._joined[end].remove(identity)
            if self.chosen_wire == identity:
                self.chosen_wire = None
        else:
            self._joined.pop(identity, None)
        self.removeItem(item)

    def _colour_wires(self) -> None:
        """Mark the wires whose end cannot take what they carry."""
        chosen = frozenset(self.selection)
        wrong = {
            (node, d.port): d.severity
            for node, card in self._cards.items()
            for d in (card.fault, card.doubt)
            if d is not None and d.port is not None
        }
        for wire in self.wires():
            end = (wire.edge.target, wire.edge.target_port)
            wire.set_bad(wrong.get(end))
            wire.set_state(leading=wire.edge.source in chosen)


def _by_node(problems: Iterable[Diagnostic]) -> dict[str, tuple[Diagnostic, ...]]:
    grouped: dict[str, tuple[Diagnostic, ...]] = {}
    for problem in problems:
        if problem.node is not None:
            grouped[problem.node] = (*grouped.get(problem.node, ()), problem)
    return grouped
