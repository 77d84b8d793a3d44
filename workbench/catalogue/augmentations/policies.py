"""Augmentations that draw what is done to each picture from a list of fourteen operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.catalogue import levels, toning, warping
from workbench.catalogue.augmentations.declaring import FILL, Draw, Numbers, Pictures, Values, augmentation
from workbench.catalogue.parameters import choice, integer


@dataclass(frozen=True, slots=True)
class _Range:
    """What full strength means for the operations that have one."""

    shear: float  # slope
    shift: float  # share of the side
    degrees: float
    factor: float  # brightness, contrast, saturation, sharpness: 1 ± this
    bits: int  # of each value that are dropped


NARROW = _Range(shear=0.3, shift=0.33, degrees=30.0, factor=0.9, bits=4)
"""RandAugment's (Cubuk et al. 2020), whose shifts of 10 pixels at 32 are taken as a share."""

WIDE = _Range(shear=0.99, shift=0.5, degrees=135.0, factor=0.99, bits=6)
"""TrivialAugment's "wide" space (Mueller and Hutter 2021, table 1); there, shifts reach 32 pixels."""

Operation = Callable[[Pictures, Numbers, _Range, str], Pictures]
"""Pictures, strength with a sign (-1 to 1) for each, what full strength is, and what comes in at the edges."""


def _turned(batch: Pictures, strength: Numbers, full: _Range, fill: str) -> Pictures:
    angle = np.deg2rad(full.degrees * strength)
    cos, sin = np.cos(angle), np.sin(angle)
    return warping.transform(batch, np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], 1), fill)


def _slanted(axis: int) -> Operation:
    def operation(batch: Pictures, strength: Numbers, full: _Range, fill: str) -> Pictures:
        matrices = np.tile(np.eye(2), (len(batch), 1, 1))
        matrices[:, axis, 1 - axis] = full.shear * strength
        return warping.transform(batch, matrices, fill)

    return operation


def _moved(axis: int) -> Operation:
    def operation(batch: Pictures, strength: Numbers, full: _Range, fill: str) -> Pictures:
        by = np.rint(full.shift * strength * batch.shape[1 + axis]).astype(np.intp)
        still = np.zeros_like(by)
        return warping.shift(batch, *((by, still) if axis == 0 else (still, by)), fill)

    return operation


def _by_factor(change: Callable[[Pictures, Numbers], Pictures]) -> Operation:
    return lambda batch, strength, full, _fill: change(batch, 1 + full.factor * strength)


def _posterised(batch: Pictures, strength: Numbers, full: _Range, _fill: str) -> Pictures:
    return levels.posterise(batch, (8 - np.rint(full.bits * np.abs(strength))).astype(np.intp))


def _solarised(batch: Pictures, strength: Numbers, _full: _Range, _fill: str) -> Pictures:
    return levels.solarise(batch, 256 * (1 - np.abs(strength)))


OPERATIONS: Mapping[str, Operation] = {
    "identity": lambda batch, _strength, _full, _fill: batch,
    "autocontrast": lambda batch, _strength, _full, _fill: levels.autocontrast(batch),
    "equalise": lambda batch, _strength, _full, _fill: levels.equalise(batch),
    "rotate": _turned,
    "solarise": _solarised,
    "saturation": _by_factor(toning.saturation),
    "posterise": _posterised,
    "contrast": _by_factor(toning.contrast),
    "brightness": _by_factor(toning.brightness),
    "sharpness": _by_factor(levels.sharpen),
    "shear_x": _slanted(0),
    "shear_y": _slanted(1),
    "shift_x": _moved(1),
    "shift_y": _moved(0),
}
_ALL = tuple(OPERATIONS.values())


def drawn(batch: Pictures, which: Numbers, strength: Numbers, full: _Range, fill: str) -> Pictures:
    """One operation for each picture, drawn by `which` (uniform in [0, 1)); each operation runs once, on all of its."""
    numbers = (which * len(_ALL)).astype(np.intp)
    out = batch.copy()
    for number in np.unique(numbers).tolist():
        chosen = np.flatnonzero(numbers == number)
        out[chosen] = _ALL[number](batch[chosen], strength[chosen], full, fill)
    return out


def _signed(size: Numbers, u: Numbers) -> Numbers:
    return np.where(u < 0.5, -size, size)


def _rand_augment(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    size = np.full(len(batch), p.magnitude / 30)
    for _ in range(p.operations):
        u = draw(2)
        batch = drawn(batch, u[:, 0], _signed(size, u[:, 1]), NARROW, p.fill)
    return batch


def _trivial_augment(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    u = draw(3)
    strength = _signed(np.floor(u[:, 2] * 31) / 30, u[:, 1])
    return drawn(batch, u[:, 0], strength, WIDE if p.ranges == "wide" else NARROW, p.fill)


AUGMENTATIONS = (
    augmentation(
        id="rand_augment",
        title="RandAugment",
        summary="Does a few operations to each picture, drawn from fourteen, all with the same strength.",
        help="Two numbers in place of a list to tune (Cubuk et al. 2020): turns, slants, shifts, contrast, colour, "
        "sharpness, posterising and the like. It never mirrors and never crops; add those before it. The larger the "
        "network and the longer the training, the stronger it may be.",
        params=(
            integer("operations", "Operations", "How many are done to each picture, one after the other.", 2, 1, 8),
            integer("magnitude", "Strength", "How strong each is; 30 is as far as they go.", 9, 0, 30),
            FILL,
        ),
        group="Drawn from many",
        keywords=("randaugment", "auto augment", "policy", "cubuk"),
        apply=_rand_augment,
    ),
    augmentation(
        id="trivial_augment",
        title="TrivialAugment",
        summary="Does one operation to each picture, drawn from fourteen, with a strength drawn anew.",
        help="Nothing to tune, and about as good as policies that were searched for days (Mueller and Hutter 2021). It "
        "never mirrors and never crops; add those before it.",
        params=(
            choice(
                "ranges",
                "Ranges",
                "How far the operations may go.",
                "wide",
                (("wide", "Wide, as in the paper"), ("narrow", "As in RandAugment")),
            ),
            FILL,
        ),
        group="Drawn from many",
        keywords=("trivialaugment", "auto augment", "policy", "mueller"),
        apply=_trivial_augment,
    ),
)
