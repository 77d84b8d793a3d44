"""Projects made before every augmentation had a chance train on the very same pictures: the first version's sums, one
picture at a time, with its numbers in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from workbench.catalogue.registry import AUGMENTATIONS
from workbench.catalogue.values import check
from workbench.data.augment import Augmenter
from workbench.data.chance import key, uniform
from workbench.document.graph import frozen
from workbench.document.project import Chosen

Picture = NDArray[np.uint8]
Numbers = NDArray[np.float64]
RAMP = np.arange(256, dtype=np.float64)


def table(picture: Picture, values: Numbers) -> Picture:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)[picture]


def luma(picture: Picture) -> NDArray[np.int64]:
    red, green, blue = (picture[..., k].astype(np.int64) for k in range(3))
    return (77 * red + 150 * green + 29 * blue + 127) >> 8


def two(at: NDArray[np.float32], n: int, fill: str) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]:
    if fill == "reflect" and n > 1:
        at = np.abs(at)
        at = np.abs(at - (n - 1)) * -1 + (n - 1)
    at = np.clip(at, 0, n - 1)
    first = at.astype(np.intp)
    return first, np.minimum(first + 1, n - 1), ((at - first) * 256).astype(np.int64)


def mixed(a: Any, b: Any, weight: Any) -> Any:
    return (a * (256 - weight) + b * weight + 127) >> 8


def turned(picture: Picture, matrix: Numbers, fill: str) -> Picture:
    h, w, _ = picture.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    x -= (w - 1) / 2
    y -= (h - 1) / 2
    (a, b), (d, e) = matrix.astype(np.float32)
    column, right, fx = two(a * x + b * y + np.float32((w - 1) / 2), w, fill)
    row, below, fy = two(d * x + e * y + np.float32((h - 1) / 2), h, fill)
    p, fx, fy = picture.astype(np.int64), fx[..., None], fy[..., None]
    upper, lower = mixed(p[row, column], p[row, right], fx), mixed(p[below, column], p[below, right], fx)
    return np.asarray(mixed(upper, lower, fy), np.uint8)


def flip(p: Any, picture: Picture, u: Numbers) -> Picture:
    return picture[:, ::-1] if u[0] < p.chance else picture


def zoom(p: Any, picture: Picture, u: Numbers) -> Picture:
    h, w, _ = picture.shape
    side, stretch = 1 - p.amount * u[0], np.exp(np.log1p(p.stretch) * (u[1] - 0.5))
    height, width = min(side * stretch, 1), min(side / stretch, 1)
    ends = ((h, u[2] * (1 - height), height), (w, u[3] * (1 - width), width))
    at = [((np.arange(n) + 0.5) * (part * n / n) + start * n - 0.5).astype(np.float32) for n, start, part in ends]
    row, below, fy = two(at[0], h, "edge")
    column, right, fx = two(at[1], w, "edge")
    tall = mixed(picture[row].astype(np.int64), picture[below].astype(np.int64), fy[:, None, None])
    return np.asarray(mixed(tall[:, column], tall[:, right], fx[None, :, None]), np.uint8)


def rotate(p: Any, picture: Picture, u: Numbers) -> Picture:
    angle = np.deg2rad(p.degrees * (2 * u[0] - 1))
    return turned(picture, np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]), p.fill)


def shear(p: Any, picture: Picture, u: Numbers) -> Picture:
    return turned(picture, np.array([[1, np.tan(np.deg2rad(p.degrees)) * (2 * u[0] - 1)], [0, 1]]), p.fill)


def contrast(p: Any, picture: Picture, u: Numbers) -> Picture:
    mean = picture.sum(dtype=np.int64) / picture.size
    return table(picture, mean + (1 + p.amount * (2 * u[0] - 1)) * (RAMP - mean))


def saturation(p: Any, picture: Picture, u: Numbers) -> Picture:
    middle, part = luma(picture)[..., None], int(np.rint((1 + p.amount * (2 * u[0] - 1)) * 256))
    return np.clip((((picture - middle) * part + 128) >> 8) + middle, 0, 255).astype(np.uint8)


def hue(p: Any, picture: Picture, u: Numbers) -> Picture:
    to = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
    angle = np.deg2rad(p.degrees * (2 * u[0] - 1))
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.linalg.inv(to) @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]) @ to
    red, green, blue = (picture[..., k].astype(np.float32) for k in range(3))
    rows = [np.clip(np.rint(r * red + g * green + b * blue), 0, 255) for r, g, b in turn.astype(np.float32)]
    return np.stack(rows, -1).astype(np.uint8)


def grey(p: Any, picture: Picture, u: Numbers) -> Picture:
    return np.stack([luma(picture)] * 3, -1).astype(np.uint8) if u[0] < p.chance else picture


def noise(p: Any, picture: Picture, u: Numbers) -> Picture:
    seed = int(np.floor(u[0] * 2**32)) * 2**32 + int(np.floor(u[1] * 2**32))
    grains = np.random.Generator(np.random.SFC64(seed)).standard_normal(picture.shape, dtype=np.float32)
    grains *= p.strength * 255
    return np.clip(np.rint(grains + picture), 0, 255).astype(np.uint8)


def blur(p: Any, picture: Picture, u: Numbers) -> Picture:
    if u[0] >= p.chance:
        return picture
    soft = picture.astype(np.int64)
    for _ in range(p.radius):
        for axis in (0, 1):
            wide = np.pad(soft, [(1, 1) if k == axis else (0, 0) for k in range(3)], mode="edge")
            before, middle, after = (np.take(wide, range(k, k + soft.shape[axis]), axis) for k in range(3))
            soft = (before + 2 * middle + after + 2) >> 2
    return soft.astype(np.uint8)


def erase(p: Any, picture: Picture, u: Numbers) -> Picture:
    if u[0] >= p.chance:
        return picture
    h, w, _ = picture.shape
    tall, wide = int(np.rint(u[1] * p.side * h)), int(np.rint(u[2] * p.side * w))
    top, left = int(u[3] * (h - tall + 1)), int(u[4] * (w - wide + 1))
    out = picture.copy()
    out[top : top + tall, left : left + wide] = picture.sum(axis=(0, 1), dtype=np.int64) // (h * w)
    return out


FIRST_VERSION: dict[str, tuple[Callable[[Any, Picture, Numbers], Picture], dict[str, Any]]] = {
    "flip_horizontal": (flip, {}),
    "zoom": (zoom, {"amount": 0.6, "stretch": 0.5}),
    "rotate": (rotate, {"degrees": 60.0}),
    "shear": (shear, {"degrees": 20.0, "fill": "edge"}),
    "brightness": (lambda p, picture, u: table(picture, (1 + p.amount * (2 * u[0] - 1)) * RAMP), {"amount": 0.5}),
    "contrast": (contrast, {"amount": 0.7}),
    "gamma": (lambda p, x, u: table(x, 255 * (RAMP / 255) ** np.exp(np.log1p(p.amount) * (2 * u[0] - 1))), {}),
    "saturation": (saturation, {"amount": 1.0}),
    "hue": (hue, {"degrees": 90.0}),
    "grey": (grey, {"chance": 0.5}),
    "noise": (noise, {"strength": 0.2}),
    "blur": (blur, {"chance": 0.5, "radius": 2}),
    "erase": (erase, {"chance": 0.8}),
}


@pytest.mark.parametrize("id", FIRST_VERSION)
@pytest.mark.parametrize("shape", [(9, 24, 31, 3), (40, 13, 13, 3)])
def test_the_same_pictures_as_the_first_version(id: str, shape: tuple[int, ...]) -> None:
    first, params = FIRST_VERSION[id]
    batch = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    indices = np.arange(100, 100 + shape[0], dtype=np.int64)
    values, problems = check(AUGMENTATIONS[id], params)
    assert not problems
    numbers = uniform(key(5, 2, f"{id}#1"), indices, 0, 5)
    expected = np.stack([first(values, picture, u) for picture, u in zip(batch, numbers, strict=True)])
    assert np.array_equal(Augmenter.of([Chosen(id, frozen(params))]).apply(batch, indices, 5, 2), expected)
