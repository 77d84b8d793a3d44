"""What the preparation page shows of one picture, worked out beside the window's thread. No Qt in here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.project import Chosen

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.data.variants import Variant

log = logging.getLogger(__name__)

Pixels = NDArray[np.uint8]

TIMES = 16
"""How often the picture is shown augmented."""

_LONGEST = 720
"""Pixels kept of an original's longer side: more than any window shows of it here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The picture `i` under a list of augmentations, as a run with this seed shows it in its first epochs."""

    dataset: Dataset
    i: int
    chosen: tuple[Chosen, ...]
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Original:
    """A picture as it is: uint8 h × w × 3, made smaller for the screen; `size` is its true (height, width), and
    `window` the part that is kept (top, left, height, width), in shares of its sides."""

    i: int
    path: str
    label: str
    pixels: Pixels
    size: tuple[int, int]
    window: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """All that is shown. `network` is uint8 H × W × C, made of the very numbers the network gets; `range` are the least
    and the greatest of these. `problem` says why something is missing."""

    asked: Asked
    original: Original | None = None
    network: Pixels | None = None
    range: tuple[float, float] = (0.0, 0.0)
    variants: tuple[Variant, ...] = ()
    problem: Diagnostic | None = None


@dataclass(slots=True)
class Looker:
    """Works requests out. Keeps the last original, so that a slider under way does not decode it anew."""

    _last: tuple[tuple[Any, ...], Original] | None = field(default=None)

    def __call__(self, asked: Asked, stale: Callable[[], bool]) -> Looks:
        from workbench.data.variants import variants

        original, network, ends, shown = None, None, (0.0, 0.0), []
        try:
            original = self._original(asked)
            given = asked.dataset.network_input([asked.i])
            network, ends = (
                unscaled(given, asked.dataset.mean, asked.dataset.std),
                (float(given.min()), float(given.max())),
            )
            for variant in variants(asked.dataset, asked.chosen, asked.i, asked.seed, range(TIMES)):
                shown.append(variant)
                if stale():
                    break
        except Problem as problem:
            return Looks(asked, original, network, ends, tuple(shown), problem.diagnostics[0])
        except (OSError, ValueError) as reason:  # the data set was closed meanwhile: another one is on its way
            log.info("The picture %d could not be looked at: %s", asked.i, reason)
        return Looks(asked, original, network, ends, tuple(shown))

    def _original(self, asked: Asked) -> Original:
        dataset, i = asked.dataset, asked.i
        own = (dataset.fingerprint, i, dataset.size, dataset.settings.fit)
        if self._last is None or self._last[0] != own:
            whole = dataset.original(i)
            step = -(-max(whole.shape[:2]) // _LONGEST)
            window = kept_window(whole.shape[0], whole.shape[1], dataset.size, dataset.settings.fit)
            item = dataset.index.items[i]
            label = dataset.index.classes[item.label] if item.label >= 0 else ""
            smaller = np.ascontiguousarray(whole[::step, ::step]) if step < 2 else _halved(whole, step)
            self._last = own, Original(i, item.path, label, smaller, (whole.shape[0], whole.shape[1]), window)
        return self._last[1]


def unscaled(given: NDArray[np.float32], mean: NDArray[np.float32], std: NDArray[np.float32]) -> Pixels:
    """The network's numbers (1 × C × H × W) turned back into a picture, uint8 H × W × C."""
    back = given[0].transpose(1, 2, 0) * std + mean
    pixels: Pixels = np.clip(np.rint(back * 255), 0, 255).astype(np.uint8)
    return pixels


def kept_window(height: int, width: int, size: tuple[int, int], fit: str) -> tuple[float, float, float, float]:
    """The part of a picture that the network sees (top, left, height, width), in shares of its sides."""
    from workbench.data.decoding.fit import crop_window

    if fit != "crop":
        return 0.0, 0.0, 1.0, 1.0
    top, left, h, w = crop_window(height, width, size)
    return top / height, left / width, h / height, w / width


def _halved(picture: Pixels, step: int) -> Pixels:
    """Each square of `step` pixels by its mean."""
    h, w = picture.shape[0] // step * step, picture.shape[1] // step * step
    squares = picture[:h, :w].reshape(h // step, step, w // step, step, picture.shape[2])
    mean: Pixels = squares.mean(axis=(1, 3)).astype(np.uint8)
    return mean
