"""What every augmentation has besides its own parameters: a chance, and a switch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.catalogue.declaration import Augmentation, Draw, Param, Values
from workbench.catalogue.parameters import choice, real, switch
from workbench.catalogue.sampling import FILLS, Pictures
from workbench.catalogue.warping import Numbers

__all__ = ["CHANCE", "FILL", "ON", "Draw", "Numbers", "Pictures", "Values", "around_one", "augmentation", "either_side"]

CHANCE, ON = "chance", "on"

FILL = choice("fill", "Fill", "What comes in where the picture has moved away.", "reflect", FILLS, advanced=True)


def augmentation(
    *,
    params: tuple[Param, ...] = (),
    chance: float | None = None,
    apply: Callable[[Values, Pictures, Draw], Pictures] | None = None,
    **declared: Any,
) -> Augmentation:
    """A declaration with `chance` and `on` added to its own parameters.

    Those with a `chance` of their own draw it as a picture's first number, and those that are sure unless a person says
    otherwise draw it apart: so runs of projects made before every augmentation had a chance come out the same.
    """
    common = (
        real(CHANCE, "Chance", "The share of pictures it is done to.", 1.0 if chance is None else chance, 0.0, 1.0),
        switch(ON, "Use", "Switched off it stays in the list and does nothing.", True),
    )
    return Augmentation(params=(*params, *common), chance_first=chance is not None, apply=apply, **declared)


def around_one(u: Numbers, amount: float) -> Numbers:
    """Uniform in [1 - amount, 1 + amount)."""
    return 1 + amount * (2 * u - 1)


def either_side(u: Numbers, most: float) -> Numbers:
    """Uniform in [-most, most)."""
    return most * (2 * u - 1)
