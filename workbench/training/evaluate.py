"""Using a trained network: how good it is over a split, and its answer for any picture."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.catalogue.registry import METRICS
from workbench.core.diagnostic import Problem
from workbench.core.words import number
from workbench.data.targets.against import Kept
from workbench.data.targets.several import NONE
from workbench.training.batches import Network, Pictures
from workbench.training.device import choose
from workbench.training.metrics.evaluation import Evaluation
from workbench.training.metrics.tally import Tally
from workbench.training.objective import Goal, Known, objective_of
from workbench.training.weights import give

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["BATCH", "Evaluation", "Prediction", "Predictor", "Tally", "evaluate", "predict"]

BATCH = 256


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer of the main output in a few words, and its numbers by name: the likeliest class and the share of each;
    the labels found and the probability of each; or values in their columns' units. `kind` is that of the goal.

    `others` are the answers of the further outputs, by node. `given_back` is what an output that is held against what
    came in gave (float32, a sample's shape), which has no names.
    """

    label: str
    scores: Mapping[str, float]
    kind: str = "classes"
    others: Mapping[str, Prediction] = field(default_factory=lambda: MappingProxyType({}))
    given_back: NDArray[np.float32] | None = field(default=None, compare=False)


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
    asked_for = _worth_counting(objective.main, len(dataset.classes)) if metrics is None else metrics
    tally, done = Tally(objective, len(dataset.classes), asked_for), 0
    indices: list[NDArray[np.int64]] = []

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
            indices.append(batch.indices)
            done += len(batch.labels)
            if progress is not None:
                progress(done, total)
    loss, accuracy, confusion = tally.result()
    classes = objective.main.names or tuple(dataset.classes)
    right = accuracy if objective.counts_right else float("nan")
    asked = np.concatenate(indices) if indices else np.empty(0, np.int64)
    return Evaluation(split, classes, done, right, loss, confusion, tally.outputs(), tally.main, asked)


def _worth_counting(goal: Goal, classes: int) -> tuple[str, ...]:
    """All metrics, without those that are 1 whatever is answered: a place among more than there are."""
    there = len(goal.names) or classes
    return tuple(id for id in METRICS if not (id.startswith("top_") and int(id.removeprefix("top_")) >= there))


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
        self,
        compiled: Network,
        state: Mapping[str, torch.Tensor],
        classes: Iterable[str],
        *,
        device: str = "cpu",
        held_against: tuple[Kept, ...] = (),
    ) -> None:
        """`held_against` is what the run kept of its outputs' targets."""
        self.classes = tuple(classes)
        self._device, _notice = choose(device)
        self._module = load(compiled, state).to(self._device).eval()
        self._objective = objective_of(compiled.graph, Known(self.classes, held_against))

    def __call__(self, network_input: NDArray[np.float32], *more: NDArray[Any]) -> tuple[Prediction, ...]:
        """The answers for samples as each of the network's inputs takes them, N first.

        Raises `Problem` where the picture's size or the number of classes does not fit the network.
        """
        import torch

        if len(network_input) == 0:
            return ()
        with torch.inference_mode():
            try:
                given = (torch.from_numpy(np.ascontiguousarray(one)) for one in (network_input, *more))
                outputs = self._module(*(one.to(self._device) for one in given))
            except RuntimeError as error:
                shape = " × ".join(number(n) for n in network_input.shape[1:])
                raise Problem.of(
                    "predict.shape",
                    f"The network cannot take pictures of {shape}. Prepare them at the size of its input.",
                    details=repr(error),
                ) from error
            self._objective.check_scores(outputs, len(self.classes))
            answers = [answer.float() for answer in self._objective.answers(outputs)]
            readings = [one.cpu().numpy() for one in self._objective.readings(tuple(answers))]
        return tuple(self._prediction(rows) for rows in zip(*readings, strict=True))

    def _prediction(self, rows: tuple[NDArray[np.float32], ...]) -> Prediction:
        """What all outputs say of one sample."""
        goals, main = self._objective.goals, self._objective.main
        said = {goal.node or "": _answer(goal, row) for goal, row in zip(goals, rows, strict=True)}
        first = said.pop(main.node or "")
        return replace(first, others=MappingProxyType(said)) if said else first


def _answer(goal: Goal, reading: NDArray[np.float32]) -> Prediction:
    if goal.target == "input":
        return Prediction("", MappingProxyType({}), goal.kind, given_back=reading)
    return said_of(goal.kind, goal.names or tuple(str(k) for k in range(1, reading.size + 1)), reading)


def said_of(kind: str, names: Sequence[str], reading: NDArray[np.float32]) -> Prediction:
    """What one output says of one sample, given its reading (see `Goal.readings`)."""
    scores = dict(zip(names, reading.tolist(), strict=True))
    if kind == "classes":
        label = names[int(reading.argmax())]
    elif kind == "labels":
        label = "; ".join(name for name, share in scores.items() if share > 0.5) or NONE
    else:
        label = ", ".join(f"{name} {value:.6g}" for name, value in scores.items())
    return Prediction(label, scores, kind)


def load(compiled: Network, state: Mapping[str, torch.Tensor]) -> nn.Module:
    """The network with trained weights. Raises `Problem` where they belong to another network."""
    module = compiled.module(0)
    give(module, state, whole=True)
    return module
