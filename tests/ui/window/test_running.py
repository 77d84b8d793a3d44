"""Training in the window: curves that grow, maps that arrive live, pause, step, go on, stop; then the results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QFileDialog

from workbench.document.edits import connect
from workbench.document.graph import Edge
from workbench.session.state import Views

OpenWindow = Callable[..., Any]


def points(person: Any, which: str = "train") -> int:
    """How many points the loss curve holds."""
    return len(person.panels.training.live.curves.loss.series[which].raw)


def train(person: Any) -> None:
    person.click(person.window.top_bar.primary)
    person.wait(lambda: person.run.phase == "running", 60)


def test_curves_grow_and_maps_arrive_while_it_trains(open_window: OpenWindow, endless: Path) -> None:
    person = open_window(endless)
    assert person.window.top_bar.primary.text() == "Train"
    person.click_node("conv2d_1")
    seen: list[Views] = []
    person.bridge.viewsChanged.connect(seen.append)

    train(person)

    assert person.window.top_bar.primary.text() == "Stop"
    person.wait(lambda: points(person) > 5 and points(person, "val") > 1)
    before = points(person)
    person.wait(lambda: points(person) > before)
    mosaic = person.panels.viewers.layer.mosaic
    person.wait(lambda: sum(v.live for v in seen) >= 3)
    assert seen[-1].maps["conv2d_1"].shape == (4, 12, 12)
    assert not np.array_equal(seen[0].maps["conv2d_1"], seen[-1].maps["conv2d_1"]), "the maps do not move"
    drawn = mosaic.frames_drawn
    person.wait(lambda: mosaic.frames_drawn > drawn)
    assert person.panels.viewers.header.details == "feature maps, live"

    person.click_node("relu_1")  # another layer's maps arrive as well
    person.wait(lambda: person.session.views.live and "relu_1" in person.session.views.maps)
    assert (person.session.views.maps["relu_1"] >= 0).all()
    assert person.panels.viewers.header.title == "ReLU"

    person.click(person.window.top_bar.primary)
    person.wait(lambda: not person.run.is_live, 10)
    assert person.run.phase == "stopped"
    assert person.window.top_bar.primary.text() == "Train"


def test_pause_step_go_on_and_stop_by_their_buttons(open_window: OpenWindow, endless: Path) -> None:
    person = open_window(endless)
    train(person)
    buttons = person.panels.training.live.buttons
    person.wait(lambda: person.run.step > 3 and buttons.pause.isEnabled())

    person.click(buttons.pause)
    person.wait(lambda: person.run.phase == "paused", 10)
    person.settle()
    step = person.run.step
    assert step == person.run.scalars.last()["step"], "the step that is shown is an older one"
    person.qtbot.wait(150)
    assert person.run.step == step, "it goes on though it is paused"
    assert buttons.pause.accessibleName() == "Go on"

    person.click(buttons.step)
    person.wait(lambda: person.run.step > step and person.run.phase == "paused", 10)
    person.qtbot.wait(150)
    assert person.run.step == step + 1, "one step is one step"

    person.click(buttons.pause)
    person.wait(lambda: person.run.phase == "running" and person.run.step > step + 1, 10)
    person.wait(buttons.stop.isEnabled, 5)
    person.click(buttons.stop)
    person.wait(lambda: person.run.phase == "stopped", 10)
    person.settle()
    assert not buttons.stop.isEnabled()
    assert list((endless / "runs").rglob("*.safetensors")), "no checkpoint was kept"


def test_the_keys_start_hold_and_stop_a_run(open_window: OpenWindow, endless: Path) -> None:
    person = open_window(endless)
    person.key("Ctrl+Return")
    person.wait(lambda: person.session.run is not None and person.run.phase == "running", 60)
    person.key("Ctrl+P")
    person.wait(lambda: person.run.phase == "paused", 10)
    step = person.run.step
    person.key("F10")
    person.wait(lambda: person.run.step == step + 1 and person.run.phase == "paused", 10)
    person.key("Ctrl+P")
    person.wait(lambda: person.run.phase == "running", 10)
    person.key("Ctrl+.")
    person.wait(lambda: person.run.phase == "stopped", 10)


def test_keys_validate_save_and_end_with_the_epoch(open_window: OpenWindow, endless: Path) -> None:
    person = open_window(endless)
    person.key("Ctrl+Return")
    person.wait(lambda: person.session.run is not None and person.run.phase == "running" and person.run.step > 3, 60)
    for _ in range(20):  # while an epoch is being validated there is nothing to add
        person.key("F9")
        person.qtbot.wait(200)
        if person.run.validated:
            break
    assert person.run.validated
    person.key("F8")
    person.wait(lambda: list((endless / "runs" / "run-1").glob("last*.json")), 10)
    assert not person.window.actions_by_name["find_rate"].isEnabled(), "a search would disturb the run"
    person.key("Ctrl+Shift+.")
    person.wait(lambda: not person.run.is_live, 20)
    assert person.run.step % person.run.steps_per_epoch == 0


def test_a_run_goes_on_without_its_panel_and_leads_back_to_it(open_window: OpenWindow, endless: Path) -> None:
    person = open_window(endless)
    train(person)
    person.panels.docks["training"].close()
    person.settle()
    step = person.run.step
    person.wait(lambda: person.run.step > step + 5, 10)
    drawn = person.panels.training.live.times_drawn
    person.qtbot.wait(300)
    assert person.panels.training.live.times_drawn == drawn, "what is closed is not drawn"
    assert person.window.status.run.text().startswith("Training, epoch")
    person.click(person.window.status.run)
    person.settle()
    assert person.bridge.place == "train"
    assert person.panels.training.live.isVisible()
    person.key("Ctrl+2")
    person.key("Ctrl+.")
    person.wait(lambda: not person.run.is_live, 10)
    person.settle()
    assert person.window.ending.badge == "stopped"
    assert person.window.windowTitle().startswith("● ")
    person.key("Ctrl+3")
    person.settle()
    assert person.window.ending.badge == ("" if person.window.isActiveWindow() else "stopped")


def test_training_a_broken_network_says_why_and_shows_the_problems(
    open_window: OpenWindow, small: Path, project: Any
) -> None:
    person = open_window(small)
    person.click_node("flatten_1")
    person.key("Delete")
    wrong = Edge("relu_1", "out", "linear_1", "in")
    assert wrong not in person.session.graph.edges, "no wire that does not fit is drawn by deleting"
    person.session.apply("Draw wire", lambda graph: connect(graph, wrong))
    assert person.session.errors
    person.key("Ctrl+Return")
    assert person.session.run is None
    assert person.notice.startswith("Training cannot start.")
    assert "12 × 12 × 4" in person.notice
    person.settle()
    assert person.panels.problems.isVisible()
    assert any("12 × 12 × 4" in row.problem.message for row in person.panels.problems.rows)


def test_a_picture_is_tested_and_the_network_exported(
    open_window: OpenWindow, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = open_window(small)
    train_to_the_end(person)
    mine = tmp_path / "mine.png"
    pixels = np.full((30, 30, 3), 20, np.uint8)
    pixels[:15] = 220
    Image.fromarray(pixels).save(mine)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_words, **_more: (str(mine), ""))

    person.key("Ctrl+4")
    person.settle()
    person.click(person.button("Test a file…", person.panels.viewers))
    person.wait(lambda: person.session.views is not None and person.session.views.picture_name == "mine.png")
    column = person.panels.viewers.column
    assert column.name.text() == "mine.png"
    assert column.verdict.text() == "taken for “above”"
    assert sum(person.session.views.scores) == pytest.approx(1.0)

    primary = person.window.top_bar.primary
    assert primary.text() == "Export"
    person.click(primary)
    person.settle()
    assert person.bridge.place == "export"
    cards = person.panels.export.cards
    assert cards
    assert any(card.is_running for card in cards.values())
    person.wait(lambda: all(card.state is not None for card in cards.values()), 120)
    assert {name: card.outcome for name, card in cards.items() if card.state != ("check", "good")} == {}
    made = sorted(p.name for p in (small / "exports").iterdir())
    assert len(made) >= len(cards), made


def train_to_the_end(person: Any) -> None:
    person.key("Ctrl+Return")
    person.wait(lambda: person.session.run is not None and not person.run.is_live, 60)
    assert person.run.phase == "done", person.run.diagnostic
    person.settle()
