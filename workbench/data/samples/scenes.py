"""Scenes: pictures of houses, cars, people and pets drawn by a seeded program, in great variety.

Each picture is a function of its number alone. The subject varies in kind, size, position, turn, colour and pose; sky,
ground, clutter, light and noise vary independently of the class, so that no colour or place gives the class away: it
takes parts (windows, wheels, faces, tails) to tell them apart.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from workbench.data.samples import figures

SIZE = 64
FINE = 4  # drawn at 256 px and scaled down, for smooth edges
PER_CLASS = 800
CLASSES = {"car": figures.car, "house": figures.house, "person": figures.person, "pet": figures.pet}

Colour = tuple[int, int, int]


def pictures() -> Iterator[tuple[str, Image.Image]]:
    """(path, picture) of all scenes, the classes taking turns."""
    for i in range(PER_CLASS):
        for k, name in enumerate(CLASSES):
            yield f"{name}/{i:04d}.png", scene(name, seed=i * len(CLASSES) + k)


def scene(name: str, seed: int) -> Image.Image:
    """One picture of class `name`, RGB, 64 × 64."""
    rng = np.random.default_rng([20151, seed])
    edge = SIZE * FINE
    picture, horizon = _backdrop(rng, edge)
    for _ in range(int(rng.integers(1, 5))):
        _clutter(rng, picture, horizon)
    _place(rng, picture, CLASSES[name])
    for _ in range(int(rng.integers(0, 3))):
        _blade(rng, picture)
    return _light(rng, picture.resize((SIZE, SIZE), Image.Resampling.BOX))


def colour(rng: np.random.Generator, low: float = 0.25, high: float = 0.95, grey: float = 0.0) -> Colour:
    """A random colour of brightness `low` to `high`; `grey` takes away from the strongest saturation."""
    h, s, v = rng.random(), 0.85 * rng.random() * (1 - grey), rng.uniform(low, high)
    r, g, b = colorsys.hsv_to_rgb(h, s, v)
    return round(r * 255), round(g * 255), round(b * 255)


def _backdrop(rng: np.random.Generator, edge: int) -> tuple[Image.Image, int]:
    """Sky or wall above, ground or floor below, each a gradient of any colour."""
    horizon = int(edge * rng.uniform(0.35, 0.85))
    bands = []
    for height in (horizon, edge - horizon):
        top, bottom = np.array(colour(rng, low=0.3, grey=0.5)), np.array(colour(rng, low=0.3, grey=0.5))
        bottom = top + (bottom - top) * rng.uniform(0, 0.6)
        ramp = np.linspace(0, 1, max(height, 1))[:, None]
        bands.append(np.repeat((top + (bottom - top) * ramp)[:, None, :], edge, axis=1))
    return Image.fromarray(np.concatenate(bands).astype(np.uint8)[:edge], "RGB"), horizon


def _clutter(rng: np.random.Generator, picture: Image.Image, horizon: int) -> None:
    """One thing of no class: a tree, a cloud, a post, a box, a ball, a fence or a hill."""
    draw, edge = ImageDraw.Draw(picture), picture.width
    x, size = int(rng.uniform(0, edge)), rng.uniform(0.08, 0.3) * edge
    y = int(horizon + rng.uniform(-0.1, 0.25) * edge)
    tint, second = colour(rng), colour(rng)
    match int(rng.integers(7)):
        case 0:
            draw.rectangle((x - size * 0.08, y - size, x + size * 0.08, y), fill=second)
            for _ in range(4):
                cx, cy, r = x + rng.normal(0, size * 0.2), y - size + rng.normal(0, size * 0.2), size * 0.35
                draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=tint)
        case 1:
            cy = rng.uniform(0, horizon * 0.7)
            for dx in (-0.5, 0.0, 0.5):
                r = size * rng.uniform(0.25, 0.45)
                draw.ellipse((x + dx * size - r, cy - r * 0.7, x + dx * size + r, cy + r * 0.7), fill=tint)
        case 2:
            draw.rectangle((x - size * 0.06, y - size * 2, x + size * 0.06, y), fill=tint)
        case 3:
            draw.rectangle((x - size / 2, y - size * rng.uniform(0.4, 1.0), x + size / 2, y), fill=tint)
        case 4:
            draw.ellipse((x - size / 3, y - size * 0.66, x + size / 3, y), fill=tint)
        case 5:
            for i in range(8):
                left = x + i * size * 0.25
                draw.rectangle((left, y - size * 0.5, left + size * 0.1, y), fill=tint)
        case _:
            draw.polygon([(x - size * 2, horizon), (x, horizon - size), (x + size * 2, horizon)], fill=tint)


def _blade(rng: np.random.Generator, picture: Image.Image) -> None:
    """Something thin in front of the subject."""
    draw, edge = ImageDraw.Draw(picture), picture.width
    x = rng.uniform(0, edge)
    draw.line(
        [(x, edge), (x + rng.normal(0, edge * 0.1), edge * rng.uniform(0.5, 0.9))],
        fill=colour(rng),
        width=int(rng.integers(2, 7)),
    )


def _place(rng: np.random.Generator, picture: Image.Image, figure: figures.Figure) -> None:
    """Draw the subject on a layer of its own, turn and mirror it, and lay it over the picture."""
    edge = picture.width
    side = int(edge * rng.uniform(0.5, 0.86))
    layer = Image.new("RGBA", (edge, edge), (0, 0, 0, 0))
    figure(rng, ImageDraw.Draw(layer), edge, lambda **limits: colour(rng, **limits))
    if rng.random() < 0.5:
        layer = layer.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    layer = layer.rotate(rng.normal(0, 6), Image.Resampling.BILINEAR)
    layer = layer.resize((side, side), Image.Resampling.BILINEAR)
    slack = edge - side
    at = int(rng.uniform(-0.06 * edge, slack + 0.06 * edge)), int(rng.uniform(-0.03 * edge, slack + 0.03 * edge))
    if rng.random() < 0.5:
        shadow = Image.new("RGBA", layer.size, (0, 0, 0, 0))
        shadow.putalpha(layer.getchannel("A").point(lambda a: a // 3))
        shadow = shadow.filter(ImageFilter.GaussianBlur(edge * 0.012))
        picture.paste(shadow, (at[0] + int(rng.normal(0, 5)), at[1] + 4), shadow)
    picture.paste(layer, at, layer)


def _light(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    """Exposure, contrast, tint, light from one side, and noise."""
    pixels = np.asarray(picture, dtype=np.float32) / 255
    pixels = np.clip((pixels - 0.5) * rng.uniform(0.6, 1.2) + 0.5 + rng.uniform(-0.15, 0.15), 0, 1)
    pixels = pixels ** rng.uniform(0.7, 1.5) * rng.uniform(0.85, 1.1, size=3).astype(np.float32)
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.5)
    ramp = np.linspace(-0.5, 0.5, SIZE, dtype=np.float32)
    side = np.cos(angle) * ramp[None, :] + np.sin(angle) * ramp[:, None]
    pixels = pixels * (1 + strength * side)[:, :, None]
    pixels = pixels + rng.normal(0, rng.uniform(0.0, 0.03), pixels.shape)
    return Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8), "RGB")
