"""How near answered numbers are to the right ones: mean errors and the variance explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

FIRST = 256
"""Samples from whose targets the unit is taken in which the variance is measured."""


class Amounts:
    """ "mae", "rmse" and "r2" by torchmetrics, which keeps a few sums for each number of an answer.

    R² does not change with the unit; but its sums lose their digits far from 0, and torchmetrics takes for nothing what
    is below 1e-4. So it is measured from the mean of the first targets, in their standard deviation.
    """

    def __init__(self) -> None:
        import torch
        from torchmetrics.regression import MeanAbsoluteError, MeanSquaredError, R2Score

        self._mae: Any = MeanAbsoluteError().set_dtype(torch.float64)
        self._rmse: Any = MeanSquaredError(squared=False).set_dtype(torch.float64)
        self._r2: Any = R2Score(multioutput="variance_weighted").set_dtype(torch.float64)
        self._samples = 0
        self._first: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._unit: tuple[torch.Tensor, torch.Tensor] | None = None

    def add(self, answers: torch.Tensor, targets: torch.Tensor) -> None:
        """Take a batch of answers and targets, both N × … of one shape."""
        given, wanted = (t.detach().cpu().double().reshape(len(t), -1) for t in (answers, targets))
        self._samples += len(wanted)
        self._mae.update(given, wanted)
        self._rmse.update(given, wanted)
        self._first.append((given, wanted))
        if self._unit is not None or self._samples >= FIRST:
            self._explain()

    def numbers(self) -> dict[str, float]:
        """The three; NaN where nothing was added, R² where there was a single sample."""
        nan = float("nan")
        if not self._samples:
            return {"mae": nan, "rmse": nan, "r2": nan}
        self._explain()
        r2 = float(self._r2.compute()) if self._samples > 1 else nan
        return {"mae": float(self._mae.compute()), "rmse": float(self._rmse.compute()), "r2": r2}

    def _explain(self) -> None:
        """Hand what has come to R², in its unit."""
        import torch

        if self._unit is None:
            wanted = torch.cat([targets for _answers, targets in self._first])
            deviation = (wanted - wanted.mean(0)).pow(2).mean().sqrt()
            self._unit = wanted.mean(0), torch.where(deviation > 0, deviation, 1.0)
        mean, deviation = self._unit
        for given, wanted in self._first:
            self._r2.update((given - mean) / deviation, (wanted - mean) / deviation)
        self._first.clear()
