"""Random edits with undo, redo, save and load, held against a model that keeps every value (fault row 21)."""

from __future__ import annotations

import math
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from workbench.core.diagnostic import Diagnostic
from workbench.core.identifiers import fresh_id
from workbench.document import clipboard, edits
from workbench.document.diff import diff, same
from workbench.document.format import decode, encode
from workbench.document.graph import ID_PATTERN, Edge, Graph, Node
from workbench.document.history import History
from workbench.document.project import Project
from workbench.document.projection import order
from workbench.document.storage import load, save

LAYERS = st.sampled_from(["conv2d", "relu", "add", "acme.unknown"])
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


class Editing(RuleBasedStateMachine):
    """One document, edited. `past` and `future` are what undo and redo must give, `on_disk` what was saved last."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.history = History(Project())
        self.past: list[Project] = []
        self.future: list[Project] = []
        self.on_disk: Project | None = None
        self.gesture: object = None
        self.copied = ""

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @property
    def graph(self) -> Graph:
        return self.history.value.graph

    def some_node(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from([*self.graph.nodes, "nobody"]))

    def some_nodes(self, data: st.DataObject) -> list[str]:
        return data.draw(st.lists(st.sampled_from(list(self.graph.nodes)), max_size=4)) if self.graph.nodes else []

    def some_edge(self, data: st.DataObject) -> Edge:
        return data.draw(st.sampled_from(sorted(self.graph.edges)))

    def did(self, result: Graph | Diagnostic, gesture: object = None) -> None:
        """Takes the result of an edit into the history and the model."""
        before = self.history.value
        if isinstance(result, Diagnostic):
            assert result.message.endswith(".")
            return
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

    @rule(x=PLACES, y=PLACES)
    def paste(self, x: float, y: float) -> None:
        result = clipboard.paste(self.graph, self.copied, x, y)
        assert isinstance(result, Diagnostic) == (self.copied == "")
        if not isinstance(result, Diagnostic) and len(result[0]) < 40:
            self.did(result[0])

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
    def save(self) -> None:
        file = save(self.history.value, self.folder)
        self.history.mark_saved()
        self.gesture = None
        self.on_disk = self.history.value
        assert file.read_bytes() == encode(self.history.value)

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

    @invariant()
    def saved_means_the_same_bytes(self) -> None:
        data = encode(self.history.value)
        assert same(decode(data), self.history.value)
        if self.on_disk is not None:
            assert self.history.is_saved == (data == encode(self.on_disk))

    @invariant()
    def history_agrees_with_the_model(self) -> None:
        assert self.history.can_undo == bool(self.past)
        assert self.history.can_redo == bool(self.future)


_quiet = {"deadline": None, "suppress_health_check": list(HealthCheck)}


class TestEditingAtRandom(Editing.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(max_examples=30, stateful_step_count=40, **_quiet)  # type: ignore[arg-type]


@pytest.mark.faults
class TestTenThousandEditsAtRandom(Editing.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(max_examples=200, stateful_step_count=50, **_quiet)  # type: ignore[arg-type]
