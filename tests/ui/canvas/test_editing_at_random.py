"""Random edits through a session, with a canvas that follows: what is shown is the document, after every one of them
(fault row 21, with a scene attached)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.canvas.at_random import Hand, check
from tests.ui.canvas.conftest import chain
from workbench.compiler.inference import infer
from workbench.document.block_edits import set_state
from workbench.document.diff import same
from workbench.document.edits import rename
from workbench.document.history import MOST_STEPS
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.panel import CanvasPanel
from workbench.ui.theme import Theme

STRETCH = 200
"""Edits between two travels to the beginning of history and back."""


@pytest.fixture
def following(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[int], Hand]]:
    """A session, a canvas on it, and a hand with a seed."""
    opened: list[tuple[Session, Bridge, CanvasPanel]] = []

    def open_(seed: int) -> Hand:
        theme = Theme("dark")
        session = Session.create(tmp_path / f"project{len(opened)}", Project("At random", chain()))
        bridge = Bridge(theme)
        panel = CanvasPanel(bridge, theme)
        qtbot.addWidget(panel)
        panel.show_maps("off")
        bridge.set_session(session)
        opened.append((session, bridge, panel))
        return Hand(seed, session, bridge, panel)

    yield open_
    for session, bridge, panel in opened:
        panel.close()
        bridge.close()
        session.close()


def edit_at_random(hand: Hand, steps: int) -> None:
    session = hand.session
    done: list[str] = []
    start: Project | None = session.project  # None once the history has let go of it
    for number in range(1, steps + 1):
        done.append(hand.act())
        if len(session.history._done) == MOST_STEPS:
            start = None
        try:
            check(hand.panel, session, hand.bridge)
        except AssertionError:
            print("the last edits:", *done[-12:])
            raise
        if number % STRETCH == 0 or number == steps:
            travel(hand, start)


def travel(hand: Hand, start: Project | None) -> None:
    """Undo everything and do it all again: the beginning is as it was, and so is the end."""
    session = hand.session
    while session.history.can_redo:
        session.redo()
    end, count = session.project, 0
    while session.history.can_undo:
        session.undo()
        count += 1
        if count % 20 == 0:
            check(hand.panel, session, hand.bridge)
    check(hand.panel, session, hand.bridge)
    assert start is None or same(session.project, start), "undone as often as done, it is as it began"
    assert infer(session.project.graph).diagnostics == session.whole.diagnostics
    for _ in range(count):
        session.redo()
    assert session.project is end
    assert not session.history.can_redo
    check(hand.panel, session, hand.bridge)
    assert infer(end.graph).diagnostics == session.whole.diagnostics, "inferred piece by piece or at once"


@pytest.mark.parametrize("seed", [1, 2])
def test_the_canvas_is_the_document_after_every_edit(following, seed):
    edit_at_random(following(seed), 150)


@pytest.mark.faults
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(11, 21))
def test_the_canvas_is_the_document_after_ten_thousand_edits(following, seed):
    edit_at_random(following(seed), 1_000)


def test_a_new_name_is_also_in_what_is_said_of_the_layer(following):
    """Found by seed 11: an inference that takes over what it knew of a layer took its old name along."""
    session = following(0).session
    session.apply("Switch", lambda graph: set_state(graph, ("conv2d_1",), "=index > 0"))
    session.apply("Rename", lambda graph: rename(graph, "conv2d_1", "Edges"))
    assert session.whole.diagnostics == infer(session.graph).diagnostics
    assert any("Edges" in d.message for d in session.problems_here)


def test_a_large_canvas_is_the_document_too(following, monkeypatch):
    """With bundled wires and kept drawings, as from so many cards on."""
    monkeypatch.setattr("workbench.ui.canvas.scene.MANY", 10)
    hand = following(3)
    edit_at_random(hand, 120)
