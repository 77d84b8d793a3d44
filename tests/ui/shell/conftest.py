"""A small project on the disk and a window that shows it, closed again after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Project, Recipe
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.settings import Settings
from workbench.ui.theme import Theme
from workbench.ui.window import MainWindow


def small_graph() -> Graph:
    """Pictures 16 × 16, a convolution, Flatten, Linear, Output: four wires, no problem."""
    nodes = (
        Node("pictures_1", "pictures", params=frozen({"size": (16, 16)}), x=0, y=0),
        Node("conv2d_1", "conv2d", params=frozen({"filters": 8}), x=220, y=0),
        Node("flatten_1", "flatten", x=440, y=0),
        Node("linear_1", "linear", params=frozen({"units": 3}), x=660, y=0),
        Node("output_1", "output", x=880, y=0),
    )
    ids = [n.id for n in nodes]
    edges = frozenset(Edge(a, "out", b, "in") for a, b in pairwise(ids))
    return Graph(frozen_nodes(nodes), edges)


def frozen_nodes(nodes: tuple[Node, ...]) -> dict[str, Node]:
    return {n.id: n for n in nodes}


@pytest.fixture
def project() -> Project:
    return Project(name="small", graph=small_graph(), recipe=Recipe(epochs=2, batch_size=4, threads=1))


@pytest.fixture
def session(tmp_path: Path, project: Project) -> Iterator[Session]:
    with Session.create(tmp_path / "small", project) as opened:
        yield opened


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme("dark")


@pytest.fixture
def bridge(theme: Theme) -> Iterator[Bridge]:
    made = Bridge(theme)
    yield made
    made.close()
    made.deleteLater()


def settle(milliseconds: int = 30) -> None:
    """Let the event loop turn, zero timers and deferred deletes included. (QTest.qWait would starve other threads.)"""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def turn() -> Callable[..., None]:
    return settle


@pytest.fixture
def make_window(theme: Theme, tmp_path: Path) -> Iterator[Callable[..., MainWindow]]:
    """Builds windows as the program does, and takes each apart again, whatever state the test left it in."""
    made: list[MainWindow] = []

    def build(session: Session | None = None, *, ini: str = "window.ini") -> MainWindow:
        bridge = Bridge(theme)
        window = MainWindow(bridge, Settings(tmp_path / ini), theme)
        made.append(window)
        window.resize(1440, 900)
        window.show()
        if session is not None:
            bridge.set_session(session)
        settle()
        return window

    yield build
    for window in made:
        open_session = window.bridge.session
        window.bridge.set_session(None)
        window.close()
        window.bridge.deleteLater()
        window.deleteLater()
        settle()
        if open_session is not None:
            open_session.close()


@pytest.fixture
def window(make_window: Callable[..., MainWindow], session: Session) -> MainWindow:
    """A window with the small project open in Build."""
    return make_window(session)
