"""Using a trained network: how good it is over a split, and its answer for any picture."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.catalogue.registry import METRICS
from workbench.core.diagnostic import Problem
from workbench.core.words import number
from workbench.training.batches import Network, Pictures
from workbench.training.device import choose
from workbench.training.metrics.evaluation import Evaluation
from workbench.training.metrics.tally import Tally
from workbench.training.objective import objective_of
from workbench.training.weights import give

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["BATCH", "Evaluation", "Prediction", "Predictor", "Tally", "evaluate", "predict"]

BATCH = 256


@dataclass(frozen=True, slots=True)
class Prediction:
    """The likeliest class and the share of each, in the order of the classes."""

    label: str
    scores: Mapping[str, float]


def evaluate(
    compiled: Network,
    state: Mapping[str, torch.Tensor],
    dataset: Pictures,
    split: str = "val",
    *,
    device: str = "auto",
    batch_size: int = BATCH,
    metrics: Collection[str] | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Evaluation:
    """Run trained weights over a split ("train", "val", "test" or "all") of labelled pictures.

    `metrics` are ids of what is counted beside loss and accuracy: all there are, if none are given.
    Raises `Problem` where the split is empty, the weights belong to another network, or it was cancelled.
    """
    import torch

    parts = ("train", "val", "test") if split == "all" else (split,)
    total = sum(len(getattr(dataset.splits, part)) for part in parts)
    if total == 0:
        raise Problem.of(
            "evaluate.empty",
            f"There are no pictures in the split “{split}”. Choose another one, or give it a share of the pictures.",
        )
    where, _notice = choose(device)
    module = load(compiled, state).to(where).eval()
    objective = objective_of(compiled.graph, dataset)
    tally, done = Tally(objective, len(dataset.classes), METRICS if metrics is None else metrics), 0

    def put(array: NDArray[Any]) -> torch.Tensor:
        return torch.from_numpy(array if array.flags.writeable else array.copy()).to(where)

    with torch.inference_mode():
        for batch in (b for part in parts for b in dataset.eval_batches(part, batch_size)):
            if cancelled is not None and cancelled():
                raise Problem.of("evaluate.cancelled", "The evaluation was cancelled.")
            outputs = module(*(put(array) for array in (batch.inputs, *getattr(batch, "more", ()))))
            targets = objective.targets(batch, put)
            objective.check_scores(outputs, len(dataset.classes), targets)
            tally.add(outputs, targets)
            done += len(batch.labels)
            if progress is not None:
                progress(done, total)
    loss, accuracy, confusion = tally.result()
    classes = objective.main.names or tuple(dataset.classes)
    right = accuracy if objective.counts_right else float("nan")
    return Evaluation(split, classes, done, right, loss, confusion, tally.outputs(), tally.main)


def predict(
    compiled: Network,
    state: Mapping[str, torch.Tensor],
    network_input: NDArray[np.float32],
    classes: Iterable[str],
    *,
    device: str = "cpu",
) -> tuple[Prediction, ...]:
    """The network's answer for each picture of `network_input` (float32 N × C × H × W from `Dataset.network_input`)."""
    return Predictor(compiled, state, classes, device=device)(network_input)


class Predictor:
    """A trained network that answers for pictures; built once, asked often."""

    def __init__(
        self, compiled: Network, state: Mapping[str, torch.Tensor], classes: Iterable[str], *, device: str = "cpu"
    ) -> None:
        self.classes = tuple(classes)
        self._device, _notice = choose(device)
        self._module = load(compiled, state).to(self._device).eval()
        self._objective = objective_of(compiled.graph)

    def __call__(self, network_input: NDArray[np.float32]) -> tuple[Prediction, ...]:
        """Raises `Problem` where the picture's size or the number of classes does not fit the network."""
        import torch

        if len(network_input) == 0:
            return ()
        with torch.inference_mode():
            try:
                scores = self._module(torch.from_numpy(np.ascontiguousarray(network_input)).to(self._device))
            except RuntimeError as error:
                shape = " × ".join(number(n) for n in network_input.shape[1:])
                raise Problem.of(
                    "predict.shape",
                    f"The network cannot take pictures of {shape}. Prepare them at the size of its input.",
                    details=repr(error),
                ) from error
            self._objective.check_scores(scores, len(self.classes))
            shares = self._objective.probabilities(scores.float()).cpu().numpy()
        return tuple(
            Prediction(self.classes[int(row.argmax())], dict(zip(self.classes, row.tolist(), strict=True)))
            for row in shares
        )


def load(compiled: Network, state: Mapping[str, torch.Tensor]) -> nn.Module:
    """The network with trained weights. Raises `Problem` where they belong to another network."""
    module = compiled.module(0)
    give(module, state, whole=True)
    return module
