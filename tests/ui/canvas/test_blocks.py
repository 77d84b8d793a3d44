"""Blocks on the canvas: grouping, naming in place, going in and out, editing inside, dissolving, adding ready ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from tests.ui.canvas.conftest import Hands, chain
from workbench.catalogue.ready import READY
from workbench.document.block_edits import add_block
from workbench.document.edits import add, connect, set_param
from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, Block, BlockParam, Edge, Graph, Node, frozen

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
GROUP = "Ctrl+G"

INSIDE = Graph(
    {
        "in": Node("in", BLOCK_INPUT, x=0, y=0),
        "conv2d_1": Node("conv2d_1", "conv2d", "Conv", frozen({"filters": "=channels"}), 232, 0),
        "relu_1": Node("relu_1", "relu", x=464, y=0),
        "out": Node("out", BLOCK_OUTPUT, x=696, y=0),
    },
    frozenset(
        {
            Edge("in", "out", "conv2d_1", "in"),
            Edge("conv2d_1", "out", "relu_1", "in"),
            Edge("relu_1", "out", "out", "in"),
        }
    ),
)
STAGE = Block("stage", "Stage", INSIDE, (BlockParam("channels", "Channels", "int", 8, minimum=1),), "Conv and ReLU.")


def two_stages() -> Graph:
    """Pictures, a stage of 4 channels, a stage of 8 repeated twice, the output; both stages use one block."""
    nodes = (
        Node("pictures_1", "pictures", x=0, y=0),
        Node("stage_1", "block:stage", params=frozen({"channels": 4}), x=240, y=0),
        Node("stage_2", "block:stage", params=frozen({"channels": 8, "repeat": 2}), x=480, y=0),
        Node("output_1", "output", x=720, y=0),
    )
    wires = [
        Edge("pictures_1", "out", "stage_1", "in"),
        Edge("stage_1", "out", "stage_2", "in"),
        Edge("stage_2", "out", "output_1", "in"),
    ]
    made = add(Graph(blocks={"stage": STAGE}), *nodes, edges=wires)
    assert isinstance(made, Graph)
    return made


@pytest.fixture
def staged(open_canvas: Callable[[Graph], Hands]) -> Hands:
    return open_canvas(two_stages())


def press(hands: Hands, keys: str) -> None:
    """A shortcut, sent to the canvas's own window."""
    QTest.keySequence(hands.view, keys)


def name_field(hands: Hands) -> QLineEdit:
    return hands.panel.name_field


def crumbs(hands: Hands) -> list[str]:
    bar = hands.panel.blocks.bar
    return [part.text() for part in bar.parts] if bar.isVisible() else []


# --- making


def test_ctrl_g_makes_a_block_and_asks_for_its_name_in_its_card(hands: Hands) -> None:
    hands.bridge.select(["conv2d_1", "relu_1"])
    before = hands.session.project
    press(hands, GROUP)
    field = name_field(hands)
    assert field.isVisible()
    assert field.hasFocus()
    card = hands.canvas.node(hands.bridge.selection[0])
    assert field.geometry().center().x() == pytest.approx(hands.at(card.rect.center()).x(), abs=40)
    QTest.keyClicks(field, "Edge finder")
    QTest.keyClick(field, Qt.Key.Key_Return)
    (made,) = hands.bridge.selection
    assert hands.graph.nodes[made].block == "edge_finder"
    assert hands.graph.blocks["edge_finder"].title == "Edge finder"
    assert hands.edges() == {
        f"pictures_1.out->{made}.in",
        f"{made}.out->flatten_1.in",
        "flatten_1.out->linear_1.in",
        "linear_1.out->output_1.in",
    }
    assert hands.session.history.undo_label == "Group 2 layers"
    hands.session.undo()
    assert hands.session.project == before, "making and naming it is one step"
    hands.session.redo()
    assert hands.graph.blocks["edge_finder"].title == "Edge finder"


def test_a_block_without_a_name_is_called_block(hands: Hands) -> None:
    hands.bridge.select(["relu_1"])
    press(hands, GROUP)
    QTest.keyClick(name_field(hands), Qt.Key.Key_Escape)
    assert [b.title for b in hands.graph.blocks.values()] == ["Block"]
    assert hands.view.hasFocus()
    assert hands.steps() == 1


