"""From sound files to what the network takes. Needs numpy, torch, soundfile and scipy."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

WINDOW_SECONDS, HOP_SECONDS, FLOOR = 0.025, 0.010, 1e-8


def samples(path: str | Path) -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of a file."""
    yield str(path), Path(path).read_bytes()


def waveform(data: bytes, rate: int, seconds: float) -> np.ndarray[Any, Any]:
    """The middle of a sound as float32 samples at `rate`; what is too short stands in the middle of silence."""
    with soundfile.SoundFile(io.BytesIO(data)) as sound:
        own = sound.samplerate
        wanted = math.ceil(seconds * own)
        sound.seek(max(0, (sound.frames - wanted) // 2))
        frames = sound.read(min(wanted, sound.frames), dtype="float32", always_2d=True)
    samples = frames.mean(axis=1, dtype=np.float32)
    if own != rate:
        from scipy.signal import resample_poly  # type: ignore[import-untyped]

        common = math.gcd(own, rate)
        samples = np.asarray(resample_poly(samples, rate // common, own // common), np.float32)
    length = max(1, round(seconds * rate))
    if len(samples) >= length:
        start = (len(samples) - length) // 2
        return np.asarray(samples[start : start + length])
    row = np.zeros(length, np.float32)
    start = (length - len(samples)) // 2
    row[start : start + len(samples)] = samples
    return row


def to_mels(hertz: Any) -> Any:
    """Slaney's scale: linear up to 1,000 Hz, logarithmic above."""
    f = np.asarray(hertz, np.float64)
    return np.where(f < 1000, f * 3 / 200, 15 + np.log(np.maximum(f, 1000) / 1000) / (math.log(6.4) / 27))


def to_hertz(mels: Any) -> Any:
    m = np.asarray(mels, np.float64)
    return np.where(m < 15, m * 200 / 3, 1000 * np.exp((math.log(6.4) / 27) * (np.maximum(m, 15) - 15)))


def log_mel(samples: np.ndarray[Any, Any], rate: int, mels: int) -> np.ndarray[Any, Any]:
    """float32 mels × frames: the logarithm of the power in each band of pitch, frame by frame."""
    n, hop = max(2, round(WINDOW_SECONDS * rate)), max(1, round(HOP_SECONDS * rate))
    size = 1 << (2 * n - 1).bit_length()
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    window = (hann / (hann.sum() / 2)).astype(np.float32)
    silent = np.zeros(len(samples) + 2 * n, np.float32)
    silent[n // 2 : n // 2 + len(samples)] = samples
    frames = np.lib.stride_tricks.sliding_window_view(silent, n)[: len(samples) + 1 : hop]
    spectrum = np.fft.rfft(frames * window, n=size, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    bins = np.arange(size // 2 + 1) * (rate / size)
    corners = to_hertz(np.linspace(0.0, float(to_mels(rate / 2)), mels + 2))
    left, centre, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    filters = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    return np.asarray(np.log(np.maximum(filters @ power.T, np.float32(FLOOR))), np.float32)


def prepare(data: bytes, facts: dict[str, Any]) -> torch.Tensor:
    """The bytes of a sound file to the network's float32 1 × 1 × samples, or 1 × 1 × mels × frames."""
    p, values = facts["params"], facts["values"]
    raw = waveform(data, int(p["rate"]), float(p["seconds"]))
    if p["form"] != "waveform":
        raw = log_mel(raw, int(p["rate"]), int(p["mels"]))
    scaled = (raw - np.float32(values["mean"][0])) * np.float32(1 / values["std"][0])
    return torch.from_numpy(np.asarray(scaled, np.float32))[None, None]
