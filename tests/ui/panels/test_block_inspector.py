"""The inspector and blocks: the open block's ports and parameters, a use of it, expressions with their values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.canvas.test_blocks import STAGE, two_stages
from workbench.document.edits import set_param
from workbench.document.graph import Block, Graph
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.inspector.panel import InspectorPanel
from workbench.ui.theme import Theme


class Desk:
    """An inspector on a project with two uses of one block, and hands at its keyboard."""

    def __init__(self, panel: InspectorPanel, session: Session, bridge: Bridge) -> None:
        self.panel, self.session, self.bridge = panel, session, bridge

    @property
    def page(self):
        return self.panel.block

    @property
    def form(self):
        assert self.panel.layer.form is not None
        return self.panel.layer.form

    @property
    def stage(self) -> Block:
        return self.session.project.graph.blocks["stage"]

    def open(self, node: str = "stage_1") -> None:
        self.session.enter(node)
        self.panel.refresh()

    def select(self, *nodes: str) -> None:
        self.bridge.select(nodes)
        self.panel.refresh()

    def type(self, line: QLineEdit, text: str, end: Qt.Key = Qt.Key.Key_Return) -> None:
        """Click into a line, replace what stands there, and press Enter."""
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, end)
        self.panel.refresh()

    def press(self, button: QWidget) -> None:
        assert button.isEnabled()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.panel.refresh()


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    theme = Theme("dark")
    session = Session.create(tmp_path / "blocks", Project("Blocks", two_stages()))
    bridge = Bridge(theme)
    panel = InspectorPanel(bridge, theme)
    qtbot.addWidget(panel)
    panel.resize(268, 900)
    bridge.set_session(session)
    panel.show()
    panel.activateWindow()
    QTest.qWaitForWindowActive(panel)
    panel.refresh()
    yield Desk(panel, session, bridge)
    panel.close()
    bridge.close()
    session.close()


# --- the open block


def test_inside_a_block_the_inspector_is_about_the_block(desk: Desk) -> None:
    assert desk.panel.project.isVisible()
    desk.open()
    assert desk.page.isVisible()
    assert not desk.panel.project.isVisible()
    assert desk.panel.header.name.text() == "Stage"
    assert desk.page.used.text().startswith("Used in 2 places")
    assert [desk.page.place.itemText(i) for i in range(desk.page.place.count())] == ["Stage 1", "Stage 2"]
    assert desk.page.place.currentText() == "Stage 1"
    facts = {fact.name: fact.value for fact in desk.page.facts.facts}
    assert facts["Parameters"] == "112", "4 filters of 3 × 3 × 3 and 4 biases"
    desk.session.leave()
    desk.panel.refresh()
    assert desk.panel.project.isVisible()


def test_the_title_and_the_summary_of_the_block(desk: Desk) -> None:
    desk.open()
    desk.type(desk.panel.header.name, "Layer pair")
    assert desk.stage.title == "Layer pair"
    assert desk.session.history.undo_label == "Rename block"
    line = desk.page.summary.editor
    assert isinstance(line, QLineEdit)
    desk.type(line, "A convolution with its bend.")
    assert desk.stage.summary == "A convolution with its bend."
    desk.session.undo()
    desk.session.undo()
    assert desk.stage == STAGE


def test_another_use_is_chosen(desk: Desk) -> None:
    desk.open()
    desk.page.place.setFocus()
    QTest.keyClick(desk.page.place, Qt.Key.Key_Down)
    desk.page.place.activated.emit(desk.page.place.currentIndex())
    assert desk.session.scope == ("stage_2",)
    desk.panel.refresh()
    facts = {fact.name: fact.value for fact in desk.page.facts.facts}
    assert facts["Parameters"] == "296", "8 filters of 3 × 3 × 4 and 8 biases"


def test_ports_by_the_keyboard(desk: Desk) -> None:
    desk.open()
    inputs = desk.page.inputs
    inputs.add_button.setFocus()
    QTest.keyClick(inputs.add_button, Qt.Key.Key_Space)
    desk.panel.refresh()
    assert [row.node for row in inputs.rows] == ["in", "in_2"]
    desk.type(inputs.rows[1].name, "Shortcut")
    assert desk.session.graph.nodes["in_2"].name == "Shortcut"
    inputs.rows[1].earlier.setFocus()
    QTest.keyClick(inputs.rows[1].earlier, Qt.Key.Key_Space)
    desk.panel.refresh()
    assert [row.node for row in inputs.rows] == ["in_2", "in"]
    assert [n for n in desk.stage.graph.nodes if n.startswith("in")] == ["in_2", "in"]
    assert not inputs.rows[0].earlier.isEnabled()
    assert not inputs.rows[1].later.isEnabled()
    desk.press(inputs.rows[0].remove)
    assert [row.node for row in inputs.rows] == ["in"]
    for _ in range(4):
        desk.session.undo()
    assert desk.stage == STAGE
    assert not desk.session.history.can_undo, "each was one step"


def test_escape_puts_the_name_of_a_port_back(desk: Desk) -> None:
    desk.open()
    row = desk.page.outputs.rows[0]
    desk.type(row.name, "never", Qt.Key.Key_Escape)
    assert row.name.text() == ""
    assert desk.stage == STAGE


def test_a_parameter_is_added_named_and_set(desk: Desk) -> None:
    desk.open()
    desk.page.params.menu.actions()[0].trigger()
    desk.panel.refresh()
    made = desk.page.params.rows[1]
    assert made.param.kind == "int"
    assert made.name.hasFocus(), "one types its name at once"
    assert made.name.selectedText() == made.param.id
    QTest.keyClicks(made.name, "Kernel size")
    QTest.keyClick(made.name, Qt.Key.Key_Return)
    desk.panel.refresh()
    assert [p.id for p in desk.stage.params] == ["channels", "kernel_size"]
    box = desk.page.params.rows[1].form.fields["default"].editor
    assert isinstance(box, QAbstractSpinBox)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "3")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert desk.stage.params[1].default == 3


def test_renaming_a_parameter_renames_it_in_expressions_and_uses(desk: Desk) -> None:
    desk.open()
    desk.type(desk.page.params.rows[0].name, "width")
    assert desk.stage.params[0].id == "width"
    assert desk.stage.graph.nodes["conv2d_1"].params["filters"] == "=width"
    assert desk.session.project.graph.nodes["stage_2"].params["width"] == 8
    desk.session.undo()
    assert desk.stage == STAGE


def test_a_name_that_cannot_be_is_refused_in_words(desk: Desk) -> None:
    said: list[str] = []
    desk.bridge.noticed.connect(lambda d: said.append(d.message))
    desk.open()
    desk.type(desk.page.params.rows[0].name, "index")
    assert "every block has of its own accord" in said[0]
    assert desk.page.params.rows[0].name.text() == "channels"


def test_the_kind_the_range_and_the_choices_of_a_parameter(desk: Desk) -> None:
    desk.open()
    row = desk.page.params.rows[0]
    row.form.unfold(True)
    low = row.form.fields["minimum"].editor
    assert isinstance(low, QAbstractSpinBox)
    low.setFocus()
    low.selectAll()
    QTest.keyClicks(low, "16")
    QTest.keyClick(low, Qt.Key.Key_Return)
    desk.panel.refresh()
    assert (desk.stage.params[0].minimum, desk.stage.params[0].default) == (16, 16), "the default follows its range"
    row = desk.page.params.rows[0]
    assert row.form.is_unfolded, "it stays open"
    kinds = row.form.fields["kind"].editor
    assert isinstance(kinds, QComboBox)
    kinds.setFocus()
    QTest.keyClicks(kinds, "choice")
    kinds.activated.emit(kinds.currentIndex())
    desk.panel.refresh()
    words = desk.page.params.rows[0].form.fields["choices"].editor
    assert isinstance(words, QLineEdit)
    desk.type(words, "thin, wide")
    assert desk.stage.params[0].choices == ("thin", "wide")
    assert desk.stage.params[0].default == "thin"


def test_parameters_are_put_in_order_and_removed(desk: Desk) -> None:
    desk.open()
    desk.page.params.menu.actions()[2].trigger()
    desk.panel.refresh()
    desk.press(desk.page.params.rows[1].earlier)
    assert [p.kind for p in desk.stage.params] == ["bool", "int"]
    desk.press(desk.page.params.rows[0].remove)
    assert [p.id for p in desk.stage.params] == ["channels"]


def test_a_parameter_in_use_stays_and_the_refusal_names_who_uses_it(desk: Desk) -> None:
    said: list[str] = []
    desk.bridge.noticed.connect(lambda d: said.append(d.message))
    desk.open()
    desk.press(desk.page.params.rows[0].remove)
    assert [p.id for p in desk.stage.params] == ["channels"]
    assert "Conv" in said[0]


# --- a layer in it


def test_an_expression_shows_what_it_comes_to_in_this_use(desk: Desk) -> None:
    desk.open("stage_1")
    desk.select("conv2d_1")
    filters = desk.form.bindings["filters"]
    assert filters.is_expression
    assert filters.line.text() == "=channels"
    assert filters.shown.text() == "4"
    assert "channels = 4" in filters.line.toolTip()
    desk.session.go_to_scope(["stage_2"])
    desk.select("conv2d_1")
    assert desk.form.bindings["filters"].shown.text() == "8"


def test_an_expression_is_typed_with_completion_and_works_at_once(desk: Desk) -> None:
    desk.open("stage_2")
    desk.select("conv2d_1")
    line = desk.form.bindings["filters"].line
    line.setFocus()
    line.end(False)
    QTest.keyClicks(line, " * (ind")
    assert line.suggestions.isVisible()
    QTest.keyClick(line.suggestions, Qt.Key.Key_Return)
    QTest.keyClicks(line, " + 2)")
    QTest.keyClick(line, Qt.Key.Key_Return)
    desk.panel.refresh()
    assert desk.session.graph.nodes["conv2d_1"].params["filters"] == "=channels * (index + 2)"
    assert desk.form.bindings["filters"].shown.text() == "16"
    desk.session.go_to_scope(["stage_2:1"])
    desk.select("conv2d_1")
    assert desk.form.bindings["filters"].shown.text() == "24", "each repetition has its own index"


def test_a_wrong_expression_is_told_in_words_at_its_field(desk: Desk) -> None:
    desk.open()
    desk.select("conv2d_1")
    desk.type(desk.form.bindings["filters"].line, "=chanels * 2")
    note = desk.form.note("filters")
    assert note.isVisible()
    assert "“chanels”, which is not known here" in note.words.text()
    assert desk.form.bindings["filters"].line.property("state") == "error"
    assert desk.form.bindings["filters"].shown.text() == "?"
    desk.type(desk.form.bindings["filters"].line, "=channels")
    assert not note.isVisible()


def test_in_the_network_itself_fields_hold_no_expressions(desk: Desk) -> None:
    desk.select("stage_1")
    assert not desk.form.bindings


def test_a_layer_is_bypassed_by_choice_and_inside_a_block_by_an_expression(desk: Desk) -> None:
    desk.open("stage_2")
    desk.select("relu_1")
    state = desk.form.bindings["state"]
    state.field.setFocus()
    QTest.keyClick(state.field.editor, "=")
    QTest.keyClicks(state.line, "index == 1")
    state.line.suggestions.hide()
    QTest.keyClick(state.line, Qt.Key.Key_Return)
    desk.panel.refresh()
    assert desk.session.graph.nodes["relu_1"].state == "=index == 1"
    assert state.shown.text() == "on"
    desk.session.go_to_scope(["stage_2:1"])
    desk.select("relu_1")
    assert desk.form.bindings["state"].shown.text() == "bypassed"
    desk.session.undo()
    assert desk.stage == STAGE


def test_ports_have_no_state(desk: Desk) -> None:
    desk.open()
    desk.select("in")
    assert desk.panel.layer.form is None


# --- a use


def test_a_use_shows_its_parameters_its_repeat_and_what_is_inside(desk: Desk) -> None:
    desk.select("stage_2")
    assert list(desk.form.fields) == ["channels", "repeat", "state"]
    facts = {fact.name: fact.value for fact in desk.panel.layer.facts.facts}
    assert facts["Parameters"] == f"{296 + 584}"
    box = desk.form.fields["repeat"].editor
    assert isinstance(box, QAbstractSpinBox)
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Up)
    desk.panel.refresh()
    assert desk.session.graph.nodes["stage_2"].params["repeat"] == 3
    facts = {fact.name: fact.value for fact in desk.panel.layer.facts.facts}
    assert facts["Parameters"] == "1,464"
    assert desk.panel.layer.of_block.words.text().startswith("Used in 2 places")


def test_the_note_of_a_use_leads_to_what_is_wrong_inside(desk: Desk, qtbot: QtBot) -> None:
    desk.open("stage_2")
    desk.session.apply("Set", lambda graph: set_param(graph, "conv2d_1", "filters", "=chanels"))
    desk.session.leave()
    desk.select("stage_2")
    note = desk.panel.layer.note
    assert note.isVisible()
    (link,) = [b for b in note.findChildren(QPushButton) if b.text() == "Go to it"]
    link.setFocus()
    QTest.keyClick(link, Qt.Key.Key_Space)
    desk.panel.refresh()
    assert desk.session.scope == ("stage_2",)
    assert desk.bridge.selection == ("conv2d_1",)
    qtbot.waitUntil(desk.form.note("filters").isVisible)


def test_the_buttons_of_a_use_ask_for_commands(desk: Desk) -> None:
    wanted: list[str] = []
    desk.panel.wanted.connect(wanted.append)
    desk.select("stage_1")
    buttons = desk.panel.layer.of_block.buttons
    for name in ("open_block", "unique", "keep", "dissolve"):
        buttons[name].setFocus()
        QTest.keyClick(buttons[name], Qt.Key.Key_Space)
    assert wanted == ["open_block", "unique", "keep", "dissolve"]
    desk.select("pictures_1")
    assert not desk.panel.layer.of_block.isVisible()


def test_a_single_use_is_unique_already(desk: Desk) -> None:
    desk.session.make_unique("stage_2")
    desk.select("stage_2")
    assert not desk.panel.layer.of_block.buttons["unique"].isEnabled()
    assert desk.panel.layer.of_block.words.text() == "Used in this place only."


def test_a_kept_block_says_so(desk: Desk) -> None:
    desk.session.keep_block("stage")
    desk.select("stage_1")
    button = desk.panel.layer.of_block.buttons["keep"]
    assert button.text() == "In my library"
    assert not button.isEnabled()


def test_several_layers_can_be_made_a_block(desk: Desk) -> None:
    wanted: list[str] = []
    desk.panel.wanted.connect(wanted.append)
    desk.select("stage_1", "stage_2")
    assert desk.panel.several.isVisible()
    assert "2 × Stage" in desk.panel.several._kinds.text()
    desk.press(next(b for b in desk.panel.several.findChildren(QPushButton) if b.objectName() == "group"))
    assert wanted == ["group"]


def test_read_only_projects_grey_all_of_it_out(desk: Desk) -> None:
    desk.session.read_only = True
    desk.open()
    desk.panel.refresh()
    for part in (desk.page.summary, desk.page.inputs, desk.page.outputs, desk.page.params):
        assert not part.isEnabled()
    assert desk.page.place.isEnabled(), "one may still look around"
    assert desk.panel.header.name.isReadOnly()
    desk.select("conv2d_1")
    assert not desk.form.bindings["filters"].line.isEnabled()
    desk.session.leave()
    desk.select("stage_1")
    assert not desk.panel.layer.of_block.buttons["dissolve"].isEnabled()
    assert desk.panel.layer.of_block.buttons["open_block"].isEnabled()


def test_what_is_typed_survives_an_edit_elsewhere(desk: Desk) -> None:
    desk.open()
    desk.select("conv2d_1")
    line = desk.form.bindings["filters"].line
    line.setFocus()
    line.end(False)
    QTest.keyClicks(line, " + ")
    desk.session.apply("Set", lambda graph: set_param(graph, "conv2d_1", "bias", False))
    desk.panel.refresh()
    assert desk.form.bindings["filters"].line is line
    assert line.text() == "=channels + "
    line.suggestions.hide()
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == "=channels"


def test_every_part_has_a_name_for_those_who_do_not_see_it(desk: Desk) -> None:
    desk.open()
    for kind in (QLineEdit, QComboBox, QAbstractSpinBox, QPushButton):
        for widget in desk.page.findChildren(kind):
            inner = widget.parent()
            if isinstance(inner, QAbstractSpinBox | QComboBox):
                continue
            named = widget.accessibleName() or (widget.text() if isinstance(widget, QPushButton) else "")
            assert named, widget.objectName()


def test_a_block_of_the_same_shape_is_another_block(desk: Desk) -> None:
    """The form follows the definition, not only its id."""
    desk.select("stage_1")
    before = desk.form
    graph: Graph = desk.session.project.graph
    more = replace(STAGE, params=(*STAGE.params, replace(STAGE.params[0], id="depth", title="Depth")))
    desk.session.set_block(more)
    desk.select("stage_1")
    assert desk.form is not before
    assert "depth" in desk.form.fields
    desk.session.undo()
    assert desk.session.project.graph == graph