def test_leaving_the_name_takes_it(hands: Hands, qtbot: QtBot) -> None:
    hands.bridge.select(["relu_1"])
    press(hands, GROUP)
    QTest.keyClicks(name_field(hands), "Bend")
    hands.click(QPointF(hands.canvas.bounds().right() + 100, hands.canvas.bounds().bottom() + 60))
    assert [b.title for b in hands.graph.blocks.values()] == ["Bend"]


def test_the_ends_of_the_network_stay_outside(hands: Hands, qtbot: QtBot) -> None:
    hands.bridge.select(["pictures_1", "conv2d_1"])
    said: list[str] = []
    hands.bridge.noticed.connect(lambda d: said.append(d.message))
    press(hands, GROUP)
    assert not hands.graph.blocks
    assert not name_field(hands).isVisible()
    assert "Leave it out of the selection" in said[0]


def test_a_block_is_named_again_later(staged: Hands) -> None:
    staged.bridge.select(["stage_1"])
    staged.do("rename")
    QTest.keyClicks(name_field(staged), "First")
    QTest.keyClick(name_field(staged), Qt.Key.Key_Return)
    assert staged.graph.nodes["stage_1"].name == "First"
    assert staged.graph.blocks["stage"].title == "Stage"


def test_dissolving_puts_the_layers_back_with_their_values(staged: Hands) -> None:
    staged.bridge.select(["stage_1"])
    press(staged, "Ctrl+Shift+G")
    convolution = next(n for n in staged.graph if n.layer == "conv2d")
    assert convolution.params["filters"] == 4
    assert set(staged.bridge.selection) == {n.id for n in staged.graph if n.layer in ("conv2d", "relu")}
    assert staged.graph.nodes["stage_2"].block == "stage", "the other use is what it was"
    staged.session.undo()
    assert staged.graph.nodes["stage_1"].block == "stage"
    assert not staged.panel.action("dissolve").isEnabled(), "nothing is selected any more"


def test_blocks_that_nothing_uses_can_be_removed(staged: Hands) -> None:
    unused = staged.panel.action("drop_unused")
    assert not unused.isEnabled(), "both uses are there"
    staged.bridge.select(["stage_1", "stage_2"])
    press(staged, "Ctrl+Shift+G")
    assert "stage" in staged.graph.blocks
    assert unused.isEnabled()
    staged.do("drop_unused")
    assert "stage" not in staged.graph.blocks
    assert not unused.isEnabled()
    staged.session.undo()
    assert "stage" in staged.graph.blocks


def test_what_cannot_be_done_is_greyed_out(staged: Hands) -> None:
    names = ("group", "dissolve", "unique", "keep", "open_block", "leave_block")

    def possible() -> set[str]:
        return {name for name in names if staged.panel.action(name).isEnabled()}

    assert possible() == set()
    staged.bridge.select(["pictures_1"])
    assert possible() == {"group"}
    staged.bridge.select(["stage_1"])
    assert possible() == {"group", "dissolve", "unique", "keep", "open_block"}
    staged.do("open_block")
    assert possible() == {"leave_block"}


# --- going in and out


def test_a_double_click_opens_a_block_and_the_path_leads_back(staged: Hands) -> None:
    assert crumbs(staged) == []
    staged.double_click(staged.middle("stage_2"))
    assert staged.session.scope == ("stage_2",)
    assert set(staged.graph.nodes) == set(INSIDE.nodes)
    assert staged.canvas.node("conv2d_1") is not None
    assert staged.canvas.node("stage_1") is None
    assert crumbs(staged) == ["Network", "Stage 2"]
    QTest.mouseClick(staged.panel.blocks.bar.parts[0], Qt.MouseButton.LeftButton)
    assert staged.session.scope == ()
    assert staged.bridge.selection == ("stage_2",), "one sees where one came from"
    assert crumbs(staged) == []
    assert staged.view.hasFocus()


def test_a_double_click_on_a_layer_still_renames_it(staged: Hands) -> None:
    staged.double_click(staged.middle("pictures_1"))
    assert staged.session.scope == ()
    assert name_field(staged).isVisible()


