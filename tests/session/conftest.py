"""Small real projects: two classes of plain pictures that any network learns, and a network for them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Chosen, DataSettings, Project, Recipe
from workbench.session.session import Session


@pytest.fixture(scope="session", autouse=True)
def torch_is_loaded() -> None:
    """The first look imports torch in its thread: on a busy machine for longer than a closing session waits."""
    import torch  # noqa: F401


@pytest.fixture
def folder_of_pictures(tmp_path: Path) -> Path:
    """24 pictures of 12 × 12 pixels in two classes: bright at the top, bright at the bottom."""
    rng = np.random.default_rng(0)
    root = tmp_path / "pictures"
    for name, rows in (("bottom", slice(6, 12)), ("top", slice(0, 6))):
        (root / name).mkdir(parents=True)
        for i in range(12):
            pixels = rng.integers(0, 60, (12, 12, 3), dtype=np.uint8)
            pixels[rows] += 150
            Image.fromarray(pixels).save(root / name / f"{i}.png")
    return root


def small_graph(classes: int = 2) -> Graph:
    """pictures 8 × 8 → conv → norm → relu → global average … → linear → output."""
    layers = [
        ("pictures_1", "pictures", {"size": (8, 8)}),
        ("conv2d_1", "conv2d", {"filters": 4, "kernel": (3, 3), "padding": "same"}),
        ("batch_norm2d_1", "batch_norm2d", {}),
        ("relu_1", "relu", {}),
        ("flatten_1", "flatten", {}),
        ("linear_1", "linear", {"units": classes}),
        ("output_1", "output", {}),
    ]
    nodes = {id: Node(id, layer, params=frozen(params), x=200 * i) for i, (id, layer, params) in enumerate(layers)}
    ids = list(nodes)
    edges = frozenset(Edge(a, "out", b, "in") for a, b in itertools.pairwise(ids))
    return Graph(nodes, edges)


@pytest.fixture
def project(folder_of_pictures: Path) -> Project:
    recipe = Recipe(epochs=4, batch_size=8, optimizer=Chosen("adam", frozen({"lr": 0.02})), threads=1, device="cpu")
    return Project("Small", small_graph(), DataSettings(str(folder_of_pictures), validation=0.25), recipe)


@pytest.fixture
def make_session(tmp_path: Path) -> Iterator[Callable[[Project], Session]]:
    """Creates sessions that are closed at the end of the test."""
    made: list[Session] = []

    def make(project: Project) -> Session:
        session = Session.create(tmp_path / f"project-{len(made)}", project)
        made.append(session)
        return session

    yield make
    for session in made:
        session.close()


@pytest.fixture
def session(project: Project, make_session: Callable[[Project], Session]) -> Session:
    """The small project, its pictures read."""
    session = make_session(project)
    session.wait_for_data(30)
    return session
