"""Labelled sounds as data sets: waveforms and spectrograms, scaled by what training holds."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from workbench.core.diagnostic import Problem
from workbench.data.dataset import Dataset
from workbench.data.feed import Asked
from workbench.data.inputs import Input
from workbench.data.kinds.audio import AUDIO
from workbench.data.kinds.spectrogram import FLOOR, log_mel
from workbench.document.project import DataSettings

Open = Callable[..., Dataset]
RATE = 8_000


@pytest.fixture
def hums(tmp_path: Path) -> Path:
    """Two classes of six hums, in three formats and three rates."""
    root = tmp_path / "hums"
    for k, name in enumerate(("high", "low")):
        (root / name).mkdir(parents=True)
        for i in range(6):
            rate = (RATE, 16_000, 11_025)[i % 3]
            t = np.arange(rate // 2) / rate
            x = 0.4 * np.sin(2 * np.pi * (900 - 600 * k + 20 * i) * t)
            soundfile.write(root / name / f"{i}.{('wav', 'flac', 'ogg')[i // 2]}", x, rate)
    return root


def heard(form: str = "log_mel", seconds: float = 0.5, mels: int = 24) -> Input:
    return Input("sound", {"form": form, "rate": RATE, "seconds": seconds, "mels": mels})


@pytest.fixture
def open_sounds() -> Iterator[Open]:
    opened: list[Dataset] = []

    def open_one(source: Path, asked: Input, **changes: Any) -> Dataset:
        opened.append(Dataset.open(DataSettings(source=str(source), **changes), None, input=asked))
        return opened[-1]

    yield open_one
    for dataset in opened:
        dataset.close()


def inputs(dataset: Dataset, split: str = "all") -> np.ndarray:
    with dataset.eval_batches(split, 5) as batches:
        return np.concatenate([batch.inputs for batch in batches])


def test_a_folder_of_sounds_is_recognised_and_read(hums: Path, open_sounds: Open) -> None:
    dataset = open_sounds(hums, heard())
    assert dataset.kind.id == "audio"
    assert dataset.classes == ("high", "low")
    assert dataset.index.widths.tolist() == [500] * 12, "milliseconds"
    assert dataset.words(0) == "0.5 s"
    found = inputs(dataset)
    assert (found.shape, found.dtype) == ((12, 1, 24, 51), np.float32)
    bands = found.mean(axis=(1, 3)).argmax(axis=1)
    assert bands[:6].min() > bands[6:].max(), "high hums are in high bands"


def test_a_waveform_is_its_samples(hums: Path, open_sounds: Open) -> None:
    dataset = open_sounds(hums, heard("waveform"), normalise="symmetric")
    found = inputs(dataset)
    assert (found.shape, found.dtype) == ((12, 1, 4_000), np.float32)
    first = soundfile.read(hums / "high" / "0.wav", dtype="float32")[0]
    assert np.allclose(found[0, 0], first, atol=1e-6)


@pytest.mark.parametrize("form", ["log_mel", "waveform"])
def test_training_sounds_have_mean_zero_and_deviation_one(form: str, hums: Path, open_sounds: Open) -> None:
    dataset = open_sounds(hums, heard(form))
    train = inputs(dataset, "train").astype(np.float64)
    assert abs(train.mean()) < 1e-5
    assert train.std() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("how", "low", "high"), [("unit", 0.0, 1.0), ("symmetric", -1.0, 1.0)])
def test_other_scalings_go_from_silence_to_full_scale(how: str, low: float, high: float, tmp_path: Path) -> None:
    for form, ends in (("log_mel", (math.log(FLOOR), 0.0)), ("waveform", (-1.0, 1.0))):
        asked = Asked(_index(tmp_path), np.arange(2), DataSettings(normalise=how), heard(form))
        feed, made = AUDIO.open(asked)
        feed.close()
        assert made.apply(np.array([ends], np.float32)).ravel() == pytest.approx([low, high], abs=1e-6)


def _index(tmp_path: Path) -> Any:
    for name in ("a", "b"):
        (tmp_path / name).mkdir(exist_ok=True)
        soundfile.write(tmp_path / name / "x.wav", np.full(100, 0.1), RATE)
    with Dataset.open(DataSettings(source=str(tmp_path)), None, input=heard(seconds=0.05)) as dataset:
        return dataset.index


def test_sounds_are_kept_to_the_bit(hums: Path, open_sounds: Open) -> None:
    first = inputs(open_sounds(hums, heard()))
    dataset = open_sounds(hums, heard())
    assert np.array_equal(inputs(dataset), first)
    raw = dataset.raw(0)
    waveform = soundfile.read(hums / "high" / "0.wav", dtype="float32")[0]
    assert np.array_equal(raw, log_mel(waveform, RATE, 24))
    other = inputs(open_sounds(hums, heard(mels=20)))
    assert other.shape == (12, 1, 20, 51), "another form is made anew, not taken from the cache"


def test_the_same_with_one_thread_and_with_several(hums: Path, open_sounds: Open) -> None:
    index = open_sounds(hums, heard()).index
    found = []
    for threads, seconds in ((1, 0.4), (4, 0.4)):
        asked = Asked(index, np.arange(12), DataSettings(), heard(seconds=seconds), threads, cache_budget=0)
        feed, made = AUDIO.open(asked)
        finished = feed.finish(feed.begin(np.arange(12)))
        assert finished is not None
        found.append((finished[0], dict(made.values)))
        feed.close()
    assert np.array_equal(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]


def test_what_cannot_be_read_is_listed(hums: Path, open_sounds: Open) -> None:
    (hums / "low" / "empty.wav").write_bytes(b"")
    (hums / "low" / "text.ogg").write_text("not a sound at all")
    (hums / "high" / "cut.wav").write_bytes((hums / "high" / "0.wav").read_bytes()[:-100])
    (hums / "high" / "notes.txt").write_text("about the sounds")
    dataset = open_sounds(hums, heard())
    assert len(dataset.index) == 12
    told = {bad.path: bad.reason for bad in dataset.bad}
    assert set(told) == {"low/empty.wav", "low/text.ogg", "high/cut.wav", "high/notes.txt"}
    assert "cut off" in told["high/cut.wav"]


def test_a_new_sound_is_prepared_as_its_file_was(hums: Path, open_sounds: Open) -> None:
    dataset = open_sounds(hums, heard())
    kept = json.loads(json.dumps(dict(dataset.preparation)))
    made = AUDIO.restored(dataset.input, dataset.settings, kept)
    everything = inputs(dataset)
    for i in (0, 4, 11):
        assert np.array_equal(made.apply(made.sample(dataset.index.file(i))[None])[0], everything[i])


@pytest.mark.parametrize(
    "values",
    [{}, {"mean": [0.0], "std": [0.0]}, {"mean": [0.0, 1.0], "std": [1.0]}, {"mean": [True], "std": [1.0]},
     {"mean": [0.0], "std": [float("nan")]}, {"mean": 0.0, "std": 1.0}],
)  # fmt: skip
def test_a_damaged_preparation_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(Problem, match="damaged"):
        AUDIO.restored(heard(), DataSettings(), values)


def test_a_preview_shows_the_outline(hums: Path, open_sounds: Open) -> None:
    dataset = open_sounds(hums, heard())
    picture = dataset.preview(0, 96)
    assert picture is not None
    assert (picture.shape, picture.dtype) == ((48, 96, 3), np.uint8)
    (hums / "high" / "0.wav").unlink()
    with pytest.raises(Problem, match="no longer there"):
        dataset.preview(0, 96)


def test_another_input_layer_is_told_and_the_sounds_are_there_to_look_at(hums: Path, open_sounds: Open) -> None:
    dataset = open_sounds(hums, Input.pictures())
    (told,) = [d for d in dataset.diagnostics if d.is_error]
    assert told.message == (
        "The data are sounds, and the network's input is Pictures. Put Sound in its place, or choose other data."
    )
    assert len(dataset.index) == 12