def test_in_and_out_by_keys_alone(staged: Hands) -> None:
    staged.bridge.select(["stage_1"])
    staged.key(Qt.Key.Key_Return)
    assert staged.session.scope == ("stage_1",)
    assert staged.bridge.selection == ()
    press(staged, "PgUp")
    assert staged.session.scope == ()
    staged.key(Qt.Key.Key_Enter)
    assert staged.session.scope == ("stage_1",)
    staged.bridge.select(["relu_1"])
    staged.key(Qt.Key.Key_Escape)
    assert staged.session.scope == ("stage_1",), "first the selection is let go of"
    staged.key(Qt.Key.Key_Escape)
    assert staged.session.scope == ()


def test_esc_in_the_network_goes_nowhere(staged: Hands) -> None:
    staged.key(Qt.Key.Key_Escape)
    assert staged.session.scope == ()


def test_each_place_is_seen_where_it_was_left(staged: Hands) -> None:
    staged.view.set_zoom(0.8)
    staged.view.show_centred(QPointF(400, 40))
    staged.session.enter("stage_1")
    staged.view.set_zoom(1.5)
    staged.view.show_centred(QPointF(300, 20))
    staged.session.leave()
    assert staged.view.zoom == pytest.approx(0.8)
    middle = staged.view.mapToScene(staged.view.viewport().rect().center())
    assert (middle.x(), middle.y()) == (pytest.approx(400, abs=3), pytest.approx(40, abs=3))
    staged.session.enter("stage_2")
    assert staged.view.zoom != pytest.approx(1.5), "another use of it has a view of its own"
    staged.session.leave()
    staged.session.enter("stage_1")
    assert staged.view.zoom == pytest.approx(1.5)


def test_the_open_part_of_the_path_lets_go_of_the_selection(staged: Hands) -> None:
    staged.session.enter("stage_1")
    staged.bridge.select(["relu_1"])
    QTest.mouseClick(staged.panel.blocks.bar.parts[-1], Qt.MouseButton.LeftButton)
    assert staged.bridge.selection == ()
    assert staged.session.scope == ("stage_1",)


def test_the_path_goes_up_several_levels_at_once(open_canvas: Callable[[Graph], Hands]) -> None:
    outer = Graph(
        {
            "in": Node("in", BLOCK_INPUT),
            "stage_1": Node("stage_1", "block:stage", x=240),
            "out": Node("out", BLOCK_OUTPUT, x=480),
        },
        frozenset({Edge("in", "out", "stage_1", "in"), Edge("stage_1", "out", "out", "in")}),
    )
    graph = two_stages()
    blocks = {**graph.blocks, "body": Block("body", "Body", outer)}
    made = add(replace(graph, blocks=blocks), Node("body_1", "block:body", "Trunk", y=200))
    assert isinstance(made, Graph)
    hands = open_canvas(made)
    hands.session.enter("body_1")
    hands.double_click(hands.middle("stage_1"))
    assert crumbs(hands) == ["Network", "Trunk", "Stage 1"]
    QTest.mouseClick(hands.panel.blocks.bar.up, Qt.MouseButton.LeftButton)
    assert hands.session.scope == ("body_1",)
    hands.double_click(hands.middle("stage_1"))
    QTest.mouseClick(hands.panel.blocks.bar.parts[0], Qt.MouseButton.LeftButton)
    assert hands.session.scope == ()
    assert hands.bridge.selection == ("body_1",)


def test_another_repetition_is_chosen_in_the_path(staged: Hands) -> None:
    staged.session.enter("stage_1")
    assert not staged.panel.blocks.bar.repetition.isVisible(), "it stands there once"
    staged.session.go_to_scope(["stage_2"])
    button = staged.panel.blocks.bar.repetition
    assert button.isVisible()
    assert button.text().startswith("1 of 2")
    second = staged.panel.blocks.bar.repetition.menu().actions()[1]
    second.trigger()
    assert staged.session.scope == ("stage_2:1",)
    assert button.text().startswith("2 of 2")
    assert crumbs(staged) == ["Network", "Stage 2"]


def test_the_path_fits_a_narrow_canvas(staged: Hands, qtbot: QtBot) -> None:
    staged.session.apply(
        "Rename",
        lambda g: replace(
            g,
            nodes={
                **g.nodes,
                "stage_1": replace(g.nodes["stage_1"], name="A stage with a very long name of its own indeed"),
            },
        ),
    )
    staged.session.enter("stage_1")
    bar = staged.panel.blocks.bar
    for width in (1100, 500, 330):
        staged.panel.resize(width, 700)
        qtbot.wait(1)
        assert bar.geometry().right() < staged.view.width()
        assert bar.parts[-1].isVisible()


