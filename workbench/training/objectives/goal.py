"""One output's part of the objective: its loss, its weight and what its answers mean."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.catalogue.registry import LOSSES
from workbench.core.diagnostic import Fix, Problem

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from workbench.training.objectives.targets import Targets


@dataclass(frozen=True, slots=True)
class Goal:
    """What one output is to come to.

    `node` is the output, `id` the loss. `kind` says what its target is: "classes" (labels int64 N against scores N ×
    K), "labels" (float N × K of 0 and 1, or labels int64 N, each one label) or "values" (float, of the answer's own
    shape). `names` are the classes, the labels or the columns, empty where nobody named them. `weight` is how much it
    counts in the sum. `target` says what it is held against: "label", "input" or "columns", then `columns` are their
    names. `last` is the node that feeds the output, where it has `units` to set.

    Values are learned in a scale of their own: a column's number is the answer times `std` plus `mean`, one of each for
    every column (see `workbench.data.targets`); both are empty where answers are in their own unit.
    """

    node: str | None
    id: str
    kind: str
    criterion: torch.nn.Module
    names: tuple[str, ...] = ()
    weight: float = 1.0
    target: str = "label"
    columns: tuple[str, ...] = ()
    last: str | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def loss(self, answers: torch.Tensor, targets: Targets, place: int = 0) -> torch.Tensor:
        """The mean loss of a batch, a scalar, without the goal's weight; `place` is which of the targets are its own.

        Of mixed samples share · loss(own target) + (1 - share) · loss(other target).
        """
        target, other = self._whole(targets.each[place], answers), targets.other(place)
        if other is None or targets.share is None:
            result: torch.Tensor = self.criterion(answers, target)
            return result
        share = targets.share
        mixed = share * self.each(answers, target) + (1 - share) * self.each(answers, other)
        weight = getattr(self.criterion, "weight", None)
        if weight is None or self.id == "multi_margin":  # the margin's mean is over samples, weighted or not
            return mixed.mean()
        weights: torch.Tensor = share * weight[target] + (1 - share) * weight[other]
        return mixed.sum() / weights.sum()

    def mass(self, targets: Targets, place: int = 0) -> torch.Tensor | int:
        """What the mean of `loss` is over: samples, or where classes have weights the sum of their samples' weights.

        The loss of several batches together is the mean of theirs by their masses.
        """
        target, other, share = targets.each[place], targets.other(place), targets.share
        weight = getattr(self.criterion, "weight", None)
        if weight is None or self.id == "multi_margin":
            return len(target)
        if other is None or share is None:
            return weight[target].sum()  # type: ignore[no-any-return]
        return (share * weight[target] + (1 - share) * weight[other]).sum()  # type: ignore[no-any-return]

    def each(self, answers: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of every sample, float N; with class weights, times the weight of its class."""
        criterion = copy(self.criterion)
        criterion.reduction = "none"  # type: ignore[assignment]  # every loss here has it
        losses: torch.Tensor = criterion(answers, self._whole(target, answers))
        return losses.flatten(1).mean(1) if losses.dim() > 1 else losses

    def right(self, answers: torch.Tensor, targets: Targets, place: int = 0) -> torch.Tensor:
        """How many samples are answered right, a scalar that stays on the device: by the highest score for classes,
        with every label right for labels (found from a probability of one half), none for values.

        Of a mixed sample, at the label with the greater share (at its own where both have a half).
        """
        if self.kind == "values":
            return answers.new_zeros(())
        target, other, share = targets.each[place], targets.other(place), targets.share
        if self.kind == "classes":
            if other is not None and share is not None:
                target = target.where(share >= 0.5, other)
            return (answers.argmax(1) == target).sum()
        target = self._whole(target, answers)
        if other is not None and share is not None:
            target = target.where((share >= 0.5)[:, None], self._whole(other, answers))
        return ((answers > 0) == (target > 0.5)).all(1).sum()

    def readings(self, answers: torch.Tensor) -> torch.Tensor:
        """What the answers say: shares that add up to 1 for classes (for margins a softmax: an order, no true
        probabilities), a probability for each label, and values in their own unit."""
        if self.kind == "classes":
            return answers.exp() if self.id == "nll" else answers.softmax(1)
        return answers.sigmoid() if self.kind == "labels" else self.in_units(answers)

    def in_units(self, values: torch.Tensor) -> torch.Tensor:
        """Answers or targets of values, as they are learned, in the unit of their columns."""
        if not self.std:
            return values
        return values * values.new_tensor(self.std) + values.new_tensor(self.mean)

    def weighted(self, weights: NDArray[np.float32], device: torch.device) -> Goal:
        """The same goal with a weight for each class (float32 K): the mean is over weights, so a class counts as much
        as its weights add up to. Raises `Problem` for an objective that takes none."""
        import torch

        if not LOSSES[self.id].weighs:
            raise Problem.of(
                "training.class_weights",
                f"The objective {LOSSES[self.id].title} takes no class weights. Choose Cross-entropy in the Output "
                "node, or balanced sampling instead of weights.",
                node=self.node,
            )
        criterion = copy(self.criterion)
        criterion._buffers = {**criterion._buffers, "weight": torch.from_numpy(weights.copy()).to(device)}
        return replace(self, criterion=criterion)

    def check(self, answers: object, wanted: int, target: torch.Tensor | None = None) -> None:
        """Raises `Problem` where the answers cannot be held against `wanted` classes, labels or values (0: any number),
        or where they are not of the shape of their `target`."""
        import torch

        assert isinstance(answers, torch.Tensor)
        if self.target == "input" or (self.kind == "values" and target is not None and target.dim() != 2):
            if target is not None:
                self._check_shape(answers, target)
            return
        one, many = {"classes": ("class", "classes"), "labels": ("label", "labels"), "values": ("value", "values")}[
            self.kind
        ]
        if answers.dim() != 2:
            words = " × ".join(str(n) for n in answers.shape[1:]) or "a single number"
            belongs = f"one {'number' if self.kind == 'values' else 'score'} a {one}"
            raise Problem.of(
                "training.scores",
                f"The network's answer for one picture is {words}, where {belongs} belongs. Add Flatten and "
                f"Linear with {wanted or 1} units before the output.",
                node=self.node,
            )
        if wanted and answers.shape[1] != wanted:
            fix = Fix(f"Set units to {wanted}", "set_param", {"node": self.last, "param": "units", "value": wanted})
            gives = "scores" if self.kind != "values" else "numbers"
            has = f"the pictures have {wanted} {many}" if self.kind != "values" else f"its target has {wanted}"
            raise Problem.of(
                "training.classes",
                f"The network gives {answers.shape[1]} {gives} and {has}. Set the units of the last layer to {wanted}.",
                node=self.last or self.node,
                fixes=(fix,) if self.last else (),
            )

    def _check_shape(self, answers: torch.Tensor, target: torch.Tensor) -> None:
        if answers.shape != target.shape:
            gives, wants = (" × ".join(str(n) for n in t.shape[1:]) or "1" for t in (answers, target))
            raise Problem.of(
                "training.target_shape",
                f"The network gives {gives} numbers for a sample and its target has {wants}. Let the layer before the "
                "output give as many, in the same form.",
                node=self.node,
            )

    def _whole(self, target: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
        """The target as the criterion wants it: one label of a sample becomes a row of 0 and one 1."""
        if self.kind == "labels" and target.dim() == 1:
            from torch.nn.functional import one_hot

            return one_hot(target, answers.shape[1]).to(answers.dtype)
        return target
