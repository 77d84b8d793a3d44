"""Adding up a network's answers over many batches: the loss, the accuracy, the metrics of every output."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.document.project import Recipe
from workbench.training.metrics.gathering import Judged, gather
from workbench.training.objective import Objective, Targets

if TYPE_CHECKING:
    import torch

    from workbench.training.objective import Outputs


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """What came out for one output: its `node`, the `names` of its classes, labels or columns (empty where nobody named
    them), its mean `loss` without its weight, and what was `judged` of it."""

    node: str | None
    names: tuple[str, ...]
    loss: float
    judged: Judged


class Tally:
    """Takes batches of answers as they are on the device and reads them once at the end.

    `metrics` are ids or keys of what is to be counted beside the accuracy ("f1", "val_f1"); those that do not apply to
    an output are passed over. `classes` is how many classes or labels there are where a goal names none.
    """

    def __init__(self, objective: Objective, classes: int, metrics: Collection[str] = ()) -> None:
        self.objective = objective
        self.classes = classes
        wanted = tuple(key.partition(".")[0].removeprefix("val_") for key in metrics)
        self._gathered = [gather(goal, len(goal.names) or classes, wanted) for goal in objective.goals]
        self._losses: list[list[torch.Tensor]] = [[] for _ in objective.goals]
        self._whole: list[torch.Tensor] = []
        self._read: tuple[int, list[Judged]] | None = None
        self.samples = 0

    def add(self, outputs: Outputs, targets: Targets | torch.Tensor, own: NDArray[np.int64] | None = None) -> None:
        """Take what the network gives for a batch and what it is held against, on one device."""
        held = targets if isinstance(targets, Targets) else Targets((targets,))
        samples = len(held.each[0])
        self.samples += samples
        self._whole.append(self.objective.loss(outputs, held) * samples)
        if len(self._losses) > 1:
            for kept, loss in zip(self._losses, self.objective.losses(outputs, held), strict=True):
                kept.append(loss * samples)
        for gathering, answer, target in zip(self._gathered, self.objective.answers(outputs), held.each, strict=True):
            gathering.add(answer, target)

    @property
    def main(self) -> int:
        """The place of the output that accuracy and confusion are of."""
        return self.objective.goals.index(self.objective.main)

    def result(self) -> tuple[float, float, NDArray[np.int64]]:
        """(mean loss, accuracy, confusion) of the main output.

        The loss is NaN and the accuracy 0 where nothing was added; the accuracy is 0 and the confusion 0 × 0 where
        nothing can be right or wrong, or be taken for something else.
        """
        judged = self._judged()[self.main]
        confusion = judged.confusion if judged.confusion is not None else np.zeros((0, 0), np.int64)
        accuracy = judged.numbers.get("accuracy", float("nan"))
        return self._mean(self._whole), accuracy if np.isfinite(accuracy) else 0.0, confusion

    def outputs(self) -> tuple[Output, ...]:
        """What came out for each output, in their order."""
        parts = self._losses if len(self._losses) > 1 else [self._whole]
        return tuple(
            Output(goal.node, goal.names, self._mean(losses), judged)
            for goal, losses, judged in zip(self.objective.goals, parts, self._judged(), strict=True)
        )

    def metrics(self) -> dict[str, float]:
        """What was counted beside loss and accuracy, by key: "val_f1" of the main output, "val_f1.output_2" of another
        one, which has its loss and accuracy there too. What has no meaning (NaN) is left out."""
        found: dict[str, float] = {}
        for place, output in enumerate(self.outputs()):
            numbers = dict(output.judged.numbers)
            if len(self._losses) > 1:
                found[f"val_loss.{output.node}"] = output.loss
            if place == self.main:
                numbers.pop("accuracy", None)
            where = "" if place == self.main else f".{output.node}"
            found |= {f"val_{id}{where}": value for id, value in numbers.items()}
        return {key: value for key, value in found.items() if not np.isnan(value)}

    def _judged(self) -> list[Judged]:
        if self._read is None or self._read[0] != self.samples:
            self._read = self.samples, [gathering.judged() for gathering in self._gathered]
        return self._read[1]

    def _mean(self, parts: list[torch.Tensor]) -> float:
        import torch

        return float(torch.stack(parts).cpu().double().sum()) / self.samples if parts else float("nan")


def wanted(recipe: Recipe) -> tuple[str, ...]:
    """What a run counts of the validation samples: the recipe's metrics, and what its best epoch is told by."""
    return tuple(dict.fromkeys((*recipe.metrics, *(() if recipe.watch == "auto" else (recipe.watch,)))))
