"""Advice on a run: one note at a time, with its remedies and the way to the layer it names."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.ui.bridge import Bridge
from workbench.ui.training.notes import SHOW_LAYER, Advice

LEFT = Qt.MouseButton.LeftButton
FIRST = Diagnostic("advice.plateau", "The loss stands still.", Severity.INFO, fixes=(Fix("Try less", "x", {"a": [1]}),))
SECOND = Diagnostic(
    "advice.vanish", "The gradients of “Conv 1” vanish.", Severity.WARNING, node="conv2d_1", path=("b",)
)


@pytest.fixture
def advice(bridge: Bridge, qtbot: QtBot) -> Advice:
    made = Advice(bridge)
    qtbot.addWidget(made)
    return made


def test_nothing_is_said_where_there_is_nothing_to_say(advice: Advice) -> None:
    advice.show_notes("run-1", ())
    assert advice.isHidden()


def test_the_newest_note_comes_first_and_the_others_are_an_arrow_away(advice: Advice) -> None:
    advice.show_notes("run-1", (FIRST,))
    assert not advice.isHidden()
    assert advice.before.isHidden()
    advice.show_notes("run-1", (FIRST, SECOND))
    assert advice.shown is not None
    assert advice.shown.code == "advice.vanish"
    assert advice._which.text() == "2 of 2"
    assert not advice.after.isEnabled()
    QTest.mouseClick(advice.before, LEFT)
    assert advice.shown.code == "advice.plateau"
    advice.show_notes("run-1", (FIRST, SECOND))
    assert advice.shown.code == "advice.plateau", "what a person turned to stays"


def test_what_was_closed_stays_closed_until_another_run(advice: Advice) -> None:
    advice.show_notes("run-1", (FIRST,))
    QTest.mouseClick(advice.close_button, LEFT)
    assert advice.isHidden()
    advice.show_notes("run-1", (FIRST,))
    assert advice.isHidden()
    advice.show_notes("run-2", (FIRST,))
    assert not advice.isHidden()


def test_a_note_that_names_a_layer_leads_there_and_stays(advice: Advice) -> None:
    taken: list[Fix] = []
    advice.fixChosen.connect(taken.append)
    advice.show_notes("run-1", (SECOND,))
    QTest.mouseClick(next(b for b in advice.findChildren(QPushButton) if b.text() == "Show the layer"), LEFT)
    assert taken == [Fix("Show the layer", SHOW_LAYER, {"path": ["b"], "node": "conv2d_1"})]
    assert not advice.isHidden()


def test_a_remedy_that_is_taken_closes_its_note(advice: Advice) -> None:
    taken: list[Fix] = []
    advice.fixChosen.connect(taken.append)
    advice.show_notes("run-1", (FIRST,))
    QTest.mouseClick(next(b for b in advice.findChildren(QPushButton) if b.text() == "Try less"), LEFT)
    assert taken == [FIRST.fixes[0]]
    assert advice.isHidden()


def test_in_a_low_panel_a_note_is_one_line_until_it_is_asked_for(advice: Advice, qtbot: QtBot) -> None:
    advice.show()
    advice.resize(400, 200)
    advice.show_notes("run-1", (FIRST,))
    link = next(b for b in advice.findChildren(QPushButton) if b.text() == "Try less")
    assert link.isVisible()
    assert not advice.note.whole.isVisible()
    high = advice.note.sizeHint().height()
    advice.note.set_low(True, links=False)
    assert advice.note.sizeHint().height() < high
    assert not link.isVisible()
    assert not advice.note.is_whole
    QTest.mouseClick(advice.note.whole, LEFT)
    assert link.isVisible()
    assert advice.note.is_whole
    advice.show_notes("run-1", (FIRST, SECOND))
    assert not advice.note.is_whole, "the next note begins as one line again"
