"""Sounds as pictures: the logarithm of how much power lies in each band of pitch, frame by frame.

With w the periodic Hann window (window_in(rate) samples) and X(t, f) the discrete Fourier transform of the samples
under it, centred on sample t * hop_in(rate) with silence beyond both ends and filled with zeros to N samples:

    power(t, f) = |X(t, f)|² / (Σ w / 2)²            (1 for a full-scale sine at the centre of a bin)
    mel(t, k)   = Σ_f H_k(f) · power(t, f)
    log_mel     = ln(max(mel, 1e-8))                 (80 dB below full scale and everything beneath are alike)

N is the power of two at or above twice the window. H_k are triangles of height 1 whose corners are evenly spaced on the
mel scale of Slaney's Auditory Toolbox (Technical Report 1998-010, Interval Research, function "mfcc"): linear up to
1,000 Hz, where 3 mels are 200 Hz, and logarithmic above, where 27 mels are a factor of 6.4. They span 0 to rate / 2.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from workbench.catalogue.sound import hop_in, window_in

Waveform = npt.NDArray[np.float32]

FLOOR = 1e-8

_LINEAR_HERTZ, _LINEAR_MELS = 200 / 3, 15.0
_KNEE = 1000.0
_LOG_STEP = math.log(6.4) / 27


def to_mels(hertz: npt.NDArray[np.float64] | float) -> npt.NDArray[np.float64]:
    """Hertz to mels, Slaney's scale."""
    f = np.asarray(hertz, np.float64)
    above = _LINEAR_MELS + np.log(np.maximum(f, _KNEE) / _KNEE) / _LOG_STEP
    return np.where(f < _KNEE, f / _LINEAR_HERTZ, above)


def to_hertz(mels: npt.NDArray[np.float64] | float) -> npt.NDArray[np.float64]:
    """The inverse of `to_mels`."""
    m = np.asarray(mels, np.float64)
    above = _KNEE * np.exp(_LOG_STEP * (np.maximum(m, _LINEAR_MELS) - _LINEAR_MELS))
    return np.where(m < _LINEAR_MELS, m * _LINEAR_HERTZ, above)


def transform_size(rate: int) -> int:
    """N: samples of one Fourier transform."""
    return 1 << (2 * window_in(rate) - 1).bit_length()


@lru_cache(maxsize=8)
def mel_filters(rate: int, mels: int) -> npt.NDArray[np.float32]:
    """H, float32 mels × (N / 2 + 1), read-only."""
    size = transform_size(rate)
    bins = np.arange(size // 2 + 1) * (rate / size)
    corners = to_hertz(np.linspace(0.0, float(to_mels(rate / 2)), mels + 2))
    left, centre, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    filters = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    filters.flags.writeable = False
    return filters


@lru_cache(maxsize=8)
def _window(rate: int) -> npt.NDArray[np.float32]:
    n = window_in(rate)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    scaled: npt.NDArray[np.float32] = (hann / (hann.sum() / 2)).astype(np.float32)
    scaled.flags.writeable = False
    return scaled


def log_mel(waveform: Waveform, rate: int, mels: int) -> npt.NDArray[np.float32]:
    """float32 samples (full scale: -1..1) to float32 mels × frames; 1 + samples // hop frames."""
    window, hop, size = _window(rate), hop_in(rate), transform_size(rate)
    before = len(window) // 2
    silent = np.zeros(len(waveform) + 2 * len(window), np.float32)
    silent[before : before + len(waveform)] = waveform
    frames = np.lib.stride_tricks.sliding_window_view(silent, len(window))[: len(waveform) + 1 : hop]
    spectrum = np.fft.rfft(frames * window, n=size, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    bands: npt.NDArray[np.float32] = np.maximum(mel_filters(rate, mels) @ power.T, np.float32(FLOOR))
    return np.asarray(np.log(bands), np.float32)
