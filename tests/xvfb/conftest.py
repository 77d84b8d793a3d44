"""A virtual screen with a window manager, the program as a process of its own, and hands that work it with xdotool.

Where something stands in the window is learned from a twin: the same window, of the same size and on a copy of the same
project, built in this process without a screen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageGrab, features
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from workbench.document import storage
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Chosen, DataSettings, Project, Recipe
from workbench.ui.bridge import Bridge
from workbench.ui.settings import Settings
from workbench.ui.theme import Theme
from workbench.ui.window import MainWindow

WIDTH, HEIGHT = 1440, 900
NEEDED = ("Xvfb", "xdotool")

Point = tuple[int, int]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    reason = f"{' and '.join(missing)} not installed" if missing else ""
    if not reason and not features.check("xcb"):
        reason = "this Pillow cannot take pictures of an X screen"
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xvfb)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


class Screen:
    """A virtual screen on a display number that was free, with openbox where that is installed."""

    def __init__(self, log: Path) -> None:
        reading, writing = os.pipe()
        with open(log, "wb") as said:
            self._server = subprocess.Popen(
                ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"],
                pass_fds=[writing],
                stdout=said,
                stderr=said,
            )
            os.close(writing)
            with os.fdopen(reading) as answer:
                number = answer.readline().strip()
            assert number, f"Xvfb did not start: {log.read_text()}"
            self.display = f":{number}"
            self.environment = {**os.environ, "DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}
            self.environment.pop("WAYLAND_DISPLAY", None)
            self._manager: subprocess.Popen[bytes] | None = None
            if shutil.which("openbox") is not None:
                self._manager = subprocess.Popen(["openbox"], env=self.environment, stdout=said, stderr=said)

    @property
    def has_manager(self) -> bool:
        return self._manager is not None and self._manager.poll() is None

    def xdotool(self, *words: object, check: bool = True) -> str:
        command = ["xdotool", *map(str, words)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30)
        assert not check or done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    def picture(self, box: tuple[int, int, int, int] | None = None) -> np.ndarray:
        """What is on the screen: H × W × 3 uint8; `box` is left, top, right, bottom."""
        return np.asarray(ImageGrab.grab(bbox=box, xdisplay=self.display).convert("RGB"))

    def close(self) -> None:
        for process in (self._manager, self._server):
            if process is not None:
                process.terminate()
                process.wait(10)


class Program:
    """One running `python -m workbench`, and what can be done to its window."""

    def __init__(self, screen: Screen, words: list[str], log: Path) -> None:
        self.screen, self.log = screen, log
        with open(log, "wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "workbench", *words],
                env=screen.environment,
                cwd=log.parent,
                stdout=said,
                stderr=said,
            )
        self.id = ""
        self._where: tuple[int, int, int, int] | None = None

    def windows(self, name: str = ".") -> list[str]:
        """The ids of its visible windows whose title matches."""
        found = self.screen.xdotool(
            "search", "--onlyvisible", "--all", "--pid", self.process.pid, "--name", name, check=False
        )
        return found.split()

    def wait(self, condition: Callable[[], object], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, f"the program ended ({self.process.returncode}): {self.said}"
            if time.monotonic() > deadline:
                seen = self.log.with_suffix(".png")
                Image.fromarray(self.screen.picture()).save(seen)
                pytest.fail(f"{what} did not come within {seconds} s; see {seen}; the program said: {self.said}")
            time.sleep(0.05)

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]

    def appear(self, title: str = "Workbench", seconds: float = 40) -> None:
        """Wait for the window, put it into the corner and give it the keyboard."""
        self.wait(lambda: self.windows(title), seconds, f"a window called {title!r}")
        self.id = self.windows(title)[0]
        self.focus()
        self._where = self.place

    def focus(self, window: str = "") -> None:
        if self.screen.has_manager:
            self.screen.xdotool("windowactivate", "--sync", window or self.id)
        else:
            self.screen.xdotool("windowfocus", "--sync", window or self.id)
        time.sleep(0.2)

    @property
    def title(self) -> str:
        return self.screen.xdotool("getwindowname", self.id).strip()

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of what the window itself draws, without the manager's frame."""
        found = self._numbers("getwindowgeometry", "--shell", self.id)
        # Its X and Y count a manager's frame twice; where the pointer lands in the window is right.
        self.screen.xdotool("mousemove", "--window", self.id, 0, 0)
        corner = self._numbers("getmouselocation", "--shell")
        return corner["X"], corner["Y"], found["WIDTH"], found["HEIGHT"]

    def _numbers(self, *words: str) -> dict[str, int]:
        pairs = (word.split("=") for word in self.screen.xdotool(*words).split() if "=" in word)
        return {name: int(value) for name, value in pairs}

    def picture(self) -> np.ndarray:
        """The window as it looks now."""
        left, top, width, height = self._where or self.place
        return self.screen.picture((left, top, left + width, top + height))

    # --- hands

    def key(self, *keys: str) -> None:
        for key in keys:
            self.screen.xdotool("key", key)
            time.sleep(0.1)

    def _at(self, point: Point) -> Point:
        left, top, _, _ = self._where or self.place
        return left + point[0], top + point[1]

    def click(self, point: Point) -> None:
        self.screen.xdotool("mousemove", "--sync", *self._at(point), "click", 1)
        time.sleep(0.15)

    def click_twice(self, point: Point, button: int = 1) -> None:
        self.screen.xdotool("mousemove", "--sync", *self._at(point), "click", "--repeat", 2, "--delay", 60, button)
        time.sleep(0.3)

    def wheel(self, point: Point, turns: int) -> None:
        """Turn the wheel at a place, away from the hand for more than nothing."""
        button = 4 if turns > 0 else 5
        self.screen.xdotool("mousemove", "--sync", *self._at(point))
        for _ in range(abs(turns)):
            self.screen.xdotool("click", button)
            time.sleep(0.08)
        time.sleep(0.3)

    def hold(self, key: str) -> None:
        self.screen.xdotool("keydown", key)
        time.sleep(0.1)

    def let_up(self, key: str) -> None:
        self.screen.xdotool("keyup", key)
        time.sleep(0.1)

    def type(self, text: str) -> None:
        self.screen.xdotool("type", "--delay", 40, text)
        time.sleep(0.2)

    def drag(self, start: Point, end: Point, steps: int = 12, button: int = 1) -> None:
        """Press, carry in small steps as a hand does, let go."""
        (x, y), (to_x, to_y) = self._at(start), self._at(end)
        self.screen.xdotool("mousemove", "--sync", x, y, "mousedown", button)
        for step in range(1, steps + 1):
            self.screen.xdotool("mousemove", x + (to_x - x) * step // steps, y + (to_y - y) * step // steps)
            time.sleep(0.03)
        time.sleep(0.3)  # the other side of a drag answers by messages
        self.screen.xdotool("mouseup", button)
        time.sleep(0.3)

    def ask_to_close(self) -> None:
        """What the cross in the window's corner does."""
        if self.screen.has_manager:
            self.focus()
            self.screen.xdotool("key", "alt+F4")
        else:
            self.key("ctrl+q")

    def end(self, seconds: float = 25) -> int:
        """Wait for the end; gives the exit status."""
        return self.process.wait(seconds)


@pytest.fixture(scope="session")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    made = Screen(tmp_path_factory.mktemp("screen") / "xvfb.log")
    yield made
    made.close()


@pytest.fixture
def start(screen: Screen, tmp_path: Path, own_home: Path) -> Iterator[Callable[..., Program]]:
    """Starts the program with some words on its command line; whatever still runs is ended with the test."""
    started: list[Program] = []

    def start_(*words: object) -> Program:
        screen.environment["WORKBENCH_HOME"] = str(own_home)
        program = Program(screen, [str(w) for w in words], tmp_path / f"program-{len(started)}.log")
        started.append(program)
        return program

    yield start_
    failed = [p.said for p in started if "Traceback" in p.said]
    for program in started:
        if program.process.poll() is None:
            program.process.kill()
            program.process.wait(10)
    assert not failed, failed


class Twin:
    """Tells where things stand in a window of the same size on a copy of the same project."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self._qtbot = window, qtbot

    def settle(self) -> None:
        """Let layouts inside layouts come to rest."""
        for _ in range(10):
            self._qtbot.wait(20)

    def of(self, widget: QWidget, at: QPoint | None = None) -> Point:
        place = widget.mapTo(self.window, widget.rect().center() if at is None else at)
        return place.x(), place.y()

    def button(self, words: str) -> Point:
        """The middle of the visible button with these words on it."""
        self.settle()
        found = [b for b in self.window.findChildren(QPushButton) if b.isVisible() and b.text() == words]
        assert len(found) == 1, f"{len(found)} buttons say {words!r}"
        return self.of(found[0])

    def on_canvas(self, scene: QPointF) -> Point:
        assert self.window.panels is not None
        view = self.window.panels.canvas.view
        return self.of(view.viewport(), view.mapFromScene(scene))

    def output(self, node: str) -> Point:
        assert self.window.panels is not None
        return self.on_canvas(self.window.panels.canvas.canvas.node(node).output_at("out"))

    def input(self, node: str) -> Point:
        assert self.window.panels is not None
        return self.on_canvas(self.window.panels.canvas.canvas.node(node).input_at("in"))

    def node(self, node: str) -> Point:
        assert self.window.panels is not None
        return self.on_canvas(self.window.panels.canvas.canvas.node(node).rect.center())

    def in_palette(self, layer: str) -> Point:
        """A layer's row in the palette; it must be one that is seen without scrolling."""
        assert self.window.panels is not None
        model, palette = self.window.panels.palette.model, self.window.panels.palette.list
        layers = (model.layer(model.index(row)) for row in range(model.rowCount()))
        row = next(i for i, found in enumerate(layers) if found is not None and found.id == layer)
        rect = palette.visualRect(model.index(row))
        assert palette.viewport().rect().contains(rect), f"{layer} has to be scrolled to"
        return self.of(palette.viewport(), rect.center())


@pytest.fixture
def twin_of(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Twin]]:
    """Builds the twin of a program's window, on a copy of a project or on the start page; `home` is whose memory
    (settings, recoveries) it has a copy of."""
    made: list[MainWindow] = []

    def build(program: Program, project: Path | None = None, *, home: Path | None = None) -> Twin:
        qapp.setStyle("Fusion")
        own = tmp_path / f"twin-home-{len(made)}"
        if home is not None:
            shutil.copytree(home, own)
        monkeypatch.setenv("WORKBENCH_HOME", str(own))
        settings = Settings()
        theme = Theme(settings.theme)
        window = MainWindow(Bridge(theme), settings, theme)
        made.append(window)
        _, _, width, height = program.place
        window.resize(width, height)
        window.show()
        qtbot.waitExposed(window)
        window.offer_recoveries()
        if project is not None:
            copy = tmp_path / f"twin-{len(made)}"
            copy.mkdir()
            shutil.copy(project / storage.FILE_NAME, copy)
            window.projects.open_any(copy)
        twin = Twin(window, qtbot)
        twin.settle()
        return twin

    yield build
    for window in made:
        session = window.bridge.session
        if session is not None:
            until = time.monotonic() + 60
            while session.jobs.running and time.monotonic() < until:  # one of them may be loading torch
                session.pump()
                time.sleep(0.02)
            window.bridge.set_session(None)
            session.close()
        window.close()
        window.deleteLater()


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


@pytest.fixture
def project(pictures: Path, tmp_path: Path) -> Path:
    """A folder with a small network whose activation nobody wired yet behind the convolution, and an endless run."""
    nodes = (
        Node("pictures_1", "pictures", params=frozen({"size": (12, 12)}), x=0, y=0),
        Node("conv2d_1", "conv2d", "Edges", frozen({"filters": 4}), 232, 0),
        Node("relu_1", "relu", x=464, y=0),
        Node("flatten_1", "flatten", x=0, y=160),
        Node("linear_1", "linear", params=frozen({"units": 2}), x=232, y=160),
        Node("output_1", "output", x=464, y=160),
    )
    wires = frozenset(Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes) if b.id != "relu_1")
    recipe = Recipe(
        epochs=100_000, batch_size=6, optimizer=Chosen("adam", frozen({"lr": 0.02})), threads=1, device="cpu"
    )
    folder = tmp_path / "small"
    folder.mkdir()
    whole = Project(
        "Small", Graph({n.id: n for n in nodes}, wires), DataSettings(str(pictures), validation=0.25), recipe
    )
    storage.save(whole, folder)
    return folder
