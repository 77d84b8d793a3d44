"""How long a sound is in samples and frames: what the input layer's shape and the spectrogram must agree on."""

from __future__ import annotations

WINDOW_SECONDS, HOP_SECONDS = 0.025, 0.010
"""Length of one frame of a spectrogram, and from one to the next: what is usual for speech."""


def samples_in(seconds: float, rate: int) -> int:
    """Samples of a sound of that length, 1 at least. `rate` is in hertz."""
    return max(1, round(seconds * rate))


def window_in(rate: int) -> int:
    """Samples of one frame's window."""
    return max(2, round(WINDOW_SECONDS * rate))


def hop_in(rate: int) -> int:
    """Samples from the centre of one frame to the centre of the next."""
    return max(1, round(HOP_SECONDS * rate))


def frames_in(seconds: float, rate: int) -> int:
    """Frames of a spectrogram: one centred on the first sample, and one after every hop within the sound."""
    return 1 + samples_in(seconds, rate) // hop_in(rate)
