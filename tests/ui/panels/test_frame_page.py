"""A chosen frame in the inspector: title, note and colour; and the palette for layers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from workbench.document.graph import Frame, Graph, Node
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.inspector.panel import InspectorPanel
from workbench.ui.theme import Theme

GRAPH = Graph(
    {i: Node(i, "relu") for i in ("relu_1", "relu_2")},
    frames={"frame_1": Frame("frame_1", "Head", "Old."), "frame_2": Frame("frame_2", "Tail", colour="red")},
)


@pytest.fixture
def bridge(qapp, tmp_path: Path) -> Iterator[Bridge]:
    made = Bridge(Theme("dark"))
    with Session.create(tmp_path / "framed", Project("Framed", GRAPH)) as session:
        made.set_session(session)
        yield made
        made.close()


@pytest.fixture
def inspector(qtbot: QtBot, bridge: Bridge) -> InspectorPanel:
    panel = InspectorPanel(bridge, bridge.theme)
    qtbot.addWidget(panel)
    panel.resize(268, 700)
    panel.show()
    return panel


def press(inspector: InspectorPanel, colour: str) -> None:
    button = inspector.swatches.findChild(QToolButton, f"swatch_{colour or 'none'}")
    button.click()


def test_a_note_typed_in_one_visit_is_one_step_and_shown_from_the_document(inspector, bridge):
    bridge.choose_frame("frame_1")
    inspector.refresh()
    note = inspector.frame.note
    assert note.isVisible()
    assert note.toPlainText() == "Old."
    note.selectAll()
    QTest.keyClicks(note, "New *note*")
    session = bridge.session
    assert session.graph.frames["frame_1"].note == "New *note*"
    session.undo()
    assert session.graph.frames["frame_1"].note == "Old."
    inspector.refresh()
    assert note.toPlainText() == "Old."
    assert not session.history.can_undo


def test_the_head_shows_and_changes_the_title(inspector, bridge):
    bridge.choose_frame("frame_2")
    inspector.refresh()
    assert inspector.header.name.text() == "Tail"
    inspector.header.renamed.emit("Classifier")
    assert bridge.session.graph.frames["frame_2"].title == "Classifier"


def test_the_palette_colours_the_frame_or_the_layers_and_shows_what_is(inspector, bridge):
    inspector.refresh()
    assert not inspector.swatches.isVisible(), "of the project nothing is coloured"
    bridge.choose_frame("frame_2")
    inspector.refresh()
    red = inspector.swatches.findChild(QToolButton, "swatch_red")
    assert red.isChecked()
    press(inspector, "blue")
    assert bridge.session.graph.frames["frame_2"].colour == "blue"
    bridge.select(("relu_1",))
    inspector.refresh()
    press(inspector, "green")
    bridge.select(("relu_1", "relu_2"))
    inspector.refresh()
    assert not any(b.isChecked() for b in inspector.swatches.findChildren(QToolButton)), "they differ"
    press(inspector, "")
    assert {node.colour for node in bridge.session.graph} == {""}


def test_choosing_a_frame_lets_layers_go_and_the_other_way_round(bridge):
    bridge.select(("relu_1",))
    bridge.choose_frame("frame_1")
    assert bridge.selection == ()
    bridge.select(("relu_2",))
    assert bridge.frame is None
    bridge.choose_frame("no such frame")
    assert bridge.frame is None
    bridge.choose_frame("frame_1")
    bridge.session.remove_frames(("frame_1",))
    assert bridge.frame is None
