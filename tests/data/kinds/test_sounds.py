"""Sound files: the part a network is given, and what is said of files that are none."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data.kinds.sounds import decode_sound, envelope, fitted, read_header, resampled
from workbench.data.unreadable import UnreadablePicture


def tone(seconds: float, rate: int, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def encoded(samples: np.ndarray, rate: int = 8_000, format: str = "WAV", subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=format, subtype=subtype)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("format", "subtype", "error"),
    [
        ("WAV", "PCM_16", 1e-4),
        ("WAV", "PCM_24", 1e-6),
        ("WAV", "PCM_U8", 1e-2),
        ("WAV", "FLOAT", 1e-7),
        ("WAV", "DOUBLE", 1e-7),
        ("WAV", "ULAW", 2e-2),
        ("FLAC", "PCM_16", 1e-4),
        ("OGG", "VORBIS", 0.1),
    ],
)
def test_every_format_gives_the_samples_back(format: str, subtype: str, error: float) -> None:
    x = tone(0.5, 8_000)
    found = decode_sound(encoded(x, format=format, subtype=subtype), 8_000, 0.5)
    assert found.dtype == np.float32
    assert found.shape == (4_000,)
    assert np.abs(found - x).max() < error


def test_channels_are_mixed_to_their_mean() -> None:
    left, right = tone(0.1, 8_000), -tone(0.1, 8_000) / 2
    found = decode_sound(encoded(np.stack([left, right], 1), subtype="FLOAT"), 8_000, 0.1)
    assert np.allclose(found, left / 4, atol=1e-6)


@pytest.mark.parametrize(("own", "asked"), [(16_000, 8_000), (8_000, 16_000), (44_100, 16_000), (11_025, 8_000)])
def test_another_rate_is_the_same_tone(own: int, asked: int) -> None:
    found = decode_sound(encoded(tone(1.0, own), own, subtype="FLOAT"), asked, 1.0)
    expected = tone(1.0, asked)
    assert found.shape == (asked,)
    assert np.abs(found - expected)[asked // 10 : -asked // 10].max() < 0.01, "the ends ring, the middle does not"


def test_pitches_the_new_rate_cannot_hold_are_filtered_out() -> None:
    high = tone(1.0, 16_000, hertz=7_000)
    assert np.abs(resampled(high, 16_000, 8_000))[100:-100].max() < 0.01


def test_a_long_sound_keeps_its_middle_and_a_short_one_stands_in_silence() -> None:
    ramp = np.linspace(-0.9, 0.9, 8_000, dtype=np.float32)
    found = decode_sound(encoded(ramp, subtype="FLOAT"), 8_000, 0.25)
    assert np.array_equal(found, ramp[3_000:5_000])
    found = decode_sound(encoded(ramp[:100], subtype="FLOAT"), 8_000, 0.05)
    assert np.array_equal(found[150:250], ramp[:100])
    assert not found[:150].any()
    assert not found[250:].any()


@given(st.integers(1, 50), st.integers(1, 50))
def test_fitting_centres(n: int, length: int) -> None:
    x = np.arange(1, n + 1, dtype=np.float32)
    row = fitted(x, length)
    assert len(row) == length
    kept = row[row > 0]
    assert len(kept) == min(n, length)
    assert np.array_equal(kept, np.arange(kept[0], kept[0] + len(kept)))
    assert abs((kept[0] - 1) - (n - kept[-1])) <= 1, "as much is cut on the one side as on the other"


def test_headers_say_how_long_a_sound_lasts(tmp_path: Path) -> None:
    for name, data in {
        "a.wav": encoded(tone(0.75, 8_000)),
        "a.flac": encoded(tone(0.75, 8_000), format="FLAC"),
        "a.ogg": encoded(tone(0.75, 8_000), format="OGG"),
    }.items():
        (tmp_path / name).write_bytes(data)
        header = read_header(tmp_path / name)
        assert (header.width, header.height, header.bytes) == (750, 0, len(data))


def with_rate(data: bytes, rate: int) -> bytes:
    """A WAV that claims another rate."""
    return data[:24] + struct.pack("<I", rate) + data[28:]


WAV = encoded(tone(0.5, 8_000))
FLAC = encoded(np.random.default_rng(0).uniform(-0.3, 0.3, 8_000), format="FLAC")
OGG = encoded(np.random.default_rng(0).uniform(-0.3, 0.3, 20_000), format="OGG")
NOT_FINITE = np.array([0.0, np.nan, np.inf, 0.5] * 100, np.float32)

HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty.wav": (b"", "empty"),
    "text.wav": (b"this is a letter and no sound", "text"),
    "noise.wav": (np.random.default_rng(0).bytes(3_000), "not a sound"),
    "song.ogg": (b"ID3\x04\0\0\0\0\0\0" + bytes(500), "not a sound"),
    "stub.wav": (WAV[:20], "cut off"),
    "no_data.wav": (WAV[:40], "cut off"),
    "cut.wav": (WAV[:-500], "cut off"),
    "cut.flac": (FLAC[: len(FLAC) // 2], "cut off"),
    "end.flac": (FLAC[:-20], "cut off"),
    "cut.ogg": (OGG[: len(OGG) // 2], "cut off"),
    "end.ogg": (OGG[:-5], "cut off"),
    "silent.wav": (encoded(np.zeros(0)), "no length"),
    "slow.wav": (with_rate(WAV, 1), "1 Hz"),
    "fast.wav": (with_rate(WAV, 2**31 - 1), "2,147,483,647 Hz"),
    "many.wav": (encoded(np.zeros((10, 100))), "100 channels"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_sound_says_why(name: str, tmp_path: Path) -> None:
    data, word = HOSTILE[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadablePicture) as refused:
        read_header(tmp_path / name)
    assert word in refused.value.reason
    assert refused.value.reason.endswith(".")


def test_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(UnreadablePicture, match="not numbers"):
        decode_sound(encoded(NOT_FINITE, subtype="FLOAT"), 8_000, 0.05)


def test_damage_in_the_middle_shows_when_it_is_decoded() -> None:
    broken = bytearray(FLAC)
    broken[len(broken) // 2 : len(broken) // 2 + 8] = bytes(8)
    with pytest.raises(UnreadablePicture, match="damaged"):
        decode_sound(bytes(broken), 8_000, 1.0)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_flipped_bytes_give_a_sound_or_a_sentence(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from((WAV, FLAC[:3_000], OGG)))
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    reason = "."
    try:
        found = decode_sound(bytes(broken), 8_000, 0.1)
    except UnreadablePicture as refused:
        reason, found = refused.reason, np.zeros(800, np.float32)
    assert reason.endswith(".")
    assert found.shape == (800,)
    assert np.isfinite(found).all()


def test_the_outline_is_high_where_the_sound_is_loud() -> None:
    x = np.concatenate([np.zeros(4_000, np.float32), tone(0.5, 8_000)])
    picture = envelope(x, 64)
    assert picture.shape == (32, 64, 3)
    inked = (picture != picture[0, 0]).any(axis=2).sum(axis=0)
    assert inked[:30].max() <= 1
    assert inked[34:].min() > 25


@pytest.mark.parametrize("n", [0, 1, 3])
def test_outlines_of_next_to_nothing(n: int) -> None:
    assert envelope(np.ones(n, np.float32), 16).shape == (8, 16, 3)
