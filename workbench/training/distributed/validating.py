"""Validation by several processes: each answers for its part, the leading one counts, all hear what came out."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Generator
from typing import TYPE_CHECKING

from workbench.document.project import Recipe
from workbench.training.batches import Batch, Pictures
from workbench.training.course.best import Figures
from workbench.training.course.validating import Validation
from workbench.training.distributed.ranks import Ranks
from workbench.training.messages import Validating
from workbench.training.objectives.targets import Targets
from workbench.training.steps.modes import evaluating

if TYPE_CHECKING:
    import torch

    from workbench.training.learner import Learner
    from workbench.training.objective import Objective


class DistributedValidation(Validation):
    """One pass over the validation samples, in as many rounds in every process; `dataset` gives each its part."""

    def __init__(self, dataset: Pictures, recipe: Recipe, learner: Learner, objective: Objective, ranks: Ranks) -> None:
        super().__init__(dataset, recipe, learner, objective)
        self._ranks = ranks

    def batches(self, epoch: int) -> Generator[Validating, None, None]:
        done, ranks = 0, self._ranks
        given = self._dataset.eval_batches("val", self._size)
        with evaluating(self._learner.judged), contextlib.closing(given):
            upcoming: Batch | None = next(given, None)
            last = upcoming
            for number in range(-(-self.samples // (self._size * ranks.size))):
                own = upcoming if upcoming is not None and upcoming.step == number else None
                if own is not None:
                    last, upcoming = own, next(given, None)
                for answered in ranks.from_all(self._answers(own, last)):
                    done += self._count(answered)
                yield Validating(epoch, done, self.samples)

    def figures(self, train_loss: float | None = None) -> Figures:
        found = super().figures(train_loss) if self._ranks.leads else Figures()
        told = {"loss": found.loss, "accuracy": found.accuracy, "metrics": dict(found.metrics), "train": train_loss}
        line = json.loads(self._ranks.from_leader(json.dumps(told).encode()))
        return Figures(line["loss"], line["accuracy"], line["metrics"], found.confusion, line["train"])

    def _answers(self, own: Batch | None, stand_in: Batch | None) -> bytes:
        """The answers for a batch and what they are held against; empty where there is none.

        A network in parts is run by all processes or by none: who has no samples runs it on some that do not count.
        """
        import torch
        from safetensors.torch import save

        batch = own if own is not None else stand_in
        if batch is None:
            return b""
        learner, objective = self._learner, self._objective
        with torch.inference_mode():
            answers = objective.answers(learner.judge(batch))
            held = objective.targets(batch, learner.put)
        if own is None:
            return b""
        named = {f"answer {k}": _plain(t) for k, t in enumerate(answers)}
        packed: bytes = save(named | {f"target {k}": _plain(t) for k, t in enumerate(held.each)})
        return packed

    def _count(self, answered: bytes) -> int:
        """Take in what a process answered; gives for how many samples."""
        import torch
        from safetensors.torch import load

        if not answered:
            return 0
        found = load(answered)
        answers, targets = (
            tuple(found[f"{what} {k}"] for k in range(len(self._objective.goals))) for what in ("answer", "target")
        )
        if self._ranks.leads:
            with torch.inference_mode():
                self._tally.add(answers, Targets(targets))
        return len(targets[0])


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().cpu().contiguous().clone()
