"""What the canvas says of a network's cost: a line on each card, the totals, and a warning that offers what fits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.ui.canvas.conftest import Hands
from tests.ui.canvas.test_code import staged
from workbench.compiler.estimate import kept_bytes, training_bytes
from workbench.core.words import file_size
from workbench.document.edits import connect, set_param
from workbench.document.graph import Edge, Graph
from workbench.session.room import Room
from workbench.ui.canvas import overlays
from workbench.ui.canvas.hits import Hit, hit_at
from workbench.ui.canvas.tips import tip_for
from workbench.ui.inspector.facts_row import FactsRow


def fact(hands: Hands, node: str) -> str:
    item = hands.canvas.node(node)
    assert item is not None
    return item.card.fact


def height(hands: Hands, node: str) -> int:
    item = hands.canvas.node(node)
    assert item is not None
    return item.frame.height


def test_cards_state_what_the_menu_asks_for(hands: Hands, qtbot: QtBot) -> None:
    plain = height(hands, "conv2d_1")
    assert fact(hands, "conv2d_1") == ""
    hands.do("facts_flops")
    qtbot.waitUntil(lambda: fact(hands, "conv2d_1") == "1.8 MFLOPs")
    assert height(hands, "conv2d_1") == plain + 16
    hands.do("facts_memory")
    kept = 64 * kept_bytes(hands.session.inferred)["relu_1"]
    qtbot.waitUntil(lambda: fact(hands, "relu_1") == f"{file_size(kept)} kept")
    assert fact(hands, "conv2d_1") == "nothing kept"  # ReLU's gradient needs its own result
    hands.do("facts_field")
    qtbot.waitUntil(lambda: fact(hands, "relu_1") == "sees 3 × 3 px")
    assert fact(hands, "linear_1") == "sees the whole picture"
    hands.do("facts_off")
    qtbot.waitUntil(lambda: fact(hands, "relu_1") == "")
    assert height(hands, "conv2d_1") == plain


def test_facts_follow_edits_further_down_too(hands: Hands, qtbot: QtBot) -> None:
    """The kernel of one layer changes what the layers behind it see, though their shapes stay."""
    hands.do("facts_field")
    qtbot.waitUntil(lambda: fact(hands, "relu_1") == "sees 3 × 3 px")
    hands.session.apply("Kernel", lambda g: set_param(g, "conv2d_1", "kernel", (7, 7)))
    qtbot.waitUntil(lambda: fact(hands, "relu_1") == "sees 7 × 7 px")
    hands.session.undo()
    qtbot.waitUntil(lambda: fact(hands, "relu_1") == "sees 3 × 3 px")


def test_facts_inside_a_block_are_those_of_this_use(open_canvas: Callable[[Graph], Hands], qtbot: QtBot) -> None:
    hands = open_canvas(staged())
    hands.do("facts_field")
    qtbot.waitUntil(lambda: fact(hands, "stage_2") == "sees 7 × 7 px")
    hands.session.go_to_scope(("stage_2:1",))
    qtbot.waitUntil(lambda: fact(hands, "conv2d_1") == "sees 7 × 7 px")
    hands.session.go_to_scope(("stage_1",))
    qtbot.waitUntil(lambda: fact(hands, "conv2d_1") == "sees 3 × 3 px")


def test_menu_and_inspector_are_one_choice(hands: Hands, qtbot: QtBot) -> None:
    row = FactsRow(hands.bridge)
    qtbot.addWidget(row)
    row.show()
    row.box.setFocus()
    QTest.keyClick(row.box, Qt.Key.Key_Down)
    assert hands.panel.action("facts_flops").isChecked()
    qtbot.waitUntil(lambda: bool(fact(hands, "conv2d_1")))
    hands.do("facts_field")
    assert row.box.currentData() == "field"
    hands.do("facts_off")
    qtbot.waitUntil(lambda: not fact(hands, "conv2d_1"))


def test_the_totals_count_what_is_inside_of_blocks(open_canvas: Callable[[Graph], Hands]) -> None:
    hands = open_canvas(staged())
    summary = hands.panel.overlays.summary
    assert summary.facts[0] == "9 layers"  # two in each of three stages, and three outside
    assert f"{hands.session.whole.parameters:,} parameters" in summary.facts
    assert any(part.startswith("about ") and "to train at batch 64 of " in part for part in summary.facts)
    hands.session.enter("stage_1")
    assert summary.facts[0] == "Stage 1: 2 layers"
    assert f"{hands.session.inferred.parameters:,} parameters" in summary.facts
    assert not any("to train" in part for part in summary.facts)


def test_tips_say_the_cost_and_what_is_wrong_with_a_wire(hands: Hands) -> None:
    conv = tip_for(hands.canvas, hit_at(hands.canvas, hands.middle("conv2d_1"), 1.0))
    assert "1.8 MFLOPs a picture" in conv
    hands.session.apply("Wire", lambda g: connect(g, Edge("relu_1", "out", "linear_1", "in")))
    edge = next(e for e in hands.graph.edges if e.id == "relu_1.out->linear_1.in")
    tip = tip_for(hands.canvas, Hit(edge=edge))
    assert "Carries 64 × 64 × 8" in tip
    assert "Linear takes" in tip


@pytest.mark.parametrize(("width", "lines"), [(2000, 1), (420, 2), (60, 1)])
def test_the_totals_take_two_lines_where_one_is_too_short(hands: Hands, width: int, lines: int) -> None:
    summary = hands.panel.overlays.summary
    summary.fit(width)
    assert len(summary.text().splitlines() or [""]) == lines
    assert summary.width() <= max(width, 20)


def test_what_does_not_fit_offers_the_batch_that_does(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    warning = hands.panel.overlays.memory
    assert not warning.isVisible()
    room = training_bytes(hands.session.whole, 20, "adam")
    monkeypatch.setattr(overlays, "free_on", lambda _device: Room("cpu", room))
    hands.panel.overlays.refresh()
    assert warning.isVisible()
    assert f"{file_size(room)} are free" in warning.words
    assert hands.view.rect().contains(warning.geometry())
    QTest.mouseClick(warning.button, Qt.MouseButton.LeftButton)
    assert hands.session.project.recipe.batch_size == 16
    assert not warning.isVisible()
    assert hands.steps() == 1
    hands.session.undo()
    assert hands.session.project.recipe.batch_size == 64
    assert warning.isVisible()


def test_the_warning_wraps_where_the_canvas_is_narrow(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlays, "free_on", lambda _device: Room("cpu", 1000))
    hands.panel.overlays.refresh()
    warning = hands.panel.overlays.memory
    one_line = warning.height()
    warning.fit(240)
    assert warning.width() == 240
    assert warning.height() > one_line
    warning.fit(5000)
    assert warning.height() == one_line


def test_where_no_batch_fits_it_says_so(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlays, "free_on", lambda _device: Room("cuda", 1000))
    hands.panel.overlays.refresh()
    warning = hands.panel.overlays.memory
    assert "on the GPU" in warning.words
    assert "Not even a batch of 2 fits" in warning.words
    assert not warning.button.isVisible()
