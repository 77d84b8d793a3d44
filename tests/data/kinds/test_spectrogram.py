"""Log-mel spectrograms, held against sums written out and against torch's transform."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from workbench.catalogue.sound import frames_in, hop_in, samples_in, window_in
from workbench.data.kinds.spectrogram import FLOOR, log_mel, mel_filters, to_hertz, to_mels, transform_size

RATE = 16_000


def noise(n: int, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(n) * 0.1).astype(np.float32)


def test_sizes_at_sixteen_kilohertz() -> None:
    assert (window_in(RATE), hop_in(RATE), transform_size(RATE)) == (400, 160, 1024)
    assert (samples_in(1.0, RATE), frames_in(1.0, RATE)) == (16_000, 101)
    assert log_mel(noise(16_000), RATE, 64).shape == (64, 101)


def test_the_mel_scale_is_slaneys() -> None:
    assert to_mels(1000.0) == pytest.approx(15)
    assert to_mels(200.0) == pytest.approx(3)
    assert to_mels(6400.0) == pytest.approx(42)
    hertz = np.array([0.0, 60.0, 999.0, 1001.0, 8000.0])
    assert np.allclose(to_hertz(to_mels(hertz)), hertz)


@pytest.mark.parametrize("rate", [4_000, 8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("mels", [8, 64, 128])
def test_every_band_hears_something_and_none_more_than_all(rate: int, mels: int) -> None:
    filters = mel_filters(rate, mels)
    assert filters.shape == (mels, transform_size(rate) // 2 + 1)
    assert (filters.max(axis=1) > 0).all()
    assert filters.max() <= 1
    assert filters.min() == 0
    peaks = filters.argmax(axis=1)
    assert (np.diff(peaks) >= 0).all()
    assert (filters.sum(axis=0) <= 1 + 1e-5).all(), "neighbours share what lies between them"


def test_against_the_sums_as_they_are_written() -> None:
    """A few numbers of the formula in the module's first words, summed one by one."""
    rate, mels = 4_000, 8
    x = noise(600)
    n, hop, size = window_in(rate), hop_in(rate), transform_size(rate)
    window = [0.5 - 0.5 * math.cos(2 * math.pi * k / n) for k in range(n)]
    corners = to_hertz(np.linspace(0, float(to_mels(rate / 2)), mels + 2))
    found = log_mel(x, rate, mels)
    assert found.shape == (mels, 1 + 600 // hop)
    for frame in (0, 5, found.shape[1] - 1):
        at = frame * hop - n // 2
        part = [window[k] * (float(x[at + k]) if 0 <= at + k < len(x) else 0.0) for k in range(n)]
        for band in (0, 3, 7):
            left, centre, right = corners[band : band + 3]
            total = 0.0
            for f in range(size // 2 + 1):
                hertz = f * rate / size
                height = max(0.0, min((hertz - left) / (centre - left), (right - hertz) / (right - centre)))
                if height:
                    spectrum = sum(v * complex(math.cos(a), math.sin(a)) for k, v in enumerate(part)
                                   for a in (-2 * math.pi * f * k / size,))  # fmt: skip
                    total += height * abs(spectrum) ** 2 / (sum(window) / 2) ** 2
            assert found[band, frame] == pytest.approx(math.log(max(total, FLOOR)), abs=1e-4)


def test_against_torch() -> None:
    x = noise(16_000)
    window = torch.hann_window(400)
    spectrum = torch.stft(
        torch.from_numpy(x), 1024, 160, 400, window, center=True, pad_mode="constant", return_complex=True
    )
    power = spectrum.abs() ** 2 / (window.sum() / 2) ** 2
    expected = torch.log(torch.clamp(torch.from_numpy(mel_filters(RATE, 64).copy()) @ power, min=FLOOR))
    assert np.allclose(log_mel(x, RATE, 64), expected.numpy(), atol=1e-4)


def test_a_full_scale_sine_is_one_and_silence_the_floor() -> None:
    bin_centre = 64 * RATE / 1024
    sine = np.sin(2 * np.pi * bin_centre * np.arange(16_000) / RATE).astype(np.float32)
    middle = log_mel(sine, RATE, 64)[:, 50]
    peak = mel_filters(RATE, 64)[:, 64].argmax()
    assert middle.argmax() == peak
    assert abs(middle[peak]) < 1.5, "about the power 1, spread over a few bins by the window"
    assert np.allclose(log_mel(np.zeros(16_000, np.float32), RATE, 64), math.log(FLOOR))


def test_shifting_by_a_hop_shifts_the_frames() -> None:
    x = noise(8_000)
    shifted = np.concatenate([np.zeros(160, np.float32), x])[:8_000]
    a, b = log_mel(x, RATE, 40), log_mel(shifted, RATE, 40)
    assert np.allclose(a[:, 3:-4], b[:, 4:-3], atol=1e-4)


@pytest.mark.parametrize("n", [1, 2, 159, 160, 161, 399, 401])
def test_very_short_sounds_have_frames_too(n: int) -> None:
    assert log_mel(noise(n), RATE, 16).shape == (16, 1 + n // 160)
