"""Something for a network to look at where nobody has chosen anything yet: a drawn picture, numbers, tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.compiler.inference import Inferred

Array = NDArray[Any]

DRAWN = "a drawn picture"
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


def given_to(inferred: Inferred, inputs: Sequence[str], picture: Array) -> list[Array]:
    """What each input node of a network gets, with a batch axis of one, in order.

    `picture` (float32 1 × C × H × W) goes to the inputs it fits; other pictures' inputs get it resized, without
    which a second picture would leave the network dark. Numbers are drawn from a normal distribution and tokens from
    the vocabulary, from a seed that depends on the input's position alone.
    """
    found: list[Array] = []
    for position, node in enumerate(inputs):
        tensor = inferred.outputs[node]
        shape = tensor.shape if tensor is not None else ()
        rng = np.random.default_rng([7, position])
        if tensor is not None and tensor.kind == "index":
            found.append(rng.integers(0, max(1, tensor.levels), (1, *shape)))
        elif len(shape) == 3:
            fits = picture.shape[1:] == shape
            found.append(np.asarray(picture, np.float32) if fits else _resized(picture, shape))
        else:
            found.append(rng.standard_normal((1, *shape)).astype(np.float32))
    return found


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
