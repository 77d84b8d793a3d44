"""What training makes small: one goal for each of the graph's outputs, and what the network's answers mean under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.catalogue.losses import named_columns
from workbench.catalogue.registry import LAYERS, LOSSES
from workbench.catalogue.values import check
from workbench.core.diagnostic import Problem
from workbench.data.targets.against import Kept
from workbench.document.graph import Graph, Node
from workbench.training.objectives.goal import Goal
from workbench.training.objectives.targets import Targets

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from workbench.training.batches import Batch

    Outputs = torch.Tensor | tuple[torch.Tensor, ...] | Mapping[str, torch.Tensor]
    """What a network gives: one tensor, or one for each output, in the order of `Compiled.outputs` or by node."""

__all__ = ["Goal", "Known", "Objective", "Targets", "objective_of"]

DEFAULT = "cross_entropy"


@dataclass(frozen=True, slots=True)
class Objective:
    """The goals of a network, in the order of its outputs.

    `outputs` are what the module gives (see `Outputs`), `targets` those of the batch on the same device; labels alone
    (a tensor) stand for the target of the one goal there is.
    """

    goals: tuple[Goal, ...]

    @property
    def main(self) -> Goal:
        """The goal that the accuracy is of: the first for classes, else the first for labels, else the first."""
        ranked = sorted(self.goals, key=lambda goal: ("classes", "labels", "values").index(goal.kind))
        return ranked[0]

    @property
    def counts_right(self) -> bool:
        """Whether answers are right or wrong at all; values are only near or far."""
        return self.main.kind != "values"

    @property
    def id(self) -> str:
        """The loss of the main goal."""
        return self.main.id

    @property
    def node(self) -> str | None:
        """The output of the main goal."""
        return self.main.node

    @property
    def criterion(self) -> torch.nn.Module:
        """The main goal's own."""
        return self.main.criterion

    def answers(self, outputs: Outputs) -> tuple[torch.Tensor, ...]:
        """One tensor for each goal. Raises `Problem` where the network gives another number of answers."""
        import torch

        if isinstance(outputs, torch.Tensor):
            found: tuple[torch.Tensor, ...] = (outputs,)
        else:
            found = tuple(outputs.values()) if isinstance(outputs, Mapping) else tuple(outputs)
        if len(found) != len(self.goals):
            raise Problem.of(
                "training.outputs",
                f"The network gives {len(found)} answers for a sample, and it has {len(self.goals)} outputs with an "
                "objective. Keep one Output node for each answer.",
            )
        return found

    def targets(self, batch: Batch, put: Callable[[NDArray[Any]], torch.Tensor], first: int | None = None) -> Targets:
        """The targets of a batch, or of its `first` samples, brought to the device by `put`; goals share what they are
        given in common."""
        known: dict[int, torch.Tensor] = {}

        def placed(array: NDArray[Any]) -> torch.Tensor:
            if id(array) not in known:
                known[id(array)] = put(array[:first])
            return known[id(array)]

        given = (*getattr(batch, "targets", ()), *(None,) * len(self.goals))
        each = tuple(placed(batch.labels if own is None else own) for own in given[: len(self.goals)])
        if batch.other is None or batch.share is None:
            return Targets(each)
        mixed = (*getattr(batch, "others", ()), *(None,) * len(self.goals))
        others = tuple(
            placed(other) if other is not None else placed(batch.other) if own is None else None
            for own, other, _goal in zip(given, mixed, self.goals, strict=False)
        )
        return Targets(each, others, placed(batch.share))

    def losses(
        self,
        outputs: Outputs,
        targets: Targets | torch.Tensor,
        other: torch.Tensor | None = None,
        share: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, ...]:
        """The mean loss of each goal, scalars, before weights."""
        held = _targets(targets, other, share)
        return tuple(
            goal.loss(answer, held, k)
            for k, (goal, answer) in enumerate(zip(self.goals, self.answers(outputs), strict=True))
        )

    def loss(
        self,
        outputs: Outputs,
        targets: Targets | torch.Tensor,
        other: torch.Tensor | None = None,
        share: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The mean loss of a batch, a scalar: the sum of the goals' losses times their weights.

        Where one goal's samples were mixed, the labels of those mixed in (`other`, N) and the `share` (float N) of the
        first label may be given beside plain labels.
        """
        losses = self.losses(outputs, targets, other, share)
        total: torch.Tensor | None = None
        for goal, value in zip(self.goals, losses, strict=True):
            part = value if goal.weight == 1.0 else value * goal.weight
            total = part if total is None else total + part
        assert total is not None
        return total

    def each(self, outputs: Outputs, targets: Targets | torch.Tensor) -> torch.Tensor:
        """The loss of every sample, float N: the weighted sum of its goals'."""
        held, total = _targets(targets), None
        for k, (goal, answer) in enumerate(zip(self.goals, self.answers(outputs), strict=True)):
            part = goal.each(answer, held.each[k]) * goal.weight
            total = part if total is None else total + part
        assert total is not None
        return total

    def correct(
        self,
        outputs: Outputs,
        targets: Targets | torch.Tensor,
        other: torch.Tensor | None = None,
        share: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """How many of the batch the main goal has right, a scalar that stays on the device; 0 where nothing is right or
        wrong (see `Goal.right`)."""
        place = self.goals.index(self.main)
        return self.main.right(self.answers(outputs)[place], _targets(targets, other, share), place)

    def answer(self, outputs: Outputs) -> torch.Tensor:
        """The main goal's own output."""
        return self.answers(outputs)[self.goals.index(self.main)]

    def probabilities(self, outputs: Outputs) -> torch.Tensor:
        """What the main goal's output says of each sample: shares that add up to 1 for classes (see
        `Goal.readings`)."""
        return self.main.readings(self.answer(outputs))

    def readings(self, outputs: Outputs) -> tuple[torch.Tensor, ...]:
        """What every output says of each sample, in their order."""
        return tuple(goal.readings(answer) for goal, answer in zip(self.goals, self.answers(outputs), strict=True))

    def weighted(self, weights: NDArray[np.float32], device: torch.device) -> Objective:
        """The same objective with a weight for each class (float32 K) in every goal for the samples' own classes.

        Raises `Problem` where one of these takes none, or where there is no such goal.
        """
        goals = tuple(goal.weighted(weights, device) if goal.target == "label" else goal for goal in self.goals)
        if goals == self.goals:
            raise Problem.of(
                "training.class_weights",
                "Class weights are set, and no output is held against the samples' classes, so they would change "
                "nothing. Switch class weights off under Data.",
                node=self.node,
            )
        return replace(self, goals=goals)

    def check_scores(self, outputs: object, classes: int, targets: Targets | None = None) -> None:
        """Raises `Problem` where the network's answers cannot be held against their targets: `classes` for the samples'
        own label, what the goal's names say for other columns."""
        import torch

        if not isinstance(outputs, torch.Tensor | tuple | Mapping):
            raise Problem.of("training.outputs", "The network gives no tensor for a sample. Check its Output node.")
        for k, (goal, answer) in enumerate(zip(self.goals, self.answers(outputs), strict=True)):
            held = None if targets is None else targets.each[k]
            by_label = goal.target == "label" and goal.kind != "values"
            wanted = len(goal.names) or (classes if by_label else 0)
            goal.check(answer, wanted, held)
            if goal.kind == "values" and held is not None:
                goal.check(answer, held.shape[1] if held.dim() == 2 else 0, held)


def objective_of(graph: Graph, data: object | None = None) -> Objective:
    """The objective that the graph's outputs ask for (cross-entropy where there is none, or where it says nothing).

    `data`, what is to be trained on, names the classes of each goal, where it is given (see `Pictures`); a `Known`
    does.
    """
    outputs = [n for n in graph if n.layer in LAYERS and LAYERS[n.layer].is_output]
    goals = tuple(_goal(graph, node) for node in outputs) or (_goal(graph, None),)
    return Objective(tuple(_known(goal, k, data) for k, goal in enumerate(goals)))


@dataclass(frozen=True, slots=True)
class Known:
    """What a run knows of its data: the samples' classes, and what each output is held against."""

    classes: tuple[str, ...]
    held_against: tuple[Kept, ...] = ()


def _goal(graph: Graph, node: Node | None) -> Goal:
    params: dict[str, Any] = dict(check(LAYERS[node.layer], node.params)[0]) if node is not None else {}
    loss = LOSSES.get(str(params.get("objective", DEFAULT)), LOSSES[DEFAULT])
    own = {p.id: params[p.id] for p in loss.params if p.id in params}
    call = loss.build(check(loss, own)[0])
    return Goal(
        node.id if node else None,
        loss.id,
        loss.kind,
        _constructor(call.name)(*call.args, **dict(call.kwargs)),
        weight=float(params.get("weight", 1.0)),
        target=str(params.get("target", "label")),
        columns=named_columns(str(params.get("columns", ""))) if params.get("target") == "columns" else (),
        last=_last_with_units(graph, node.id if node else None),
    )


def _constructor(name: str) -> Callable[..., torch.nn.Module]:
    from torch import nn

    from workbench.training.objectives.focal import FocalLoss

    made: Callable[..., torch.nn.Module] = FocalLoss if name == "FocalLoss" else getattr(nn, name.removeprefix("nn."))
    return made


def _known(goal: Goal, place: int, data: object | None) -> Goal:
    """The goal with what the data call the parts of its target (the classes for a label, the names of its columns or
    labels), and how they scale its values."""
    held = getattr(data, "held_against", ())
    if place < len(held):
        one = held[place]
        return replace(goal, names=tuple(one.names), mean=tuple(one.mean), std=tuple(one.std))
    if goal.target == "label" and goal.kind != "values":
        return replace(goal, names=tuple(getattr(data, "classes", ())))
    return replace(goal, names=goal.columns if goal.kind == "values" else ())


def _targets(
    given: Targets | torch.Tensor, other: torch.Tensor | None = None, share: torch.Tensor | None = None
) -> Targets:
    if isinstance(given, Targets):
        return given
    return Targets((given,), (other,), share)


def _last_with_units(graph: Graph, output: str | None) -> str | None:
    wire = next(iter(graph.incoming(output)), None) if output is not None else None
    layer = LAYERS.get(graph.nodes[wire.source].layer) if wire is not None else None
    has_units = layer is not None and any(p.id == "units" for p in layer.params)
    return wire.source if wire is not None and has_units else None
