"""The whole window, built as `workbench.app` builds it, on small real projects; worked through the window system."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, QPropertyAnimation, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeySequence, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from workbench.document import storage
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Chosen, DataSettings, Project, Recipe
from workbench.session.session import Session
from workbench.session.state import RunState
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.chooser import Chooser
from workbench.ui.panels import Panels
from workbench.ui.settings import Settings
from workbench.ui.theme import Theme, ThemeName
from workbench.ui.window import MainWindow

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SIZE = QSize(1440, 900)


class Person:
    """Someone at the window. Mouse and keys go in through the window's own handle, as the system delivers them."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        self.bridge = window.bridge

    @property
    def session(self) -> Session:
        assert self.bridge.session is not None, "no project is open"
        return self.bridge.session

    @property
    def panels(self) -> Panels:
        assert self.window.panels is not None, "the panels are not built yet"
        return self.window.panels

    @property
    def run(self) -> RunState:
        assert self.session.run is not None, "nothing was trained yet"
        return self.session.run

    # --- mouse

    def _place(self, widget: QWidget, at: QPoint | None) -> QPoint:
        assert widget.isVisible(), f"{widget} cannot be seen"
        top = widget.window()
        here = widget.mapTo(top, widget.rect().center() if at is None else at)
        assert top.rect().contains(here), f"{widget} does not lie in its window"
        under = top.childAt(here) or top
        assert under is widget or widget.isAncestorOf(under), f"{under} lies over {widget}"
        return here

    def press(self, widget: QWidget, at: QPoint | None = None, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.mousePress(widget.window().windowHandle(), LEFT, keys, self._place(widget, at))

    def move(self, widget: QWidget, at: QPoint | None = None) -> None:
        QTest.mouseMove(widget.window().windowHandle(), self._place(widget, at))

    def release(self, widget: QWidget, at: QPoint | None = None, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseRelease(widget.window().windowHandle(), LEFT, keys, self._place(widget, at))

    def click(self, widget: QWidget, at: QPoint | None = None, keys: Qt.KeyboardModifier = NONE) -> None:
        if isinstance(widget, QAbstractButton):
            assert widget.isEnabled(), f"{widget.accessibleName() or widget.text()} is greyed out"
        self.press(widget, at, keys)
        self.release(widget, at, keys)

    def drag(self, widget: QWidget, start: QPoint, end: QPoint, steps: int = 6) -> None:
        self.press(widget, start)
        for step in range(1, steps + 1):
            self.move(widget, start + (end - start) * step / steps)
        self.release(widget, end)

    # --- the canvas, by places of its scene

    def on_canvas(self, point: QPointF) -> QPoint:
        return self.panels.canvas.view.mapFromScene(point)

    def output(self, node: str) -> QPoint:
        return self.on_canvas(self.panels.canvas.canvas.node(node).output_at("out"))

    def input(self, node: str, port: str = "in") -> QPoint:
        return self.on_canvas(self.panels.canvas.canvas.node(node).input_at(port))

    def middle(self, node: str) -> QPoint:
        return self.on_canvas(self.panels.canvas.canvas.node(node).rect.center())

    def click_node(self, node: str) -> None:
        self.click(self.panels.canvas.view.viewport(), self.middle(node))

    def wire(self, source: str, target: str, port: str = "in") -> None:
        self.drag(self.panels.canvas.view.viewport(), self.output(source), self.input(target, port))

    # --- the canvas, with any button and any key held

    def mouse(
        self,
        kind: QEvent.Type,
        at: QPoint,
        button: Qt.MouseButton = Qt.MouseButton.NoButton,
        held: Qt.MouseButton = Qt.MouseButton.NoButton,
        keys: Qt.KeyboardModifier = NONE,
    ) -> None:
        """One event on the canvas's viewport; what QTest sends has no modifiers while the mouse moves."""
        viewport = self.panels.canvas.view.viewport()
        place = QPointF(viewport.mapToGlobal(at))
        QApplication.sendEvent(viewport, QMouseEvent(kind, QPointF(at), place, button, held, keys))

    def take(self, at: QPoint, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        """Press on the canvas."""
        self.mouse(QEvent.Type.MouseButtonPress, at, button, button, keys)

    def carry(
        self, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE
    ) -> None:
        """Move with the button held, in some steps."""
        for step in range(1, 7):
            self.mouse(QEvent.Type.MouseMove, start + (end - start) * step / 6, held=button, keys=keys)

    def let_go(self, at: QPoint, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        self.mouse(QEvent.Type.MouseButtonRelease, at, button, keys=keys)

    def sweep(
        self, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE
    ) -> None:
        """Drag on the canvas, in places of its viewport."""
        self.take(start, button, keys)
        self.carry(start, end, button, keys)
        self.let_go(end, button, keys)

    def double_click(self, at: QPoint) -> None:
        self.take(at)
        self.let_go(at)
        self.mouse(QEvent.Type.MouseButtonDblClick, at, LEFT, LEFT)
        self.let_go(at)

    def right_click(self, at: QPoint) -> None:
        """What the window system makes of a right click."""
        viewport = self.panels.canvas.view.viewport()
        reason = QContextMenuEvent.Reason.Mouse
        self.take(at, Qt.MouseButton.RightButton)
        QApplication.sendEvent(viewport, QContextMenuEvent(reason, at, viewport.mapToGlobal(at)))
        self.let_go(at, Qt.MouseButton.RightButton)

    def wheel(self, at: QPoint, turns: int = 1) -> None:
        view = self.panels.canvas.view
        here = view.viewport().mapTo(self.window, at)
        QTest.wheelEvent(self.window.windowHandle(), QPointF(here), QPoint(0, 120 * turns))

    def wires(self) -> set[tuple[str, str]]:
        """Which node feeds which."""
        return {(e.source, e.target) for e in self.session.graph.edges}

    # --- the searchable list

    @property
    def chooser(self) -> Chooser:
        found = [w for w in QApplication.topLevelWidgets() if isinstance(w, Chooser) and w.isVisible()]
        assert len(found) == 1, f"{len(found)} lists are open"
        return found[0]

    def offered(self) -> dict[str, str]:
        """What the open list offers: key and heading."""
        model = self.chooser.model
        rows = (model.entry(row) for row in range(model.rowCount()))
        return {entry.key: entry.group for entry in rows if entry is not None}

    def choose(self, words: str) -> None:
        """Type into the open list and take the best match."""
        assert self.chooser.isVisible()
        self.type(words)
        self.key("Return")
        self.settle()

    # --- keys

    def hold(self, keys: str) -> None:
        """Press a key and keep it down."""
        combined = QKeySequence(keys)[0]
        QTest.keyPress(self.window.windowHandle(), combined.key(), combined.keyboardModifiers())

    def let_up(self, keys: str) -> None:
        combined = QKeySequence(keys)[0]
        QTest.keyRelease(self.window.windowHandle(), combined.key(), combined.keyboardModifiers())

    def key(self, keys: str) -> None:
        """Press a key or a combination ("Ctrl+Z") in whatever window has the keyboard."""
        combined = QKeySequence(keys)[0]
        handle = QGuiApplication.focusWindow()
        assert handle is not None, "no window has the keyboard"
        QTest.keyClick(handle, combined.key(), combined.keyboardModifiers())

    def type(self, text: str) -> None:
        handle = QGuiApplication.focusWindow()
        assert handle is not None
        for letter in text:
            QTest.keyClick(handle, letter)

    # --- waiting

    def wait(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=round(1000 * seconds))

    def settle(self) -> None:
        """Let what is due in the event loop happen: movements, deferred refreshes, and layouts inside layouts."""
        self.wait(
            lambda: not any(a.state() == a.State.Running for a in self.window.findChildren(QPropertyAnimation)), 5
        )
        for _ in range(4):
            QApplication.sendPostedEvents()
            self.qtbot.wait(5)

    def go_to(self, place: str) -> None:
        self.bridge.go_to(place)
        self.settle()

    def button(self, words: str, within: QWidget | None = None) -> QAbstractButton:
        """The one visible button a person would call by these words: its text or its accessible name."""
        found = [
            b
            for b in (within or self.window).findChildren(QAbstractButton)
            if b.isVisible() and words in (b.text().replace("&", ""), b.accessibleName())
        ]
        assert len(found) == 1, f"{len(found)} buttons are called {words!r}"
        return found[0]

    def answer(self, choice: str) -> None:
        """Click a button of the question about leaving: "save", "discard", "stop" or "stay"."""
        self.wait(lambda: self.window.projects.question is not None, 5)
        question = self.window.projects.question
        assert question is not None
        self.wait(question.box.isVisible, 5)
        button = question.box.findChild(QPushButton, choice)
        assert button is not None, f"there is no choice {choice!r}"
        self.click(button)

    @property
    def notice(self) -> str:
        """What the notice bar says; "" while it is not there."""
        bar = self.window.notices
        return bar.sentence.text() if bar.isVisible() else ""


OpenWindow = Callable[..., Person]


@pytest.fixture
def open_window(qtbot: QtBot, qapp: QApplication) -> Iterator[OpenWindow]:
    """Opens a window on the start page, or on a project, as `workbench.app.run` does; closes it after the test."""
    opened: list[Person] = []

    def open_(
        project: Path | None = None, *, size: QSize = SIZE, theme: ThemeName = "dark", wait: bool = True
    ) -> Person:
        if qapp.style().objectName().lower() != "fusion":  # each change of style polishes every widget there is anew
            qapp.setStyle("Fusion")
        settings = Settings()
        if settings.theme != theme:
            settings.theme = theme
        look = Theme(settings.theme)
        bridge = Bridge(look)
        window = MainWindow(bridge, settings, look)
        person = Person(window, qtbot)
        opened.append(person)
        window.resize(size)
        window.show()
        window.offer_recoveries()
        window.activateWindow()
        qtbot.waitActive(window)
        if project is not None:
            window.projects.open_any(project)
            if wait:
                person.wait(lambda: bridge.session is not None and bridge.session.data.phase in ("ready", "none"))
            person.settle()
        return person

    yield open_
    for person in opened:
        close(person)


def close(person: Person) -> None:
    """End whatever still runs and take the window down, without a question."""
    session = person.bridge.session
    if session is not None:
        until = time.monotonic() + 30
        while session.jobs.running and time.monotonic() < until:  # the first one loads torch, and cannot be cut short
            session.pump()
            time.sleep(0.01)
        person.bridge.set_session(None)
        session.close()
    person.window.close()
    person.window.deleteLater()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """24 pictures of 12 × 12 pixels in two classes: bright below, bright above."""
    noise = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    for name, rows in (("below", slice(6, 12)), ("above", slice(0, 6))):
        (folder / name).mkdir(parents=True)
        for i in range(12):
            pixels = noise.integers(0, 60, (12, 12, 3), dtype=np.uint8)
            pixels[rows] += 150
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    return folder


LAYERS = (
    Node("pictures_1", "pictures", params=frozen({"size": (12, 12)}), x=0, y=0),
    Node("conv2d_1", "conv2d", "Edges", frozen({"filters": 4}), 232, 0),
    Node("relu_1", "relu", x=464, y=0),
    Node("flatten_1", "flatten", x=0, y=160),
    Node("linear_1", "linear", params=frozen({"units": 2}), x=232, y=160),
    Node("output_1", "output", x=464, y=160),
)


@pytest.fixture
def project(pictures: Path) -> Project:
    """A convolution and a linear layer that learn the two classes within a few steps."""
    edges = frozenset(Edge(a.id, "out", b.id, "in") for a, b in pairwise(LAYERS))
    recipe = Recipe(epochs=4, batch_size=6, optimizer=Chosen("adam", frozen({"lr": 0.02})), threads=1, device="cpu")
    data = DataSettings(str(pictures), validation=0.25)
    return Project("Small", Graph({n.id: n for n in LAYERS}, edges), data, recipe)


@pytest.fixture
def write_project(project: Project, tmp_path: Path) -> Callable[..., Path]:
    """Writes the small project, changed as asked, to a folder of its own."""

    def write(name: str = "small", *, recipe: Recipe | None = None, graph: Graph | None = None) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        changed = replace(project, recipe=recipe or project.recipe, graph=graph or project.graph)
        storage.save(changed, folder)
        return folder

    return write


@pytest.fixture
def small(write_project: Callable[..., Path]) -> Path:
    """The small project, four epochs long."""
    return write_project()


@pytest.fixture
def endless(write_project: Callable[..., Path], project: Project) -> Path:
    """The small project with a run that does not end by itself within a test."""
    return write_project("endless", recipe=replace(project.recipe, epochs=100_000))
