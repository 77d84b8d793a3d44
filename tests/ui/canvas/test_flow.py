"""The moving line on the wires while a run is live."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QEvent, QObject

from workbench.ui import motion
from workbench.ui.canvas import flow


@pytest.fixture
def running(hands, monkeypatch):
    """A canvas whose session says that a run is live; the clock and the desktop's wish for motion are set by hand."""
    state = SimpleNamespace(phase="running", is_live=True)
    monkeypatch.setattr(type(hands.session), "run", property(lambda _self: state))
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(flow.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(motion, "duration", lambda _widget: 150)
    hands.bridge.runChanged.emit(state)

    def beat(seconds: float = 0.1) -> list:
        clock.now += seconds
        hands.bridge.tick.emit()
        return [wire._flow for wire in hands.canvas.wires()]

    return SimpleNamespace(hands=hands, state=state, beat=beat, monkeypatch=monkeypatch)


def test_it_moves_while_running(running):
    first, second = running.beat(), running.beat()
    assert set(first) != {None}
    assert first != second


def test_it_goes_through_the_network_level_by_level(running):
    wires = list(running.hands.canvas.wires())
    seen = [running.beat() for _ in range(60)]
    assert all(any(flows[k] is not None for flows in seen) for k in range(len(wires)))
    levels = flow.depths(running.hands.canvas.graph)
    for flows in seen:
        lit = {levels[wire.edge.source] for wire, at in zip(wires, flows, strict=True) if at is not None}
        assert len(lit) == 1


def test_it_stands_while_paused_and_goes_when_the_run_ends(running):
    moved = running.beat()
    running.state.phase = "paused"
    running.hands.bridge.runChanged.emit(running.state)
    assert running.beat() == moved
    running.state.phase, running.state.is_live = "done", False
    running.hands.bridge.runChanged.emit(running.state)
    assert set(running.beat()) == {None}


def test_there_is_none_where_motion_is_not_wanted(running):
    running.monkeypatch.setattr(motion, "duration", lambda _widget: 0)
    assert set(running.beat()) == {None}


def test_it_repaints_only_around_the_line(running, qtbot):
    view = running.hands.view
    running.beat()
    qtbot.wait(20)
    regions = []
    view.viewport().installEventFilter(watcher := _Paints(regions, view.viewport()))
    running.beat()
    qtbot.wait(30)
    view.viewport().removeEventFilter(watcher)
    assert regions
    painted = sum(r.width() * r.height() for r in regions)
    assert painted < 0.2 * view.viewport().width() * view.viewport().height()


class _Paints(QObject):
    """Notes what is repainted."""

    def __init__(self, regions, parent):
        super().__init__(parent)
        self._regions = regions

    def eventFilter(self, _watched, event):
        if event.type() == QEvent.Type.Paint:
            self._regions.extend(event.region())
        return False
