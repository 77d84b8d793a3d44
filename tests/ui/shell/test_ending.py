"""The end of a run: a badge and a notice for who was not looking, nothing for who was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication

from workbench.core.diagnostic import Diagnostic
from workbench.session.session import Session
from workbench.session.state import RunState
from workbench.training.scalars import ScalarLog
from workbench.ui.bridge import SLOW_CLOCK, Bridge
from workbench.ui.ending import ending_words
from workbench.ui.status_bar import status_words
from workbench.ui.window import MainWindow

LIVE = RunState("run-3", "running", 10, 100, 10, ScalarLog(), 4, 40, seconds_left=42.0)
ENDED = replace(LIVE, phase="done", epoch=10, best_val_accuracy=0.978, seconds_left=0.0)


@pytest.fixture
def run(window: MainWindow, session: Session) -> Iterator[Callable[[RunState | None], None]]:
    """Tells the window of a run's state, as the session does."""

    def tell(state: RunState | None) -> None:
        session.training.state = state
        session.run_changed.emit(state)

    yield tell
    session.training.state = None


def test_a_run_that_ends_elsewhere_leaves_a_badge_until_it_is_seen(
    window: MainWindow, run: Callable[[RunState | None], None]
) -> None:
    button = window.top_bar.places.button(2)
    window.bridge.go_to("build")
    run(LIVE)
    assert window.ending.badge == ""
    run(ENDED)
    assert window.ending.badge == "done"
    assert window.windowTitle().startswith("● ")
    assert "A run has ended." in button.toolTip()
    assert "A run has ended." in button.accessibleName()
    window.activateWindow()
    window.bridge.go_to("train")
    window.ending.look()
    assert window.ending.badge == ("" if window.isActiveWindow() else "done")


def test_the_next_run_takes_the_badge_of_the_one_before_away(
    window: MainWindow, run: Callable[[RunState | None], None]
) -> None:
    run(LIVE)
    run(replace(ENDED, phase="failed"))
    assert window.ending.badge == "failed"
    run(replace(LIVE, id="run-4", phase="starting"))
    assert window.ending.badge == ""
    assert not window.windowTitle().startswith("●")


def test_runs_of_a_series_are_not_told_one_by_one(window: MainWindow, run: Callable[[RunState | None], None]) -> None:
    run(replace(LIVE, series="search 1"))
    run(replace(ENDED, series="search 1"))
    assert window.ending.badge == ""


def test_an_old_run_is_no_news(window: MainWindow, run: Callable[[RunState | None], None]) -> None:
    run(ENDED)
    assert window.ending.badge == ""


def test_who_works_elsewhere_is_told_on_the_desktop(
    window: MainWindow,
    run: Callable[[RunState | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alerts: list[object] = []
    monkeypatch.setattr(QApplication, "alert", lambda widget, _time=0: alerts.append(widget))
    monkeypatch.setattr(type(window), "isActiveWindow", lambda _self: False)
    told = QSignalSpy(window.ending.told)
    run(LIVE)
    run(ENDED)
    assert alerts == [window]
    assert told.at(0)[0] == "small is trained"
    assert "best accuracy 97.8 %" in told.at(0)[1]


def test_who_looks_on_is_not_disturbed(
    window: MainWindow, run: Callable[[RunState | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(window), "isActiveWindow", lambda _self: True)
    window.bridge.go_to("train")
    told = QSignalSpy(window.ending.told)
    run(LIVE)
    run(ENDED)
    assert window.ending.badge == ""
    assert told.count() == 0


def test_the_words_of_each_end() -> None:
    assert ending_words("digits", ENDED) == ("digits is trained", "Run 3, epoch 10 of 10, best accuracy 97.8 %.")
    failed = replace(ENDED, phase="failed", diagnostic=Diagnostic("x", "The loss is no number."))
    assert ending_words("digits", failed) == ("digits could not be trained further", "The loss is no number.")


def test_the_status_bar_tells_of_a_run_and_leads_to_it(
    window: MainWindow, run: Callable[[RunState | None], None]
) -> None:
    assert window.status.run.isHidden()
    run(LIVE)
    assert not window.status.run.isHidden()
    assert window.status.run.text() == "Training, epoch 4 of 10, 0:42 left"
    window.status.run.click()
    assert window.bridge.place == "train"
    run(ENDED)
    assert window.status.run.isHidden()
    assert status_words(replace(LIVE, phase="paused")) == "Paused, epoch 4 of 10"
    assert status_words(replace(LIVE, phase="stopping")) == "Stopping the run"


def test_a_run_is_heard_while_the_window_cannot_be_seen(bridge: Bridge, session: Session) -> None:
    ticks, pumps = QSignalSpy(bridge.tick), []
    session.training.state = LIVE
    pump = session.pump
    session.pump = lambda: (pumps.append(1), pump())  # type: ignore[method-assign, assignment]
    bridge.set_session(session)
    bridge.set_visible(True)
    QTest.qWait(100)
    bridge.set_visible(False)
    drawn, heard = ticks.count(), len(pumps)
    QTest.qWait(3 * SLOW_CLOCK)
    assert len(pumps) > heard
    assert ticks.count() == drawn, "nothing is drawn where nobody can see it"
    session.training.state = None
    bridge.set_visible(False)
    heard = len(pumps)
    QTest.qWait(2 * SLOW_CLOCK)
    assert len(pumps) == heard, "nothing goes on: the clock stands"
    bridge.set_session(None)
