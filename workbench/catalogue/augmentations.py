"""Augmentations: random changes to training pictures that leave what they show the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.catalogue import toning, warping
from workbench.catalogue.declaration import Augmentation, Param, Values
from workbench.catalogue.parameters import choice, integer, real
from workbench.catalogue.warping import FILLS, Numbers, Pictures

Draw = Callable[[int], Numbers]


def _chance(default: float) -> Param:
    return real("chance", "Chance", "The share of pictures it is done to.", default, 0.0, 1.0)


_FILL = choice("fill", "Fill", "What comes in where the picture has moved away.", "reflect", FILLS, advanced=True)


def _around_one(u: Numbers, amount: float) -> Numbers:
    """Uniform in [1 - amount, 1 + amount)."""
    return 1 + amount * (2 * u - 1)


def _flip(axis: int) -> Callable[[Values, Pictures, Draw], Pictures]:
    return lambda p, batch, draw: warping.mirror(batch, draw(1)[:, 0] < p.chance, axis)


def _turn(_p: Values, batch: Pictures, draw: Draw) -> Pictures:
    return warping.quarter_turns(batch, (draw(1)[:, 0] * 4).astype(np.intp))


def _shift(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    u = draw(2)
    down, right = (
        np.floor(u[:, k] * (2 * most + 1)).astype(np.intp) - most
        for k, most in enumerate(round(p.amount * side) for side in batch.shape[1:3])
    )
    return warping.shift(batch, down, right, p.fill)


def _zoom(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    u = draw(4)
    side = 1 - p.amount * u[:, 0]
    stretch = np.exp(np.log1p(p.stretch) * (u[:, 1] - 0.5))
    height, width = np.minimum(side * stretch, 1), np.minimum(side / stretch, 1)
    return warping.zoom(batch, u[:, 2] * (1 - height), u[:, 3] * (1 - width), height, width)


def _rotate(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    angle = np.deg2rad(p.degrees * (2 * draw(1)[:, 0] - 1))
    cos, sin = np.cos(angle), np.sin(angle)
    return warping.transform(batch, np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], 1), p.fill)


def _shear(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    slope = np.tan(np.deg2rad(p.degrees)) * (2 * draw(1)[:, 0] - 1)
    one, zero = np.ones_like(slope), np.zeros_like(slope)
    return warping.transform(batch, np.stack([np.stack([one, slope], -1), np.stack([zero, one], -1)], 1), p.fill)


def _gamma(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    return toning.gamma(batch, np.exp(np.log1p(p.amount) * (2 * draw(1)[:, 0] - 1)))


def _noise(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    u = draw(2)
    high, low = (np.floor(u[:, k] * 2**32).astype(np.uint64) for k in (0, 1))
    return toning.noise(batch, p.strength * 255, high * np.uint64(2**32) + low)


def _erase(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    u = draw(5)
    _, h, w, _ = batch.shape
    done = u[:, 0] < p.chance
    tall, wide = (np.rint(u[:, k] * p.side * n).astype(np.intp) * done for k, n in ((1, h), (2, w)))
    top, left = np.floor(u[:, 3] * (h - tall + 1)).astype(np.intp), np.floor(u[:, 4] * (w - wide + 1)).astype(np.intp)
    return toning.erase(batch, np.stack([top, left, top + tall, left + wide], -1))


AUGMENTATIONS = (
    Augmentation(
        id="flip_horizontal",
        title="Mirror left and right",
        summary="Turns some pictures into their mirror image.",
        help="The safest augmentation for photographs: a car facing left is still a car. Leave it out where left and "
        "right mean something, as in letters, digits or left and right hands.",
        params=(_chance(0.5),),
        keywords=("flip", "mirror"),
        apply=_flip(2),
    ),
    Augmentation(
        id="flip_vertical",
        title="Mirror top and bottom",
        summary="Turns some pictures upside down, as in water.",
        help="For pictures with no up and down, seen from above or under a microscope. It harms where up has meaning.",
        params=(_chance(0.5),),
        keywords=("flip", "mirror", "upside down"),
        apply=_flip(1),
    ),
    Augmentation(
        id="quarter_turn",
        title="Quarter turns",
        summary="Turns each picture by 0, 90, 180 or 270 degrees.",
        help="For pictures with no up and down. Nothing is lost or made up at the edges. Pictures that are not "
        "square are turned by 180 degrees or not at all.",
        keywords=("rotate", "90"),
        apply=_turn,
    ),
    Augmentation(
        id="shift",
        title="Shift",
        summary="Moves each picture a little up, down, left or right.",
        help="Teaches that where a thing stands does not matter. An eighth of the size is a good start; more loses "
        "things at the edge.",
        params=(real("amount", "Amount", "How far at most, as a share of the size.", 0.125, 0.0, 0.5), _FILL),
        keywords=("translate", "move", "crop"),
        apply=_shift,
    ),
    Augmentation(
        id="zoom",
        title="Zoom",
        summary="Takes a random part of each picture and enlarges it to full size.",
        help="Also called random resized crop. Teaches that near and far, whole and part are the same thing. A "
        "larger amount takes smaller parts; beyond a half the thing itself may be cut off.",
        params=(
            real("amount", "Amount", "How much is cut away at most, as a share of the side.", 0.25, 0.0, 0.9),
            real("stretch", "Stretch", "How much height and width may differ.", 0.1, 0.0, 1.0, advanced=True),
        ),
        keywords=("random resized crop", "scale", "crop"),
        apply=_zoom,
    ),
    Augmentation(
        id="rotate",
        title="Rotate",
        summary="Turns each picture by a random small angle.",
        help="For things that are not always held straight. 10 to 15 degrees suit most photographs; with 180 nothing "
        "is upright any more.",
        params=(real("degrees", "Angle", "How far at most, to either side.", 10.0, 0.0, 180.0, unit="°"), _FILL),
        keywords=("turn", "angle", "tilt"),
        apply=_rotate,
    ),
    Augmentation(
        id="shear",
        title="Shear",
        summary="Slants each picture to the left or right.",
        help="As if seen from the side, or written in italics. Small angles help with handwriting and signs.",
        params=(real("degrees", "Angle", "How far at most, to either side.", 8.0, 0.0, 45.0, unit="°"), _FILL),
        keywords=("slant", "skew", "affine"),
        apply=_shear,
    ),
    Augmentation(
        id="brightness",
        title="Brightness",
        summary="Makes each picture a little darker or lighter.",
        help="Stands for other light and other times of day. 0.2 changes every value by up to a fifth; beyond a "
        "half, much turns to plain black or white.",
        params=(real("amount", "Amount", "How much at most, as a share.", 0.2, 0.0, 1.0),),
        keywords=("light", "exposure", "jitter"),
        apply=lambda p, batch, draw: toning.brightness(batch, _around_one(draw(1)[:, 0], p.amount)),
    ),
    Augmentation(
        id="contrast",
        title="Contrast",
        summary="Makes each picture a little flatter or harder.",
        help="Stands for haze, other cameras and other light. Values move towards the picture's mean or away from it.",
        params=(real("amount", "Amount", "How much at most, as a share.", 0.2, 0.0, 1.0),),
        keywords=("jitter",),
        apply=lambda p, batch, draw: toning.contrast(batch, _around_one(draw(1)[:, 0], p.amount)),
    ),
    Augmentation(
        id="gamma",
        title="Gamma",
        summary="Lifts or lowers the mid tones of each picture; black and white stay.",
        help="Stands for other cameras and screens. Unlike brightness it never cuts off the highlights.",
        params=(real("amount", "Amount", "How strong at most; 0.2 is a power of up to 1.2.", 0.2, 0.0, 2.0),),
        keywords=("tone", "exposure"),
        apply=_gamma,
    ),
    Augmentation(
        id="saturation",
        title="Saturation",
        summary="Makes the colours of each picture paler or stronger.",
        help="Keeps the network from trusting how vivid a colour is. Grey pictures stay as they are.",
        params=(real("amount", "Amount", "How much at most, as a share.", 0.3, 0.0, 1.0),),
        keywords=("colour", "color", "jitter"),
        apply=lambda p, batch, draw: toning.saturation(batch, _around_one(draw(1)[:, 0], p.amount)),
    ),
    Augmentation(
        id="hue",
        title="Hue",
        summary="Turns the colours of each picture a little around the colour wheel.",
        help="For things that come in any colour. Leave it out where colour decides, as with ripe and unripe fruit. "
        "Grey pictures stay as they are.",
        params=(real("degrees", "Angle", "How far at most, to either side.", 15.0, 0.0, 180.0, unit="°"),),
        keywords=("colour", "color", "jitter", "tint"),
        apply=lambda p, batch, draw: toning.hue(batch, np.deg2rad(p.degrees * (2 * draw(1)[:, 0] - 1))),
    ),
    Augmentation(
        id="grey",
        title="Grey",
        summary="Takes the colour out of some pictures.",
        help="Makes the network look at shapes as well as at colours. Raise the chance where colour should hardly "
        "count, and leave it out where colour decides.",
        params=(_chance(0.1),),
        keywords=("gray", "greyscale", "grayscale", "colour"),
        apply=lambda p, batch, draw: toning.grey(batch, draw(1)[:, 0] < p.chance),
    ),
    Augmentation(
        id="noise",
        title="Noise",
        summary="Adds grain to each picture, as a camera does in the dark.",
        help="Keeps the network from learning single pixels by heart. 0.03 is barely seen, 0.2 is rough.",
        params=(real("strength", "Strength", "The grain's standard deviation, as a share of white.", 0.03, 0.0, 0.5),),
        keywords=("grain", "gaussian"),
        apply=_noise,
    ),
    Augmentation(
        id="blur",
        title="Blur",
        summary="Softens some pictures, as if out of focus.",
        help="For data that will sometimes be out of focus. A larger radius is softer; on small pictures 1 is enough.",
        params=(_chance(0.2), integer("radius", "Radius", "How soft.", 1, 1, 8, unit="px")),
        keywords=("soft", "focus", "gaussian"),
        apply=lambda p, batch, draw: toning.blur(batch, draw(1)[:, 0] < p.chance, p.radius),
    ),
    Augmentation(
        id="erase",
        title="Erase a patch",
        summary="Covers a random rectangle of some pictures with their mean colour.",
        help="The network must recognise a thing when part of it is hidden, so it learns more than one sign of it "
        "(Zhong et al. 2017). Use it when training accuracy runs far ahead of validation.",
        params=(_chance(0.3), real("side", "Largest side", "How long a side may be, as a share.", 0.4, 0.0, 1.0)),
        keywords=("cutout", "random erasing", "hide", "occlusion"),
        apply=_erase,
    ),
)
