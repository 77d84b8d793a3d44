"""What went wrong, said without stopping anyone: the notice bar and the problem list."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.log import install_excepthooks
from workbench.document.edits import set_param
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.motion import UNBOUNDED
from workbench.ui.notices import MOST, NoticeBar
from workbench.ui.problems.order import worst_first
from workbench.ui.problems.panel import SHOWN, ProblemsPanel
from workbench.ui.theme import MOTION, Theme
from workbench.ui.window import MainWindow


@pytest.fixture
def bar(qtbot: QtBot, bridge: Bridge) -> NoticeBar:
    made = NoticeBar(bridge)
    qtbot.addWidget(made)
    return made


def test_the_newest_notice_is_shown_and_the_others_wait(bar: NoticeBar) -> None:
    bar.add(Diagnostic("a", "First."))
    bar.add(Diagnostic("b", "Second.", details="more"))
    bar.add(Diagnostic("a", "First."))
    assert bar.sentence.text() == "First."
    assert bar._more.text() == "and 1 more"
    bar.close_button.click()
    assert bar.sentence.text() == "Second."
    assert not bar.details_button.isHidden()
    bar.details_button.click()
    assert not bar.details.isHidden()
    assert bar.details.toPlainText() == "more"
    bar.close_button.click()
    assert bar.isHidden()
    for i in range(3 * MOST):
        bar.add(Diagnostic("many", f"Number {i}."))
    assert bar._more.text() == f"and {MOST - 1} more"
    bar.clear()
    assert bar.isHidden()


def test_what_is_only_worth_knowing_leaves_by_itself(bar: NoticeBar) -> None:
    bar.show()
    bar.add(Diagnostic("saved", "Saved.", Severity.INFO))
    assert bar._leave.isActive()
    bar.add(Diagnostic("bad", "Not saved."))
    assert not bar._leave.isActive()
    bar.clear()


def test_a_notice_unfolds_unless_motion_is_off(
    window: MainWindow, turn: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bar = window.notices
    window.bridge.notify(Diagnostic("a", "One."))
    assert bar.maximumHeight() < 10
    turn(MOTION + 150)
    assert bar.maximumHeight() == UNBOUNDED
    assert bar.height() >= 30
    bar.clear()
    monkeypatch.setattr("workbench.ui.motion.duration", lambda _widget: 0)
    window.bridge.notify(Diagnostic("b", "Two."))
    assert bar.maximumHeight() == UNBOUNDED
    bar.clear()


def test_a_remedy_in_a_notice_is_followed(window: MainWindow, session: Session, turn: Callable[..., None]) -> None:
    fix = Fix("Set units to 4", "set_param", {"node": "linear_1", "param": "units", "value": 4})
    window.bridge.notify(Diagnostic("test", "Four would fit.", fixes=(fix,)))
    assert window.notices._links is not None
    window.notices._links.buttons[0].click()
    turn()
    assert session.graph.nodes["linear_1"].params["units"] == 4
    assert window.notices.isHidden()


@pytest.fixture
def hooked(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    before = sys.excepthook
    restore = install_excepthooks(window.bridge.notify)
    yield window
    restore()
    assert sys.excepthook is before


def test_exceptions_in_slots_and_threads_become_notices(hooked: MainWindow, turn: Callable[..., None]) -> None:
    sys.excepthook(ValueError, ValueError("in a slot"), None)
    turn()
    assert hooked.notices.shown is not None
    assert "in a slot" in hooked.notices.shown.message
    thread = threading.Thread(target=_fail)
    thread.start()
    thread.join()
    turn()
    assert "in a thread" in hooked.notices.shown.message
    assert "Traceback" in hooked.notices.shown.details
    assert "Traceback" not in hooked.notices.shown.message
    assert hooked.isVisible()


def _fail() -> None:
    raise ValueError("in a thread")


@pytest.fixture
def problems(qtbot: QtBot, bridge: Bridge, theme: Theme, session: Session) -> ProblemsPanel:
    panel = ProblemsPanel(bridge, theme)
    qtbot.addWidget(panel)
    panel.resize(500, 300)
    bridge.set_session(session)
    panel.show()
    return panel


def set_groups(session: Session, value: int) -> None:
    session.apply("Change groups", lambda g: set_param(g, "conv2d_1", "groups", value))


def test_errors_come_first() -> None:
    rows = (
        Diagnostic("a", "A.", Severity.INFO),
        Diagnostic("b", "B.", Severity.WARNING),
        Diagnostic("c", "C."),
        Diagnostic("d", "D."),
    )
    assert [d.code for d in worst_first(rows)] == ["c", "d", "b", "a"]


def test_problems_are_listed_with_their_remedies(problems: ProblemsPanel, session: Session) -> None:
    set_groups(session, 5)
    row = next(r for r in problems.rows if r.problem.node == "conv2d_1")
    words = [label.text() for label in row.findChildren(QLabel)]
    assert any("groups" in w for w in words)
    assert row.accessibleName().startswith("Error: ")
    shown: list[str] = []
    problems._bridge.revealed.connect(shown.append)
    QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    assert problems._bridge.selection == ("conv2d_1",)
    assert shown == ["conv2d_1"]
    QTest.keyClick(row, Qt.Key.Key_Return)
    assert shown == ["conv2d_1", "conv2d_1"]
    row.fixChosen.emit(row.problem.fixes[0], row.problem.path)
    assert session.graph.nodes["conv2d_1"].params["groups"] == 1
    assert not any(r.problem.node == "conv2d_1" for r in problems.rows)


def test_rows_that_stay_are_kept(problems: ProblemsPanel, session: Session) -> None:
    set_groups(session, 5)
    before = {r.problem.message: r for r in problems.rows}
    session.apply("Change units", lambda g: set_param(g, "linear_1", "units", 0))
    after = {r.problem.message: r for r in problems.rows}
    for message in before.keys() & after.keys():
        assert before[message] is after[message]
    assert len(after) > len(before)


def test_a_thousand_problems_are_counted_but_not_all_built(problems: ProblemsPanel, session: Session) -> None:
    session.problems = tuple(Diagnostic("many", f"Number {i}.") for i in range(1000))
    problems.refresh()
    assert len(problems.rows) == SHOWN
    assert "1,000 errors" in problems.summary.text()


def test_no_problems_say_so(problems: ProblemsPanel, bridge: Bridge) -> None:
    bridge.set_session(None)
    assert problems.rows == ()
    assert problems._empty.isVisible()
