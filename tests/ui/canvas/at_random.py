"""A hand that edits at random, and what must be true of a canvas after each of its edits."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from PySide6.QtCore import QLineF, QPointF, QRectF

from workbench.document import edits
from workbench.document.graph import COLOURS, Edge, Node
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.card import describe
from workbench.ui.canvas.items.frame import FrameItem
from workbench.ui.canvas.items.node import NodeItem
from workbench.ui.canvas.items.wire import WireItem
from workbench.ui.canvas.panel import CanvasPanel

LAYERS = ("conv2d", "relu", "linear", "flatten", "add", "concat", "output", "pictures", "from_a_later_version")
PORTS = ("in", "in_1", "in_2", "in_3", "out")
STATES = ("", "bypassed", "muted", "=repeat > 1")
MOST_NODES = 40
"""What the hand lets stand, so that ten thousand edits take minutes."""


class Hand:
    """Does one thing after another to a session, as the window would."""

    def __init__(self, seed: int, session: Session, bridge: Bridge, panel: CanvasPanel) -> None:
        self.random = Random(seed)
        self.session, self.bridge, self.panel = session, bridge, panel
        self._made = 0
        self._copied = ""
        self._acts: tuple[tuple[int, Callable[[], None]], ...] = (
            (14, self.add),
            (14, self.connect),
            (5, self.disconnect),
            (7, self.remove),
            (12, self.move),
            (5, self.rename),
            (10, self.set_param),
            (4, self.duplicate),
            (3, self.copy_and_paste),
            (6, self.set_state),
            (4, self.set_colour),
            (4, self.set_collapsed),
            (3, self.add_frame),
            (5, self.change_frame),
            (3, self.move_frame),
            (2, self.remove_frame),
            (3, self.group),
            (2, self.dissolve),
            (2, self.make_unique),
            (3, self.enter),
            (3, self.leave),
            (9, self.undo),
            (5, self.redo),
            (6, self.select),
            (3, self.choose_frame),
            (2, self.zoom),
        )

    def act(self) -> str:
        """Do something; gives its name."""
        weights = [weight for weight, _ in self._acts]
        (_, act) = self.random.choices(self._acts, weights)[0]
        if len(self.session.graph) > MOST_NODES:
            act = self.remove
        act()
        return act.__name__

    # --- choices

    def _some(self, most: int = 3) -> tuple[str, ...]:
        ids = list(self.session.graph.nodes)
        return tuple(self.random.sample(ids, min(len(ids), self.random.randint(1, most))))

    def _one(self) -> str | None:
        ids = list(self.session.graph.nodes)
        return self.random.choice(ids) if ids else None

    def _frame(self) -> str | None:
        ids = list(self.session.graph.frames)
        return self.random.choice(ids) if ids else None

    def _use(self) -> str | None:
        uses = [node.id for node in self.session.graph if node.block is not None]
        return self.random.choice(uses) if uses else None

    def _place(self) -> tuple[int, int]:
        return self.random.randint(-900, 900), self.random.randint(-900, 900)

    # --- layers and wires

    def add(self) -> None:
        layer = self.random.choice(LAYERS)
        self._made += 1
        x, y = self._place()
        self.session.apply("Add", lambda graph: edits.add(graph, Node(f"{layer}_{self._made}", layer, x=x, y=y)))

    def connect(self) -> None:
        source, target = self._one(), self._one()
        if source is not None and target is not None:
            edge = Edge(source, "out", target, self.random.choice(PORTS))
            self.session.apply("Wire", lambda graph: edits.connect(graph, edge))

    def disconnect(self) -> None:
        if self.session.graph.edges:
            edge = self.random.choice(sorted(self.session.graph.edges))
            self.session.apply("Cut", lambda graph: edits.disconnect(graph, edge))

    def remove(self) -> None:
        self.session.remove(self._some(), heal=self.random.random() < 0.5)

    def move(self) -> None:
        places = {node: self._place() for node in self._some()}
        gesture = self.random.choice((None, "drag"))
        self.session.apply("Move", lambda graph: edits.move(graph, places), gesture)

    def rename(self) -> None:
        node, name = self._one(), self.random.choice(("", "A", "A very long name that has to be cut somewhere"))
        if node is not None:
            self.session.apply("Rename", lambda graph: edits.rename(graph, node, name))

    def set_param(self) -> None:
        node = self._one()
        if node is not None:
            param = self.random.choice(("filters", "inputs", "units", "groups", "repeat"))
            value = self.random.choice((-1, 1, 2, 3, 6, "=repeat * 2"))
            self.session.apply("Set", lambda graph: edits.set_param(graph, node, param, value))

    def duplicate(self) -> None:
        chosen, keep = self._some(), self.random.random() < 0.5

        def edit(graph):
            result = edits.duplicate(graph, chosen, (40, 40), keep_wires=keep)
            return result[0] if isinstance(result, tuple) else result

        self.session.apply("Duplicate", edit)

    def copy_and_paste(self) -> None:
        if self.random.random() < 0.5 or not self._copied:
            self._copied = self.session.copy(self._some())
        if self._copied:
            self.session.paste(self._copied, *self._place())

    # --- how layers take part and look

    def set_state(self) -> None:
        self.session.set_state(self._some(), self.random.choice(STATES))

    def set_colour(self) -> None:
        self.session.set_colour(self._some(), self.random.choice(("", *COLOURS)))

    def set_collapsed(self) -> None:
        self.session.set_collapsed(self._some(), self.random.random() < 0.6)

    # --- frames

    def add_frame(self) -> None:
        if len(self.session.graph.frames) < 6:
            size = self.random.randint(100, 900), self.random.randint(80, 900)
            self.session.add_frame(*self._place(), *size, title=self.random.choice(("", "Stage")))

    def change_frame(self) -> None:
        if (frame := self._frame()) is not None:
            change = self.random.choice(
                (
                    {"title": "Renamed"},
                    {"note": "# A note\n\n- with **much** in it"},
                    {"colour": self.random.choice(COLOURS)},
                    {"width": 640, "height": self.random.randint(80, 500)},
                )
            )
            self.session.change_frame(frame, **change)

    def move_frame(self) -> None:
        if (frame := self._frame()) is not None:
            self.session.move_frames({frame: self._place()}, self.panel.canvas.sizes())

    def remove_frame(self) -> None:
        if (frame := self._frame()) is not None:
            self.session.remove_frames((frame,))

    # --- blocks

    def group(self) -> None:
        if len(self.session.scope) < 3:
            self.session.group(self._some(4), self.random.choice(("", "Stage")))

    def dissolve(self) -> None:
        if (node := self._use()) is not None:
            self.session.dissolve(node)

    def make_unique(self) -> None:
        if (node := self._use()) is not None:
            self.session.make_unique(node)

    def enter(self) -> None:
        if (node := self._use()) is not None and len(self.session.scope) < 4:
            self.session.enter(node)

    def leave(self) -> None:
        self.session.leave(self.random.randint(1, 2))

    # --- time, selection, view

    def undo(self) -> None:
        for _ in range(self.random.randint(1, 4)):
            self.session.undo()

    def redo(self) -> None:
        for _ in range(self.random.randint(1, 3)):
            self.session.redo()

    def select(self) -> None:
        self.bridge.select(self._some(5) if self.random.random() < 0.8 else ())

    def choose_frame(self) -> None:
        self.bridge.choose_frame(self._frame())

    def zoom(self) -> None:
        self.panel.view.set_zoom(self.random.choice((0.1, 0.5, 1.0, 2.0)))


def check(panel: CanvasPanel, session: Session, bridge: Bridge) -> None:
    """Everything on the canvas is what the document says, and nothing else is there."""
    canvas, graph = panel.canvas, session.graph
    assert canvas.graph is graph
    assert canvas.inferred is session.inferred
    assert canvas.ids() == {*graph.nodes, *(e.id for e in graph.edges)}
    problems: dict[str, list] = {}
    for d in session.problems_here:
        if d.node is not None:
            problems.setdefault(d.node, []).append(d)
    for node in graph:
        item = canvas.node(node.id)
        assert item.pos() == QPointF(node.x, node.y)
        assert item.scene() is canvas
        assert item.card == describe(node, session.inferred, problems.get(node.id, ())).showing(item.card.maps)
        assert item.mood.selected == (node.id in bridge.selection)
    for edge in graph.edges:
        wire, source, target = canvas.wire(edge.id), canvas.node(edge.source), canvas.node(edge.target)
        assert wire.scene() is canvas
        assert wire.line == QLineF(source.output_at(edge.source_port), target.input_at(edge.target_port))
        path = wire.path
        assert QPointF(path.elementAt(0).x, path.elementAt(0).y) == wire.line.p1()
        assert path.currentPosition() == wire.line.p2()
        assert wire.boundingRect().contains(path.boundingRect().adjusted(-1, -1, 1, 1))
        assert wire.leading == (edge.source in bridge.selection)
        assert wire in canvas.wires_near(QRectF(wire.line.p1(), wire.line.p1()).adjusted(-1, -1, 1, 1))
    for frame in graph.frames.values():
        framed = canvas.frames.item(frame.id)
        assert framed.frame == frame
        assert framed.rect == QRectF(frame.x, frame.y, frame.width, frame.height)
        assert framed.chosen == (frame.id == bridge.frame)
    assert canvas.frames.ids() == set(graph.frames)
    kinds = [type(item) for item in canvas.items()]
    assert kinds.count(NodeItem) == len(graph.nodes)
    assert kinds.count(WireItem) == len(graph.edges)
    assert kinds.count(FrameItem) == len(graph.frames)
    whole = QRectF()
    for rect in (*(item.extent for item in canvas.nodes()), *(item.rect for item in canvas.frames)):
        whole = whole.united(rect)
    assert canvas.bounds() == whole
