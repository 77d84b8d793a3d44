"""The scene follows the document, whatever is done to it (fault row 21, with a scene attached)."""

from __future__ import annotations

import sys
from itertools import pairwise

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from workbench.compiler.inference import infer
from workbench.document import clipboard, edits
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.history import History
from workbench.document.project import Project
from workbench.ui.canvas.card import describe
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.look import Look
from workbench.ui.canvas.scene import CanvasScene
from workbench.ui.canvas.thumbnails import Thumbs
from workbench.ui.theme import Theme

LAYERS = ("pictures", "conv2d", "relu", "linear", "flatten", "add", "concat", "output", "from_a_later_version")


def check(canvas: CanvasScene, graph: Graph) -> None:
    """Everything on the canvas is what the document says, and nothing else is there."""
    assert canvas.ids() == {*graph.nodes, *(e.id for e in graph.edges)}
    inferred = infer(graph)
    problems: dict[str, list] = {}
    for d in inferred.diagnostics:
        if d.node is not None:
            problems.setdefault(d.node, []).append(d)
    for node in graph:
        item = canvas.node(node.id)
        assert item.pos() == QPointF(node.x, node.y)
        assert item.scene() is canvas
        assert item.card == describe(node, inferred, problems.get(node.id, ())).showing(item.card.maps)
        assert item.mood.selected == (node.id in canvas.selection)
    for edge in graph.edges:
        wire = canvas.wire(edge.id)
        assert wire.scene() is canvas
        start = canvas.node(edge.source).output_at(edge.source_port)
        assert wire.path.elementCount() > 1
        first = wire.path.elementAt(0)
        assert (first.x, first.y) == (start.x(), start.y())
        assert wire.path.currentPosition() == canvas.node(edge.target).input_at(edge.target_port)
    shown = [i for i in canvas.items() if isinstance(i, NodeItem)]
    assert len(shown) == len(graph.nodes)


class Editing(RuleBasedStateMachine):
    """Random edits, undo and redo; the scene is told as the panel tells it."""

    @initialize()
    def begin(self) -> None:
        self.history = History(Project())
        self.canvas = CanvasScene(Look(Theme("dark")))
        self.inferred = infer(Graph())
        self.show()

    @property
    def graph(self) -> Graph:
        return self.history.value.graph

    def show(self) -> None:
        self.inferred = infer(self.graph, self.inferred)
        self.canvas.show_graph(self.graph, self.inferred, self.inferred.diagnostics)

    def push(self, result) -> None:
        if isinstance(result, Graph):
            self.history.push("edit", Project(graph=result))
            self.show()

    def some(self, data, n: int = 1) -> list[str]:
        ids = sorted(self.graph.nodes)
        return data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=n, unique=True))

    @rule(layer=st.sampled_from(LAYERS), x=st.integers(-900, 900), y=st.integers(-900, 900), n=st.integers(0, 30))
    def add(self, layer, x, y, n) -> None:
        self.push(edits.add(self.graph, Node(f"{layer}_{n}", layer, x=x, y=y)))

    @precondition(lambda self: len(self.graph) > 1)
    @rule(data=st.data(), port=st.sampled_from(("in", "in_1", "in_2", "in_3")))
    def connect(self, data, port) -> None:
        a, b = self.some(data)[0], self.some(data)[0]
        self.push(edits.connect(self.graph, Edge(a, "out", b, port)))

    @precondition(lambda self: self.graph.edges)
    @rule(data=st.data())
    def disconnect(self, data) -> None:
        self.push(edits.disconnect(self.graph, data.draw(st.sampled_from(sorted(self.graph.edges)))))

    @precondition(lambda self: len(self.graph) > 0)
    @rule(data=st.data(), heal=st.booleans())
    def remove(self, data, heal) -> None:
        self.push(edits.remove(self.graph, self.some(data, 3), heal=heal))

    @precondition(lambda self: len(self.graph) > 0)
    @rule(data=st.data(), x=st.integers(-900, 900), y=st.integers(-900, 900))
    def move(self, data, x, y) -> None:
        self.push(edits.move(self.graph, dict.fromkeys(self.some(data, 3), (x, y))))

    @precondition(lambda self: len(self.graph) > 0)
    @rule(data=st.data(), name=st.sampled_from(("", "A", "A very long name that has to be cut somewhere")))
    def rename(self, data, name) -> None:
        self.push(edits.rename(self.graph, self.some(data)[0], name))

    @precondition(lambda self: len(self.graph) > 0)
    @rule(data=st.data(), value=st.integers(-1, 6), param=st.sampled_from(("filters", "inputs", "units", "groups")))
    def set_param(self, data, param, value) -> None:
        self.push(edits.set_param(self.graph, self.some(data)[0], param, value))

    @precondition(lambda self: len(self.graph) > 0)
    @rule(data=st.data(), keep=st.booleans())
    def duplicate(self, data, keep) -> None:
        result = edits.duplicate(self.graph, self.some(data, 3), (40, 40), keep_wires=keep)
        self.push(result[0] if isinstance(result, tuple) else result)

    @precondition(lambda self: len(self.graph) > 0)
    @rule(data=st.data())
    def paste(self, data) -> None:
        result = clipboard.paste(self.graph, clipboard.copy(self.graph, self.some(data, 3)), 10, 10)
        self.push(result[0] if isinstance(result, tuple) else result)

    @rule(data=st.data())
    def select(self, data) -> None:
        ids = sorted(self.graph.nodes)
        self.canvas.select(tuple(data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else ()))

    @rule(far=st.booleans())
    def zoom(self, far) -> None:
        self.canvas.set_far(far)

    @rule(data=st.data())
    def maps(self, data) -> None:
        ids = sorted(self.graph.nodes)
        chosen = data.draw(st.lists(st.sampled_from(ids), unique=True, max_size=4)) if ids else []
        self.canvas.show_images({i: Thumbs(places=2) for i in chosen})

    @rule()
    def undo(self) -> None:
        if self.history.can_undo:
            self.history.undo()
            self.show()

    @rule()
    def redo(self) -> None:
        if self.history.can_redo:
            self.history.redo()
            self.show()

    @invariant()
    def in_step(self) -> None:
        self.canvas.selection = tuple(i for i in self.canvas.selection if i in self.graph.nodes)
        check(self.canvas, self.graph)

    def teardown(self) -> None:
        self.canvas.clear_graph()
        assert self.canvas.ids() == frozenset()


