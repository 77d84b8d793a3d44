"""The recipe in the inspector: every edit one undo step, problems under their fields, the rate as a curve."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QWidget
from pytestqt.qtbot import QtBot

from workbench.catalogue.recipe import SETTINGS
from workbench.catalogue.registry import INITIALISATIONS, OPTIMIZERS, SCHEDULES
from workbench.document.graph import frozen
from workbench.document.marking import set_rate
from workbench.document.project import Chosen, Recipe
from workbench.session.recipe.rate_curve import rate_curve
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.inspector.number_fields import FloatField, IntField
from workbench.ui.inspector.panel import InspectorPanel
from workbench.ui.inspector.rate_plot import RatePlot
from workbench.ui.inspector.recipe_page import RecipePage
from workbench.ui.theme import Theme


@pytest.fixture
def inspector(qtbot: QtBot, bridge: Bridge, theme: Theme, session: Session) -> InspectorPanel:
    panel = InspectorPanel(bridge, theme)
    qtbot.addWidget(panel)
    panel.resize(268, 860)
    bridge.set_session(session)
    panel.show()
    QTest.qWaitForWindowExposed(panel)
    return panel


@pytest.fixture
def page(inspector: InspectorPanel) -> RecipePage:
    return inspector.project.recipe


def pick(page: RecipePage, field: str, identity: str) -> None:
    box = page.chosen[field].box
    box.setCurrentIndex(box.findData(identity))
    box.activated.emit(box.currentIndex())


def test_every_setting_has_its_field(page: RecipePage) -> None:
    shown = {name for form in page.forms for name in form.fields}
    assert shown == set(SETTINGS)
    assert {name: editor.box.count() for name, editor in page.chosen.items()} == {
        "optimizer": len(OPTIMIZERS),
        "schedule": len(SCHEDULES),
        "initialisation": len(INITIALISATIONS),
    }


def test_an_edit_is_one_undo_step(page: RecipePage, session: Session) -> None:
    before = session.project.recipe
    clip = page.step.fields["clip"]
    assert isinstance(clip, FloatField)
    clip._box.setValue(2.5)
    assert session.project.recipe == replace(before, clip=2.5)
    pick(page, "schedule", "one_cycle")
    assert session.project.recipe.schedule == Chosen("one_cycle")
    pick(page, "initialisation", "orthogonal")
    page.metrics.actions_by_id["f1"].trigger()
    assert session.project.recipe.metrics == ("f1",)
    for _ in range(4):
        session.undo()
    assert session.project.recipe == before


def test_metrics_are_ticked_one_by_one_in_the_catalogues_order(
    page: RecipePage, inspector: InspectorPanel, session: Session
) -> None:
    for name in ("roc_area", "f1", "balanced_accuracy"):
        page.metrics.actions_by_id[name].trigger()
        inspector.refresh()
    assert session.project.recipe.metrics == ("balanced_accuracy", "f1", "roc_area")
    page.metrics.actions_by_id["f1"].trigger()
    assert session.project.recipe.metrics == ("balanced_accuracy", "roc_area")
    offered = {name for name, action in page.metrics.actions_by_id.items() if action.isVisible()}
    assert "f1" in offered
    assert "r2" not in offered, "a network that tells classes apart has no R²"


def test_folds_say_what_is_set_in_them(page: RecipePage, inspector: InspectorPanel, session: Session) -> None:
    assert page.folds["step"].words == ""
    assert not page.step.isVisible()
    recipe = replace(session.project.recipe, clip=1.0, average=0.999, patience=5, initialisation=Chosen("he_normal"))
    recipe = replace(recipe, metrics=("f1",))
    session.change("Set all of it", recipe=recipe)
    inspector.refresh()
    assert page.folds["step"].words == "clip gradients 1, average weights 0.999"
    assert page.folds["end"].words == "stop after 5 epochs, F1"
    assert page.folds["start"].words == "He, normal"
    QTest.mouseClick(page.folds["step"].button, Qt.MouseButton.LeftButton)
    assert page.step.isVisible()


def test_problems_stand_under_their_fields_and_open_their_fold(
    page: RecipePage, inspector: InspectorPanel, session: Session
) -> None:
    recipe = replace(
        session.project.recipe,
        shard=True,
        optimizer=Chosen("adam", frozen({"lr": 10.0})),
        schedule=Chosen("cosine", frozen({"warmup": 50.0})),
    )
    session.change("Get it wrong", recipe=recipe)
    inspector.refresh()
    assert page.folds["machine"].is_open
    assert not page.folds["step"].is_open
    assert "nobody to share them with" in page.machine.note("shard").words.text()
    rate = page.chosen["optimizer"].form
    warmup = page.chosen["schedule"].form
    assert rate is not None
    assert warmup is not None
    assert "usually wants about 0.001" in rate.note("lr").words.text()
    assert "warm-up takes 50 epochs" in warmup.note("warmup").words.text()
    problem = rate.note("lr")._problem
    assert problem is not None
    rate.note("lr").fixChosen.emit(problem.fixes[0])
    assert session.project.recipe.optimizer.params["lr"] == 0.001


def test_a_choice_that_does_not_suit_is_said_under_the_choice(
    page: RecipePage, inspector: InspectorPanel, session: Session
) -> None:
    session.change("Choose from later", recipe=replace(session.project.recipe, optimizer=Chosen("lion")))
    inspector.refresh()
    assert "no optimizer called “lion”" in page.chosen["optimizer"].note.words.text()
    assert page.chosen["optimizer"].note.isVisible()
    session.undo()
    inspector.refresh()
    assert not page.chosen["optimizer"].note.isVisible()


# --- the curve -------------------------------------------------------------------------------------------------------


def test_the_curve_follows_the_recipe(page: RecipePage, inspector: InspectorPanel, session: Session) -> None:
    assert page.plot.words == "0.001"
    pick(page, "schedule", "cosine")
    inspector.refresh()
    assert page.plot.words.startswith("0.001 → ")
    pick(page, "schedule", "plateau")
    inspector.refresh()
    assert page.plot.words == "0.001, lower where validation stalls"
    session.change("Choose from later", recipe=replace(session.project.recipe, schedule=Chosen("moon")))
    inspector.refresh()
    assert not page.plot.isVisible()


@pytest.fixture
def plot(qtbot: QtBot, theme: Theme) -> RatePlot:
    made = RatePlot(theme)
    qtbot.addWidget(made)
    made.resize(240, made.height())
    made.show_curve(rate_curve(Recipe(epochs=10, schedule=Chosen("step", frozen({"every": 5})))))
    return made


def test_the_pointer_reads_the_rate(plot: RatePlot) -> None:
    early, late = plot.rate_at(60.0), plot.rate_at(200.0)
    assert early is not None
    assert late is not None
    assert early == pytest.approx((2.5, 0.001), rel=0.02)
    assert late == pytest.approx((8.35, 0.0001), rel=0.02)
    assert plot.rate_at(-5.0) is None


def test_the_curve_is_drawn_and_the_pointer_seen(plot: RatePlot) -> None:
    plain = plot.grab().toImage()
    area = [(x, y) for x in range(0, 240, 3) for y in range(20, plot.height() - 20)]
    colours = {plain.pixelColor(x, y).name() for x, y in area}
    assert len(colours) > 3, "a line, what is below it, and the ground"
    at = QPointF(60.0, 40.0)
    moved = QMouseEvent(
        QEvent.Type.MouseMove, at, at, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(plot, moved)
    assert plot.grab().toImage() != plain
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert plot.grab().toImage() == plain


# --- a layer's part --------------------------------------------------------------------------------------------------


def ticked(widget: QWidget) -> QCheckBox:
    assert isinstance(widget, QCheckBox)
    return widget


def test_a_layer_is_frozen_and_given_a_rate(inspector: InspectorPanel, session: Session) -> None:
    inspector._bridge.select(["conv2d_1"])
    inspector.refresh()
    part = inspector.layer.training
    assert part.isVisible()
    rate = part.form.fields["rate"]
    assert isinstance(rate, FloatField)
    rate._box.setValue(0.1)
    ticked(part.form.fields["frozen"].editor).click()
    inspector.refresh()
    node = session.graph.nodes["conv2d_1"]
    assert (node.frozen, node.rate) == (True, 0.1)
    assert not rate.isEnabled(), "a frozen layer has no rate"
    session.undo()
    session.undo()
    assert (session.graph.nodes["conv2d_1"].frozen, session.graph.nodes["conv2d_1"].rate) == (False, 1.0)


def test_layers_without_weights_have_no_part_in_it(inspector: InspectorPanel, session: Session) -> None:
    inspector._bridge.select(["pictures_1"])
    inspector.refresh()
    assert not inspector.layer.training.isVisible()
    session.set_frozen(["pictures_1"], True)
    inspector.refresh()
    assert inspector.layer.training.isVisible(), "else nobody could take it back"


def test_inside_a_frozen_block_a_layer_says_so(inspector: InspectorPanel, session: Session, bridge: Bridge) -> None:
    use = session.group(["conv2d_1"])
    assert use is not None
    session.set_frozen([use], True)
    session.enter(use)
    bridge.select(["conv2d_1"])
    inspector.refresh()
    assert inspector.layer.training._around.text() == "The block around it is frozen here, and so is this layer."
    session.leave()
    session.set_frozen([use], False)
    session.apply("Slow it down", lambda graph: set_rate(graph, [use], 0.1))
    session.enter(use)
    bridge.select(["conv2d_1"])
    inspector.refresh()
    assert "learns at 0.1 times the rate here" in inspector.layer.training._around.text()


def test_whole_numbers_are_counted(page: RecipePage, session: Session) -> None:
    batches = page.step.fields["accumulate"]
    assert isinstance(batches, IntField)
    batches._box.stepUp()
    assert session.project.recipe.accumulate == 2
