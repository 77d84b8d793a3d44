"""The engine on the data room's own data set: files that change during a run (fault row 12), and an exact resume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workbench.compiler.build import Compiled
from workbench.data.dataset import Dataset
from workbench.document.graph import frozen
from workbench.document.project import Chosen, DataSettings, Recipe
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.evaluate import evaluate
from workbench.training.messages import Ended, EpochEnd, Event, Noticed, StepEnd


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sixty pictures of three classes, each of one colour with noise."""
    rng = np.random.default_rng(0)
    for channel, name in enumerate(("blue", "green", "red")):
        (tmp_path / name).mkdir()
        for k in range(20):
            picture = rng.integers(0, 120, (10, 10, 3), dtype=np.uint8)
            picture[..., channel] += 130
            Image.fromarray(picture).save(tmp_path / name / f"{k:02}.png")
    return tmp_path


@pytest.fixture
def real(folder: Path) -> Iterator[Dataset]:
    settings = DataSettings(source=str(folder), augmentations=(Chosen("flip_horizontal", frozen()),))
    with Dataset.open(settings, folder, size=(8, 8), channels=3) as dataset:
        yield dataset


def last(events: list[Event]) -> Ended:
    assert isinstance(events[-1], Ended)
    return events[-1]


def test_colours_are_learned(compiled: Compiled, real: Dataset, recipe: Recipe) -> None:
    engine = Engine(compiled, real, replace(recipe, epochs=4))
    events = list(engine.events())
    assert last(events).state == "done", last(events).diagnostic
    assert last(events).best_val_accuracy == 1.0
    assert engine.module is not None
    found = evaluate(compiled, engine.module.state_dict(), real, "all", device="cpu")
    assert found.pictures == 60
    assert found.classes == ("blue", "green", "red")
    assert found.accuracy > 0.95


def test_mixed_pictures_are_learned_and_go_on_to_the_bit(
    compiled: Compiled, folder: Path, recipe: Recipe, tmp_path: Path
) -> None:
    mixing = (Chosen("rotate"), Chosen("cutmix", frozen({"chance": 0.5})), Chosen("mixup", frozen({"alpha": 1.0})))
    settings = DataSettings(source=str(folder), augmentations=mixing)
    with Dataset.open(settings, folder, size=(8, 8), channels=3) as dataset:
        engine = Engine(compiled, dataset, replace(recipe, epochs=4))
        events = list(engine.events())
        assert last(events).best_val_accuracy == 1.0
        ends = [e for e in events if isinstance(e, EpochEnd)]
        assert ends[-1].val_loss is not None
        assert ends[-1].train_loss > ends[-1].val_loss, "validation is not mixed"
        test_it_goes_on_to_the_bit(compiled, dataset, recipe, tmp_path)


def test_it_goes_on_to_the_bit(compiled: Compiled, real: Dataset, recipe: Recipe, tmp_path: Path) -> None:
    whole = [e for e in Engine(compiled, real, recipe).events() if isinstance(e, StepEnd)]
    first, parts = Engine(compiled, real, recipe, folder=tmp_path / "run-1"), []
    for event in first.events():
        if isinstance(event, StepEnd):
            parts.append(event)
            if event.step == 9:
                first.stop()
    second = Engine(compiled, real, recipe, resume=checkpoint.read(tmp_path / "run-1"))
    parts += [e for e in second.events() if isinstance(e, StepEnd)]
    assert parts == whole


def delete(path: Path) -> None:
    path.unlink()


def rename(path: Path) -> None:
    path.rename(path.with_name("another.png"))


def replace_by_text(path: Path) -> None:
    path.write_text("this is no picture")


@pytest.mark.parametrize("harm", [delete, rename, replace_by_text])
def test_files_that_change_are_named_and_left_out_and_labels_never_shift(
    compiled: Compiled, real: Dataset, recipe: Recipe, folder: Path, harm: Any
) -> None:
    """What was read before may come from the cache, what was not is lost; the rest keeps its labels."""
    events: list[Event] = []
    for event in Engine(compiled, real, replace(recipe, epochs=4)).events():
        events.append(event)
        if isinstance(event, StepEnd) and event.step == 1:
            for name in ("blue", "green", "red"):
                harm(folder / name / "03.png")
                harm(folder / name / "17.png")
    assert last(events).state == "done", last(events).diagnostic
    notices = [e.diagnostic.message for e in events if isinstance(e, Noticed)]
    for notice in notices:
        assert "03.png" in notice or "17.png" in notice
    assert len(notices) == len(set(notices)), "each is named once"
    epochs = [e for e in events if isinstance(e, EpochEnd)]
    assert epochs[-1].val_accuracy == 1.0, "shifted labels could not be learned"
    assert epochs[-1].train_accuracy > 0.9


def test_a_folder_that_vanishes_ends_the_run_or_leaves_it_whole(
    compiled: Compiled, real: Dataset, recipe: Recipe, folder: Path
) -> None:
    import shutil

    events: list[Event] = []
    for event in Engine(compiled, real, recipe).events():
        events.append(event)
        if isinstance(event, StepEnd) and event.step == 1:
            for name in ("blue", "green", "red"):
                shutil.rmtree(folder / name)
    end = last(events)
    if end.state == "failed":
        assert end.diagnostic is not None
        assert end.diagnostic.message.endswith(".")
        assert "Traceback" not in end.diagnostic.message
    else:
        assert end.state == "done"
