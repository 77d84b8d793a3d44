"""Something for a network to look at where nobody has chosen anything yet: a drawn picture, numbers, tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.catalogue.declaration import Tensor
from workbench.compiler.inference import Inferred

Array = NDArray[Any]

DRAWN = "a drawn picture"
MADE_UP = {"pictures": DRAWN, "tokens": "made-up tokens", "sound": "a made-up sound", "numbers": "made-up numbers"}
"""What is looked at before there are data, by the input layer."""

_FINE = 4  # drawn so many times as large and averaged, for smooth edges


def drawn_picture(height: int, width: int) -> NDArray[np.uint8]:
    """A sailing boat before a low sun, uint8 H × W × 3: edges in all directions, round shapes, plain areas, a texture.

    So that every kind of filter has something to answer to. A function of the size alone.
    """
    rows, columns = max(1, height) * _FINE, max(1, width) * _FINE
    if rows * columns > 4_000_000:  # large pictures need no finer drawing
        rows, columns = max(1, height), max(1, width)
    y = ((np.arange(rows) + 0.5) / rows)[:, None]
    x = ((np.arange(columns) + 0.5) / columns)[None, :]
    picture = _between((64, 120, 190), (250, 205, 150), np.clip(y / 0.62, 0, 1)) + np.zeros((1, columns, 3))
    _paint(picture, (x - 0.74) ** 2 + (y - 0.34) ** 2 < 0.11**2, (255, 236, 170))  # sun
    for low, high, far in ((0.10, 0.50, 0.34), (0.42, 0.46, 0.22)):  # two hills
        _paint(picture, (y > high + ((x - low) / far) ** 2 * 0.30) & (y < 0.62), (92, 108, 128))
    waves = 0.5 + 0.5 * np.sin(2 * np.pi * (9 * y**2 + 0.6 * np.sin(9 * x + 14 * y)))
    sea = _between((36, 92, 132), (84, 148, 170), waves)
    below = (y > 0.62) & (x == x)
    picture[below] = sea[below]
    mast, foot = 0.40, 0.70
    _paint(picture, (np.abs(x - mast) < 0.008) & (y > 0.16) & (y < foot), (70, 48, 36))
    _paint(picture, (x > mast + 0.02) & (y > 0.18) & (y < 0.66) & (x - mast < (y - 0.14) * 0.52), (236, 92, 74))
    _paint(picture, (x < mast - 0.02) & (y > 0.24) & (y < 0.66) & (mast - x < (y - 0.20) * 0.40), (248, 244, 236))
    hull = (y > foot - 0.01) & (y < 0.80) & (np.abs(x - mast) < 0.27 - (y - foot) * 1.1)
    _paint(picture, hull, (58, 44, 60))
    _paint(picture, hull & (y < foot + 0.02), (226, 178, 82))
    if rows > height:
        picture = picture.reshape(height, _FINE, width, _FINE, 3).mean(axis=(1, 3))
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def drawn_tokens(length: int, vocabulary: int) -> NDArray[np.int64]:
    """Numbers of tokens that rise and fall, the rarer ones further on: int64 1 × length."""
    steps = np.arange(length)
    wave = 0.5 - 0.5 * np.cos(steps * 0.7)
    reach = np.linspace(0.15, 1.0, length) if length else steps
    return np.asarray(np.rint(wave * reach * max(0, vocabulary - 1)), np.int64)[None]


def drawn_features(features: int) -> NDArray[np.float32]:
    """A slow wave, within what standardised numbers are: float32 1 × features."""
    return np.asarray(1.5 * np.sin(np.arange(features) * 0.9 + 0.4), np.float32)[None]


def drawn_sound(form: str, rate: int, seconds: float, mels: int) -> NDArray[np.float32]:
    """A tone that rises three octaves with its overtones and dies away, scaled as sounds are for a network.

    float32 1 × 1 × samples, or as a log-mel spectrogram 1 × 1 × mels × frames.
    """
    from workbench.catalogue.sound import samples_in
    from workbench.data.kinds.spectrogram import log_mel

    n = samples_in(seconds, rate)
    share = np.arange(n) / max(1, n)
    phase = 2 * np.pi * np.cumsum(min(150.0, rate / 40) * 8**share) / rate
    tone = sum(np.sin(k * phase) / k for k in (1, 2, 3)) * np.exp(-2 * share) * 0.4
    raw = np.asarray(tone, np.float32)
    if form != "waveform":
        raw = log_mel(raw, rate, mels)
    return np.asarray((raw - raw.mean()) / max(float(raw.std()), 1e-5), np.float32)[None, None]


def spectrogram_picture(bands: Array) -> NDArray[np.uint8]:
    """A spectrogram (mels × frames) in colours, high pitches above: uint8 mels × frames × 3."""
    low, high = (float(v) for v in np.percentile(bands, (2, 99.5)))
    share = np.clip((bands[::-1] - low) / max(high - low, 1e-6), 0, 1)
    stops = np.array([[18, 20, 38], [62, 44, 112], [168, 60, 110], [244, 132, 80], [252, 232, 168]], np.float64)
    place = share * (len(stops) - 1)
    below = np.minimum(place.astype(int), len(stops) - 2)
    rest = (place - below)[..., None]
    return np.asarray(np.rint(stops[below] * (1 - rest) + stops[below + 1] * rest), np.uint8)


def given_to(inferred: Inferred, inputs: Sequence[str], given: Array, more: Sequence[Array] = ()) -> list[Array]:
    """What each input node of a network gets, with a batch axis of one, in order.

    Where the data feed every input, `given` and `more` are what they get. Else `given` (a prepared sample, 1 × …) goes
    to the inputs it fits. Other inputs of pictures get it resized where it is a picture, without which a second one
    would leave the network dark. Numbers are drawn from a normal distribution and tokens from the vocabulary, from a
    seed that depends on the input's position alone.
    """
    every = (given, *more)
    if more and len(every) == len(inputs) and all(map(_fits, (inferred.outputs[node] for node in inputs), every)):
        return list(every)
    found: list[Array] = []
    for position, node in enumerate(inputs):
        tensor = inferred.outputs[node]
        shape = tensor.shape if tensor is not None else ()
        rng = np.random.default_rng([7, position])
        is_index = tensor is not None and tensor.kind == "index"
        if given.shape[1:] == shape and is_index == (given.dtype.kind in "iu"):
            found.append(np.asarray(given, np.int64 if is_index else np.float32))
        elif tensor is not None and is_index:
            found.append(rng.integers(0, max(1, tensor.levels), (1, *shape)))
        elif len(shape) == 3 and given.ndim == 4:
            found.append(_resized(given, shape))
        else:
            found.append(rng.standard_normal((1, *shape)).astype(np.float32))
    return found


def _fits(tensor: Tensor | None, given: Array) -> bool:
    return tensor is not None and given.shape[1:] == tensor.shape


def _resized(picture: Array, shape: tuple[int, ...]) -> Array:
    """The nearest pixels of a picture 1 × C × H × W at another size; channels averaged or repeated."""
    channels, height, width = shape
    rows = np.arange(height) * picture.shape[2] // height
    columns = np.arange(width) * picture.shape[3] // width
    chosen = picture[:, :, rows][:, :, :, columns]
    if chosen.shape[1] != channels:
        chosen = np.repeat(chosen.mean(axis=1, keepdims=True), channels, axis=1)
    return np.ascontiguousarray(chosen, dtype=np.float32)


def _between(low: tuple[int, int, int], high: tuple[int, int, int], share: Array) -> Array:
    share = share[..., None]
    mixed: Array = np.array(low, np.float64) * (1 - share) + np.array(high, np.float64) * share
    return mixed


def _paint(picture: Array, where: Array, colour: tuple[int, int, int]) -> None:
    picture[where & np.ones(picture.shape[:2], bool)] = colour
