"""Random edits with undo, redo, save and load, held against a model that keeps every value (fault row 21)."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from workbench.core.diagnostic import Diagnostic
from workbench.core.identifiers import fresh_id
from workbench.document import block_edits, clipboard, edits, frame_edits
from workbench.document.block_rules import block_fault
from workbench.document.blocks import recursion
from workbench.document.diff import diff, same
from workbench.document.format import decode, encode
from workbench.document.graph import ID_PATTERN, Block, BlockParam, Edge, Frame, Graph, Node, frozen
from workbench.document.history import History
from workbench.document.ids import new_id
from workbench.document.project import Project
from workbench.document.projection import order
from workbench.document.storage import load, save

LAYERS = st.sampled_from(["conv2d", "relu", "add", "acme.unknown", "block:nobody"])
TITLES = st.sampled_from(["", "Stage", "Cell", "é · 1"])
NAMES = st.sampled_from(["width", "deep", "index", "class"])
STATES = st.sampled_from(["", "bypassed", "muted", "=width > 1", "=width >", "asleep"])
COLOURS = st.sampled_from(["", "red", "beige"])
PORTS = st.sampled_from(["in", "in_1", "in_2"])
PLACES = st.floats(-1e7, 1e7) | st.just(math.nan)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers() | st.text(max_size=2), max_size=3).map(tuple)
)


def one_of(data: st.DataObject, ids: Iterable[str]) -> str:
    """One of some ids, at times one that is not among them."""
    known = list(ids)
    return data.draw(st.sampled_from([*known * 8, "nobody"]))


def beginning() -> Graph:
    """A chain with a block that has a parameter, used twice, once in another block."""
    cell = edits.add(
        Graph(),
        Node("in", "block_input"),
        Node("conv", "conv2d", params=frozen({"filters": "=width", "k": ("=index", 1)}), state="=width > 4"),
        Node("out", "block_output"),
        edges=[Edge("in", "out", "conv", "in"), Edge("conv", "out", "out", "in")],
    )
    assert isinstance(cell, Graph)
    nodes = [Node("a", "conv2d"), Node("b", "block:cell", params=frozen({"repeat": 2})), Node("c", "block:cell")]
    wires = [Edge("a", "out", "b", "in"), Edge("b", "out", "c", "in")]
    graph = edits.add(
        Graph(blocks={"cell": Block("cell", "Cell", cell, (BlockParam("width", "Width", "int", 8),))}),
        *nodes,
        edges=wires,
    )
    assert isinstance(graph, Graph)
    grouped = block_edits.group(graph, ["a", "b"], "Stage")
    assert not isinstance(grouped, Diagnostic)
    framed = frame_edits.add_frame(grouped[0], Frame("frame_1", "All", x=-50, y=-50))
    assert isinstance(framed, Graph)
    return framed


class Editing(RuleBasedStateMachine):
    """One document, edited. `past` and `future` are what undo and redo must give, `on_disk` what was saved last."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.history = History(Project(graph=beginning()))
        self.past: list[Project] = []
        self.future: list[Project] = []
        self.on_disk: Project | None = None
        self.bytes_on_disk = b""
        self.gesture: object = None
        self.copied = ""

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @property
    def graph(self) -> Graph:
        return self.history.value.graph

    def some_node(self, data: st.DataObject) -> str:
        return one_of(data, self.graph.nodes)

    def some_nodes(self, data: st.DataObject) -> list[str]:
        return data.draw(st.lists(st.sampled_from(list(self.graph.nodes)), max_size=4)) if self.graph.nodes else []

    def some_block(self, data: st.DataObject) -> str:
        return one_of(data, self.graph.blocks)

    def somewhere(self, data: st.DataObject, edit: Callable[[Graph], object]) -> Callable[[], Graph | Diagnostic]:
        """The edit on the network or within one of its blocks; one with extra results gives the graph alone."""

        def alone(graph: Graph) -> Graph | Diagnostic:
            result = edit(graph)
            if isinstance(result, tuple):
                result = result[0]
            assert isinstance(result, Graph | Diagnostic)
            return result

        place = data.draw(st.sampled_from([None, *self.graph.blocks]))
        return lambda: alone(self.graph) if place is None else block_edits.within(place, alone)(self.graph)

    def nodes_of(self, data: st.DataObject, graph: Graph) -> list[str]:
        return [one_of(data, graph.nodes) for _ in range(data.draw(st.integers(1, 3)))]

    def some_edge(self, data: st.DataObject) -> Edge:
        return data.draw(st.sampled_from(sorted(self.graph.edges)))

    def did(self, result: Graph | Diagnostic, gesture: object = None) -> None:
        """Takes the result of an edit into the history and the model."""
        before = self.history.value
        if isinstance(result, Diagnostic):
            assert result.message.endswith(".")
            return
        if sum(len(block.graph) for block in result.blocks.values()) > 40:
            return  # blocks put into each other double quickly
        after = Project(graph=result)
        changed = not same(before, after)
        assert bool(diff(before.graph, result)) == changed
        self.history.push("Edit", after, gesture)
        if not changed:
            assert self.history.value is before
            return
        self.future.clear()
        if gesture is not None and gesture == self.gesture and self.past:
            if same(self.past[-1], after):
                self.past.pop()
                gesture = None
        else:
            self.past.append(before)
        self.gesture = gesture

    @rule(layer=LAYERS, x=PLACES, y=PLACES)
    def add(self, layer: str, x: float, y: float) -> None:
        if len(self.graph) < 40:
            node_id = fresh_id(layer, self.graph.nodes.keys())
            added = edits.add(self.graph, Node(node_id, layer))
            assert isinstance(added, Graph)
            moved = edits.move(added, {node_id: (x, y)})
            self.did(moved)
            assert node_id in self.graph.nodes

    @rule(data=st.data(), heal=st.booleans())
    def remove(self, data: st.DataObject, heal: bool) -> None:
        gone = self.some_nodes(data)
        cut = [self.some_edge(data)] if self.graph.edges and data.draw(st.booleans()) else []
        self.did(edits.remove(self.graph, gone, cut, heal=heal))
        assert not set(gone) & set(self.graph.nodes)

    @rule(data=st.data(), port=PORTS)
    def connect(self, data: st.DataObject, port: str) -> None:
        edge = Edge(self.some_node(data), "out", self.some_node(data), port)
        result = edits.connect(self.graph, edge)
        self.did(result)
        if isinstance(result, Graph):
            assert self.graph.into(edge.target, port) == edge

    @precondition(lambda self: self.graph.edges)
    @rule(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        self.did(edits.disconnect(self.graph, self.some_edge(data)))

    @rule(data=st.data(), x=PLACES, y=PLACES, drag=st.sampled_from(["drag 1", "drag 2"]))
    def drag(self, data: st.DataObject, x: float, y: float, drag: str) -> None:
        self.did(edits.move(self.graph, {self.some_node(data): (x, y)}), gesture=drag)

    @rule(data=st.data(), param=st.sampled_from(["filters", "bias"]), value=VALUES)
    def set_param(self, data: st.DataObject, param: str, value: object) -> None:
        self.did(edits.set_param(self.graph, self.some_node(data), param, value))  # type: ignore[arg-type]

    @rule(data=st.data())
    def reset_params(self, data: st.DataObject) -> None:
        self.did(edits.reset_params(self.graph, self.some_node(data)))

    @rule(data=st.data(), name=st.text(max_size=10))
    def rename(self, data: st.DataObject, name: str) -> None:
        self.did(edits.rename(self.graph, self.some_node(data), name))

    @precondition(lambda self: self.graph.edges)
    @rule(data=st.data(), layer=LAYERS)
    def insert(self, data: st.DataObject, layer: str) -> None:
        edge = self.some_edge(data)
        node = Node(fresh_id(layer, self.graph.nodes.keys()), layer)
        before = self.graph
        self.did(edits.insert_on_edge(before, node, edge))
        healed = edits.remove(self.graph, [node.id], heal=True)
        assert isinstance(healed, Graph)
        assert healed.edges == before.edges

    @rule(data=st.data(), keep_wires=st.booleans())
    def duplicate(self, data: st.DataObject, keep_wires: bool) -> None:
        result = edits.duplicate(self.graph, self.some_nodes(data), (20, 20), keep_wires=keep_wires)
        assert not isinstance(result, Diagnostic)
        if len(result[0]) < 40:
            self.did(result[0])

    @rule(data=st.data())
    def copy(self, data: st.DataObject) -> None:
        self.copied = clipboard.copy(self.graph, self.some_nodes(data))

    @precondition(lambda self: self.graph.blocks)
    @rule(data=st.data())
    def copy_in_a_block(self, data: st.DataObject) -> None:
        inside = self.graph.inside(data.draw(st.sampled_from(list(self.graph.blocks))))
        self.copied = clipboard.copy(inside, self.nodes_of(data, inside))

    @rule(x=PLACES, y=PLACES, keep_wires=st.booleans())
    def paste(self, x: float, y: float, keep_wires: bool) -> None:
        result = clipboard.paste(self.graph, self.copied, x, y, keep_wires=keep_wires)
        if isinstance(result, Diagnostic):
            assert (result.code == "clipboard.no_layers") == (self.copied == "")
            assert result.code in ("clipboard.no_layers", "clipboard.port")
        elif len(result[0]) < 40:
            self.did(result[0])

    @precondition(lambda self: self.graph.blocks)
    @rule(data=st.data(), keep_wires=st.booleans())
    def paste_in_a_block(self, data: st.DataObject, keep_wires: bool) -> None:
        place = data.draw(st.sampled_from(list(self.graph.blocks)))

        def edit(inner: Graph) -> Graph | Diagnostic:
            result = clipboard.paste(inner, self.copied, 0, 0, keep_wires=keep_wires, in_block=True)
            return result if isinstance(result, Diagnostic) else result[0]

        result = block_edits.within(place, edit)(self.graph)
        if isinstance(result, Diagnostic):
            assert result.code in ("clipboard.no_layers", "block.recursion", "block.too_deep")
        elif len(result.blocks[place].graph) < 40:
            self.did(result)

    @rule(data=st.data(), title=TITLES)
    def group(self, data: st.DataObject, title: str) -> None:
        if len(self.graph.blocks) < 12:
            edit = self.somewhere(data, lambda g: block_edits.group(g, self.nodes_of(data, g), title))
            self.did(edit())

    @rule(data=st.data())
    def dissolve(self, data: st.DataObject) -> None:
        def edit(graph: Graph) -> object:
            uses = [node.id for node in graph if node.block in graph.blocks]
            return block_edits.dissolve(graph, one_of(data, uses), [{"in_channels": 3}])

        result = self.somewhere(data, edit)()
        if isinstance(result, Diagnostic) or len(result) < 60:
            self.did(result)

    @rule(
        data=st.data(), param=st.sampled_from(["k", "repeat", "width"]), value=st.sampled_from([2, "=width", "=index"])
    )
    def set_param_within(self, data: st.DataObject, param: str, value: int | str) -> None:
        self.did(self.somewhere(data, lambda g: edits.set_param(g, self.nodes_of(data, g)[0], param, value))())

    @rule(data=st.data())
    def use_a_block(self, data: st.DataObject) -> None:
        def edit(graph: Graph) -> Graph | Diagnostic:
            layer = f"block:{self.some_block(data)}"
            return edits.add(graph, Node(new_id(layer, graph.nodes), layer)) if len(graph) < 40 else graph

        self.did(self.somewhere(data, edit)())

    @rule(data=st.data())
    def make_unique(self, data: st.DataObject) -> None:
        if len(self.graph.blocks) < 12:
            self.did(self.somewhere(data, lambda g: block_edits.make_unique(g, self.nodes_of(data, g)[0]))())

    @precondition(lambda self: self.graph.blocks)
    @rule(data=st.data(), names=st.lists(NAMES, max_size=2), title=TITLES)
    def set_block(self, data: st.DataObject, names: list[str], title: str) -> None:
        block = self.graph.blocks[data.draw(st.sampled_from(list(self.graph.blocks)))]
        params = tuple(BlockParam(name, name, "int", 1) for name in names)
        self.did(block_edits.set_block(self.graph, replace(block, title=title, params=params)))

    @rule(data=st.data(), old=NAMES, new=NAMES)
    def rename_param(self, data: st.DataObject, old: str, new: str) -> None:
        self.did(block_edits.rename_block_param(self.graph, self.some_block(data), old, new))

    @rule()
    def drop_unused(self) -> None:
        self.did(block_edits.drop_unused_blocks(self.graph))

    @rule(data=st.data(), state=STATES)
    def set_state(self, data: st.DataObject, state: str) -> None:
        self.did(self.somewhere(data, lambda g: block_edits.set_state(g, self.nodes_of(data, g), state))())

    @rule(data=st.data(), colour=COLOURS, collapsed=st.booleans())
    def mark(self, data: st.DataObject, colour: str, collapsed: bool) -> None:
        self.did(block_edits.set_colour(self.graph, self.some_nodes(data), colour))
        self.did(block_edits.set_collapsed(self.graph, self.some_nodes(data), collapsed))

    @rule(data=st.data(), x=PLACES, y=PLACES, width=st.integers(-1, 900), colour=COLOURS)
    def frame(self, data: st.DataObject, x: float, y: float, width: int, colour: str) -> None:
        def edit(graph: Graph) -> Graph | Diagnostic:
            chosen = data.draw(st.sampled_from([*graph.frames, "nobody"]))
            match data.draw(st.sampled_from(["add", "change", "move", "remove"])):
                case "add" if len(graph.frames) < 6:
                    return frame_edits.add_frame(
                        graph, Frame(frame_edits.new_frame_id(graph), width=width, colour=colour)
                    )
                case "move":
                    return frame_edits.move_frames(graph, {chosen: (x, y)})
                case "remove":
                    return frame_edits.remove_frames(graph, [chosen])
            return frame_edits.change_frame(graph, chosen, x=x, y=y, width=width, title="F", colour=colour)

        self.did(self.somewhere(data, edit)())

    @rule()
    def undo(self) -> None:
        now = self.history.value
        assert self.history.can_undo == bool(self.past)
        result = self.history.undo()
        if self.past:
            assert result is self.past[-1]
            self.future.append(now)
            self.past.pop()
            self.gesture = None

    @rule()
    def redo(self) -> None:
        now = self.history.value
        assert self.history.can_redo == bool(self.future)
        result = self.history.redo()
        if self.future:
            assert result is self.future[-1]
            self.past.append(now)
            self.future.pop()
            self.gesture = None

    @rule()
    def undo_all_and_redo_all(self) -> None:
        """undo^n is the start, redo^n the end."""
        end, steps = self.history.value, len(self.past)
        for _ in range(steps):
            self.undo()
        assert not self.history.can_undo
        for _ in range(steps):
            self.redo()
        assert self.history.value is end

    @rule()
    def save(self) -> None:
        file = save(self.history.value, self.folder)
        self.history.mark_saved()
        self.gesture = None
        self.on_disk = self.history.value
        self.bytes_on_disk = encode(self.history.value)
        assert file.read_bytes() == self.bytes_on_disk

    @precondition(lambda self: self.on_disk is not None)
    @rule()
    def load(self) -> None:
        """Opening again what was saved: a new history, and the same bytes when saved again."""
        loaded = load(self.folder)
        assert self.on_disk is not None
        assert same(loaded, self.on_disk)
        before = (self.folder / "project.json").read_bytes()
        save(loaded, self.folder)
        assert (self.folder / "project.json").read_bytes() == before
        self.history = History(loaded)
        self.past, self.future, self.gesture, self.on_disk = [], [], None, loaded

    @invariant()
    def graph_is_sound(self) -> None:
        graph = self.graph
        assert all(key == node.id and ID_PATTERN.match(key) for key, node in graph.nodes.items())
        assert all(e.source in graph.nodes and e.target in graph.nodes for e in graph.edges)
        assert len({(e.target, e.target_port) for e in graph.edges}) == len(graph.edges)
        assert len(order(graph)) == len(graph)
        assert all(key == frame.id for key, frame in graph.frames.items())

    @invariant()
    def blocks_are_sound(self) -> None:
        blocks = self.graph.blocks
        assert recursion(blocks) == ()
        for key, block in blocks.items():
            assert key == block.id
            assert not block.graph.blocks
            assert len(order(block.graph)) == len(block.graph)
            assert block_fault(block) is None

    @invariant()
    def saved_means_the_same_bytes(self) -> None:
        data = encode(self.history.value)
        assert same(decode(data), self.history.value)
        if self.on_disk is not None:
            assert self.history.is_saved == (data == self.bytes_on_disk)

    @invariant()
    def history_agrees_with_the_model(self) -> None:
        assert self.history.can_undo == bool(self.past)
        assert self.history.can_redo == bool(self.future)


_quiet = {"deadline": None, "suppress_health_check": list(HealthCheck)}


class TestEditingAtRandom(Editing.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(max_examples=30, stateful_step_count=40, **_quiet)  # type: ignore[arg-type]


@pytest.mark.faults
@pytest.mark.timeout(900)
class TestTenThousandEditsAtRandom(Editing.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(max_examples=200, stateful_step_count=50, **_quiet)  # type: ignore[arg-type]