# --- changing the inside


def test_a_change_inside_shows_in_every_use(staged: Hands) -> None:
    def weights() -> tuple[int, int]:
        whole = staged.session.whole.weights
        return whole["stage_1"], whole["stage_2"]

    before = weights()
    staged.session.enter("stage_1")
    staged.bridge.select(["conv2d_1"])
    assert staged.panel.append_layer("batch_norm2d") is not None
    assert weights() == (before[0] + 8, before[1] + 32)
    staged.session.leave()
    assert staged.canvas.node("stage_1").card.count == f"{weights()[0]:,}"
    staged.session.undo()
    assert weights() == before


def test_undo_of_a_grouping_leaves_the_block_that_is_open(hands: Hands) -> None:
    hands.bridge.select(["conv2d_1", "relu_1"])
    press(hands, GROUP)
    QTest.keyClick(name_field(hands), Qt.Key.Key_Escape)
    hands.key(Qt.Key.Key_Return)
    assert len(hands.session.scope) == 1
    hands.session.undo()
    assert hands.session.scope == ()
    assert set(hands.canvas.graph.nodes) == set(chain().nodes)
    assert crumbs(hands) == []


def test_making_one_use_unique(staged: Hands) -> None:
    staged.bridge.select(["stage_2"])
    staged.do("unique")
    blocks = {n.block for n in staged.graph if n.block is not None}
    assert len(blocks) == 2
    staged.do("open_block")
    staged.session.apply("Set", lambda g: set_param(g, "conv2d_1", "filters", 5))
    assert staged.session.project.graph.blocks["stage"] == STAGE


def test_a_problem_inside_is_shown_there_and_not_on_a_layer_outside_of_the_same_id(
    open_canvas: Callable[[Graph], Hands],
) -> None:
    graph = two_stages()
    wrong = set_param(replace(STAGE.graph), "conv2d_1", "filters", "=chanels")
    assert isinstance(wrong, Graph)
    blocks = {"stage": replace(STAGE, graph=wrong)}
    made = add(replace(graph, blocks=blocks), Node("conv2d_1", "conv2d", x=240, y=300))
    made = connect(made, Edge("pictures_1", "out", "conv2d_1", "in")) if isinstance(made, Graph) else made
    assert isinstance(made, Graph)
    hands = open_canvas(made)
    assert hands.canvas.node("conv2d_1").card.fault is None
    assert hands.canvas.node("stage_1").card.fault is not None
    hands.session.enter("stage_1")
    fault = hands.canvas.node("conv2d_1").card.fault
    assert fault is not None
    assert "chanels" in fault.message


# --- adding


def test_a_ready_made_block_is_dragged_in_and_onto_a_wire(hands: Hands) -> None:
    wire = hands.canvas.wire("conv2d_1.out->relu_1.in")
    ghost_at = (hands.output("conv2d_1") + hands.input("relu_1")) / 2
    assert hands.drop(
        "block:ready/squeeze_excite" if "squeeze_excite" in READY else f"block:ready/{next(iter(READY))}", ghost_at
    )
    (made,) = hands.bridge.selection
    assert hands.graph.nodes[made].block in hands.graph.blocks
    assert wire is not None
    assert hands.graph.into("relu_1", "in").source == made
    assert hands.steps() == 1
    hands.session.undo()
    assert hands.graph == chain()


def test_the_add_menu_lists_blocks_and_brings_in_what_they_use(hands: Hands) -> None:
    needy = next(i for i, block in READY.items() if any(n.block is not None for n in block.graph))
    hands.view.menus.open_add_menu(QPointF(200, 400))
    entries = [hands.chooser().model.entry(row) for row in range(hands.chooser().model.rowCount())]
    assert f"block:ready/{needy}" in {entry.key for entry in entries if entry is not None}
    hands.choose(READY[needy].title)
    (made,) = hands.bridge.selection
    used = {n.block for b in hands.graph.blocks.values() for n in b.graph if n.block is not None}
    assert hands.graph.nodes[made].block in hands.graph.blocks
    assert used <= set(hands.graph.blocks)


