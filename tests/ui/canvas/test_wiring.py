"""Drawing wires from port to port, plugging them elsewhere, and wiring by keyboard."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

from workbench.core.diagnostic import Severity
from workbench.document.edits import add, disconnect
from workbench.document.graph import Edge, Graph, Node
from workbench.ui.canvas.painter import FADED, LIT

NOWHERE = QPointF(760, 200)


def without(hands, *edges: str) -> None:
    """Start a test with some wires gone, as if the project had been opened so."""
    gone = [e for e in hands.graph.edges if e.id in edges]
    hands.session.apply("Prepare", lambda graph: disconnect(graph, *gone))


def plus(hands, node: Node, *edges: Edge) -> None:
    """Start a test with one layer more."""
    hands.session.apply("Prepare", lambda graph: add(graph, node, edges=edges))


def test_a_drag_from_output_to_input_draws_a_wire_in_one_step(hands):
    without(hands, "relu_1.out->flatten_1.in")
    hands.drag(hands.output("relu_1"), hands.input("flatten_1"))
    assert "relu_1.out->flatten_1.in" in hands.edges()
    assert hands.canvas.wire("relu_1.out->flatten_1.in") is not None
    assert hands.steps() == 2
    hands.session.undo()
    assert hands.canvas.wire("relu_1.out->flatten_1.in") is None


def test_a_drag_from_input_to_output_draws_the_same_wire(hands):
    without(hands, "relu_1.out->flatten_1.in")
    hands.drag(hands.input("flatten_1"), hands.output("relu_1"))
    assert "relu_1.out->flatten_1.in" in hands.edges()


def test_a_wire_dropped_on_a_card_takes_its_free_port(hands):
    plus(hands, Node("add_1", "add", x=720, y=200), Edge("relu_1", "out", "add_1", "in_1"))
    hands.drag(hands.output("conv2d_1"), hands.middle("add_1"))
    assert "conv2d_1.out->add_1.in_2" in hands.edges()
    assert "relu_1.out->add_1.in_1" in hands.edges()


def test_ports_that_fit_light_up_while_others_fade(hands):
    without(hands, "relu_1.out->flatten_1.in")
    hands.press(hands.output("conv2d_1"))
    hands.carry(hands.output("conv2d_1"), QPointF(600, 120))
    marks = {item.id: item.mood.input_marks for item in hands.canvas.nodes()}
    assert marks["flatten_1"] == (LIT,)
    assert marks["relu_1"] == (LIT,)
    assert marks["linear_1"] == (FADED,), "maps do not fit a linear layer"
    assert hands.canvas.node("linear_1").mood.faded
    assert not hands.canvas.node("flatten_1").mood.faded
    hands.key(Qt.Key.Key_Escape)
    assert all(not item.mood.input_marks and not item.mood.faded for item in hands.canvas.nodes())


def test_outputs_light_up_when_the_wire_starts_at_an_input(hands):
    without(hands, "flatten_1.out->linear_1.in")
    hands.press(hands.input("linear_1"))
    hands.carry(hands.input("linear_1"), QPointF(600, 120))
    marks = {item.id: item.mood.output_marks for item in hands.canvas.nodes()}
    assert marks["flatten_1"] == (LIT,)
    assert marks["conv2d_1"] == (FADED,)
    assert marks["linear_1"] == (FADED,), "a layer cannot feed itself"
    hands.key(Qt.Key.Key_Escape)


def test_a_wire_that_does_not_fit_is_drawn_and_marked_with_its_remedy(hands):
    hands.drag(hands.output("relu_1"), hands.middle("linear_1"))
    assert "relu_1.out->linear_1.in" in hands.edges()
    assert hands.canvas.wire("relu_1.out->linear_1.in").bad is Severity.ERROR
    item = hands.canvas.node("linear_1")
    assert item.card.fault is not None
    assert item.note is not None
    assert [fix.label for _, fix in item.note.links] == [fix.label for fix in item.card.fault.fixes]
    hands.session.undo()
    assert hands.canvas.node("linear_1").note is None
    assert hands.canvas.wire("flatten_1.out->linear_1.in").bad is None


def test_clicking_a_remedy_applies_it(hands):
    hands.drag(hands.output("relu_1"), hands.middle("linear_1"))
    item = hands.canvas.node("linear_1")
    rect, fix = next((r, f) for r, f in item.note.links if f.action == "insert_on_edge")
    hands.click(item.note.mapToScene(rect.center()))
    assert item.card.fault is None, fix.label
    assert not [d for d in hands.session.problems if d.node == "linear_1" and d.is_error]


def test_a_remedy_pressed_and_released_elsewhere_does_nothing(hands):
    hands.drag(hands.output("relu_1"), hands.middle("linear_1"))
    before = hands.graph
    item = hands.canvas.node("linear_1")
    hands.drag(item.note.mapToScene(item.note.links[0][0].center()), NOWHERE)
    assert hands.graph == before


def test_esc_drops_a_wire_in_hand(hands):
    before = hands.graph
    hands.press(hands.output("conv2d_1"))
    hands.carry(hands.output("conv2d_1"), hands.input("flatten_1"))
    items = len(hands.canvas.items())
    hands.key(Qt.Key.Key_Escape)
    assert len(hands.canvas.items()) == items - 1, "the draft is gone"
    hands.release(hands.input("flatten_1"))
    assert hands.graph is before


def test_a_circle_is_refused_with_a_notice(hands, qtbot):
    before = hands.graph
    with qtbot.waitSignal(hands.bridge.noticed) as notice:
        hands.drag(hands.output("relu_1"), hands.middle("conv2d_1"))
    assert "circle" in notice.args[0].message
    assert hands.graph is before
    assert hands.canvas.ids() == {*before.nodes, *(e.id for e in before.edges)}


def test_a_wire_dropped_on_nothing_offers_what_fits_and_wires_it(hands):
    hands.drag(hands.output("conv2d_1"), NOWHERE)
    entries = [hands.chooser().model.entry(row) for row in range(hands.chooser().model.rowCount())]
    groups = {e.key: e.group for e in entries if e is not None}
    assert groups["max_pool2d"] == "Fits here"
    assert groups["linear"] != "Fits here"
    assert "pictures" not in groups, "an input takes no wire"
    hands.choose("max pool 2d")
    (edge,) = hands.graph.incoming("max_pool2d_1")
    assert edge.source == "conv2d_1"
    assert "conv2d_1.out->relu_1.in" in hands.edges(), "the wire that was there stays"
    assert hands.bridge.selection == ("max_pool2d_1",)
    assert (hands.input("max_pool2d_1") - NOWHERE).manhattanLength() <= 8
    assert hands.steps() == 1


def test_a_wire_from_an_input_dropped_on_nothing_adds_what_feeds_it(hands):
    without(hands, "flatten_1.out->linear_1.in")
    hands.drag(hands.input("linear_1"), QPointF(100, 260))
    hands.choose("flatten")
    assert "flatten_2.out->linear_1.in" in hands.edges()


def test_closing_the_list_takes_the_draft_away(hands):
    items = len(hands.canvas.items())
    hands.drag(hands.output("conv2d_1"), NOWHERE)
    assert len(hands.canvas.items()) == items + 1
    hands.chooser().close()
    assert len(hands.canvas.items()) == items
    assert hands.steps() == 0


def test_a_plugged_wire_is_moved_by_its_input_end(hands):
    plus(hands, Node("relu_2", "relu", x=720, y=200))
    hands.drag(hands.input("relu_1"), hands.input("relu_2"))
    assert "conv2d_1.out->relu_2.in" in hands.edges()
    assert "conv2d_1.out->relu_1.in" not in hands.edges()
    assert hands.steps() == 2
    assert hands.session.history.undo_label.startswith("Wire")


def test_a_plugged_wire_pulled_out_over_nothing_is_gone(hands):
    hands.drag(hands.input("relu_1"), QPointF(440, 120))
    assert "conv2d_1.out->relu_1.in" not in hands.edges()
    assert not hands.view.findChildren(type(hands.panel), "canvas_chooser")


def test_a_plugged_wire_put_back_is_no_edit(hands):
    before = hands.graph
    start = hands.input("relu_1")
    hands.press(start)
    assert hands.canvas.wire("conv2d_1.out->relu_1.in").lifted
    hands.carry(start, start + QPointF(-60, 60))
    hands.carry(start + QPointF(-60, 60), start)
    hands.release(start)
    assert hands.graph is before
    assert not hands.canvas.wire("conv2d_1.out->relu_1.in").lifted


def test_w_lists_what_the_selected_layer_could_feed_and_wires_it(hands):
    without(hands, "relu_1.out->flatten_1.in")
    hands.bridge.select(("relu_1",))
    hands.do("wire_to")
    entries = [hands.chooser().model.entry(row) for row in range(hands.chooser().model.rowCount())]
    found = {e.title: e.group for e in entries if e is not None}
    assert found["Flatten"] == "Fits"
    assert found["Linear"] == "Does not fit"
    assert "Pictures" not in found
    assert "Conv 1" not in found, "it would close a circle"
    hands.choose("flatten")
    assert "relu_1.out->flatten_1.in" in hands.edges()


def test_a_placeholder_keeps_its_wires(open_canvas):
    graph = add(
        Graph(),
        Node("pictures_1", "pictures"),
        Node("from_later_1", "from_later", x=240),
        edges=(Edge("pictures_1", "out", "from_later_1", "x"),),
    )
    hands = open_canvas(graph)
    item = hands.canvas.node("from_later_1")
    assert item.card.placeholder
    assert [p.id for p in item.card.inputs] == ["x"]
    assert hands.canvas.wire("pictures_1.out->from_later_1.x").path.length() > 0
