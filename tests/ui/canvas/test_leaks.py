"""Ten thousand edits leave memory where it was: what is kept is the history, and that is bounded."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QGraphicsItem
from shiboken6 import getAllValidWrappers

from tests.ui.canvas.at_random import Hand
from tests.ui.canvas.conftest import chain
from workbench.document import edits
from workbench.document.graph import Edge, Node
from workbench.document.history import MOST_STEPS
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.panel import CanvasPanel
from workbench.ui.theme import Theme


class Round:
    """Edits that come back to where they began: a layer goes into a wire, is set, moved, framed, coloured, painted and
    removed again."""

    def __init__(self, session: Session, bridge: Bridge, panel: CanvasPanel) -> None:
        self._session, self._bridge, self._panel = session, bridge, panel
        self.edits = 0

    def play(self) -> None:
        session = self._session
        node = Node("extra", "relu", x=300, y=300)
        self._do(lambda g: edits.insert_on_edge(g, node, Edge("relu_1", "out", "flatten_1", "in")))
        self._do(lambda g: edits.move(g, {"extra": (320, 340)}))
        self._do(lambda g: edits.rename(g, "extra", f"Number {self.edits}"))
        self._do(lambda g: edits.set_param(g, "conv2d_1", "filters", 8 + self.edits % 32))
        self._bridge.select(("extra", "relu_1"))
        session.set_colour(("extra",), "green")
        session.set_collapsed(("extra",), True)
        frame = session.add_frame(200, 250, 400, 300, "Passing")
        session.change_frame(frame, note=f"Note *{self.edits}*")
        session.move_frames({frame: (210, 260)}, self._panel.canvas.sizes())
        self._panel.view.viewport().grab()
        session.undo()
        session.remove_frames((frame,))
        session.remove(("extra",))
        self.edits += 9

    def _do(self, edit: Callable) -> None:
        assert self._session.apply("Edit", edit) is None


def memory() -> int:
    """Bytes of this process that lie in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def count() -> dict[str, int]:
    """What there is of everything that could be left over, after all that is due to go has gone."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
    wrappers = getAllValidWrappers()
    return {
        "objects of Python": len(gc.get_objects()),
        "items of scenes": sum(isinstance(w, QGraphicsItem) for w in wrappers),
        "QObjects": sum(isinstance(w, QObject) for w in wrappers),
        "references to None": sys.getrefcount(None),
    }


@pytest.fixture
def canvas(qtbot, tmp_path):
    theme = Theme("dark")
    session = Session.create(tmp_path / "project", Project("Leaks", chain()))
    bridge = Bridge(theme)
    panel = CanvasPanel(bridge, theme)
    qtbot.addWidget(panel)
    panel.resize(900, 600)
    panel.show_maps("off")
    bridge.set_session(session)
    panel.show()
    yield session, bridge, panel
    panel.close()
    bridge.close()
    session.close()


def leave(panel: CanvasPanel, session: Session, bridge: Bridge, rounds: int, warm: int) -> tuple[dict, dict, int]:
    """Play rounds with a full history, before and after: what is counted then, and by how much memory grew."""
    work = Round(session, bridge, panel)
    for _ in range(warm):
        work.play()
    before, held = count(), memory()
    for _ in range(rounds):
        work.play()
    return before, count(), memory() - held


def test_some_edits_leave_no_item_and_no_object_of_qt(canvas):
    session, bridge, panel = canvas
    before, after, _ = leave(panel, session, bridge, 12, 4)
    assert after["items of scenes"] == before["items of scenes"]
    assert after["QObjects"] == before["QObjects"]


@pytest.mark.faults
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_ten_thousand_edits_leave_memory_where_it_was(canvas):
    session, bridge, panel = canvas
    warm = MOST_STEPS // 9 + 20  # from here on the history holds as many steps as it ever will
    before, after, grown = leave(panel, session, bridge, 10_000 // 9, warm)
    assert len(session.history._done) == MOST_STEPS
    assert after["items of scenes"] == before["items of scenes"]
    assert after["QObjects"] == before["QObjects"]
    # PySide 6.11 takes one for every item that is made, also a plain `QGraphicsRectItem`; losing them would end in an
    # abort.
    assert before["references to None"] - after["references to None"] < 2_000
    assert after["objects of Python"] - before["objects of Python"] < 4_000
    assert grown < 24 * 2**20, f"{grown / 2**20:.1f} MB more after {10_000:,} edits"


@pytest.mark.faults
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_random_edits_leave_nothing_behind_once_everything_is_undone(canvas):
    session, bridge, panel = canvas
    hand = Hand(5, session, bridge, panel)

    def play(steps: int) -> None:
        for _ in range(steps):
            hand.act()
        session.go_to_scope(())
        session.apply("Begin again", lambda _graph: chain())
        bridge.select(())
        bridge.choose_frame(None)
        panel.view.set_zoom(1.0)

    play(1_200)
    before = count()
    play(3_000)
    after = count()
    assert after["items of scenes"] == before["items of scenes"]
    assert after["QObjects"] - before["QObjects"] < 20, "menus and path bars may come and go, but not with every edit"
