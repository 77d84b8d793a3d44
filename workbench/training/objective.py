"""What training makes small, taken from the graph's output node, and what the network's answers mean under it."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.catalogue.registry import LAYERS, LOSSES
from workbench.catalogue.values import check
from workbench.core.diagnostic import Fix, Problem
from workbench.document.graph import Graph

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

DEFAULT = "cross_entropy"


@dataclass(frozen=True, slots=True)
class Objective:
    """A loss with its node. `loss` and `correct` take scores (N × classes) and labels (N) on one device.

    Where pictures were mixed, they take the labels of those mixed in (`other`, N) and the `share` (float N) of the
    first label too.
    """

    id: str
    node: str | None
    criterion: torch.nn.Module
    last: str | None = None  # the node that feeds the output, where it has `units` to set

    def loss(
        self,
        scores: torch.Tensor,
        labels: torch.Tensor,
        other: torch.Tensor | None = None,
        share: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The mean loss of a batch, a scalar; of mixed pictures share · loss(label) + (1 - share) · loss(other)."""
        if other is None or share is None:
            result: torch.Tensor = self.criterion(scores, labels)
            return result
        each = copy(self.criterion)
        each.reduction = "none"  # type: ignore[assignment]
        mixed: torch.Tensor = share * each(scores, labels) + (1 - share) * each(scores, other)
        weight = getattr(self.criterion, "weight", None)
        if weight is None or self.id == "multi_margin":  # the margin's mean is over pictures, weighted or not
            return mixed.mean()
        weights: torch.Tensor = share * weight[labels] + (1 - share) * weight[other]
        return mixed.sum() / weights.sum()

    def weighted(self, weights: NDArray[np.float32], device: torch.device) -> Objective:
        """The same objective with a weight for each class (float32 K): the mean is over weights, so a class counts as
        much as its weights add up to. Raises `Problem` for an objective that takes none."""
        import torch

        if "weight" not in self.criterion._buffers:
            raise Problem.of(
                "training.class_weights",
                f"The objective {LOSSES[self.id].title} takes no class weights. Choose Cross-entropy in the Output "
                "node, or balanced sampling instead of weights.",
                node=self.node,
            )
        criterion = copy(self.criterion)
        criterion._buffers = {**criterion._buffers, "weight": torch.from_numpy(weights.copy()).to(device)}
        return replace(self, criterion=criterion)

    @staticmethod
    def correct(
        scores: torch.Tensor,
        labels: torch.Tensor,
        other: torch.Tensor | None = None,
        share: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """How many of the batch have the highest score at their label, a scalar that stays on the device.

        Of a mixed picture, at the label with the greater share (at its own where both have a half).
        """
        if other is not None and share is not None:
            labels = labels.where(share >= 0.5, other)
        return (scores.argmax(1) == labels).sum()

    def probabilities(self, scores: torch.Tensor) -> torch.Tensor:
        """Scores as shares that add up to 1 (for margins, a softmax: an order, no true probabilities)."""
        return scores.exp() if self.id == "nll" else scores.softmax(1)

    def check_scores(self, scores: object, classes: int) -> None:
        """Raises `Problem` where the network's answer cannot be held against the labels."""
        import torch

        if not isinstance(scores, torch.Tensor):
            raise Problem.of(
                "training.outputs",
                "The network gives several answers for a picture, and training holds one against the label. Keep one "
                "Output node.",
            )
        if scores.dim() != 2:
            words = " × ".join(str(n) for n in scores.shape[1:]) or "a single number"
            raise Problem.of(
                "training.scores",
                f"The network's answer for one picture is {words}, where one score a class belongs. Add Flatten and "
                f"Linear with {classes} units before the output.",
                node=self.node,
            )
        if scores.shape[1] != classes:
            fix = Fix(f"Set units to {classes}", "set_param", {"node": self.last, "param": "units", "value": classes})
            raise Problem.of(
                "training.classes",
                f"The network gives {scores.shape[1]} scores and the pictures have {classes} classes. Set the units of "
                f"the last layer to {classes}.",
                node=self.last or self.node,
                fixes=(fix,) if self.last else (),
            )


def objective_of(graph: Graph) -> Objective:
    """The objective that the graph's output node asks for (cross-entropy where it says nothing)."""
    import torch

    node = next((n for n in graph if n.layer in LAYERS and LAYERS[n.layer].is_output), None)
    params: dict[str, Any] = dict(check(LAYERS[node.layer], node.params)[0]) if node is not None else {}
    loss = LOSSES.get(str(params.get("objective", DEFAULT)), LOSSES[DEFAULT])
    own = {p.id: params[p.id] for p in loss.params if p.id in params}
    call = loss.build(check(loss, own)[0])
    constructor = getattr(torch.nn, call.name.removeprefix("nn."))
    criterion = constructor(*call.args, **dict(call.kwargs))
    return Objective(loss.id, node.id if node else None, criterion, _last_with_units(graph, node.id if node else None))


def _last_with_units(graph: Graph, output: str | None) -> str | None:
    wire = next(iter(graph.incoming(output)), None) if output is not None else None
    layer = LAYERS.get(graph.nodes[wire.source].layer) if wire is not None else None
    has_units = layer is not None and any(p.id == "units" for p in layer.params)
    return wire.source if wire is not None and has_units else None