def test_a_wire_dropped_on_nothing_offers_blocks_that_fit(hands: Hands) -> None:
    end = QPointF(hands.output("conv2d_1").x() + 60, 420)
    hands.drag(hands.output("conv2d_1"), end)
    model = hands.chooser().model
    entries = [e for e in (model.entry(row) for row in range(model.rowCount())) if e is not None]
    groups = {e.key: e.group for e in entries if e.key.startswith("block:")}
    assert "Fits here" in groups.values()
    assert "Would not fit as it is" in groups.values(), "an encoder takes no pictures"
    fitting = next(e for e in entries if groups.get(e.key) == "Fits here")
    hands.choose(fitting.title)
    (made,) = hands.bridge.selection
    assert hands.graph.into(made, hands.graph.incoming(made)[0].target_port).source == "conv2d_1"


def test_a_block_of_the_project_is_added_again(staged: Hands) -> None:
    assert staged.drop("block:stage", QPointF(300, 300))
    (made,) = staged.bridge.selection
    assert staged.graph.nodes[made].layer == "block:stage"
    assert len(staged.graph.blocks) == 1


def test_ports_are_added_inside_and_ends_of_the_network_are_not_offered(staged: Hands) -> None:
    staged.session.enter("stage_1")
    assert staged.drop("block_input", QPointF(0, 200))
    assert staged.bridge.selection == ("in_2",)
    staged.view.menus.open_add_menu(QPointF(200, 400))
    model = staged.chooser().model
    keys = {e.key for e in (model.entry(row) for row in range(model.rowCount())) if e is not None}
    assert {"block_input", "block_output"} <= keys
    assert "pictures" not in keys
    assert "block:stage" not in keys, "it cannot stand within itself"
    staged.choose("Block output")
    assert staged.bridge.selection == ("out_2",)
    staged.session.leave()
    assert [p.id for p in staged.canvas.node("stage_1").card.inputs] == ["in", "in_2"]
    assert [p.id for p in staged.canvas.node("stage_1").card.outputs] == ["out", "out_2"]


def test_a_ready_made_block_inside_another_lands_among_the_projects_blocks(staged: Hands) -> None:
    staged.session.enter("stage_1")
    identity = next(iter(READY))
    assert staged.drop(f"block:ready/{identity}", QPointF(300, 300))
    assert identity in staged.session.project.graph.blocks
    assert staged.session.project.graph.blocks["stage"].graph.blocks == {}


# --- menus, reading only


def test_the_context_menu_of_a_block_has_what_can_be_done_with_it(staged: Hands) -> None:
    staged.bridge.select(["stage_1"])
    staged.view.menus.open_context_menu_at_selection()
    menu = next(m for m in staged.view.findChildren(QMenu) if m.isVisible())
    names = [action.objectName() for action in menu.actions()]
    assert {"canvas_open_block", "canvas_dissolve", "canvas_unique", "canvas_keep", "canvas_group"} <= set(names)
    menu.close()
    staged.bridge.select(["pictures_1"])
    staged.view.menus.open_context_menu_at_selection()
    menu = next(m for m in staged.view.findChildren(QMenu) if m.isVisible())
    assert "canvas_open_block" not in [action.objectName() for action in menu.actions()]
    menu.close()


def test_read_only_projects_can_be_looked_into_and_not_changed(staged: Hands) -> None:
    staged.session.read_only = True
    staged.bridge.select(["stage_1"])
    for name in ("group", "dissolve", "unique"):
        assert not staged.panel.action(name).isEnabled()
    press(staged, GROUP)
    press(staged, "Ctrl+Shift+G")
    assert staged.graph == two_stages()
    staged.do("open_block")
    assert staged.session.scope == ("stage_1",)
    assert not staged.drop("relu", QPointF(0, 200))
    press(staged, "PgUp")
    assert staged.session.scope == ()


def test_blocks_brought_in_are_shared(hands: Hands) -> None:
    identity = next(iter(READY))
    for y in (300, 400):
        assert hands.drop(f"block:ready/{identity}", QPointF(300, y))
    assert list(hands.graph.blocks).count(identity) == 1
    result = add_block(hands.graph, READY[identity])
    assert not hasattr(result, "message")
