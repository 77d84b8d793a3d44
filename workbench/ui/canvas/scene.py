"""The scene: one item a node and a wire, keyed by document id, kept in step with the graph by touching what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from workbench.compiler.inference import Inferred
from workbench.core.collector import at_rest
from workbench.core.diagnostic import Diagnostic
from workbench.document.diff import GraphDiff, diff
from workbench.document.graph import Edge, Graph
from workbench.ui.canvas.card import Card, describe
from workbench.ui.canvas.drawings import Drawings
from workbench.ui.canvas.frames import Frames
from workbench.ui.canvas.grid import Grid
from workbench.ui.canvas.items.bundle import Bundle
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.items.passing import Passing
from workbench.ui.canvas.items.wire import WireItem
from workbench.ui.canvas.look import Look
from workbench.ui.canvas.overview import Overview
from workbench.ui.canvas.thumbnails import NO_THUMBS, Thumbs

FAR = 0.4
"""Below this zoom the overview stands in for the items: words could not be read any more."""

MANY = 80
"""From so many cards on their drawings are kept and wires are bundled; fewer are painted as quickly as it takes to
see."""


class CanvasScene(QGraphicsScene):
    """Shows a graph. It knows the document's values and never changes them; gestures ask the session for that."""

    boundsChanged = Signal()
    overviewChanged = Signal()
    """What is seen from far away looks different (told only while it is far)."""

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
        self._lively = False
        self.drawings = Drawings(self)
        self.drawings.renew.connect(self._renew)
        self._nodes: dict[str, NodeItem] = {}
        self._wires: dict[str, WireItem] = {}
        self._cards: dict[str, Card] = {}  # as described, without thumbnails
        self._problems: dict[str, tuple[Diagnostic, ...]] = {}
        self._joined: dict[str, dict[str, None]] = {}  # wires at each node, by id
        self._images: Mapping[str, Thumbs] = {}
        self._passing: list[Passing] = []
        self._overview = Overview()
        self.frames = Frames(self, self._overview)
        self.facts: Mapping[str, str] = {}  # what the line of facts says, by node
        self._stale: dict[str, None] = {}  # nodes that the overview has to look at again
        self._grid = Grid()  # of wires
        self._bundle: Bundle | None = None

    # --- reading -----------------------------------------------------------------------------------------------------

    def node(self, identity: str) -> NodeItem | None:
        return self._nodes.get(identity)

    def wire(self, identity: str) -> WireItem | None:
        return self._wires.get(identity)

    def nodes(self) -> Iterator[NodeItem]:
        return iter(self._nodes.values())

    def wires(self) -> Iterator[WireItem]:
        return iter(self._wires.values())

    def ids(self) -> frozenset[str]:
        """The ids of all nodes and wires there is an item for."""
        return frozenset((*self._nodes, *self._wires))

    def bounds(self, nodes: Iterable[str] | None = None) -> QRectF:
        """The rectangle around the named nodes (or everything), notes included; null when there are none."""
        if nodes is None:
            return self.overview.bounds
        rect = QRectF()
        for item in filter(None, map(self.node, nodes)):
            rect = rect.united(item.extent)
        return rect

    def wires_at(self, nodes: Iterable[str]) -> tuple[WireItem, ...]:
        """The wires that end at any of these nodes, each once."""
        found = dict.fromkeys(wire for node in nodes for wire in self._joined.get(node, ()))
        return tuple(self._wires[wire] for wire in found)

    def sizes(self) -> dict[str, tuple[float, float]]:
        """The cards' widths and heights, in scene pixels."""
        return {identity: (item.frame.width, item.frame.height) for identity, item in self._nodes.items()}

    def wires_near(self, area: QRectF) -> list[WireItem]:
        """The wires that may meet an area."""
        return [self._wires[wire] for wire in self._grid.near(area)]

    # --- following the document --------------------------------------------------------------------------------------

    def show_graph(
        self, graph: Graph, inferred: Inferred, problems: Iterable[Diagnostic] = (), change: GraphDiff | None = None
    ) -> None:
        """Bring the items in step with a graph. `change` is what differs from the graph shown now, where known."""
        change = diff(self.graph, graph) if change is None else change
        if len(change.nodes_added) < MANY:
            self._show(graph, inferred, problems, change)
        else:
            with at_rest():
                self._show(graph, inferred, problems, change)

    def _show(self, graph: Graph, inferred: Inferred, problems: Iterable[Diagnostic], change: GraphDiff) -> None:
        before, self.graph, self.inferred = self.inferred, graph, inferred
        for edge in change.edges_removed:
            self._drop_wire(edge.id)
        for identity in change.nodes_removed:
            self._drop_node(identity)
        stale = self._stale_cards(before, change, _by_node(problems))
        self.keep_drawings(len(graph) >= MANY or self._lively)
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
                self._add_wire(edge)
                moved.add(edge.source)
        self._mark_wires(stale.union(change.nodes_added))
        self.route(moved)
        framed = self.frames.show(graph)
        if change or moved or stale or framed:
            self.touch((*moved, *stale))

    def _stale_cards(
        self, before: Inferred | None, change: GraphDiff, problems: dict[str, tuple[Diagnostic, ...]]
    ) -> set[str]:
        """The nodes whose card may say something else now."""
        stale = set(change.nodes_changed)
        for edge in (*change.edges_added, *change.edges_removed):
            stale |= {edge.source, edge.target}
        if problems != self._problems:
            old = self._problems
            stale |= {n for n in problems.keys() | old.keys() if problems.get(n) != old.get(n)}
        self._problems = problems
        if before is not None and self.inferred is not None and before is not self.inferred:
            results = before.results
            stale |= {n for n, result in self.inferred.results.items() if results.get(n) is not result}
        return stale

    def _add_node(self, identity: str) -> None:
        if self.inferred is None:
            return
        node = self.graph.nodes[identity]
        card = self._cards[identity] = describe(node, self.inferred, self._problems.get(identity, ()))
        item = self._nodes[identity] = NodeItem(self._dressed(card), self.look)
        item.setPos(node.x, node.y)
        item.set_selected(identity in self.selection)
        item.set_images(self._images.get(identity, NO_THUMBS))
        item.keep_drawing(self.drawings if self.keeps_drawings else None)
        self._stale[identity] = None
        self.addItem(item)

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

    def show_images(self, images: Mapping[str, Thumbs]) -> None:
        """The thumbnails of each node. Cards grow or shrink where a node gets its first or loses its last."""
        before, self._images = self._images, images
        moved: set[str] = set()
        for identity in before.keys() | images.keys():
            item = self.node(identity)
            if item is None:
                continue
            thumbs = images.get(identity, NO_THUMBS)
            item.set_images(thumbs)
            if item.card.maps != len(thumbs) and item.set_card(self._dressed(self._cards[identity])):
                moved.add(identity)
        if moved:
            self.route(moved)
            self.touch(moved)

    def _dressed(self, card: Card) -> Card:
        """The card with room for the thumbnails it has."""
        return card.showing(len(self._images.get(card.id, NO_THUMBS))).stating(self.facts.get(card.id, ""))

    def show_facts(self, facts: Mapping[str, str]) -> None:
        """The line of facts of each node; cards grow or shrink where one comes or goes."""
        self.facts = facts
        moved = {item.id for item in self.nodes() if item.set_card(self._dressed(self._cards[item.id]))}
        self.route(moved)
        self.touch(self._nodes)

    def set_look(self, look: Look) -> None:
        """Another theme: everything is laid out and painted anew."""
        self.look = look
        for item in self.nodes():
            item.set_card(item.card, look)
        for wire in self.wires():
            wire.set_look(look)
        self.frames.set_look(look)
        self.route(self._nodes)
        self.touch(self._nodes)
        self.update()

    def clear_graph(self) -> None:
        """Show nothing (there is no project)."""
        for identity in tuple(self._wires):
            self._drop_wire(identity)
        for identity in tuple(self._nodes):
            self._drop_node(identity)
        self.frames.show(Graph())
        self.graph, self.inferred, self.selection, self.chosen_wire = Graph(), None, (), None
        self._problems, self._joined, self._images = {}, {}, {}
        self.drawings.clear()
        self.touch()

    # --- what is selected --------------------------------------------------------------------------------------------

    def select(self, nodes: tuple[str, ...]) -> None:
        """Mark the selected nodes and the wires that leave them."""
        before, self.selection = self.selection, nodes
        changed = set(before) ^ set(nodes)
        chosen = frozenset(nodes)
        for identity in changed:
            if (item := self.node(identity)) is not None:
                item.set_selected(identity in chosen)
        for wire in self.wires_at(changed):
            wire.set_state(leading=wire.edge.source in chosen)
        if nodes:
            self.choose_wire(None)
        if changed:
            self._stale.update(dict.fromkeys(changed))  # what is selected may have a note
            self.seen_from_afar()

    def choose_wire(self, identity: str | None) -> None:
        """Mark one wire as the one that Delete removes."""
        before, self.chosen_wire = self.chosen_wire, identity
        for name, on in ((before, False), (identity, True)):
            if name is not None and (wire := self.wire(name)) is not None:
                wire.set_state(chosen=on)

    # --- geometry ----------------------------------------------------------------------------------------------------

    def route(self, nodes: Iterable[str]) -> None:
        """Draw the wires at these nodes anew."""
        moved = tuple(nodes)
        self._stale.update(dict.fromkeys(moved))
        for wire in self.wires_at(moved):
            source, target = self.node(wire.edge.source), self.node(wire.edge.target)
            if source is not None and target is not None:
                wire.join(source, target)
                self._grid.put(wire.edge.id, wire.boundingRect())
        self.seen_from_afar()

    def touch(self, nodes: Iterable[str] = ()) -> None:
        """Something moved, came or went: what follows the whole has to look again."""
        self._stale.update(dict.fromkeys(nodes))
        if self._bundle is not None:
            self._bundle.cover(self.bounds())
        self.seen_from_afar()
        self.boundsChanged.emit()

    # --- near and far ------------------------------------------------------------------------------------------------

    def set_far(self, far: bool) -> None:
        """Whether the graph is so far away that a view draws the overview and no items."""
        self.far = far

    @property
    def overview(self) -> Overview:
        """The graph as plain rectangles and lines, as it is now."""
        if self._stale:
            stale, self._stale = self._stale, {}
            for identity in stale:
                if (item := self.node(identity)) is not None:
                    colour = self.look.category(item.card.category)
                    self._overview.put_card(identity, item.rect, item.extent, colour, item.card.fault is not None)
            for wire in self.wires_at(stale):
                self._overview.put_wire(wire.edge.id, wire.line)
        return self._overview

    def paint_far(self, painter: QPainter, scale: float) -> None:
        """Draw the overview, and over it what is in somebody's hand."""
        self.overview.paint(painter, self.look, scale, self.selection, self.frames.chosen)
        for item in self._passing:
            item.paint_alone(painter)

    def seen_from_afar(self) -> None:
        """Something changed that is seen from far away too."""
        if self.far:
            self.overviewChanged.emit()

    def set_lively(self, lively: bool) -> None:
        """Whether lines move over the wires, many times a second: cards beside them are copied then, not painted."""
        self._lively = lively
        self.keep_drawings(len(self.graph) >= MANY or lively)

    def _renew(self, identities: Iterable[str]) -> None:
        for identity in identities:
            item = self.node(identity)
            if item is not None:
                item.update()

    def keep_drawings(self, kept: bool) -> None:
        """Whether cards are copied from a drawing that is kept and wires painted together, rather than each alone."""
        if kept == self.keeps_drawings:
            return
        self.keeps_drawings = kept
        for item in self.nodes():
            item.keep_drawing(self.drawings if kept else None)
        if kept:
            self._bundle = Bundle(self)
            self._bundle.cover(self.bounds())
            self.addItem(self._bundle)
        elif self._bundle is not None:
            self.removeItem(self._bundle)
            self._bundle = None
        for wire in self.wires():
            wire.join_bundle(self._bundle)

    # --- items -------------------------------------------------------------------------------------------------------

    def addItem(self, item: QGraphicsItem) -> None:
        super().addItem(item)
        if isinstance(item, Passing):
            self._passing.append(item)
            self.seen_from_afar()

    def removeItem(self, item: QGraphicsItem) -> None:
        super().removeItem(item)
        if isinstance(item, Passing):
            self._passing.remove(item)
            self.seen_from_afar()

    def _add_wire(self, edge: Edge) -> None:
        wire = self._wires[edge.id] = WireItem(edge, self.look)
        wire.join_bundle(self._bundle)
        if edge.source in self.selection:
            wire.set_state(leading=True)
        for end in (edge.source, edge.target):
            self._joined.setdefault(end, {})[edge.id] = None
            self._stale[end] = None
        self.addItem(wire)

    def _drop_wire(self, identity: str) -> None:
        wire = self._wires.pop(identity, None)
        if wire is None:
            return
        for end in (wire.edge.source, wire.edge.target):
            if end in self._joined:
                self._joined[end].pop(identity, None)
        if self.chosen_wire == identity:
            self.chosen_wire = None
        self._overview.drop_wire(identity)
        self._grid.drop(identity)
        if self._bundle is not None:
            self._bundle.update(wire.boundingRect())
        self.removeItem(wire)

    def _drop_node(self, identity: str) -> None:
        item = self._nodes.pop(identity, None)
        if item is not None:
            del self._cards[identity]
            self._joined.pop(identity, None)
            self._overview.drop_card(identity)
            item.keep_drawing(None)
            self.removeItem(item)

    def _mark_wires(self, nodes: Iterable[str]) -> None:
        """Mark the wires into these nodes whose end cannot take what they carry."""
        for node in nodes:
            card = self._cards.get(node)
            if card is None:
                continue
            wrong = {d.port: d.severity for d in (card.doubt, card.fault) if d is not None and d.port is not None}
            for wire in self.wires_at((node,)):
                if wire.edge.target == node:
                    wire.set_bad(wrong.get(wire.edge.target_port))


def _by_node(problems: Iterable[Diagnostic]) -> dict[str, tuple[Diagnostic, ...]]:
    grouped: dict[str, list[Diagnostic]] = {}
    for problem in problems:
        if problem.node is not None:
            grouped.setdefault(problem.node, []).append(problem)
    return {node: tuple(found) for node, found in grouped.items()}
