"""Looking at the validation samples with the network as it stands; nothing of the run changes by it."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import TYPE_CHECKING

from workbench.document.project import Recipe
from workbench.training.batches import Pictures
from workbench.training.course.best import Figures
from workbench.training.evaluate import BATCH
from workbench.training.messages import Validating
from workbench.training.metrics.tally import Tally, wanted
from workbench.training.steps.modes import evaluating

if TYPE_CHECKING:
    from workbench.training.learner import Learner
    from workbench.training.objective import Objective


class Validation:
    """One pass over the validation samples. `objective` is that of the run without class weights: as `evaluate` counts.

    Evaluation changes neither weights nor statistics, and draws no random numbers that a step would (each step seeds
    its own), so that a run goes on to the same bits, whenever it is validated.
    """

    def __init__(self, dataset: Pictures, recipe: Recipe, learner: Learner, objective: Objective) -> None:
        self._dataset = dataset
        self._size = min(BATCH, recipe.batch_size)
        self._learner = learner
        self._objective = objective
        self._tally = Tally(objective, len(dataset.classes), wanted(recipe))
        self.samples = len(dataset.splits.val)

    def batches(self, epoch: int) -> Generator[Validating]:
        """Take them all in; `epoch` (from 1) is only told."""
        import torch

        if not self.samples:
            return
        learner, done = self._learner, 0
        batches = self._dataset.eval_batches("val", self._size)
        with evaluating(learner.judged), contextlib.closing(batches):
            for batch in batches:
                with torch.inference_mode():
                    self._tally.add(learner.judge(batch), self._objective.targets(batch, learner.put))
                done += len(batch.labels)
                yield Validating(epoch, done, self.samples)

    def figures(self, train_loss: float | None = None) -> Figures:
        """What came out; nothing of validation where there are no samples for it."""
        if not self.samples:
            return Figures(train_loss=train_loss)
        loss, accuracy, confusion = self._tally.result()
        right = accuracy if self._objective.counts_right else None
        return Figures(loss, right, self._tally.metrics(), confusion if confusion.size else None, train_loss)
