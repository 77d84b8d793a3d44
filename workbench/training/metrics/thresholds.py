"""Hits against false alarms over all thresholds, from scores that are only counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

STEPS = 2048
LOWEST, HIGHEST = -40.0, 40.0
"""The log-odds the steps lie between; scores beyond them count as equal."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A receiver operating characteristic: `false_alarms` and `hits` (float64, both rising from 0 to 1) and the `area`
    below. Empty with an area of NaN where there were only samples of one side."""

    false_alarms: NDArray[np.float64]
    hits: NDArray[np.float64]
    area: float


class ScoreCounts:
    """How often each class got a score of each step, for its own samples and for all: 2 × K × `STEPS` numbers.

    Memory does not grow with the samples. Scores in one step count as equal, so that an area differs from the exact one
    by half of the pairs that share a step at most.
    """

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self._all: torch.Tensor | None = None
        self._own: torch.Tensor | None = None

    def add(self, odds: torch.Tensor, belongs: torch.Tensor) -> None:
        """Count log-odds (float N × K) of samples; `belongs` says of which class each is (int64 N), or whether it has
        each label (bool N × K)."""
        import torch

        if odds.device.type not in ("cpu", "cuda"):  # the others cannot add whole numbers into places
            odds, belongs = odds.cpu(), belongs.cpu()
        if self._all is None or self._own is None:
            self._all, self._own = (
                torch.zeros(self.classes * STEPS, dtype=torch.int32, device=odds.device) for _ in range(2)
            )
        scaled = (odds.float() - LOWEST) * (STEPS / (HIGHEST - LOWEST))
        steps = torch.nan_to_num(scaled, nan=0.0, posinf=STEPS, neginf=0.0).clamp(0, STEPS - 1).long()
        places = steps + torch.arange(self.classes, device=odds.device) * STEPS
        own = places[belongs] if belongs.dtype == torch.bool else places.gather(1, belongs[:, None])
        for counts, found in ((self._all, places), (self._own, own)):
            flat = found.reshape(-1)
            counts.scatter_add_(0, flat, torch.ones_like(flat, dtype=torch.int32))

    def curves(self) -> tuple[Curve, ...]:
        """The curve of each class against all others."""
        if self._all is None or self._own is None:
            return tuple(_nothing() for _ in range(self.classes))
        shape = (self.classes, STEPS)
        every, own = (c.cpu().numpy().astype(np.int64).reshape(shape) for c in (self._all, self._own))
        return tuple(_curve(mine, rest) for mine, rest in zip(own, every - own, strict=True))


def mean_area(curves: tuple[Curve, ...]) -> float:
    """The mean area of those classes that have one; NaN where none has."""
    areas = [curve.area for curve in curves if not np.isnan(curve.area)]
    return float(np.mean(areas)) if areas else float("nan")


def log_odds(logs: torch.Tensor) -> torch.Tensor:
    """log(p / (1 - p)) of the logarithms of probabilities that add up to 1 (float N × K), exact at both ends.

    Where p is near 1, the probabilities of the other classes are added up instead of taking p from 1.
    """
    import torch

    shares = logs.exp()
    top = shares.argmax(1, keepdim=True)
    others = shares.scatter(1, top, 0.0).sum(1, keepdim=True)
    return (logs - torch.log1p(-shares)).scatter(1, top, logs.gather(1, top) - others.log())


def _curve(own: NDArray[np.int64], rest: NDArray[np.int64]) -> Curve:
    from sklearn.metrics import auc, roc_curve

    mine, others = own.nonzero()[0], rest.nonzero()[0]
    if not len(mine) or not len(others):
        return _nothing()
    is_own = np.concatenate((np.ones(len(mine), np.int64), np.zeros(len(others), np.int64)))
    false_alarms, hits, _thresholds = roc_curve(
        is_own, np.concatenate((mine, others)), sample_weight=np.concatenate((own[mine], rest[others]))
    )
    return Curve(false_alarms, hits, float(auc(false_alarms, hits)))


def _nothing() -> Curve:
    return Curve(np.empty(0), np.empty(0), float("nan"))
