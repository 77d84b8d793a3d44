"""Building in the window: palette to canvas, port to port, undo, the inspector, a wrong wire and its remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QDrag, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QSpinBox

from workbench.core.diagnostic import Severity
from workbench.document.graph import Edge, Graph
from workbench.document.project import Project
from workbench.ui.palette.model import MIME

OpenWindow = Callable[..., Any]
LEFT, COPY = Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction
NONE = Qt.KeyboardModifier.NoModifier


def row_of(person: Any, layer: str) -> QModelIndex:
    """A layer's row in the palette, scrolled into view."""
    model, palette = person.panels.palette.model, person.panels.palette.list
    layers = (model.layer(model.index(row)) for row in range(model.rowCount()))
    row = next(i for i, found in enumerate(layers) if found is not None and found.id == layer)
    index: QModelIndex = model.index(row)
    palette.scrollTo(index)
    person.settle()
    return index


def drop_on_canvas(person: Any, data: QMimeData, at: QPoint) -> bool:
    """What the system sends to the canvas while something is dragged over it and let go."""
    viewport = person.panels.canvas.view.viewport()
    QApplication.sendEvent(viewport, QDragEnterEvent(at - QPoint(40, 0), COPY, data, LEFT, NONE))
    QApplication.sendEvent(viewport, QDragMoveEvent(at, COPY, data, LEFT, NONE))
    drop = QDropEvent(QPointF(at), COPY, data, LEFT, NONE)
    QApplication.sendEvent(viewport, drop)
    return drop.isAccepted()


def shape_on(person: Any, node: str) -> str:
    """The output shape that is written on a card."""
    shape: str = person.panels.canvas.canvas.node(node).card.shape
    return shape


def without_wires_into(graph: Graph, node: str) -> Graph:
    return Graph(graph.nodes, frozenset(e for e in graph.edges if e.target != node))


@pytest.fixture
def drags(monkeypatch: pytest.MonkeyPatch) -> list[QMimeData]:
    """What was dragged out of the palette. Without a screen a drag cannot be carried through, but it can begin."""
    begun: list[QMimeData] = []

    class Begun(QDrag):
        def exec(self, *_actions: object) -> Qt.DropAction:
            assert not self.pixmap().isNull(), "nothing follows the pointer"
            copy = QMimeData()
            for kind in self.mimeData().formats():
                copy.setData(kind, self.mimeData().data(kind))
            begun.append(copy)
            return Qt.DropAction.IgnoreAction

    monkeypatch.setattr("workbench.ui.palette.panel.QDrag", Begun)
    return begun


def test_a_layer_is_dragged_from_the_palette_onto_the_canvas(
    open_window: OpenWindow, small: Path, drags: list[QMimeData]
) -> None:
    person = open_window(small)
    palette = person.panels.palette.list
    start = palette.visualRect(row_of(person, "dropout")).center()

    person.drag(palette.viewport(), start, start + QPoint(40, 6))

    assert [bytes(d.data(MIME).data()) for d in drags] == [b"dropout"]
    assert "dropout_1" not in person.session.graph.nodes, "the drag counted as a click too"
    place = QPointF(232, 96)
    assert drop_on_canvas(person, drags[0], person.on_canvas(place))
    node = person.session.graph.nodes["dropout_1"]
    assert abs(node.x + 84 - place.x()) <= 8, "the card does not stand where it was dropped"
    assert abs(node.y + 28 - place.y()) <= 8, "the card does not stand where it was dropped"
    assert person.bridge.selection == ("dropout_1",)


def test_what_is_no_layer_is_not_taken_by_the_canvas(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    data = QMimeData()
    data.setData(MIME, b"no_such_layer")
    before = person.session.graph
    assert not drop_on_canvas(person, data, person.on_canvas(QPointF(232, 96)))
    assert person.session.graph == before


def test_a_click_in_the_palette_puts_the_layer_behind_the_selected_one(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.click_node("relu_1")
    palette = person.panels.palette.list

    person.click(palette.viewport(), palette.visualRect(row_of(person, "dropout")).center())

    wires = {(e.source, e.target) for e in person.session.graph.edges}
    assert {("relu_1", "dropout_1"), ("dropout_1", "flatten_1")} <= wires
    assert ("relu_1", "flatten_1") not in wires


def test_wiring_by_mouse_undoing_and_redoing_by_keys(
    open_window: OpenWindow, write_project: Callable[..., Path], project: Project
) -> None:
    person = open_window(write_project("apart", graph=without_wires_into(project.graph, "relu_1")))
    wire = Edge("conv2d_1", "out", "relu_1", "in")
    assert shape_on(person, "relu_1") == "?"

    person.wire("conv2d_1", "relu_1")
    assert wire in person.session.graph.edges
    assert shape_on(person, "relu_1") == "12 × 12 × 4"

    person.key("Ctrl+Z")
    assert wire not in person.session.graph.edges
    assert shape_on(person, "relu_1") == "?"
    person.key("Ctrl+Y")
    assert wire in person.session.graph.edges
    person.key("Ctrl+Z")
    person.key("Ctrl+Shift+Z")
    assert wire in person.session.graph.edges


def test_a_parameter_changed_in_the_inspector_shows_on_the_canvas(open_window: OpenWindow, small: Path) -> None:
    person = open_window(small)
    person.click_node("conv2d_1")
    person.settle()
    field = person.panels.inspector.layer.form.fields["filters"].editor
    assert isinstance(field, QSpinBox)
    assert shape_on(person, "relu_1") == "12 × 12 × 4"

    person.click(field, QPoint(12, field.height() // 2))
    person.key("Ctrl+A")
    person.type("16")
    person.key("Return")

    assert person.session.graph.nodes["conv2d_1"].params["filters"] == 16
    assert shape_on(person, "relu_1") == "12 × 12 × 16"
    person.click(person.window.top_bar.tools["undo"])
    assert shape_on(person, "relu_1") == "12 × 12 × 4"
    person.settle()
    assert field.value() == 4


def test_a_wrong_wire_is_allowed_marked_and_mended_by_its_remedy(
    open_window: OpenWindow, write_project: Callable[..., Path], project: Project
) -> None:
    person = open_window(write_project("wrong", graph=without_wires_into(project.graph, "linear_1")))
    canvas = person.panels.canvas.canvas
    wire = Edge("relu_1", "out", "linear_1", "in")

    person.wire("relu_1", "linear_1")

    assert wire in person.session.graph.edges, "a wire that does not fit must be allowed"
    note = canvas.node("linear_1").note
    assert note is not None, "nothing is said below the card"
    assert "12 × 12 × 4" in " ".join(note.lines), "the shape that was seen is not named"
    assert canvas.wire(wire.id).bad is Severity.ERROR
    assert shape_on(person, "relu_1") == "12 × 12 × 4", "the rest of the network must stay alive"
    assert "problem" in person.window.status.count.text()
    assert "12 × 12 × 4" in person.window.status.sentence.accessibleName()
    labels = [fix.label for _, fix in note.links]
    assert "Add Flatten" in labels

    link = note.links[labels.index("Add Flatten")][0]
    person.click(person.panels.canvas.view.viewport(), person.on_canvas(note.mapToScene(link.center())))

    assert wire not in person.session.graph.edges
    assert canvas.node("linear_1").note is None
    assert shape_on(person, "linear_1") == "2"
    assert not person.session.errors
    person.key("Ctrl+Z")
    assert wire in person.session.graph.edges, "a remedy is one undo step"
