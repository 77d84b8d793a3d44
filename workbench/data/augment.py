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
from workbench.data.chance import hashes, key, uniform
from workbench.document.project import Chosen

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]
Step = tuple[Augmentation, Values, str]

_APART = 1 << 32
"""Where in a picture's numbers its chance stands, for augmentations that did not draw one first."""


class Draws:
    """``draw(k)`` gives N × k numbers in [0, 1), float64; each call goes on where the one before stopped.

    A picture's numbers follow from its index and the key alone, so they are the same in whatever batch it comes.
    """

    def __init__(self, stream: int, indices: Indices, drawn: int = 0) -> None:
        self._stream, self._indices, self._drawn = stream, indices, drawn

    def __call__(self, k: int) -> npt.NDArray[np.float64]:
        first, self._drawn = self._drawn, self._drawn + k
        return uniform(self._stream, self._indices, first, k)

    @property
    def pictures(self) -> int:
        """For how many pictures it draws."""
        return len(self._indices)

    def apart(self) -> npt.NDArray[np.float64]:
        """N numbers that `draw` never comes to."""
        return uniform(self._stream, self._indices, _APART, 1)[:, 0]

    def of(self, places: Indices) -> Draws:
        """The same numbers from here on, for some of the pictures."""
        return Draws(self._stream, self._indices[places], self._drawn)


@dataclass(frozen=True, slots=True)
class Mixed:
    """Pictures mixed with others: `other` int64 N says which row each was mixed with, `share` float32 N how much of
    the picture itself is left (1 where nothing was mixed in)."""

    pixels: Pixels
    other: Indices
    share: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Augmenter:
    """The augmentations of a project that are switched on, in their order: `steps` change pictures one by one, and
    `mixers` then mix them with one another."""

    steps: tuple[Step, ...] = ()
    mixers: tuple[Step, ...] = ()

    @classmethod
    def of(cls, chosen: Sequence[Chosen]) -> Augmenter:
        """Raises `Problem` with every augmentation that is unknown or has a parameter that does not fit."""
        steps: list[Step] = []
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
            times[one.id] = times.get(one.id, 0) + 1  # counts those switched off too: the others keep their numbers
            if values.on and values.chance > 0:
                steps.append((declaration, values, f"{one.id}#{times[one.id]}"))
        if problems:
            raise Problem(*problems)
        return cls(tuple(s for s in steps if s[0].mix is None), tuple(s for s in steps if s[0].mix is not None))

    def apply(self, batch: Pixels, indices: Indices, seed: int, epoch: int) -> Pixels:
        """uint8 N × H × W × C, changed for this epoch. The same augmentation chosen twice draws twice."""
        for declaration, values, name in self.steps:
            draws = Draws(key(seed, epoch, name), indices)
            places = _chosen(declaration, values, draws)
            if declaration.apply is None or not len(places):
                continue
            if len(places) == len(batch):
                batch = declaration.apply(values, batch, draws)
                continue
            changed = declaration.apply(values, batch[places], draws.of(places))
            batch = batch.copy()  # what came in is the caller's
            batch[places] = changed
        return batch

    def mix(self, batch: Pixels, indices: Indices, seed: int, epoch: int) -> Mixed | None:
        """Each picture with at most one other of its batch, by the first mixer whose chance falls; None without mixers.

        Whom a picture meets follows from (seed, epoch) and who is in the batch: each meets the next in an order drawn
        for the epoch, and the last the first. Where one cannot be read, only the picture before it meets another.
        """
        if not self.mixers:
            return None
        partners = partners_of(indices, seed, epoch)
        share = np.ones(len(batch), np.float32)
        free = partners != np.arange(len(batch))  # a picture alone in its batch stays as it is
        out = batch
        for declaration, values, name in self.mixers:
            draws = Draws(key(seed, epoch, name), indices)
            wanted = np.zeros(len(batch), np.bool_)
            wanted[_chosen(declaration, values, draws)] = True
            places = np.flatnonzero(wanted & free)
            if declaration.mix is None or not len(places):
                continue
            mixed, share[places] = declaration.mix(values, batch[places], batch[partners[places]], draws.of(places))
            out = batch.copy() if out is batch else out
            out[places] = mixed
            free[places] = False
        return Mixed(out, partners, share)


def partners_of(indices: Indices, seed: int, epoch: int) -> Indices:
    """For each picture of a batch the place of the one it may be mixed with."""
    ring = np.argsort(hashes(key(seed, epoch, "partner"), indices), kind="stable")
    partners = np.empty(len(indices), np.int64)
    partners[ring] = np.roll(ring, -1)
    return partners


def _chosen(declaration: Augmentation, values: Values, draws: Draws) -> Indices:
    """The places of the pictures it is done to."""
    if declaration.chance_first:
        return np.flatnonzero(draws(1)[:, 0] < values.chance)
    if values.chance >= 1:
        return np.arange(draws.pictures, dtype=np.int64)
    return np.flatnonzero(draws.apart() < values.chance)
