"""What can be asked of a run while it goes, which plots are shown and how smooth, and the search for a rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.session.session import Session
from workbench.session.state import RunState
from workbench.training.messages import EpochEnd, Validated
from workbench.training.scalars import ScalarLog
from workbench.ui.bridge import Bridge
from workbench.ui.training.controls import SHARES
from workbench.ui.training.curves import RunCurves, memory_for
from workbench.ui.training.live_page import LivePage

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(seen: Session, show: Callable[..., LivePage]) -> LivePage:
    return show(LivePage, (900, 420))


def start(session: Session, qtbot: QtBot) -> RunState:
    session.start_training(epochs=5000)
    qtbot.waitUntil(lambda: session.run is not None and session.run.step > 2, timeout=60_000)
    assert session.run is not None
    return session.run


def end(session: Session, qtbot: QtBot) -> None:
    session.stop()
    qtbot.waitUntil(lambda: session.run is not None and not session.run.is_live, timeout=20_000)


def until_validated(session: Session, qtbot: QtBot, ask: Callable[[], object]) -> None:
    """Ask until it is done: while an epoch is being validated there is nothing to add."""
    for _ in range(20):
        ask()
        qtbot.wait(200)
        if session.run is not None and session.run.validated:
            return
    raise AssertionError("the run was never validated in between")


def test_validate_and_checkpoint_while_it_runs(page: LivePage, seen: Session, qtbot: QtBot) -> None:
    start(seen, qtbot)
    qtbot.waitUntil(page.buttons.validate.isEnabled, timeout=5000)
    until_validated(seen, qtbot, lambda: QTest.mouseClick(page.buttons.validate, LEFT))
    QTest.mouseClick(page.buttons.pause, LEFT)
    qtbot.waitUntil(lambda: seen.run is not None and seen.run.phase == "paused", timeout=10_000)
    folder = seen.folder / "runs" / "run-1"
    before = {file: file.stat().st_mtime_ns for file in folder.glob("last*.json")}
    QTest.mouseClick(page.buttons.save, LEFT)
    qtbot.waitUntil(
        lambda: {file: file.stat().st_mtime_ns for file in folder.glob("last*.json")} != before, timeout=10_000
    )
    end(seen, qtbot)


def test_stop_after_this_epoch_can_be_taken_back(page: LivePage, seen: Session, qtbot: QtBot) -> None:
    start(seen, qtbot)
    QTest.mouseClick(page.buttons.pause, LEFT)
    qtbot.waitUntil(lambda: seen.run is not None and seen.run.phase == "paused", timeout=10_000)
    button = page.buttons.last_epoch
    QTest.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: seen.run is not None and seen.run.last_epoch, timeout=10_000)
    QTest.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: seen.run is not None and not seen.run.last_epoch, timeout=10_000)
    QTest.mouseClick(button, LEFT)
    QTest.mouseClick(page.buttons.pause, LEFT)
    qtbot.waitUntil(lambda: seen.run is not None and not seen.run.is_live, timeout=20_000)
    assert seen.run is not None
    assert seen.run.phase in ("done", "stopped")
    assert seen.run.step % seen.run.steps_per_epoch == 0
    assert len(seen.run.epochs_log) == seen.run.step // seen.run.steps_per_epoch


def test_a_narrow_page_keeps_them_in_a_menu(seen: Session, show: Callable[..., LivePage], qtbot: QtBot) -> None:
    page = show(LivePage, (520, 300))
    start(seen, qtbot)
    qtbot.waitUntil(page.buttons.more.isEnabled, timeout=5000)
    assert page.buttons.more.isVisible()
    assert not page.buttons.validate.isVisible()
    menu = page.buttons.more.menu()
    assert [action.text() for action in menu.actions()] == [
        "Stop after this epoch",
        "Validate now",
        "Checkpoint now",
    ]
    until_validated(seen, qtbot, menu.actions()[1].trigger)
    end(seen, qtbot)


def test_the_plots_that_are_chosen_are_shown(page: LivePage, trained: Session) -> None:
    told: list[tuple[str, ...]] = []
    page.plotsChosen.connect(told.append)
    assert page.curves.loss.isVisible()
    assert page.curves.layers.isVisible()
    assert not page.curves.plots["memory"].isVisible()
    for action in page.plots_button.menu().actions():
        if action.data() in ("memory", "layers"):
            action.trigger()
    assert page.curves.plots["memory"].isVisible()
    assert not page.curves.layers.isVisible()
    assert told[-1] == ("loss", "accuracy", "metrics", "rate", "gradient", "memory")
    page.choose_plots(("loss", "unknown"))
    assert page.curves.grid.shown == (page.curves.loss,)
    page.choose_plots(())
    assert page.curves.grid.shown == (page.curves.loss,)


def test_every_plot_holds_what_the_run_recorded(page: LivePage, trained: Session, qtbot: QtBot) -> None:
    run = trained.run
    assert run is not None
    plots = page.curves.plots
    qtbot.waitUntil(lambda: len(plots["loss"].series["train"].raw) == run.steps, timeout=5000)
    for name, column in (("rate", "learning_rate"), ("gradient", "gradient_norm"), ("speed", "images_per_second")):
        assert plots[name].series["train"].raw.y == pytest.approx(run.scalars.column(column))
    assert np.all(plots["gradient"].series["train"].raw.y > 0)
    assert len(page.curves.layers._names) > 0


def test_smoothing_is_a_choice(page: LivePage, trained: Session, qtbot: QtBot) -> None:
    series = page.curves.loss.series["train"]
    qtbot.waitUntil(lambda: len(series.raw) == 12, timeout=5000)
    slider = page.smoothing.slider
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert page.curves.smoothing == 0.0
    assert page.curves.loss.series["train"].line.y == pytest.approx(series.raw.y)
    assert "off" in slider.toolTip()
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert page.curves.smoothing == SHARES[-1]
    smooth = page.curves.loss.series["train"].line.y
    assert np.abs(np.diff(smooth)).sum() < np.abs(np.diff(series.raw.y)).sum()


def test_smoothing_looks_back_over_the_share_that_was_chosen() -> None:
    assert memory_for(10_000, 0.0) == 0.0
    assert memory_for(10_000, 0.01) == pytest.approx(0.99)
    assert memory_for(1_000_000, 0.2) > memory_for(1_000_000, 0.1)


def test_a_run_beside_the_present_one_shows_its_steps_too(
    trained: Session, show: Callable[..., LivePage], qtbot: QtBot
) -> None:
    trained.start_training(epochs=1)
    qtbot.waitUntil(lambda: trained.run is not None and trained.run.phase == "done", timeout=60_000)
    page = show(LivePage, (1300, 420))
    page.runs.runs.setData(page.runs.runs.index(1, 0), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    qtbot.waitUntil(lambda: "steps:run-1" in page.curves.loss.series, timeout=5000)
    assert len(page.curves.loss.series["steps:run-1"].raw) == 12
    assert page.curves.loss.series["steps:run-1"].raw.x[-1] == pytest.approx(3.0)
    assert "steps:run-1" in page.curves.plots["gradient"].series
    page.runs.runs.setData(page.runs.runs.index(1, 0), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    assert not any("run-1" in key for plot in page.curves.plots.values() for key in plot.series)


def test_what_is_read_has_the_room_of_a_low_page(seen: Session, show: Callable[..., LivePage], qtbot: QtBot) -> None:
    page = show(LivePage, (480, 230))
    start(seen, qtbot)
    qtbot.waitUntil(page.curves.isVisible, timeout=5000)
    note = Diagnostic("advice.x", "The loss stands still. " * 6, Severity.WARNING)
    page.advice.show_notes("run-1", (note,))
    assert page.curves.isVisible()
    QTest.mouseClick(page.advice.note.whole, LEFT)
    assert not page.curves.isVisible()
    QTest.mouseClick(page.advice.close_button, LEFT)
    assert page.curves.isVisible()
    end(seen, qtbot)


# --- the curves alone ------------------------------------------------------------------------------------------------


@pytest.fixture
def curves(bridge: Bridge, qtbot: QtBot) -> RunCurves:
    made = RunCurves(bridge)
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    return made


def run_of(**changes: object) -> RunState:
    record = ScalarLog()
    for step in range(1, 31):
        record.append(step, 1.0, 0.5, 0.01, 100.0, 2.0)
    return replace(RunState("run-1", "running", 10, 100, 10, record, 1, 5), **changes)  # type: ignore[arg-type]


def epoch(number: int, metrics: Mapping[str, float], loss: float = 1.0) -> EpochEnd:
    return EpochEnd(number, 1.0, 0.5, loss, 0.6, 100.0, 1.0, number * 10, metrics=MappingProxyType(dict(metrics)))


def test_a_metric_gets_a_plot_when_it_is_first_counted(curves: RunCurves) -> None:
    curves.compare("run-0", "run 0", (epoch(1, {"val_f1": 0.2}), epoch(2, {"val_f1": 0.4})))
    assert curves.metrics == ("val_f1",)
    run = run_of(epochs_log=(epoch(1, {"val_f1": 0.3, "val_loss": 1.0}),))
    curves.follow(run)
    f1 = curves.plots["val_f1"]
    assert list(f1.series["val"].raw.y) == [0.3]
    assert list(f1.series["run:run-0"].raw.y) == [0.2, 0.4]
    assert f1 in curves.grid.shown
    curves.follow(run_of(epochs_log=(epoch(1, {"val_r2": 0.1}),), id="run-2"))
    assert curves.metrics == ("val_f1", "val_r2")
    assert "run:run-0" in curves.plots["val_r2"].series


def test_validations_in_between_stand_between_the_epochs(curves: RunCurves) -> None:
    run = run_of(epochs_log=(epoch(1, {}, 0.9), epoch(2, {}, 0.5)), validated=(Validated(2, 15, 0.7, 0.6),))
    curves.follow(run)
    assert list(curves.loss.series["val"].raw.x) == [1.0, 1.5, 2.0]
    assert list(curves.loss.series["val"].raw.y) == [0.9, 0.7, 0.5]


def test_networks_that_answer_with_numbers_have_no_accuracy(curves: RunCurves) -> None:
    record = ScalarLog()
    for step in range(1, 11):
        record.append(step, 1.0, np.nan, 0.01)
    curves.follow(run_of(scalars=record))
    assert not curves.accuracy.isVisible()
    assert curves.loss.isVisible()
    curves.follow(run_of(id="run-2"))
    assert curves.accuracy.isVisible()


def test_one_reading_line_goes_through_all_plots(curves: RunCurves) -> None:
    curves.follow(run_of())
    curves.refresh()
    surface = curves.loss.surface
    assert surface is not None
    surface.hovered.emit(1.5)
    assert curves.plots["gradient"].reading["train"].strip() == "2.000"
    surface.hovered.emit(None)
    assert curves.plots["gradient"].reading["train"].strip() == ""


def test_plots_are_drawn_one_after_the_other(curves: RunCurves) -> None:
    curves.follow(run_of())
    curves.refresh_soon()
    beats = 0
    while curves.waits:
        curves.draw_next()
        beats += 1
    assert beats == len(curves.grid.shown)
    assert curves.loss.surface is not None


# --- the learning-rate finder ----------------------------------------------------------------------------------------


def test_a_rate_is_found_and_taken_in_one_undo_step(page: LivePage, seen: Session, qtbot: QtBot) -> None:
    before = seen.project.recipe
    QTest.mouseClick(page.find_button, LEFT) if page.find_button.isVisible() else page.find_rate()
    assert page.finder.isVisible()
    qtbot.waitUntil(lambda: page.finder.is_told, timeout=60_000)
    sweep = seen.rate_finding.sweep
    assert sweep is not None
    assert page.finder.reason.text() == sweep.reason
    assert len(page.finder.plot.series["loss"].raw) == len(sweep.rates)
    assert seen.project.recipe == before, "a search changes nothing by itself"
    if sweep.suggested is not None:
        QTest.mouseClick(page.finder.use, LEFT)
        assert seen.project.recipe.optimizer.params["lr"] == sweep.suggested
        assert not page.finder.isVisible()
        seen.undo()
        assert seen.project.recipe == before


def test_a_search_is_cancelled_with_its_view(page: LivePage, seen: Session, qtbot: QtBot) -> None:
    page.find_rate()
    assert page.finder.is_searching
    QTest.mouseClick(page.finder.close_button, LEFT)
    qtbot.waitUntil(lambda: not page.finder.is_searching, timeout=20_000)
    assert not page.finder.isVisible()


def test_what_stands_in_the_way_of_a_search_is_said_in_its_place(
    empty_session: Session, bridge: Bridge, show: Callable[..., LivePage]
) -> None:
    bridge.set_session(empty_session)
    page = show(LivePage)
    page.find_rate()
    assert page.finder.isVisible()
    assert "no pictures" in page.finder.reason.text()
    assert not page.finder.use.isVisible()
    bridge.set_session(None)
