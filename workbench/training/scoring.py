"""What a trained network says of each sample: how wrong it is, how sure, and which class it takes it for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.training.batches import Batch
from workbench.training.objective import Objective

if TYPE_CHECKING:
    import torch
    from torch import nn

Answers = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]
"""(loss, confidence, predicted) of N samples: float32, float32 and int32."""


def unknown(count: int) -> Answers:
    """The answers before anything was asked: NaN, NaN and -1."""
    return np.full(count, np.nan, np.float32), np.full(count, np.nan, np.float32), np.full(count, -1, np.int32)


def score(
    module: nn.Module,
    objective: Objective,
    batches: Iterable[Batch],
    classes: int,
    into: Answers,
    *,
    device: torch.device,
    progress: Callable[[int], None],
) -> None:
    """Fill in the answers for the samples of some batches, at their indices; samples that cannot be read stay unknown.

    The loss is that of all outputs together. The confidence is the probability of the answer (of a margin loss: its
    share in a softmax); it and the answer stay unknown where no output tells the samples' classes apart. `progress` is
    called with the samples done by each batch and may raise. Raises `Problem` where the network's scores do not fit.
    """
    import torch

    loss, confidence, predicted = into
    tells_classes = objective.main.kind == "classes" and objective.main.target == "label"

    def put(array: NDArray[Any]) -> torch.Tensor:
        return torch.from_numpy(array if array.flags.writeable else array.copy()).to(device)

    with torch.inference_mode():
        for batch in batches:
            outputs = module(*(put(array) for array in (batch.inputs, *getattr(batch, "more", ()))))
            targets = objective.targets(batch, put)
            objective.check_scores(outputs, classes, targets)
            answers = tuple(answer.float() for answer in objective.answers(outputs))
            loss[batch.indices] = objective.each(answers, targets).cpu().numpy()
            if tells_classes:
                best, answered = objective.probabilities(answers).max(1)
                confidence[batch.indices] = best.cpu().numpy()
                predicted[batch.indices] = answered.cpu().numpy()
            progress(len(batch.labels))
