"""The inspector: made from the declarations alone, every edit one undo step, problems on the field they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QSpinBox
from pytestqt.qtbot import QtBot

from workbench.catalogue.declaration import Declaration, Kind, Param
from workbench.catalogue.registry import AUGMENTATIONS, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES
from workbench.catalogue.values import check
from workbench.document.edits import set_param
from workbench.document.graph import frozen
from workbench.document.project import Chosen
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.code.highlight import spans
from workbench.ui.inspector.facts import Fact
from workbench.ui.inspector.form import Form
from workbench.ui.inspector.number_fields import FloatField, IntField, NumberBox, parse_float
from workbench.ui.inspector.panel import InspectorPanel
from workbench.ui.inspector.text_fields import IntsField, parse_ints
from workbench.ui.theme import Theme

CATALOGUES: Mapping[str, Mapping[str, Declaration]] = {
    "layers": LAYERS,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
    "augmentations": AUGMENTATIONS,
}
EVERYTHING = [(name, entry.id) for name, catalogue in CATALOGUES.items() for entry in catalogue.values()]


@pytest.fixture
def inspector(qtbot: QtBot, bridge: Bridge, theme: Theme, session: Session) -> InspectorPanel:
    panel = InspectorPanel(bridge, theme)
    qtbot.addWidget(panel)
    panel.resize(268, 860)
    bridge.set_session(session)
    panel.show()
    panel.activateWindow()
    QTest.qWaitForWindowActive(panel)
    return panel


@pytest.mark.parametrize(("name", "identity"), EVERYTHING)
def test_every_declaration_has_its_form(qtbot: QtBot, theme: Theme, name: str, identity: str) -> None:
    entry = CATALOGUES[name][identity]
    form = Form(entry.params, theme)
    qtbot.addWidget(form)
    values, problems = check(entry, {})
    assert not problems
    reported: list[object] = []
    form.edited.connect(lambda *what: reported.append(what))
    form.show_values(values)
    assert not reported, "showing a value must not report it"
    assert set(form.fields) == {p.id for p in entry.params}
    for param in entry.params:
        editor = form.fields[param.id].editor
        assert editor.accessibleName() == param.title
        assert editor.toolTip() == param.help
        assert param.help.rstrip().endswith((".", "?")), param.id


def test_advanced_settings_are_folded_until_one_is_wrong(inspector: InspectorPanel, session: Session) -> None:
    inspector._bridge.select(["conv2d_1"])
    inspector.refresh()
    form = inspector.layer.form
    assert form is not None
    groups = form.fields["groups"]
    assert not groups.isVisible()
    session.apply("Change groups", lambda g: set_param(g, "conv2d_1", "groups", 5))
    inspector.refresh()
    assert groups.isVisible()
    assert groups.editor.property("state") == "error"
    note = form.note("groups")
    assert "5" in note.words.text()
    assert note.isVisible()
    assert not inspector.layer.note.isVisible(), "said once is enough"
    assert note._links is not None
    note._links.buttons[0].click()
    inspector.refresh()
    assert session.graph.nodes["conv2d_1"].params["groups"] == 1
    assert groups.editor.property("state") == ""
    assert not note.isVisible()


def test_spinning_is_one_undo_step(inspector: InspectorPanel, session: Session) -> None:
    inspector._bridge.select(["linear_1"])
    inspector.refresh()
    assert inspector.layer.form is not None
    box = inspector.layer.form.fields["units"].editor
    assert isinstance(box, QSpinBox)
    box.setFocus()
    for _ in range(5):
        QTest.keyClick(box, Qt.Key.Key_Up)
    assert session.graph.nodes["linear_1"].params["units"] == 8
    session.undo()
    assert session.graph.nodes["linear_1"].params["units"] == 3
    session.redo()
    inspector.setFocus()  # leaving the field ends the gesture
    inspector.refresh()
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Up)
    session.undo()
    assert session.graph.nodes["linear_1"].params["units"] == 8


def test_typing_is_kept_until_it_is_finished(inspector: InspectorPanel, session: Session) -> None:
    inspector._bridge.select(["linear_1"])
    inspector.refresh()
    assert inspector.layer.form is not None
    box = inspector.layer.form.fields["units"].editor
    assert isinstance(box, QSpinBox)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "1234")
    assert session.graph.nodes["linear_1"].params["units"] == 3
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert session.graph.nodes["linear_1"].params["units"] == 1234
    inspector.refresh()
    assert box.text() == "1,234"


def test_several_numbers_in_one_field(inspector: InspectorPanel, session: Session) -> None:
    inspector._bridge.select(["conv2d_1"])
    inspector.refresh()
    assert inspector.layer.form is not None
    kernel = inspector.layer.form.fields["kernel"]
    assert isinstance(kernel, IntsField)
    line = kernel.editor
    line.setFocus()
    line.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(line, "5")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert session.graph.nodes["conv2d_1"].params["kernel"] == (5, 5)
    inspector.refresh()
    assert line.text() == "5 × 5"  # type: ignore[attr-defined]
    QTest.keyClick(line, Qt.Key.Key_Up)
    assert session.graph.nodes["conv2d_1"].params["kernel"] == (6, 6)
    inspector.refresh()
    line.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(line, "five")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert session.graph.nodes["conv2d_1"].params["kernel"] == (6, 6)
    assert line.text() == "6 × 6"  # type: ignore[attr-defined]


def test_padding_takes_words_and_numbers(inspector: InspectorPanel, session: Session) -> None:
    inspector._bridge.select(["conv2d_1"])
    inspector.refresh()
    assert inspector.layer.form is not None
    box = inspector.layer.form.fields["padding"].editor
    assert isinstance(box, QComboBox)
    line = box.lineEdit()
    assert line is not None
    for typed, kept in (("valid", "valid"), ("2", (2, 2)), ("SAME", "same")):
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, typed)
        QTest.keyClick(line, Qt.Key.Key_Return)
        assert session.graph.nodes["conv2d_1"].params["padding"] == kept
        inspector.refresh()


def test_the_wheel_scrolls_past_fields_that_have_no_focus(inspector: InspectorPanel, session: Session) -> None:
    inspector._bridge.select(["linear_1"])
    inspector.refresh()
    assert inspector.layer.form is not None
    box = inspector.layer.form.fields["units"].editor
    inspector.header.name.setFocus()
    where = QPointF(box.rect().center())
    turned = QWheelEvent(
        where,
        box.mapToGlobal(where),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, turned)
    assert session.graph.nodes["linear_1"].params["units"] == 3


def test_facts_say_what_goes_in_and_out(inspector: InspectorPanel) -> None:
    inspector._bridge.select(["conv2d_1"])
    inspector.refresh()
    shown = {fact.name: fact.value for fact in inspector.layer.facts.facts}
    assert shown["Takes"] == "16 × 16 × 3"
    assert shown["Gives"] == "16 × 16 × 8"
    assert shown["Parameters"] == f"{3 * 3 * 3 * 8 + 8:,}"
    assert shown["Sees"] == "3 × 3 pixels"
    assert all(isinstance(f, Fact) and f.help.endswith(".") for f in inspector.layer.facts.facts)


def test_unknown_shapes_are_shown_as_unknown(inspector: InspectorPanel, session: Session) -> None:
    session.add_layer("linear")
    added = next(n.id for n in session.graph if n.id not in {"linear_1"} and n.layer == "linear")
    inspector._bridge.select([added])
    inspector.refresh()
    shown = {fact.name: fact.value for fact in inspector.layer.facts.facts}
    assert shown["Gives"] == "?"


def test_renaming(inspector: InspectorPanel, session: Session) -> None:
    inspector._bridge.select(["conv2d_1"])
    inspector.refresh()
    inspector.edit_name()
    QTest.keyClicks(inspector.header.name, "Edges")
    QTest.keyClick(inspector.header.name, Qt.Key.Key_Return)
    assert session.graph.nodes["conv2d_1"].name == "Edges"
    inspector.refresh()
    inspector.edit_name()
    QTest.keyClicks(inspector.header.name, "Other")
    QTest.keyClick(inspector.header.name, Qt.Key.Key_Escape)
    assert inspector.header.name.text() == "Edges"
    inspector._bridge.select([])
    inspector.refresh()
    inspector.edit_name()
    QTest.keyClicks(inspector.header.name, "my net")
    QTest.keyClick(inspector.header.name, Qt.Key.Key_Return)
    assert session.project.name == "my net"


def test_several_layers_show_their_count_and_what_can_be_done(inspector: InspectorPanel, session: Session) -> None:
    asked: list[str] = []
    inspector.wanted.connect(asked.append)
    inspector._bridge.select(["conv2d_1", "linear_1"])
    inspector.refresh()
    assert inspector.header.name.text() == "2 layers"
    inspector.several._buttons["duplicate"].click()
    assert asked == ["duplicate"]
    shown = {fact.name: fact.value for fact in inspector.several.facts.facts}
    assert shown["Parameters"] == f"{session.inferred.weights['conv2d_1'] + session.inferred.weights['linear_1']:,}"


def test_nothing_selected_shows_totals_and_recipe(inspector: InspectorPanel, session: Session) -> None:
    page = inspector.project
    shown = {fact.name: fact.value for fact in page.totals.facts}
    assert shown["Layers"] == "5"
    assert shown["Parameters"] == f"{session.inferred.parameters:,}"
    epochs = page.recipe.course.fields["epochs"].editor
    assert isinstance(epochs, QSpinBox)
    assert epochs.value() == 2
    epochs.setValue(7)
    assert session.project.recipe.epochs == 7
    session.undo()
    assert session.project.recipe.epochs == 2


def test_another_optimizer_keeps_the_learning_rate(inspector: InspectorPanel, session: Session) -> None:
    editor = inspector.project.recipe.chosen["optimizer"]
    assert editor.form is not None
    rate = editor.form.fields["lr"]
    assert isinstance(rate, FloatField)
    rate._box.setValue(0.02)
    assert session.project.recipe.optimizer.params["lr"] == 0.02
    place = editor.box.findData("sgd")
    editor.box.setCurrentIndex(place)
    editor.box.activated.emit(place)
    assert session.project.recipe.optimizer.id == "sgd"
    assert session.project.recipe.optimizer.params["lr"] == 0.02
    inspector.refresh()
    assert set(editor.form.fields) == {p.id for p in OPTIMIZERS["sgd"].params}
    session.undo()
    inspector.refresh()
    assert session.project.recipe.optimizer.id == "adam"


def test_augmentations_are_named_and_lead_to_where_they_are_set(
    inspector: InspectorPanel, bridge: Bridge, session: Session, qtbot: QtBot
) -> None:
    summary = inspector.project.augmentations
    assert summary.words.startswith("None")
    chosen = (Chosen("shift"), Chosen("mixup"), Chosen("erase", frozen({"on": False})))
    session.change("Use these", data=replace(session.project.data, augmentations=chosen))
    inspector.refresh()
    assert summary.words == "Shift, Mixup; 1 switched off."
    with qtbot.waitSignal(bridge.dataPageAsked) as asked:
        summary.change_button.click()
    assert asked.args == ["preparation"]
    assert bridge.place == "data"


def test_the_code_of_a_layer_is_marked_and_can_be_copied(inspector: InspectorPanel, qtbot: QtBot) -> None:
    inspector.show_tab("code")
    inspector._bridge.select(["conv2d_1"])
    view = inspector.code.view
    qtbot.waitUntil(lambda: bool(view.marked))
    lines = view.toPlainText().splitlines()
    assert all("conv2d_1" in lines[i] for i in view.marked)
    inspector.code.copy_button.click()
    assert QGuiApplication.clipboard().text().rstrip() == view.toPlainText().rstrip()
    compile(view.toPlainText(), "source", "exec")


def test_the_code_says_why_there_is_none(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.apply("Change groups", lambda g: set_param(g, "conv2d_1", "groups", 5))
    inspector.show_tab("code")
    qtbot.waitUntil(inspector.code.note.isVisible)
    assert not inspector.code.view.isVisible()
    assert "groups" in inspector.code.note.diagnostic.message
    assert not inspector.code.copy_button.isEnabled()


def test_read_only_projects_cannot_be_edited(qtbot: QtBot, bridge: Bridge, theme: Theme, session: Session) -> None:
    session.read_only = True
    panel = InspectorPanel(bridge, theme)
    qtbot.addWidget(panel)
    bridge.set_session(session)
    panel.show()
    bridge.select(["conv2d_1"])
    panel.refresh()
    assert panel.layer.form is not None
    assert not any(made.isEnabled() for made in panel.layer.form.fields.values())
    assert panel.header.name.isReadOnly()


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=4))
def test_what_is_written_is_read_back(numbers: list[int]) -> None:
    for joint in (" × ", "x", ", ", " "):
        assert parse_ints(joint.join(str(n) for n in numbers), len(numbers)) == tuple(numbers)
    assert parse_ints(" × ".join(f"{n:,}" for n in numbers), 0) == tuple(numbers)


@pytest.mark.parametrize("text", ["", "a", "3 × ", "1 × 2 × 3", "1.5", "--2"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_ints(text, 2)


def test_numbers_of_any_size(qtbot: QtBot) -> None:
    box = NumberBox()
    qtbot.addWidget(box)
    box.setRange(0.0, 10.0)
    box.setValue(0.001)
    assert box.text() == "0.001"
    box.stepBy(1)
    assert box.value() == pytest.approx(0.002)
    box.stepBy(-1)
    box.stepBy(-1)
    assert box.value() == pytest.approx(0.0009)
    box.selectAll()
    QTest.keyClicks(box, "3e-5")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == pytest.approx(3e-5)
    assert parse_float("0,5") == 0.5
    assert parse_float("inf") is None


@given(st.floats(1e-9, 9.0))
def test_steps_change_the_leading_digit_and_stay_positive(value: float) -> None:
    rounded = float(f"{value:.3g}")
    box = NumberBox()
    box.setRange(0.0, 1e6)
    box.setValue(rounded)
    before = box.value()
    box.stepBy(1)
    assert before < box.value() <= 2.0001 * before + 1e-11
    box.setValue(before)
    box.stepBy(-1)
    assert 0 <= box.value() < before or before == 0
    box.deleteLater()


def test_an_optional_number_may_be_left_open(qtbot: QtBot) -> None:
    made = IntField(Param("n", "N", "Some.", Kind.INT, None, 1, 9, optional=True))
    qtbot.addWidget(made)
    got: list[object] = []
    made.edited.connect(lambda value, _gesture: got.append(value))
    made.show_value(3)
    made.show_value(None)
    box = made.editor
    assert isinstance(box, QSpinBox)
    assert box.text() == "automatic"
    box.stepUp()
    box.stepDown()
    assert got == [1, None]


def test_source_is_coloured() -> None:
    inside, found = spans('    def forward(self):  # "not text"', False)
    assert not inside
    assert [kind for kind, _, _ in found] == ["keyword", "name", "comment"]
    inside, found = spans('    """Begins here', False)
    assert inside
    inside, found = spans('ends here.""" x = 3.5e-2', True)
    assert not inside
    assert [kind for kind, _, _ in found] == ["text", "number"]
