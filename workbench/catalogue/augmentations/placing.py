"""Augmentations that move things in the picture: mirrored, shifted, turned, slanted, enlarged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from workbench.catalogue import warping
from workbench.catalogue.augmentations.declaring import (
    FILL,
    Draw,
    Numbers,
    Pictures,
    Values,
    around_one,
    augmentation,
    either_side,
)
from workbench.catalogue.parameters import integer, real


def _flip(axis: int) -> Callable[[Values, Pictures, Draw], Pictures]:
    return lambda _p, batch, _draw: warping.mirror(batch, axis)


def _turn(_p: Values, batch: Pictures, draw: Draw) -> Pictures:
    return warping.quarter_turns(batch, (draw(1)[:, 0] * 4).astype(np.intp))


def _moved(batch: Pictures, u: Numbers, most: tuple[int, int], fill: str) -> Pictures:
    """Each picture moved by whole pixels, at most `most` (rows, columns) either way."""
    down, right = (np.floor(u[:, k] * (2 * n + 1)).astype(np.intp) - n for k, n in enumerate(most))
    return warping.shift(batch, down, right, fill)


def _crop(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    h, w = (min(p.padding, side // 2) for side in batch.shape[1:3])  # half of a tiny picture is far enough
    return _moved(batch, draw(2), (h, w), p.fill)


def _shift(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    h, w = (round(p.amount * side) for side in batch.shape[1:3])
    return _moved(batch, draw(2), (h, w), p.fill)


def _zoom(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    u = draw(4)
    side = 1 - p.amount * u[:, 0]
    stretch = np.exp(np.log1p(p.stretch) * (u[:, 1] - 0.5))
    height, width = np.minimum(side * stretch, 1), np.minimum(side / stretch, 1)
    return warping.zoom(batch, u[:, 2] * (1 - height), u[:, 3] * (1 - width), height, width)


def _matrices(a: Numbers, b: Numbers, d: Numbers, e: Numbers) -> Numbers:
    return np.stack([np.stack([a, b], -1), np.stack([d, e], -1)], 1)


def _rotate(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    angle = np.deg2rad(p.degrees * (2 * draw(1)[:, 0] - 1))
    cos, sin = np.cos(angle), np.sin(angle)
    return warping.transform(batch, _matrices(cos, sin, -sin, cos), p.fill)


def _shear(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    slope = np.tan(np.deg2rad(p.degrees)) * (2 * draw(1)[:, 0] - 1)
    one, zero = np.ones_like(slope), np.zeros_like(slope)
    return warping.transform(batch, _matrices(one, slope, zero, one), p.fill)


def _affine(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    """Slanted, turned, enlarged and moved, in this order; so the way back into the source is the other way round."""
    u = draw(5)
    _, h, w, _ = batch.shape
    angle = np.deg2rad(either_side(u[:, 0], p.degrees))
    right, down = either_side(u[:, 1], p.shift) * w, either_side(u[:, 2], p.shift) * h
    smaller = 1 / around_one(u[:, 3], p.scale)
    slope = np.tan(np.deg2rad(either_side(u[:, 4], p.shear)))
    cos, sin = np.cos(angle) * smaller, np.sin(angle) * smaller
    back = _matrices(cos - slope * sin, sin + slope * cos, -sin, cos)
    offsets = -np.einsum("nij,nj->ni", back, np.stack([right, down], -1))
    return warping.transform(batch, back, p.fill, offsets)


def _perspective(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    u = draw(8).reshape(-1, 4, 2)
    _, h, w, _ = batch.shape
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]]) - 0.5
    return warping.perspective(batch, corners + either_side(u, p.amount) * (w, h), p.fill)


AUGMENTATIONS = (
    augmentation(
        id="flip_horizontal",
        title="Mirror left and right",
        summary="Turns some pictures into their mirror image.",
        help="The safest augmentation for photographs: a car facing left is still a car. Leave it out where left and "
        "right mean something, as in letters, digits or left and right hands.",
        chance=0.5,
        group="Place and shape",
        keywords=("flip", "mirror"),
        apply=_flip(2),
    ),
    augmentation(
        id="flip_vertical",
        title="Mirror top and bottom",
        summary="Turns some pictures upside down, as in water.",
        help="For pictures with no up and down, seen from above or under a microscope. It harms where up has meaning.",
        chance=0.5,
        group="Place and shape",
        keywords=("flip", "mirror", "upside down"),
        apply=_flip(1),
    ),
    augmentation(
        id="quarter_turn",
        title="Quarter turns",
        summary="Turns each picture by 0, 90, 180 or 270 degrees.",
        help="For pictures with no up and down. Nothing is lost or made up at the edges. Pictures that are not "
        "square are turned by 180 degrees or not at all.",
        group="Place and shape",
        keywords=("rotate", "90"),
        apply=_turn,
    ),
    augmentation(
        id="crop",
        title="Crop with a border",
        summary="Adds a border around each picture and cuts a random part of the first size out of it.",
        help="The recipe of most results on small pictures (He et al. 2016, section 4.2: 4 pixels at 32). Counted in "
        "pixels, where Shift is counted in shares.",
        params=(
            integer(
                "padding", "Border", "How wide the border is, and so how far things may move.", 4, 0, 64, unit="px"
            ),
            replace(FILL, default="black"),
        ),
        group="Place and shape",
        keywords=("random crop", "padding", "pad", "shift"),
        apply=_crop,
    ),
    augmentation(
        id="shift",
        title="Shift",
        summary="Moves each picture a little up, down, left or right.",
        help="Teaches that where a thing stands does not matter. An eighth of the size is a good start; more loses "
        "things at the edge.",
        params=(real("amount", "Amount", "How far at most, as a share of the size.", 0.125, 0.0, 0.5), FILL),
        group="Place and shape",
        keywords=("translate", "move", "crop"),
        apply=_shift,
    ),
    augmentation(
        id="zoom",
        title="Zoom",
        summary="Takes a random part of each picture and enlarges it to full size.",
        help="Also called random resized crop. Teaches that near and far, whole and part are the same thing. A "
        "larger amount takes smaller parts; beyond a half the thing itself may be cut off.",
        params=(
            real("amount", "Amount", "How much is cut away at most, as a share of the side.", 0.25, 0.0, 0.9),
            real("stretch", "Stretch", "How much height and width may differ.", 0.1, 0.0, 1.0, advanced=True),
        ),
        group="Place and shape",
        keywords=("random resized crop", "scale", "crop"),
        apply=_zoom,
    ),
    augmentation(
        id="rotate",
        title="Rotate",
        summary="Turns each picture by a random small angle.",
        help="For things that are not always held straight. 10 to 15 degrees suit most photographs; with 180 nothing "
        "is upright any more.",
        params=(real("degrees", "Angle", "How far at most, to either side.", 10.0, 0.0, 180.0, unit="°"), FILL),
        group="Place and shape",
        keywords=("turn", "angle", "tilt"),
        apply=_rotate,
    ),
    augmentation(
        id="shear",
        title="Shear",
        summary="Slants each picture to the left or right.",
        help="As if seen from the side, or written in italics. Small angles help with handwriting and signs.",
        params=(real("degrees", "Angle", "How far at most, to either side.", 8.0, 0.0, 45.0, unit="°"), FILL),
        group="Place and shape",
        keywords=("slant", "skew", "affine"),
        apply=_shear,
    ),
    augmentation(
        id="affine",
        title="Affine",
        summary="Turns, moves, enlarges and slants each picture a little, all at once.",
        help="One pass for what Rotate, Shift, Zoom and Shear do in four, so that edges are blurred and filled in only "
        "once. Set what does not fit your pictures to 0.",
        params=(
            real("degrees", "Angle", "How far it turns at most, to either side.", 10.0, 0.0, 180.0, unit="°"),
            real("shift", "Shift", "How far it moves at most, as a share of the size.", 0.1, 0.0, 0.5),
            real("scale", "Scale", "How much larger or smaller at most, as a share.", 0.1, 0.0, 0.9),
            real("shear", "Shear", "How far it slants at most, to either side.", 5.0, 0.0, 45.0, unit="°"),
            FILL,
        ),
        group="Place and shape",
        keywords=("rotate", "translate", "scale", "zoom", "shear", "geometry"),
        apply=_affine,
    ),
    augmentation(
        id="perspective",
        title="Perspective",
        summary="Moves each corner of the picture a little, as if seen from another side.",
        help="For flat things photographed at a slant: signs, pages, screens. A large amount bends the picture as a "
        "wide lens does from nearby.",
        params=(
            real("amount", "Amount", "How far corners move at most, as a share of the size.", 0.1, 0.0, 0.24),
            FILL,
        ),
        chance=0.5,
        group="Place and shape",
        keywords=("tilt", "homography", "viewpoint", "skew"),
        apply=_perspective,
    ),
)
