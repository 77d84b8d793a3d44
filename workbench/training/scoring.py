"""What a trained network says of each sample: how wrong it is, how sure, and which class it takes it for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

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

    The confidence is the probability of the answer (of a margin loss: its share in a softmax). `progress` is called
    with the samples done by each batch and may raise. Raises `Problem` where the network's scores do not fit.
    """
    import torch

    loss, confidence, predicted = into
    each = _each(objective.criterion)
    with torch.inference_mode():
        for batch in batches:
            scores = module(torch.from_numpy(batch.inputs).to(device))
            objective.check_scores(scores, classes)
            labels = torch.from_numpy(batch.labels).to(device)
            best, answers = objective.probabilities(scores.float()).max(1)
            loss[batch.indices] = each(scores.float(), labels).cpu().numpy()
            confidence[batch.indices] = best.cpu().numpy()
            predicted[batch.indices] = answers.cpu().numpy()
            progress(len(batch.labels))


def _each(criterion: nn.Module) -> nn.Module:
    """The same loss, of every sample instead of their mean."""
    import copy

    own = copy.copy(criterion)
    own.reduction = "none"  # type: ignore[assignment]  # all losses of torch have it
    return own
