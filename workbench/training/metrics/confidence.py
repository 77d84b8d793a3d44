"""Whether a network is as sure as it is right: the calibration error and the reliability diagram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

GROUPS = 15
"""Groups of equal width (Guo et al. 2017)."""


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Answers in groups of equal width by confidence, those without any left out: their mean `confidence`, the share
    that is right (`accuracy`, both float64 G) and how many there are (`counts`, int64 G). `error` is the mean distance
    of the two, weighted by the counts: the expected calibration error."""

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    counts: NDArray[np.int64]
    error: float


class Confidences:
    """The confidence of each answer and whether it was right: five bytes a sample."""

    def __init__(self) -> None:
        self._confidences: list[torch.Tensor] = []
        self._right: list[torch.Tensor] = []

    def add(self, confidences: torch.Tensor, right: torch.Tensor) -> None:
        """Take the probabilities of the answers of a batch (float N) and whether they are right (bool N)."""
        self._confidences.append(confidences.float())
        self._right.append(right)

    def reliability(self) -> Reliability:
        """The diagram of all answers; empty, with an error of NaN, where there are none."""
        import torch
        from sklearn.calibration import calibration_curve
        from torchmetrics.functional.classification import binary_calibration_error

        if not self._confidences:
            return Reliability(np.empty(0), np.empty(0), np.empty(0, np.int64), float("nan"))
        confidences = torch.cat(self._confidences).cpu().clamp(0.0, 1.0)
        right = torch.cat(self._right).cpu()
        error = binary_calibration_error(confidences, right.long(), n_bins=GROUPS, norm="l1", validate_args=False)
        values = confidences.double().numpy()
        edges = np.linspace(0.0, 1.0, GROUPS + 1)
        counts = np.bincount(np.searchsorted(edges[1:-1], values), minlength=GROUPS)  # as the curve sorts them
        accuracy, confidence = calibration_curve(right.numpy(), values, n_bins=GROUPS, strategy="uniform")
        return Reliability(confidence, accuracy, counts[counts > 0].astype(np.int64), float(error))
