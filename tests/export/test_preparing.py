"""The scripts that exports carry prepare pictures, texts, sounds and rows as the workbench does."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from workbench.data.decoding.decode import decode
from workbench.data.inputs import Input
from workbench.data.kinds import KINDS
from workbench.data.kinds.vocabulary import BytePairVocabulary, ListedVocabulary
from workbench.document.project import DataSettings
from workbench.export.python_files import prepare_audio, prepare_pictures, prepare_table, prepare_text

TEXTS = ["The cat’s so-called café, don't!", "नमस्ते दुनिया", "漢字 and kana かな", "a  b\r\nc\td", "", "e\u0301 İ ß x😀"]


def facts(params: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """What model.json says, through JSON as it would be."""
    return json.loads(json.dumps({"params": params, "values": values}))  # type: ignore[no-any-return]


def text_facts(tokeniser: str, lowercase: bool, length: int = 12) -> dict[str, Any]:
    if tokeniser == "byte_pair":
        vocabulary: Any = BytePairVocabulary.measured(TEXTS * 3, lowercase, 300)
    else:
        vocabulary = ListedVocabulary.measured(TEXTS[:3], tokeniser, lowercase, 40)
    return facts({"length": length, "vocabulary": 400}, vocabulary.as_json())


def by_workbench(kind: str, layer: str, said: dict[str, Any], sample: Any) -> np.ndarray[Any, Any]:
    new = KINDS[kind].restored(Input(layer, said["params"]), DataSettings(), said["values"])
    return new.apply(np.asarray(new.sample(sample))[None])


def narrowed() -> bytes:
    """A profile whose colours are far from those of sRGB: red and green primaries nearer to white."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    entries = int.from_bytes(profile[128:132], "big")
    tags = {bytes(profile[132 + 12 * k : 136 + 12 * k]): 132 + 12 * k for k in range(entries)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    for at in range(4, 12):  # where the value stands, and how long it is
        profile[red + at], profile[green + at] = profile[green + at], profile[red + at]
    return bytes(profile)


@pytest.mark.parametrize("case", ["rgb", "profile", "deep", "cmyk", "palette", "alpha", "grey"])
def test_pictures(case: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    colours = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
    path = tmp_path / ("p.tif" if case == "cmyk" else "p.png")
    match case:
        case "profile":
            colours.save(path, icc_profile=narrowed())
            assert not np.array_equal(decode(path), np.asarray(colours))
        case "deep":
            Image.fromarray(rng.integers(0, 65536, (12, 16)).astype(np.uint16)).save(path)
        case "cmyk":
            colours.convert("CMYK").save(path)
        case "palette":
            colours.quantize(16).save(path)
        case "alpha":
            colours.putalpha(Image.fromarray(rng.integers(0, 256, (12, 16), dtype=np.uint8)))
            colours.save(path)
        case "grey":
            colours.convert("L").save(path)
        case _:
            colours.save(path)
    ((name, seen),) = prepare_pictures.samples(path)
    assert name == str(path)
    assert np.abs(seen.astype(int) - decode(path).astype(int)).max() <= 1


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("tokeniser", ["words", "characters", "byte_pair"])
def test_texts(tokeniser: str, lowercase: bool) -> None:
    said = text_facts(tokeniser, lowercase)
    for text in [*TEXTS, " ".join(TEXTS)]:
        data = text.encode("utf-8")
        plain = text.replace("\r\n", "\n")
        own = by_workbench("text", "tokens", said, plain)
        assert prepare_text.prepare(data, said).numpy().tolist() == own.tolist()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    said = text_facts("words", True)
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    own = by_workbench("text", "tokens", said, plain)
    assert prepare_text.prepare(text.encode("utf-8"), said).numpy().tolist() == own.tolist()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_texts_in_other_letters(encoding: str) -> None:
    from workbench.data.kinds.texts import decode_text

    data = "Größe und Café\r\nso".encode(encoding)
    assert prepare_text.decode(data) == decode_text(data) == "Größe und Café\nso"


@pytest.mark.parametrize("form", ["waveform", "log_mel"])
@pytest.mark.parametrize(("own_rate", "seconds", "channels"), [(8000, 0.5, 1), (8000, 0.2, 2), (11025, 0.7, 1)])
def test_sounds(form: str, own_rate: int, seconds: float, channels: int, tmp_path: Any) -> None:
    rng = np.random.default_rng(3)
    t = np.arange(round(seconds * own_rate)) / own_rate
    wave = 0.3 * np.sin(2 * np.pi * 440 * t)[:, None] + 0.02 * rng.standard_normal((len(t), channels))
    written = io.BytesIO()
    soundfile.write(written, wave.astype(np.float32), own_rate, format="WAV", subtype="FLOAT")
    path = tmp_path / "s.wav"
    path.write_bytes(written.getvalue())
    params = {"form": form, "rate": 8000, "seconds": 0.4, "mels": 24}
    said = facts(params, {"mean": [-3.5], "std": [2.0]})
    own = by_workbench("audio", "sound", said, path)
    script = prepare_audio.prepare(written.getvalue(), said).numpy()
    assert script.shape == own.shape
    assert np.allclose(script, own, atol=1e-5)


def test_rows() -> None:
    columns = [
        {"name": "Length", "use": "number", "mean": 2.0, "std": 0.5, "missing": True},
        {"name": "colour", "use": "category", "categories": ["blue", "red"]},
        {"name": "age", "use": "number", "mean": 30.0, "std": 10.0, "missing": False},
    ]
    said = facts({"features": 5}, {"columns": columns, "left_out": []})
    for row in (
        {"length": "2.5", "colour": "red", "age": "41"},
        {"Length": "", "colour": "green", "age": "n/a"},
        {"Length": " 1e1 ", "colour": " blue ", "extra": "x"},
        {"age": "inf"},
    ):
        own = by_workbench("table", "numbers", said, row)
        assert prepare_table.prepare(json.dumps(row).encode(), said).numpy().tolist() == own.tolist()
