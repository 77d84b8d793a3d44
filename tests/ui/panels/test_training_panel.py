"""The training panel on a real run: words, curves, buttons, learning rate, failure, earlier runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from workbench.core.diagnostic import Diagnostic, Fix
from workbench.document.project import Chosen, Project
from workbench.session.session import Session
from workbench.session.state import RunState
from workbench.training.scalars import ScalarLog
from workbench.ui.bridge import Bridge
from workbench.ui.training.controls import RateField
from workbench.ui.training.curves import RunCurves, memory_for
from workbench.ui.training.live_page import LivePage
from workbench.ui.training.runs_table import RunLine, RunsModel, when
from workbench.ui.training.words import run_words

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(seen: Session, show: Callable[..., LivePage]) -> LivePage:
    return show(LivePage, (900, 420))


@pytest.fixture
def long_run(project: Project, tmp_path: object) -> Project:
    """So many epochs that a test can act while they go on."""
    return replace(project, recipe=replace(project.recipe, epochs=2000))


def words(panel: LivePage) -> str:
    return panel.header.details


def start(panel: LivePage, session: Session, qtbot: QtBot, **overrides: object) -> RunState:
    session.start_training(**overrides)
    qtbot.waitUntil(lambda: session.run is not None and session.run.step > 2, timeout=60_000)
    assert session.run is not None
    return session.run


def test_before_a_run_there_is_one_next_step(panel: LivePage, seen: Session, qtbot: QtBot) -> None:
    button = next(b for b in panel.findChildren(QPushButton) if b.text() == "Train")
    assert button.isVisible()
    assert panel.curves.loss.surface is None
    QTest.mouseClick(button, LEFT)
    assert seen.run is not None
    qtbot.waitUntil(lambda: seen.run is not None and seen.run.phase == "done", timeout=60_000)
    qtbot.waitUntil(lambda: "done" in words(panel), timeout=5000)
    assert not button.isVisible()
    assert "run 1" in words(panel)
    assert "epoch 3 of 3" in words(panel)
    assert "best" in words(panel)


def test_the_curves_hold_every_step_and_epoch(panel: LivePage, trained: Session, qtbot: QtBot) -> None:
    assert trained.run is not None
    loss, accuracy = panel.curves.loss, panel.curves.accuracy
    qtbot.waitUntil(lambda: len(loss.series["train"].raw) == trained.run.steps, timeout=5000)
    assert loss.series["train"].raw.x[-1] == pytest.approx(3.0)
    assert list(loss.series["val"].raw.x) == [1.0, 2.0, 3.0]
    assert list(accuracy.series["val"].raw.y) == [e.val_accuracy for e in trained.run.epochs_log]
    assert loss.surface is not None


def test_what_cannot_be_trained_is_said_and_nothing_starts(
    empty_session: Session, bridge: Bridge, show: Callable[..., LivePage], qtbot: QtBot
) -> None:
    bridge.set_session(empty_session)
    panel = show(LivePage)
    heard: list[Diagnostic] = []
    bridge.noticed.connect(heard.append)
    panel.deeds.start()
    assert heard
    assert "pictures" in heard[0].message
    assert empty_session.run is None


def test_pause_step_go_on_and_stop_by_hand(panel: LivePage, seen: Session, qtbot: QtBot) -> None:
    start(panel, seen, qtbot, epochs=5000)
    buttons = panel.buttons
    qtbot.waitUntil(buttons.pause.isEnabled, timeout=5000)
    QTest.mouseClick(buttons.pause, LEFT)
    qtbot.waitUntil(lambda: seen.run is not None and seen.run.phase == "paused", timeout=10_000)
    qtbot.waitUntil(lambda: buttons.pause.accessibleName() == "Go on", timeout=5000)
    assert "paused" in words(panel)
    newest = seen.run.scalars.last() if seen.run is not None else None
    assert newest is not None
    before = int(newest["step"])
    QTest.mouseClick(buttons.step, LEFT)
    qtbot.waitUntil(lambda: seen.run is not None and seen.run.step == before + 1, timeout=10_000)
    QTest.keyClick(buttons.pause, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: seen.run is not None and seen.run.step > before + 2, timeout=10_000)
    assert buttons.pause.accessibleName() == "Pause"
    QTest.mouseClick(buttons.stop, LEFT)
    qtbot.waitUntil(lambda: seen.run is not None and seen.run.phase == "stopped", timeout=20_000)
    qtbot.waitUntil(lambda: not buttons.stop.isEnabled(), timeout=5000)
    assert not buttons.pause.isEnabled()
    assert "stopped" in words(panel)


def test_the_learning_rate_changes_while_it_runs(panel: LivePage, seen: Session, qtbot: QtBot) -> None:
    start(panel, seen, qtbot, epochs=5000)
    field = panel.rate.field
    qtbot.waitUntil(lambda: field.isEnabled() and field.text() == "0.01", timeout=5000)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.002")
    QTest.keyClick(field, Qt.Key.Key_Return)

    def arrived() -> bool:
        assert seen.run is not None
        newest = seen.run.scalars.last()
        return newest is not None and newest["learning_rate"] == pytest.approx(0.002)

    qtbot.waitUntil(arrived, timeout=10_000)
    seen.stop()
    qtbot.waitUntil(lambda: seen.run is not None and not seen.run.is_live, timeout=20_000)


@pytest.mark.parametrize("typed", ["fast", "-1", "inf", "nan", ""])
def test_what_is_no_learning_rate_is_refused_in_place(theme: object, qtbot: QtBot, typed: str) -> None:
    rate = RateField()
    qtbot.addWidget(rate)
    chosen: list[float] = []
    rate.rateChosen.connect(chosen.append)
    rate.show_rate(0.001, None)
    rate.field.setText(typed)
    rate.field.editingFinished.emit()
    assert chosen == []
    assert rate.field.property("state") == "error"
    assert "0.001 or 1e-3" in rate.field.toolTip()
    rate.field.setText("1e-2")
    rate.field.editingFinished.emit()
    assert chosen == [0.01]
    assert not rate.field.property("state")


def test_a_schedule_shows_the_rate_in_force(theme: object, qtbot: QtBot) -> None:
    rate = RateField()
    qtbot.addWidget(rate)
    rate.show_rate(0.01, 0.0025)
    assert rate.field.text() == "0.01"
    assert rate.now == "now 0.0025"
    rate.show_rate(0.01, 0.01)
    assert rate.now == ""


def test_a_run_that_fails_says_why_with_its_remedies(
    panel: LivePage, seen: Session, bridge: Bridge, qtbot: QtBot
) -> None:
    reckless = replace(seen.project.recipe, optimizer=Chosen("sgd", {"lr": 1e9}), epochs=50)  # type: ignore[arg-type]
    seen.change("Be reckless", recipe=reckless)
    seen.start_training()
    qtbot.waitUntil(lambda: seen.run is not None and not seen.run.is_live, timeout=60_000)
    assert seen.run is not None
    assert seen.run.phase == "failed", "a learning rate of 1e9 must not pass for training"
    qtbot.waitUntil(lambda: panel.note.isVisible(), timeout=5000)
    assert panel.note.diagnostic == seen.run.diagnostic
    assert "failed" in words(panel)


def test_going_on_after_a_failure_is_one_click(panel: LivePage, seen: Session, qtbot: QtBot) -> None:
    reckless = replace(seen.project.recipe, optimizer=Chosen("sgd", {"lr": 1e9}), epochs=50)  # type: ignore[arg-type]
    seen.change("Be reckless", recipe=reckless)
    seen.start_training()
    qtbot.waitUntil(lambda: seen.run is not None and not seen.run.is_live, timeout=60_000)
    qtbot.waitUntil(lambda: panel.note.isVisible(), timeout=5000)
    assert panel.note.diagnostic is not None
    words = panel.note.diagnostic.fixes[0].label
    states: list[RunState] = []
    panel._bridge.runChanged.connect(states.append)
    QTest.mouseClick(next(b for b in panel.note.findChildren(QPushButton) if b.text() == words), LEFT)
    assert states
    assert states[0].is_live
    assert not panel.note.isVisible()
    qtbot.waitUntil(lambda: seen.run is not None and not seen.run.is_live, timeout=60_000)


def test_a_remedy_that_no_longer_fits_says_so(panel: LivePage, seen: Session, bridge: Bridge) -> None:
    heard: list[Diagnostic] = []
    bridge.noticed.connect(heard.append)
    panel.note.fixChosen.emit(Fix("Use 12 filters", "set_param", {"node": "gone", "param": "filters", "value": 12}))
    assert heard


def test_a_remedy_is_one_click(panel: LivePage, seen: Session, qtbot: QtBot) -> None:
    fix = Fix("Use 12 filters", "set_param", {"node": "conv2d_1", "param": "filters", "value": 12})
    panel.note.show_diagnostic(Diagnostic("test", "Six filters are too few. Use 12.", fixes=(fix,), details="more"))
    panel.note.setVisible(True)
    button = next(b for b in panel.note.findChildren(QPushButton) if b.text() == "Use 12 filters")
    QTest.mouseClick(button, LEFT)
    assert seen.graph.nodes["conv2d_1"].params["filters"] == 12


def test_earlier_runs_can_be_seen_beside_the_present_one(
    trained: Session, show: Callable[..., LivePage], qtbot: QtBot
) -> None:
    trained.start_training(epochs=1)
    qtbot.waitUntil(lambda: trained.run is not None and trained.run.phase == "done", timeout=60_000)
    panel = show(LivePage, (1300, 420))
    assert panel.runs.isVisible()
    present, line = panel.runs.runs.lines
    assert present.name == "run 2"
    assert panel.runs.runs.data(panel.runs.runs.index(0, 0), Qt.ItemDataRole.CheckStateRole) is None
    assert (line.name, line.cell(1), line.epochs) == ("run 1", "Done", 3)
    box = panel.runs.visualRect(panel.runs.runs.index(1, 0))
    QTest.mouseClick(panel.runs.viewport(), LEFT, pos=box.topLeft() + QPoint(14, box.height() // 2))
    assert panel.curves.compared == ("run-1",)
    assert len(panel.curves.loss.series["run:run-1"].raw) == 3
    panel.runs.setCurrentIndex(panel.runs.runs.index(1, 0))
    QTest.keyClick(panel.runs, Qt.Key.Key_Space)
    assert panel.curves.compared == ()
    panel.runs.copy()
    assert QApplication.clipboard().text().splitlines()[2].startswith("run 1\tDone\t")


def test_the_table_of_runs_is_a_click_away_where_the_panel_is_narrow(
    trained: Session, show: Callable[..., LivePage]
) -> None:
    panel = show(LivePage, (560, 300))
    assert not panel.runs.isVisible()
    QTest.mouseClick(panel.runs_button, LEFT)
    assert panel.runs.isVisible()


def test_nothing_is_drawn_while_hidden_and_at_most_ten_times_a_second_while_seen(
    panel: LivePage, seen: Session, qtbot: QtBot
) -> None:
    start(panel, seen, qtbot, epochs=5000)
    panel.hide()
    drawn = panel.times_drawn
    qtbot.wait(300)
    assert panel.times_drawn == drawn
    panel.show()
    drawn = panel.times_drawn
    qtbot.wait(1000)
    assert 1 <= panel.times_drawn - drawn <= 11
    seen.stop()
    qtbot.waitUntil(lambda: seen.run is not None and not seen.run.is_live, timeout=20_000)


def test_another_session_begins_with_empty_curves(
    panel: LivePage, trained: Session, bridge: Bridge, empty_session: Session, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: len(panel.curves.loss.series["train"].raw) > 0, timeout=5000)
    bridge.set_session(empty_session)
    assert len(panel.curves.loss.series["train"].raw) == 0
    assert next(b for b in panel.findChildren(QPushButton) if b.text() == "Train").isVisible()
    bridge.set_session(None)


def run_of(scalars: ScalarLog, **changes: object) -> RunState:
    return replace(RunState("run-1", "running", 10, 100, 10, scalars, 1, 5), **changes)  # type: ignore[arg-type]


def test_a_resumed_run_draws_no_step_twice(bridge: Bridge, qtbot: QtBot) -> None:
    curves = RunCurves(bridge)
    qtbot.addWidget(curves)
    record = ScalarLog()
    for step in (1, 2, 3, 4, 2, 3, 4, 5):
        record.append(step, 1.0 / step, 0.5, 0.01)
    curves.follow(run_of(record))
    assert list(curves.loss.series["train"].raw.x) == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_the_curves_take_only_what_is_new(bridge: Bridge, qtbot: QtBot) -> None:
    curves = RunCurves(bridge)
    qtbot.addWidget(curves)
    record = ScalarLog()
    for step in range(1, 301):
        record.append(step, 1.0, 0.5, 0.01)
        if step % 7 == 0:
            curves.follow(run_of(record))
    curves.follow(run_of(record))
    assert len(curves.loss.series["train"].raw) == 300
    curves.follow(run_of(ScalarLog(), id="run-2"))
    assert len(curves.loss.series["train"].raw) == 0


def test_the_words_of_each_phase() -> None:
    run = run_of(ScalarLog(), epoch=2, images_per_second=1540.2, seconds_left=4.2)
    assert run_words(replace(run, memory=1_200_000_000)) == (
        "run 1",
        "epoch 2 of 10",
        "0:04 left",
        "1,540 pictures/s",
        "1.2 GB",
    )
    assert run_words(replace(run, last_epoch=True))[2] == "stops after this epoch"
    assert run_words(replace(run, phase="starting", id=""))[-1] == "starting…"
    assert run_words(replace(run, phase="paused"))[2] == "paused"
    assert run_words(replace(run, phase="stopping"))[-1] == "stopping…"
    assert run_words(replace(run, phase="done", best_val_accuracy=0.978))[1:] == (
        "done",
        "epoch 2 of 10",
        "best 97.8 %",
    )


def test_smoothing_looks_back_over_a_share_of_the_run() -> None:
    assert memory_for(100) < memory_for(1000) < memory_for(100_000) < 1
    assert memory_for(0) >= 0


def test_the_runs_keep_their_place_while_their_numbers_change(theme: object) -> None:
    model = RunsModel(theme)  # type: ignore[arg-type]
    line = RunLine("run-1", "run 1", "running", None, 0, 0.0)
    model.show((line,))
    resets: list[bool] = []
    model.modelReset.connect(lambda: resets.append(True))
    model.show((replace(line, epochs=3, best=0.5),))
    assert not resets
    assert model.data(model.index(0, 2)) == "50.0 %"
    model.show(())
    assert resets


def test_moments_are_told_as_people_tell_them() -> None:
    from datetime import datetime

    now = datetime.now()
    assert when(now.timestamp()).startswith("today ")
    assert when(datetime(2020, 5, 3, 9, 7).timestamp()) == "3 May 2020 09:07"
