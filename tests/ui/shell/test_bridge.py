"""The session seen by Qt: every signal arrives once, none after it was let go of, and the clock stands when it may."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtTest import QSignalSpy, QTest

from workbench.core.diagnostic import Diagnostic
from workbench.document.edits import remove, set_param
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.ui.bridge import PLACES, Bridge


def spies(bridge: Bridge) -> dict[str, QSignalSpy]:
    names = ("projectChanged", "inferredChanged", "problemsChanged", "savedChanged", "noticed")
    return {name: QSignalSpy(getattr(bridge, name)) for name in names}


def test_every_signal_of_the_session_is_mirrored(bridge: Bridge, session: Session) -> None:
    bridge.set_session(session)
    seen = spies(bridge)
    session.apply("Change units", lambda g: set_param(g, "linear_1", "units", 0))
    assert seen["projectChanged"].count() == 1
    assert seen["inferredChanged"].count() == 1
    assert seen["problemsChanged"].count() == 1
    assert seen["savedChanged"].count() >= 1
    assert seen["projectChanged"].at(0)[0].diff.nodes_changed
    session.notice.emit(Diagnostic("test", "A notice."))
    assert seen["noticed"].at(0)[0].message == "A notice."


def test_another_place_in_view_is_told_with_nothing_selected(bridge: Bridge, session: Session) -> None:
    bridge.set_session(session)
    scopes, chosen = QSignalSpy(bridge.scopeChanged), QSignalSpy(bridge.selectionChanged)
    node = session.group(["conv2d_1", "flatten_1"], "Stem")
    assert node == "stem_1"
    bridge.select([node])
    session.enter(node)
    assert scopes.at(0)[0] == ("stem_1",)
    assert bridge.selection == ()
    assert chosen.count() == 2
    bridge.select(["conv2d_1"])
    assert bridge.selection == ("conv2d_1",)
    session.leave()
    shown = QSignalSpy(bridge.revealed)
    bridge.reveal("stem_1/conv2d_1")
    assert session.scope == ("stem_1",)
    assert shown.at(0)[0] == "conv2d_1"
    session.undo()
    assert session.scope == ()
    assert scopes.count() == 4


def test_a_session_that_was_let_go_of_is_silent(
    bridge: Bridge, session: Session, tmp_path: Path, project: Project
) -> None:
    bridge.set_session(session)
    with Session.create(tmp_path / "other", replace(project, name="other")) as other:
        bridge.set_session(other)
        seen = spies(bridge)
        session.change("Change epochs", recipe=replace(session.project.recipe, epochs=9))
        assert all(spy.count() == 0 for spy in seen.values())
        other.change("Change epochs", recipe=replace(other.project.recipe, epochs=9))
        assert seen["projectChanged"].count() == 1
        bridge.set_session(None)


def test_the_bridge_keeps_no_session_alive(bridge: Bridge, tmp_path: Path, project: Project) -> None:
    opened = Session.create(tmp_path / "brief", project)
    bridge.set_session(opened)
    bridge.set_session(None)
    opened.close()
    watch = weakref.ref(opened)
    del opened
    gc.collect()
    assert watch() is None


def test_the_clock_runs_only_for_a_session_that_can_be_seen(bridge: Bridge, session: Session) -> None:
    ticks = QSignalSpy(bridge.tick)
    bridge.set_session(session)
    QTest.qWait(120)
    assert ticks.count() == 0
    bridge.set_visible(True)
    QTest.qWait(250)
    assert 3 <= ticks.count() <= 9
    bridge.set_visible(False)
    before = ticks.count()
    QTest.qWait(120)
    assert ticks.count() == before
    bridge.set_visible(True)
    bridge.set_session(None)
    before = ticks.count()
    QTest.qWait(120)
    assert ticks.count() == before


def test_selection_keeps_only_what_is_there(bridge: Bridge, session: Session) -> None:
    bridge.set_session(session)
    seen = QSignalSpy(bridge.selectionChanged)
    bridge.select(["conv2d_1", "linear_1", "conv2d_1", "gone_1"])
    assert bridge.selection == ("conv2d_1", "linear_1")
    bridge.select(["conv2d_1", "linear_1"])
    assert seen.count() == 1
    order: list[str] = []
    bridge.projectChanged.connect(_Recorder(order, "project"))
    bridge.selectionChanged.connect(_Recorder(order, "selection"))
    session.apply("Delete", lambda g: remove(g, ["conv2d_1"], heal=True))
    assert bridge.selection == ("linear_1",)
    assert order == ["project", "selection"]


class _Recorder:
    def __init__(self, log: list[str], word: str) -> None:
        self.log, self.word = log, word

    def __call__(self, _value: Any) -> None:
        self.log.append(self.word)


def test_places_are_known_by_name(bridge: Bridge) -> None:
    seen = QSignalSpy(bridge.placeChanged)
    for place in PLACES:
        bridge.go_to(place)
    assert bridge.place == PLACES[-1]
    assert seen.count() >= len(PLACES) - 1
    with pytest.raises(ValueError, match="kitchen"):
        bridge.go_to("kitchen")


def test_a_notice_from_another_thread_arrives_on_this_one(bridge: Bridge, turn: Callable[..., None]) -> None:
    import threading

    from workbench.ui.notices import NoticeBar

    bar = NoticeBar(bridge)
    thread = threading.Thread(target=bridge.notify, args=(Diagnostic("test", "From a thread."),))
    thread.start()
    thread.join()
    turn()
    assert bar.shown is not None
    assert bar.shown.message == "From a thread."
    bar.deleteLater()
    turn()
