"""Small real things for the panels: a folder of pictures, a network of six layers, a session, a shown panel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Chosen, DataSettings, Project, Recipe
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.theme import Theme

CLASSES = {"bright": 200, "dark": 50, "middle": 120}
EACH = 12

P = TypeVar("P", bound=QWidget)
ShowPanel = Callable[..., QWidget]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """36 small pictures in three classes that differ in brightness, and two files that are no pictures."""
    folder = tmp_path / "pictures"
    noise = np.random.default_rng(0)
    for name, grey in CLASSES.items():
        (folder / name).mkdir(parents=True)
        for i in range(EACH):
            pixels = np.clip(noise.normal(grey, 25, (16, 16, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    (folder / "dark" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much of a picture")
    (folder / "middle" / "words.png").write_text("these are words")
    return folder


@pytest.fixture
def project(pictures: Path) -> Project:
    """A convolution and a linear layer on pictures of 16 × 16, trained for three epochs of four steps."""
    nodes = [
        Node("pictures_1", "pictures", params=frozen({"size": (16, 16)})),
        Node("conv2d_1", "conv2d", "First look", params=frozen({"filters": 6})),
        Node("relu_1", "relu"),
        Node("flatten_1", "flatten"),
        Node("linear_1", "linear", params=frozen({"units": 3})),
        Node("output_1", "output"),
    ]
    edges = frozenset(Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes))
    recipe = Recipe(epochs=3, batch_size=8, optimizer=Chosen("adam", frozen({"lr": 0.01})), device="cpu", threads=1)
    return Project("tiny", Graph({n.id: n for n in nodes}, edges), DataSettings(source=str(pictures)), recipe)


@pytest.fixture
def session(project: Project, tmp_path: Path) -> Iterator[Session]:
    with Session.create(tmp_path / "project", project) as opened:
        yield opened


@pytest.fixture
def empty_session(project: Project, tmp_path: Path) -> Iterator[Session]:
    """A project that has no pictures yet."""
    bare = Project("bare", project.graph, DataSettings(), project.recipe)
    with Session.create(tmp_path / "bare", bare) as opened:
        yield opened


@pytest.fixture(params=["dark"])
def theme(request: pytest.FixtureRequest, qapp: QApplication) -> Theme:
    look = Theme(request.param)
    qapp.setStyleSheet(look.stylesheet())
    qapp.setPalette(look.palette())
    return look


@pytest.fixture
def bridge(theme: Theme) -> Iterator[Bridge]:
    """A bridge without a session, its clock at the ready."""
    made = Bridge(theme)
    made.set_visible(True)
    yield made
    made.set_session(None)
    made.close()
    made.deleteLater()


@pytest.fixture
def show(bridge: Bridge, qtbot: QtBot) -> Callable[[type[P], tuple[int, int]], P]:
    """Builds a panel as the window does, and shows it at a size."""

    def build(kind: type[P], size: tuple[int, int] = (900, 500)) -> P:
        panel = kind(bridge, bridge.theme)  # type: ignore[call-arg]
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitExposed(panel)
        return panel

    return build


@pytest.fixture
def seen(bridge: Bridge, session: Session, qtbot: QtBot) -> Session:
    """The session behind the bridge, with its pictures read."""
    bridge.set_session(session)
    qtbot.waitUntil(lambda: session.data.phase == "ready", timeout=20_000)
    return session


@pytest.fixture
def trained(seen: Session, qtbot: QtBot) -> Session:
    """The same after a run of three epochs."""
    seen.start_training()
    qtbot.waitUntil(lambda: seen.run is not None and not seen.run.is_live, timeout=60_000)
    assert seen.run is not None
    assert seen.run.phase == "done", seen.run.diagnostic
    return seen
