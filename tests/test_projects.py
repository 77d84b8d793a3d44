"""The sample projects: each opens without a problem, trains, and has a page of words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.catalogue.networks import NETWORKS
from workbench.core.paths import projects_dir
from workbench.document import storage
from workbench.document.format import encode
from workbench.session.fitting import fitted
from workbench.session.session import Session
from workbench.session.templates import project_of, templates

NAMES = [
    "digits-linear",
    "digits-mlp",
    "scenes-convnet",
    "residual-convnet",
    "residual-blocks",
    "hand-signs-convnet",
    "text-recurrent",
    "sound-convnet",
    "table-dense",
    "table-regression",
    "digits-autoencoder",
]


@pytest.fixture(scope="session")
def ten_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten classes of eight pictures with a square in one of ten places, sized as photographs of hand signs are."""
    root = tmp_path_factory.mktemp("signs")
    rng = np.random.default_rng(1)
    for label in range(10):
        (root / str(label)).mkdir()
        for i in range(8):
            pixels = rng.integers(150, 200, (50, 50, 3), dtype=np.uint8)
            y, x = divmod(label, 4)
            pixels[y * 16 : y * 16 + 14, x * 12 : x * 12 + 12] = 20
            Image.fromarray(pixels).save(root / str(label) / f"{i}.jpg", quality=90)
    return root


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the samples are drawn once: thousands of pictures take their time."""
    return tmp_path_factory.mktemp("shared home")


@contextmanager
def opened(name: str, folder: Path, data: Path | None) -> Iterator[Session]:
    project = project_of(name)
    with Session.create(folder, project if data is None else fitted(project, data)) as session:
        yield session


def test_all_sample_projects_are_offered_in_the_order_of_a_beginner() -> None:
    assert [t.name for t in templates() if t.folder is not None] == NAMES
    assert [t.name for t in templates()] == [*NAMES, *NETWORKS, "empty"]
    assert all(t.title and t.summary for t in templates())


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_project_is_written_as_the_program_writes_it(name: str) -> None:
    file = projects_dir() / name / "project.json"
    assert encode(storage.load(file)) == file.read_bytes()
    page = (projects_dir() / name / "README.md").read_text(encoding="utf-8")
    assert page.startswith("# ")
    assert "What to look at" in page


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_project_opens_checks_and_trains(
    name: str, tmp_path: Path, ten_classes: Path, shared_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(shared_home))
    data = ten_classes if name.startswith("hand") else None
    project = project_of(name)
    with opened(name, tmp_path / name, data) as session:
        if data is None:  # three fifths are enough to see it learn
            session.change("Small", data=replace(session.project.data, validation=0.1, test=0.3))
        assert session.wait_for_data(240).phase == "ready"
        assert not session.problems, [d.message for d in session.problems]
        epochs = {"sample:scenes": 1, "sample:spoken": 1, "sample:wine": 8}.get(project.data.source, 2)
        session.start_training(epochs=epochs)
        end = session.wait_for_run(240)
        assert end.phase == "done", end.diagnostic
        losses = end.scalars.read()[:, 1]
        few = min(5, len(losses) // 2)
        assert losses[-few:].mean() < losses[:few].mean()


@pytest.mark.faults
@pytest.mark.parametrize(
    ("name", "accuracy"),
    [
        ("digits-linear", 0.94),
        ("digits-mlp", 0.95),
        ("scenes-convnet", 0.95),
        ("text-recurrent", 0.95),
        ("sound-convnet", 0.97),
        ("table-dense", 0.94),
    ],
)
def test_the_pages_promise_what_the_recipes_reach(name: str, accuracy: float, tmp_path: Path) -> None:
    with opened(name, tmp_path / name, None) as session:
        session.wait_for_data(120)
        session.start_training()
        end = session.wait_for_run(280)
        assert end.phase == "done"
        assert end.best_val_accuracy is not None
        assert end.best_val_accuracy >= accuracy
