"""What a person is told while building: one mistake on card, wire, field and list at once; the source; what is kept."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QLabel, QPushButton

from workbench.document import storage
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Project

OpenWindow = Callable[..., Any]


def saved(folder: Path, name: str) -> Path:
    storage.save(Project(name, drawn()), folder / name)
    return folder / name


def drawn() -> Graph:
    """A shortcut whose two ends differ, and a kernel that is larger than its map."""
    nodes = (
        Node("pictures_1", "pictures", params=frozen({"size": (8, 8)}), x=0, y=0),
        Node("conv2d_1", "conv2d", params=frozen({"filters": 8}), x=240, y=0),
        Node("conv2d_2", "conv2d", params=frozen({"filters": 16}), x=480, y=120),
        Node("add_1", "add", x=720, y=0),
        Node("global_avg_pool2d_1", "global_avg_pool2d", x=0, y=240),
        Node("linear_1", "linear", params=frozen({"units": 3}), x=240, y=240),
        Node("output_1", "output", x=480, y=240),
        Node("max_pool2d_1", "max_pool2d", params=frozen({"kernel": (9, 9)}), x=480, y=360),
    )
    chain = ("pictures_1", "conv2d_1", "conv2d_2")
    edges = {Edge(a, "out", b, "in") for a, b in pairwise(chain)}
    edges |= {Edge("conv2d_2", "out", "add_1", "in_1"), Edge("conv2d_1", "out", "add_1", "in_2")}
    edges |= {Edge(a, "out", b, "in") for a, b in pairwise(("add_1", "global_avg_pool2d_1", "linear_1", "output_1"))}
    edges.add(Edge("conv2d_1", "out", "max_pool2d_1", "in"))
    return Graph({n.id: n for n in nodes}, frozenset(edges))


def test_one_mistake_is_told_on_card_wire_inspector_and_list_at_once(open_window: OpenWindow, tmp_path: Path) -> None:
    person = open_window(saved(tmp_path, "Wrong"))
    person.window.show_problems()
    person.bridge.select(["add_1"])
    person.settle()
    panels, session = person.panels, person.session
    (problem,) = [d for d in session.problems if d.node == "add_1" and d.code == "shape.mismatch"]
    assert "8 × 8 × 16" in problem.message
    assert "8 × 8 × 8" in problem.message
    assert panels.canvas.canvas.node("add_1").card.fault == problem
    assert panels.canvas.canvas.wire(f"conv2d_1.out->add_1.{problem.port}").bad is not None
    assert panels.inspector.layer.note.diagnostic == problem
    assert any(row.problem == problem for row in panels.problems.rows)
    fix = next(b for b in panels.inspector.layer.note.findChildren(QPushButton) if "1 × 1 convolution" in b.text())
    right = fix.mapTo(panels.inspector, fix.rect().topRight()).x()
    assert right <= panels.inspector.width(), "the words of the remedy make the panel wider than it is"
    person.click(fix)
    assert not [d for d in session.problems if d.node == "add_1"]
    assert panels.canvas.canvas.node("add_1").card.fault is None
    assert panels.inspector.layer.note.diagnostic is None
    session.undo()
    assert session.project.graph == drawn()


def test_a_mistake_of_a_setting_stands_under_its_field(open_window: OpenWindow, tmp_path: Path) -> None:
    person = open_window(saved(tmp_path, "Wrong"))
    person.bridge.select(["max_pool2d_1"])
    person.settle()
    form = person.panels.inspector.layer.form
    (problem,) = [d for d in person.session.problems if d.param == "kernel"]
    shown = [label.text() for label in form.findChildren(QLabel) if label.isVisible()]
    assert problem.message in shown
    person.click(person.button("Set kernel to 8×8", form))
    assert not [d for d in person.session.problems if d.param == "kernel"]


def test_the_source_and_the_fact_on_cards_are_remembered(open_window: OpenWindow, tmp_path: Path) -> None:
    first = open_window(saved(tmp_path, "One"))
    first.key("Ctrl+U")
    first.panels.canvas.action("facts_field").trigger()
    assert first.panels.canvas.code.isVisible()
    settings = first.window.settings
    assert (settings.shows_code, settings.facts) == (True, "field")
    settings.facts = "of a later version"
    second = open_window(saved(tmp_path, "Two"))
    assert second.panels.canvas.code.isVisible()
    assert second.panels.canvas.facts.choice.name == "off"