def test_random_edits_keep_scene_and_document_in_step(qapp):
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Editing,
        settings=settings(
            max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_an_edit_touches_only_what_differs(hands):
    before = {item.id: item for item in hands.canvas.nodes()}
    cards = {item.id: item.card for item in hands.canvas.nodes()}
    hands.session.apply("Set", lambda graph: edits.set_param(graph, "linear_1", "units", 7))
    assert all(hands.canvas.node(i) is item for i, item in before.items())
    same = {i for i, card in cards.items() if hands.canvas.node(i).card is card}
    assert {"pictures_1", "conv2d_1", "relu_1", "flatten_1"} <= same
    assert "linear_1" not in same


def test_a_thousand_layers_are_shown_selected_moved_and_drawn(open_canvas):
    count = 1000
    nodes = [Node("pictures_1", "pictures")]
    for i in range(1, count):
        nodes.append(Node(f"conv2d_{i}", "conv2d", "", frozen({"filters": 8}), x=i % 40 * 240, y=i // 40 * 120))
    ids = [n.id for n in nodes]
    made = edits.add(Graph(), *nodes, edges=[Edge(a, "out", b, "in") for a, b in pairwise(ids)])
    hands = open_canvas(made)
    check(hands.canvas, made)
    hands.do("select_all")
    assert len(hands.bridge.selection) == count
    hands.view.arranging.nudge(8, 8)
    assert hands.steps() == 1
    hands.panel.fit()
    assert hands.canvas.far
    where = hands.at(hands.middle("conv2d_500"))
    shown = hands.view.viewport().grab().toImage()
    assert shown.pixelColor(where) == hands.canvas.look.category("convolution"), "far away a card is all colour"
    hands.session.undo()
    hands.view.set_zoom(1.0)
    check(hands.canvas, made)


def test_repainting_loses_no_reference_to_none(hands):
    """PySide6 6.12.0 on Python 3.11 lost one at every void call and aborted after some thousands."""
    image = QImage(400, 300, QImage.Format.Format_ARGB32_Premultiplied)
    item = hands.canvas.node("conv2d_1")
    before = sys.getrefcount(None)
    for i in range(1000):
        item.setPos(i % 7, 0)
    for _ in range(20):
        painter = QPainter(image)
        hands.canvas.render(painter, QRectF(0, 0, 400, 300), QRectF(0, 0, 400, 300))
        painter.end()
    assert abs(sys.getrefcount(None) - before) < 500
