"""The built-in samples: always the same pictures, whole folders, and as hard as they claim."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core.diagnostic import Problem
from workbench.data.samples import SAMPLES, sample_folder
from workbench.data.samples.scenes import CLASSES, SIZE, scene


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    return tmp_path


def test_digits_are_written_whole_once(home: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    folder = sample_folder("digits", lambda done, total: seen.append((done, total)))
    assert seen[-1] == (1797, 1797)
    assert sorted(p.name for p in folder.iterdir()) == [str(i) for i in range(10)]
    files = sorted(folder.rglob("*.png"))
    assert len(files) == 1797
    with Image.open(files[0]) as picture:
        assert picture.size == (8, 8)
        assert picture.mode == "L"
        assert np.asarray(picture).max() > 200
    stamp = files[0].stat().st_mtime_ns
    assert sample_folder("digits") == folder
    assert files[0].stat().st_mtime_ns == stamp
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


def test_an_unknown_sample_is_refused_with_the_names(home: Path) -> None:
    with pytest.raises(Problem, match="digits, scenes"):
        sample_folder("cats")


def test_a_sample_that_is_cut_off_leaves_nothing_behind(home: Path) -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int | None) -> None:
        if done == 20:
            raise Enough

    with pytest.raises(Enough):
        sample_folder("digits", stop)
    assert list((home / "data" / "samples").glob("*")) == [] or not any(home.rglob("*.png"))


@pytest.mark.skipif(os.name == "nt", reason="permissions work differently on Windows")
def test_a_sample_that_cannot_be_written_says_where(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = home / "data"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(Problem, match="cannot be made"):
        sample_folder("digits")


def test_a_scene_is_a_function_of_its_number() -> None:
    for name in CLASSES:
        first, again, other = scene(name, 7), scene(name, 7), scene(name, 8)
        assert first.size == (SIZE, SIZE)
        assert first.mode == "RGB"
        assert first.tobytes() == again.tobytes()
        assert first.tobytes() != other.tobytes()


def test_scenes_cannot_be_told_apart_by_average_colour_or_place() -> None:
    """Nearest class mean on the raw pixels stays near guessing, so parts are needed (guessing: 25 %)."""
    names = list(CLASSES)
    pictures = np.stack([np.asarray(scene(n, 4 * i + k)) for i in range(60) for k, n in enumerate(names)])
    flat = pictures.reshape(len(pictures), -1).astype(np.float64)
    labels = np.tile(np.arange(4), 60)
    means = np.stack([flat[:160][labels[:160] == k].mean(0) for k in range(4)])
    answers = ((flat[160:, None] - means[None]) ** 2).sum(-1).argmin(1)
    assert (answers == labels[160:]).mean() < 0.6


@pytest.mark.faults
def test_a_linear_model_stays_below_seventy_percent_on_scenes() -> None:
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    names = list(CLASSES)
    flat = np.stack([np.asarray(scene(n, 4 * i + k)).ravel() for i in range(400) for k, n in enumerate(names)]).astype(
        np.float32
    )
    labels = np.tile(np.arange(4), 400)
    model = make_pipeline(StandardScaler(), PCA(200, random_state=0), LogisticRegression(C=0.01, max_iter=2000))
    model.fit(flat[:1280], labels[:1280])
    assert model.score(flat[1280:], labels[1280:]) < 0.7


def test_every_sample_declares_its_count() -> None:
    assert SAMPLES["scenes"].count == 800 * len(CLASSES)
