"""How good a network is: accuracy, loss, confusion, precision and recall a class; and its answer for any picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.diagnostic import Problem
from workbench.core.words import number
from workbench.training.batches import Network, Pictures
from workbench.training.device import choose
from workbench.training.objective import Objective, objective_of
from workbench.training.weights import give

if TYPE_CHECKING:
    import torch
    from torch import nn

BATCH = 256


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What came out over a split of `pictures` pictures.

    `confusion[i, j]` counts pictures of class i taken for class j (int64 K × K). `precision[k]` is the share of right
    answers among all answers k, `recall[k]` among all pictures of class k; NaN where there were none. `loss` is the
    mean of the objective.
    """

    split: str
    classes: tuple[str, ...]
    pictures: int
    accuracy: float
    loss: float
    confusion: NDArray[np.int64]

    @property
    def support(self) -> tuple[int, ...]:
        """Pictures a class."""
        return tuple(int(n) for n in self.confusion.sum(1))

    @property
    def precision(self) -> tuple[float, ...]:
        return _shares(self.confusion.diagonal(), self.confusion.sum(0))

    @property
    def recall(self) -> tuple[float, ...]:
        return _shares(self.confusion.diagonal(), self.confusion.sum(1))

    def as_json(self) -> dict[str, Any]:
        """The object `workbench evaluate --json` prints; a share without a whole is null."""
        return {
            "split": self.split,
            "pictures": self.pictures,
            "accuracy": self.accuracy,
            "loss": self.loss,
            "classes": list(self.classes),
            "support": list(self.support),
            "precision": [None if np.isnan(v) else v for v in self.precision],
            "recall": [None if np.isnan(v) else v for v in self.recall],
            "confusion": self.confusion.tolist(),
        }


@dataclass(frozen=True, slots=True)
class Prediction:
    """The likeliest class and the share of each, in the order of the classes."""

    label: str
    scores: Mapping[str, float]


class Tally:
    """Adds up batches of answers on the device and reads them once at the end."""

    def __init__(self, objective: Objective, classes: int) -> None:
        self.objective = objective
        self.classes = classes
        self._losses: list[torch.Tensor] = []
        self._answers: list[torch.Tensor] = []
        self._labels: list[NDArray[np.int64]] = []

    def add(self, scores: torch.Tensor, labels: torch.Tensor, own: NDArray[np.int64]) -> None:
        """Take a batch's scores and labels (`own`: the same labels as they came, off the device)."""
        self._losses.append(self.objective.loss(scores, labels) * len(own))
        self._answers.append(scores.argmax(1))
        self._labels.append(own)

    def result(self) -> tuple[float, float, NDArray[np.int64]]:
        """(mean loss, accuracy, confusion); the loss is NaN and the accuracy 0 where nothing was added."""
        import torch

        confusion = np.zeros((self.classes, self.classes), dtype=np.int64)
        if not self._labels:
            return float("nan"), 0.0, confusion
        labels = np.concatenate(self._labels)
        answers = torch.cat(self._answers).cpu().numpy()
        np.add.at(confusion, (labels, answers), 1)
        loss = float(torch.stack(self._losses).cpu().double().sum()) / len(labels)
        return loss, float((labels == answers).mean()), confusion


def evaluate(
    compiled: Network,
    state: Mapping[str, torch.Tensor],
    dataset: Pictures,
    split: str = "val",
    *,
    device: str = "auto",
    batch_size: int = BATCH,
    progress: Callable[[int, int | None], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Evaluation:
    """Run trained weights over a split ("train", "val", "test" or "all") of labelled pictures.

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
    objective = objective_of(compiled.graph)
    tally, done = Tally(objective, len(dataset.classes)), 0
    with torch.inference_mode():
        for batch in (b for part in parts for b in dataset.eval_batches(part, batch_size)):
            if cancelled is not None and cancelled():
                raise Problem.of("evaluate.cancelled", "The evaluation was cancelled.")
            scores = module(torch.from_numpy(batch.inputs).to(where))
            objective.check_scores(scores, len(dataset.classes))
            tally.add(scores, torch.from_numpy(batch.labels).to(where), batch.labels)
            done += len(batch.labels)
            if progress is not None:
                progress(done, total)
    loss, accuracy, confusion = tally.result()
    return Evaluation(split, tuple(dataset.classes), done, accuracy, loss, confusion)


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


def _shares(part: NDArray[np.int64], whole: NDArray[np.int64]) -> tuple[float, ...]:
    return tuple(float(p) / float(w) if w else float("nan") for p, w in zip(part, whole, strict=True))
