"""Random changes to training pictures, drawn by (seed, epoch, picture), so that a run resumes exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.catalogue.declaration import Augmentation, Values
from workbench.catalogue.registry import AUGMENTATIONS
from workbench.catalogue.values import check
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.data.chance import key, uniform
from workbench.document.project import Chosen


class Draws:
    """``draw(k)`` gives N × k numbers in [0, 1), float64; each call goes on where the one before stopped.

    A picture's numbers follow from its index and the key alone, so they are the same in whatever batch it comes.
    """

    def __init__(self, stream: int, indices: npt.NDArray[np.int64]) -> None:
        self._stream, self._indices, self._drawn = stream, indices, 0

    def __call__(self, k: int) -> npt.NDArray[np.float64]:
        first, self._drawn = self._drawn, self._drawn + k
        return uniform(self._stream, self._indices, first, k)


@dataclass(frozen=True, slots=True)
class Augmenter:
    """The augmentations of a project in their order, ready to apply."""

    steps: tuple[tuple[Augmentation, Values, str], ...] = ()

    @classmethod
    def of(cls, chosen: Sequence[Chosen]) -> Augmenter:
        """Raises `Problem` with every augmentation that is unknown or has a parameter that does not fit."""
        steps: list[tuple[Augmentation, Values, str]] = []
        problems: list[Diagnostic] = []
        times: dict[str, int] = {}
        for one in chosen:
            declaration = AUGMENTATIONS.get(one.id)
            if declaration is None:
                problems.append(
                    Diagnostic(
                        "data.augmentation",
                        f"There is no augmentation “{one.id}” in this version. Remove it, or update the program.",
                        param="augmentations",
                    )
                )
                continue
            values, found = check(declaration, one.params)
            problems.extend(d for d in found if d.is_error)
            times[one.id] = times.get(one.id, 0) + 1
            steps.append((declaration, values, f"{one.id}#{times[one.id]}"))
        if problems:
            raise Problem(*problems)
        return cls(tuple(steps))

    def apply(
        self, batch: npt.NDArray[np.uint8], indices: npt.NDArray[np.int64], seed: int, epoch: int
    ) -> npt.NDArray[np.uint8]:
        """uint8 N × H × W × C, changed for this epoch. The same augmentation chosen twice draws twice."""
        for declaration, values, name in self.steps:
            batch = declaration.apply(values, batch, Draws(key(seed, epoch, name), indices))
        return batch
