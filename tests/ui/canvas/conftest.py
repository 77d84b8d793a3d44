"""A canvas on a real session, and hands to work it with: real mouse, key, wheel and drag events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.document.edits import add
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.chooser import Chooser
from workbench.ui.canvas.panel import CanvasPanel
from workbench.ui.theme import Theme

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier


class Hands:
    """Works a canvas as a person does. Places are in the scene unless said otherwise."""

    def __init__(self, panel: CanvasPanel, session: Session, bridge: Bridge) -> None:
        self.panel, self.session, self.bridge = panel, session, bridge
        self.view, self.canvas = panel.view, panel.canvas

    # --- places

    def middle(self, node: str) -> QPointF:
        return self.canvas.node(node).rect.center()

    def output(self, node: str, port: str = "out") -> QPointF:
        return self.canvas.node(node).output_at(port)

    def input(self, node: str, port: str = "in") -> QPointF:
        return self.canvas.node(node).input_at(port)

    def at(self, point: QPointF) -> QPoint:
        return self.view.mapFromScene(point)

    # --- mouse

    def mouse(self, kind: QEvent.Type, at: QPoint, button=Qt.MouseButton.NoButton, held=None, keys=NONE) -> None:
        held = button if held is None else held
        viewport = self.view.viewport()
        event = QMouseEvent(kind, QPointF(at), QPointF(viewport.mapToGlobal(at)), button, held, keys)
        QApplication.sendEvent(viewport, event)

    def press(self, at: QPointF, button=LEFT, keys=NONE) -> None:
        self.mouse(QEvent.Type.MouseButtonPress, self.at(at), button, keys=keys)

    def move(self, at: QPointF, button=LEFT, keys=NONE) -> None:
        self.mouse(QEvent.Type.MouseMove, self.at(at), held=button, keys=keys)

    def release(self, at: QPointF, button=LEFT, keys=NONE) -> None:
        self.mouse(QEvent.Type.MouseButtonRelease, self.at(at), button, Qt.MouseButton.NoButton, keys)

    def drag(self, start: QPointF, end: QPointF, button=LEFT, keys=NONE, steps: int = 5) -> None:
        self.press(start, button, keys)
        self.carry(start, end, button, keys, steps)
        self.release(end, button, keys)

    def carry(self, start: QPointF, end: QPointF, button=LEFT, keys=NONE, steps: int = 5) -> None:
        """Move with the button held, in some steps."""
        for i in range(1, steps + 1):
            self.move(start + (end - start) * i / steps, button, keys)

    def click(self, at: QPointF, keys=NONE) -> None:
        self.press(at, keys=keys)
        self.release(at, keys=keys)

    def double_click(self, at: QPointF) -> None:
        self.click(at)
        self.mouse(QEvent.Type.MouseButtonDblClick, self.at(at), LEFT)
        self.release(at)

    def hover(self, at: QPointF) -> None:
        self.mouse(QEvent.Type.MouseMove, self.at(at), held=Qt.MouseButton.NoButton)

    def wheel(self, at: QPointF, turns: int = 1) -> None:
        here = QPointF(self.at(at))
        viewport = self.view.viewport()
        event = QWheelEvent(
            here,
            QPointF(viewport.mapToGlobal(here.toPoint())),
            QPoint(),
            QPoint(0, 120 * turns),
            Qt.MouseButton.NoButton,
            NONE,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(viewport, event)

    # --- keys

    def key(self, key: Qt.Key, keys=NONE, text: str = "") -> None:
        self.key_down(key, keys, text)
        self.key_up(key, keys)

    def key_down(self, key: Qt.Key, keys=NONE, text: str = "") -> None:
        QApplication.sendEvent(self.view, QKeyEvent(QEvent.Type.KeyPress, key, keys, text))

    def key_up(self, key: Qt.Key, keys=NONE) -> None:
        QApplication.sendEvent(self.view, QKeyEvent(QEvent.Type.KeyRelease, key, keys))

    def keys(self, *combinations: str) -> None:
        """Press keys ("Ctrl+Shift+F") in the window, as the system delivers them: shortcuts hear them first."""
        for words in combinations:
            combined = QKeySequence(words)[0]
            QTest.keyClick(self.panel.window().windowHandle(), combined.key(), combined.keyboardModifiers())

    def settle(self) -> None:
        """End what still glides."""
        self.view.arranging.gliding.settle()

    def do(self, action: str) -> None:
        """An action of the menus, by name."""
        self.panel.action(action).trigger()

    # --- drag and drop

    def drop(self, layer: str, at: QPointF, over: tuple[QPointF, ...] = ()) -> bool:
        """Drag a layer in, over some places, and drop it; gives whether the canvas took it."""
        taken = self.drag_in(layer, over[0] if over else at)
        for place in (*over, at):
            self.drag_over(layer, place)
        data = _mime(layer)
        event = QDropEvent(QPointF(self.at(at)), Qt.DropAction.CopyAction, data, LEFT, NONE)
        QApplication.sendEvent(self.view.viewport(), event)
        return taken and event.isAccepted()

    def drag_in(self, layer: str, at: QPointF) -> bool:
        data = _mime(layer)
        event = QDragEnterEvent(self.at(at), Qt.DropAction.CopyAction, data, LEFT, NONE)
        QApplication.sendEvent(self.view.viewport(), event)
        return event.isAccepted()

    def drag_over(self, layer: str, at: QPointF) -> bool:
        data = _mime(layer)
        event = QDragMoveEvent(self.at(at), Qt.DropAction.CopyAction, data, LEFT, NONE)
        QApplication.sendEvent(self.view.viewport(), event)
        return event.isAccepted()

    def drag_out(self) -> None:
        QApplication.sendEvent(self.view.viewport(), QDragLeaveEvent())

    # --- menus

    def chooser(self) -> Chooser:
        """The searchable list that is open."""
        found = [c for c in self.view.findChildren(Chooser) if c.isVisible()]
        assert len(found) == 1, f"{len(found)} lists are open"
        return found[0]

    def choose(self, words: str) -> None:
        """Type into the open list and press Enter."""
        chooser = self.chooser()
        chooser.field.setText(words)
        QApplication.sendEvent(chooser.field, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, NONE))

    # --- the document

    @property
    def graph(self) -> Graph:
        return self.session.graph

    def edges(self) -> set[str]:
        return {edge.id for edge in self.graph.edges}

    def steps(self) -> int:
        """How often undo is possible from here; leaves everything as it was."""
        count = 0
        while self.session.history.can_undo:
            self.session.undo()
            count += 1
        for _ in range(count):
            self.session.redo()
        return count


def _mime(layer: str) -> QMimeData:
    data = QMimeData()
    data.setData("application/x-workbench-layer", layer.encode())
    return data


CHAIN = (
    Node("pictures_1", "pictures", x=0, y=0),
    Node("conv2d_1", "conv2d", "Conv 1", frozen({"filters": 8}), 240, 0),
    Node("relu_1", "relu", x=480, y=0),
    Node("flatten_1", "flatten", x=720, y=0),
    Node("linear_1", "linear", "Linear", frozen({"units": 10}), 240, 200),
    Node("output_1", "output", x=480, y=200),
)


def chain() -> Graph:
    """Pictures, Conv, ReLU, Flatten, Linear, Output, wired in this order, in two rows."""
    ids = [node.id for node in CHAIN]
    edges = [Edge(a, "out", b, "in") for a, b in pairwise(ids)]
    made = add(Graph(), *CHAIN, edges=edges)
    assert isinstance(made, Graph)
    return made


@pytest.fixture
def open_canvas(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[Graph], Hands]]:
    """Opens a canvas on a project with a graph, at 100 %, 1000 x 700."""
    opened: list[tuple[Session, Bridge, CanvasPanel]] = []

    def open_(graph: Graph) -> Hands:
        theme = Theme("dark")
        session = Session.create(tmp_path / f"project{len(opened)}", Project("Test", graph))
        bridge = Bridge(theme)
        panel = CanvasPanel(bridge, theme)
        qtbot.addWidget(panel)
        panel.resize(1100, 700)
        bridge.set_session(session)
        panel.show()
        qtbot.waitExposed(panel)
        panel.activateWindow()
        panel.view.setFocus()
        panel.view.set_zoom(1.0)
        panel.view.centerOn(450, 160)
        opened.append((session, bridge, panel))
        return Hands(panel, session, bridge)

    yield open_
    for session, bridge, panel in opened:
        panel.close()
        bridge.close()
        session.close()


@pytest.fixture
def hands(open_canvas: Callable[[Graph], Hands]) -> Hands:
    """A canvas with the six-layer chain."""
    return open_canvas(chain())


@pytest.fixture
def empty_hands(open_canvas: Callable[[Graph], Hands]) -> Hands:
    return open_canvas(Graph())
