"""How pictures were scaled belongs to the weights: answers stay the same when the folder changes or goes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.document.format import decode
from workbench.session.preparation import without_preparation
from workbench.session.session import Session
from workbench.training import checkpoint

from .conftest import Call, make_pictures


@pytest.fixture
def own(call: Call, tmp_path: Path) -> Path:
    """A trained project beside pictures of its own."""
    make_pictures(tmp_path / "pictures")
    assert call("new", tmp_path / "p", "--template", "digits-mlp", "--data", tmp_path / "pictures").status == 0
    assert call("train", tmp_path / "p", "--epochs", "3", "--batch-size", "8", "--threads", "1").status == 0
    return tmp_path / "p"


def brighten(folder: Path, by: int = 20) -> None:
    for k in range(by):
        Image.fromarray(np.full((16, 16, 3), 255, np.uint8)).save(folder / "top" / f"white {k}.png")


def test_answers_stay_when_the_folder_changes_or_goes(call: Call, own: Path, tmp_path: Path) -> None:
    picture = shutil.copy(tmp_path / "pictures" / "top" / "1.png", tmp_path / "one.png")
    (before,) = call("predict", own, picture, "--json").rows
    brighten(tmp_path / "pictures")
    (changed,) = call("predict", own, picture, "--json").rows
    shutil.rmtree(tmp_path / "pictures")
    (gone,) = call("predict", own, picture, "--json").rows
    assert before == changed == gone


def test_other_pictures_are_judged_as_the_network_learned_to_see(call: Call, own: Path, tmp_path: Path) -> None:
    """Measured anew, a folder of half-dark pictures would look like any other."""
    rng = np.random.default_rng(1)
    for name in ("bottom", "top"):
        (tmp_path / "dark" / name).mkdir(parents=True)
        for i in range(6):
            pixels = rng.integers(0, 40, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "dark" / name / f"{i}.png")
    (judged,) = call("evaluate", own, "--data", tmp_path / "dark", "--split", "all", "--json").rows
    answers = call("predict", own, tmp_path / "dark", "--json").rows
    for k, name in enumerate(("bottom", "top")):
        given = [a["label"] for a in answers if Path(a["path"]).parent.name == name]
        assert judged["confusion"][k] == [given.count("bottom"), given.count("top")]


def test_a_run_goes_on_with_the_scaling_it_began_with(own: Path, tmp_path: Path) -> None:
    folder = own / "runs" / "run-1"
    before = without_preparation(decode(checkpoint.read(folder).project.encode()))[1]
    assert before is not None
    brighten(tmp_path / "pictures")
    with Session.open(own) as session:
        session.wait_for_data()
        assert session.data.dataset is not None
        assert session.data.dataset.preparation != before
        project = session.project
        session.start_training(resume=True, epochs=4)
        assert session.wait_for_run(60).phase == "done"
        assert session.project == project  # what is kept with the weights does not enter the project
        assert session.data.dataset.preparation != before
    assert without_preparation(decode(checkpoint.read(folder).project.encode()))[1] == before


def test_exports_carry_the_scaling_of_the_weights(call: Call, own: Path, tmp_path: Path) -> None:
    brighten(tmp_path / "pictures")
    picture = tmp_path / "pictures" / "bottom" / "2.png"
    (row,) = call("export", own, "--format", "onnx", "--out", tmp_path / "o", "--json").rows
    (by_export,) = call("predict", row["path"], picture, "--json").rows
    (by_project,) = call("predict", own, picture, "--json").rows
    assert by_export["scores"] == pytest.approx(by_project["scores"], abs=1e-4)
