"""The four subjects of the scenes sample. Each draws itself into a square of `edge` pixels with parts one can name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from PIL.ImageDraw import ImageDraw

Colour = tuple[int, int, int]
Paint = Callable[..., Colour]
Point = tuple[float, float]


class Figure(Protocol):
    """Draws one subject; every choice comes from `rng`, every colour from `paint(low=…, high=…)`."""

    def __call__(self, rng: np.random.Generator, draw: ImageDraw, edge: int, paint: Paint) -> None: ...


def _disc(draw: ImageDraw, x: float, y: float, rx: float, ry: float | None = None, **how: Any) -> None:
    ry = rx if ry is None else ry
    draw.ellipse((x - rx, y - ry, x + rx, y + ry), **how)


def _limb(draw: ImageDraw, points: list[Point], width: float, fill: Colour) -> None:
    """A thick bent line with round joints."""
    draw.line(points, fill=fill, width=max(1, round(width)), joint="curve")
    for x, y in points:
        _disc(draw, x, y, width / 2, fill=fill)


def house(rng: np.random.Generator, draw: ImageDraw, edge: int, paint: Paint) -> None:
    """Walls, a roof (gable, hip or flat), a door, windows with bars, sometimes a chimney."""
    e = float(edge)
    wall, roof, glass, frame = paint(low=0.35), paint(low=0.2, high=0.8), paint(low=0.1, high=1.0), paint(low=0.2)
    floors = int(rng.integers(1, 3))
    width = e * rng.uniform(0.5, 0.85)
    storey = e * rng.uniform(0.2, 0.3)
    left, right = e / 2 - width / 2, e / 2 + width / 2
    bottom = e * 0.97
    top = bottom - storey * floors * rng.uniform(1.0, 1.25)
    peak = max(e * 0.03, top - e * rng.uniform(0.12, 0.34))
    over = e * rng.uniform(0.01, 0.07)
    if rng.random() < 0.6:
        x = left + width * rng.uniform(0.12, 0.8)
        draw.rectangle((x, peak + (top - peak) * 0.05, x + e * 0.07, top), fill=paint(low=0.2, high=0.7))
    draw.rectangle((left, top, right, bottom), fill=wall)
    kind = rng.random()
    if kind < 0.55:
        lean = rng.uniform(0.35, 0.65)
        draw.polygon([(left - over, top), (left + width * lean, peak), (right + over, top)], fill=roof)
    elif kind < 0.85:
        inset = width * rng.uniform(0.15, 0.3)
        draw.polygon([(left - over, top), (left + inset, peak), (right - inset, peak), (right + over, top)], fill=roof)
    else:
        draw.rectangle((left - over, top - e * 0.05, right + over, top), fill=roof)
    columns = int(rng.integers(2, 5))
    door = int(rng.integers(columns))
    cell, row = width / columns, (bottom - top) / floors
    for floor in range(floors):
        for column in range(columns):
            x = left + cell * (column + 0.5)
            y = bottom - row * (floor + 0.5)
            half_w, half_h = cell * 0.28, row * 0.27
            if floor == 0 and column == door:
                draw.rectangle((x - half_w, y - half_h, x + half_w, bottom), fill=roof, outline=frame, width=3)
                _disc(draw, x + half_w * 0.55, y + row * 0.2, e * 0.012, fill=frame)
            elif rng.random() < 0.9:
                box = (x - half_w, y - half_h, x + half_w, y + half_h)
                draw.rectangle(box, fill=glass, outline=frame, width=4)
                draw.line([(x, y - half_h), (x, y + half_h)], fill=frame, width=3)
                draw.line([(x - half_w, y), (x + half_w, y)], fill=frame, width=3)


def car(rng: np.random.Generator, draw: ImageDraw, edge: int, paint: Paint) -> None:
    """A saloon, van or pick-up from the side: body, cabin with windows, two wheels with hubs, lamps."""
    e = float(edge)
    body, glass, tyre, hub = paint(low=0.3), paint(low=0.1, high=1.0), paint(low=0.05, high=0.3), paint(low=0.5)
    length, base = e * rng.uniform(0.78, 0.94), e * rng.uniform(0.7, 0.86)
    height, radius = e * rng.uniform(0.15, 0.22), e * rng.uniform(0.085, 0.125)
    left, right = e / 2 - length / 2, e / 2 + length / 2
    top = base - height
    kind = int(rng.integers(3))
    cabin = e * rng.uniform(0.15, 0.24)
    starts, ends = {0: (0.2, 0.8), 1: (0.03, 0.86), 2: (0.45, 0.85)}[kind]
    x0, x1 = left + length * starts, left + length * ends
    slope0 = {0: 0.12, 1: 0.02, 2: 0.04}[kind] * length
    slope1 = length * rng.uniform(0.07, 0.14)
    draw.polygon([(x0, top), (x0 + slope0, top - cabin), (x1 - slope1, top - cabin), (x1, top)], fill=body)
    draw.rounded_rectangle((left, top, right, base), radius=e * rng.uniform(0.02, 0.07), fill=body)
    inset, panes = cabin * 0.16, {0: 2, 1: 3, 2: 1}[kind]
    usable0, usable1 = x0 + slope0 + inset, x1 - slope1 - inset * 0.5
    pane = (usable1 - usable0) / panes
    for i in range(panes):
        a, b = usable0 + i * pane, usable0 + (i + 1) * pane - inset * 0.7
        lean0 = slope0 * 0.7 if i == 0 else 0.0
        lean1 = slope1 * 0.7 if i == panes - 1 else 0.0
        draw.polygon(
            [
                (a - lean0, top - inset * 0.2),
                (a, top - cabin + inset),
                (b, top - cabin + inset),
                (b + lean1, top - inset * 0.2),
            ],
            fill=glass,
        )
    for at in (rng.uniform(0.17, 0.24), rng.uniform(0.74, 0.82)):
        x = left + length * at
        _disc(draw, x, base, radius, fill=tyre)
        _disc(draw, x, base, radius * 0.52, fill=hub)
        _disc(draw, x, base, radius * 0.16, fill=tyre)
    lamp = e * 0.025
    draw.rectangle(
        (right - lamp * 1.6, top + height * 0.25, right, top + height * 0.25 + lamp * 1.5), fill=(250, 240, 170)
    )
    draw.rectangle((left, top + height * 0.25, left + lamp * 1.2, top + height * 0.25 + lamp * 1.5), fill=(200, 40, 40))
    draw.line([(left + length * 0.5, top), (left + length * 0.5, base - height * 0.2)], fill=tyre, width=3)


def person(rng: np.random.Generator, draw: ImageDraw, edge: int, paint: Paint) -> None:
    """Head with a face and hair, body, arms and legs in any pose, trousers or a skirt."""
    e = float(edge)
    tone = rng.uniform(0.25, 1.0)
    skin: Colour = (round(60 + 190 * tone), round(35 + 160 * tone), round(20 + 135 * tone))
    shirt, trousers, hair, shoe = paint(low=0.2), paint(low=0.15), paint(low=0.05, high=0.8), paint(low=0.05, high=0.5)
    head, x = e * rng.uniform(0.09, 0.135), e * rng.uniform(0.45, 0.55)
    neck = head * 2.1 + e * 0.03
    shoulder, hip = neck + e * 0.03, neck + e * rng.uniform(0.27, 0.36)
    broad, foot = e * rng.uniform(0.085, 0.14), e * rng.uniform(0.93, 0.97)
    leg, arm = e * rng.uniform(0.055, 0.085), e * rng.uniform(0.04, 0.065)
    for side in (-1, 1):
        stride = side * e * abs(rng.normal(0.07, 0.05))
        knee = (x + side * broad * 0.5 + stride * rng.uniform(0.3, 0.9), (hip + foot) / 2)
        _limb(
            draw,
            [(x + side * broad * 0.5, hip), knee, (x + side * broad * 0.5 + stride, foot - leg / 2)],
            leg,
            trousers,
        )
        _disc(draw, x + side * broad * 0.5 + stride + e * 0.015, foot - leg * 0.2, leg * 0.75, leg * 0.42, fill=shoe)
    if rng.random() < 0.3:
        flare = broad * rng.uniform(1.3, 1.9)
        hem = hip + (foot - hip) * 0.45
        draw.polygon(
            [(x - broad, hip - e * 0.03), (x + broad, hip - e * 0.03), (x + flare, hem), (x - flare, hem)],
            fill=trousers,
        )
    draw.polygon(
        [(x - broad, shoulder), (x + broad, shoulder), (x + broad * 0.8, hip), (x - broad * 0.8, hip)], fill=shirt
    )
    for side in (-1, 1):
        start = (x + side * broad, shoulder + arm * 0.3)
        upper, bend = rng.uniform(-0.4, 2.4), rng.normal(0, 0.7)
        reach = e * 0.14
        elbow = (start[0] + side * math.sin(upper) * reach, start[1] + math.cos(upper) * reach)
        hand = (elbow[0] + side * math.sin(upper + bend) * reach, elbow[1] + math.cos(upper + bend) * reach)
        _limb(draw, [start, elbow, hand], arm, shirt)
        _disc(draw, hand[0], hand[1], arm * 0.62, fill=skin)
    draw.rectangle((x - head * 0.3, head * 1.8, x + head * 0.3, shoulder + e * 0.01), fill=skin)
    cy = head * 1.1 + e * 0.02
    if rng.random() < 0.4:
        draw.rounded_rectangle(
            (x - head * 1.12, cy - head * 0.6, x + head * 1.12, cy + head * 1.5), head * 0.5, fill=hair
        )
    _disc(draw, x, cy, head, fill=skin)
    draw.pieslice(
        (x - head * 1.05, cy - head * 1.1, x + head * 1.05, cy + head * 0.9), 180 + rng.uniform(-8, 20), 360, fill=hair
    )
    for side in (-1, 1):
        _disc(draw, x + side * head * 0.38, cy + head * 0.08, head * 0.13, fill=(25, 20, 20))
    mouth = head * rng.uniform(0.25, 0.45)
    draw.arc(
        (x - mouth, cy + head * 0.25, x + mouth, cy + head * 0.7),
        15,
        165,
        fill=(140, 40, 40),
        width=max(2, round(head * 0.13)),
    )


def pet(rng: np.random.Generator, draw: ImageDraw, edge: int, paint: Paint) -> None:
    """A cat or a dog from the side: body, four legs, a head with ears, eye, nose, and a tail; patches at times."""
    e = float(edge)
    fur, second = paint(low=0.2, high=0.95, grey=0.2), paint(low=0.15, high=0.95, grey=0.2)
    cat = rng.random() < 0.5
    ground = e * rng.uniform(0.86, 0.96)
    long, deep = e * rng.uniform(0.22, 0.3), e * rng.uniform(0.1, 0.15)
    tall = e * rng.uniform(0.16, 0.26)
    cx, cy = e * 0.45, ground - tall - deep * 0.6
    thick = e * rng.uniform(0.045, 0.07)
    curl = rng.uniform(-0.9, 1.3)
    tail: list[Point] = [(cx - long * 0.9, cy - deep * 0.2)]
    for i in range(1, 6):
        angle = math.pi * (0.95 + 0.1 * i * curl)
        tail.append((tail[-1][0] + math.cos(angle) * e * 0.055, tail[-1][1] + math.sin(angle) * e * 0.055 - e * 0.012))
    _limb(draw, tail, thick * (0.55 if cat else 0.7), fur)
    for at in (-0.72, -0.5, 0.5, 0.75):
        x = cx + long * at
        _limb(draw, [(x, cy), (x + rng.normal(0, e * 0.025), ground - thick / 2)], thick, fur)
    _disc(draw, cx, cy, long, deep, fill=fur)
    for _ in range(int(rng.integers(0, 4))):
        px, py = cx + rng.uniform(-0.6, 0.6) * long, cy + rng.uniform(-0.4, 0.3) * deep
        _disc(draw, px, py, long * rng.uniform(0.1, 0.25), deep * rng.uniform(0.2, 0.4), fill=second)
    head = e * rng.uniform(0.105, 0.145)
    hx, hy = cx + long + head * 0.35, cy - deep * rng.uniform(0.7, 1.5)
    _limb(draw, [(cx + long * 0.75, cy - deep * 0.2), (hx, hy)], head * 0.95, fur)
    if cat:
        for side in (-1, 1):
            tip = (hx + side * head * 0.72, hy - head * 1.55)
            draw.polygon(
                [(hx + side * head * 0.98, hy - head * 0.3), tip, (hx + side * head * 0.15, hy - head * 0.85)], fill=fur
            )
        _disc(draw, hx, hy, head, fill=fur)
        _disc(draw, hx + head * 0.1, hy + head * 0.45, head * 0.45, head * 0.32, fill=second)
        for side in (-1, 1):
            _disc(draw, hx + side * head * 0.42, hy - head * 0.1, head * 0.19, fill=(235, 225, 120))
            _disc(draw, hx + side * head * 0.42, hy - head * 0.1, head * 0.08, head * 0.17, fill=(15, 15, 15))
            draw.line(
                [(hx + side * head * 0.3, hy + head * 0.4), (hx + side * head * 1.3, hy + head * 0.3)],
                fill=second,
                width=2,
            )
        _disc(draw, hx, hy + head * 0.28, head * 0.11, fill=(60, 20, 25))
    else:
        _disc(draw, hx, hy, head, head * 0.92, fill=fur)
        _limb(draw, [(hx + head * 0.4, hy + head * 0.3), (hx + head * 1.1, hy + head * 0.35)], head * 0.75, fur)
        _disc(draw, hx + head * 1.42, hy + head * 0.18, head * 0.19, fill=(20, 16, 16))
        _disc(draw, hx + head * 0.4, hy - head * 0.22, head * 0.15, fill=(20, 16, 16))
        _disc(draw, hx - head * 0.5, hy + head * 0.15, head * 0.36, head * 0.75, fill=second)
