"""One training step, one update of the weights: the only place where numbers meet the device."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.project import Recipe
from workbench.training.nonfinite import NotFinite
from workbench.training.steps.average import MovingAverage
from workbench.training.steps.compiling import fused, not_fused
from workbench.training.steps.layer_norms import LayerNorms
from workbench.training.steps.placing import Placing, layout_of
from workbench.training.steps.precision import LEAST_SCALE, Precision, choose_precision, whole
from workbench.training.steps.seeding import Seeding

if TYPE_CHECKING:
    import torch
    from torch import nn

    from workbench.training.batches import Batch, Network
    from workbench.training.objective import Objective, Outputs, Targets


class Learned(NamedTuple):
    """What a step saw before its update: the mean `loss` of its `pictures`, how many answers were right (`correct`),
    and the Euclidean `norm` of all gradients before clipping.

    `updated` is False where 16 bits overflowed: the step was left out, and what is not finite of its figures is NaN.
    """

    loss: float
    correct: int
    pictures: int
    norm: float
    updated: bool = True


class Learner:
    """A network on its device with its optimizer. Not thread-safe: one thread steps it.

    `recipe` says how steps are taken (clipping, precision, moving average, layout, torch.compile); without one they are
    the plainest. Each of the optimizer's groups may have a "scale", a factor on the learning rate.
    """

    def __init__(
        self,
        compiled: Network,
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        objective: Objective,
        device: torch.device,
        classes: int,
        seed: int,
        recipe: Recipe | None = None,
    ) -> None:
        import torch

        recipe = recipe or Recipe()
        self.module = module
        self.optimizer = optimizer
        self.objective = objective
        self.device = device
        self.classes = classes
        self.updating = False
        """True while the weights change: what fails in between leaves them half changed."""
        self.notices: list[Diagnostic] = []
        """What a person should know of it, to be told and taken out."""
        self.put = Placing(device, layout_of(recipe.layout, module))
        """Brings arrays of a batch to the device."""
        self.seed = Seeding(seed, device)
        """Sets the random numbers of a batch of a step."""
        if self.put.layout is torch.channels_last:
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network: Callable[..., Outputs] = fused(module, device.type) if recipe.compile else module
        """What a step runs forward: the module, or what makes it faster or spreads it over processes."""
        self.average = MovingAverage(module, recipe.average) if recipe.average > 0 else None
        self.layers = LayerNorms(compiled, module)
        self.measured: NDArray[np.float32] | None = None
        """The norms of the layers in the last step, where they were measured in it: K × 3 (see `layer_log`)."""
        precision, notice = choose_precision(recipe.precision, device)
        self.precision = Precision(precision, device)
        self.notices += [notice] if notice is not None else []
        self._clip = recipe.clip
        self._weights = [p for group in optimizer.param_groups for p in group["params"]]
        self._buffers = list(module.buffers())
        self._kept = [b.clone() for b in self._buffers]
        self._statistics = [b for b in self._buffers if b.is_floating_point()]
        self._checked = False

    @property
    def judged(self) -> nn.Module:
        """The network that is validated: of the averaged weights where there are some."""
        return self.module if self.average is None else self.average.module

    def learn(self, batches: Sequence[Batch], learning_rate: float, step: int) -> Learned:
        """Learn from batches together: one update, with the mean gradient over all their samples.

        Raises `NotFinite` before anything not finite enters the weights; weights and buffers (running statistics) are
        then those of the step before.
        """
        import torch

        if self._buffers:
            torch._foreach_copy_(self._kept, self._buffers)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate * group.get("scale", 1.0)
        self.clear()
        loss, correct = self._gradients(batches, step)
        learned = self._read(loss, correct, sum(len(batch.labels) for batch in batches))
        if not learned.updated:
            return learned
        measuring = self.layers.is_due()
        if measuring:
            self.layers.before()
        if self._clip > 0 and learned.norm > self._clip:
            self._shorten()
        self.updating = True
        self.optimizer.step()
        self.updating = False
        if self.average is not None:
            self.average.follow(step)
        self.measured = self.layers.after() if measuring else None
        return learned

    def take_notices(self) -> list[Diagnostic]:
        """What is to be told, once."""
        told, self.notices = self.notices, []
        return told

    # --- gradients ---------------------------------------------------------------------------------------------------

    def _gradients(self, batches: Sequence[Batch], step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The mean gradient into the weights; gives mean loss and right answers, on the device."""
        if not self._checked and self.network is not self.module:
            try:
                return self._sums(batches, step)
            except Exception as error:  # whatever compiling raises; what is the network's own fault comes again
                self.network = self.module
                self.notices.append(not_fused(error))
                self.clear()
                self.put_buffers_back()
        return self._sums(batches, step)

    def _sums(self, batches: Sequence[Batch], step: int) -> tuple[torch.Tensor, torch.Tensor]:
        if len(batches) == 1:
            return self._forward_and_back(batches[0], step)
        targets = [self.objective.targets(batch, self.put) for batch in batches]
        goals = self.objective.goals
        masses = [[goal.mass(held, place) for place, goal in enumerate(goals)] for held in targets]
        all_together = [sum(each) for each in zip(*masses, strict=True)]
        loss: Any = 0.0
        correct: Any = 0
        for part, (batch, held, own) in enumerate(zip(batches, targets, masses, strict=True)):
            shares = [one / everything for one, everything in zip(own, all_together, strict=True)]
            more, right = self._forward_and_back(batch, step, part, held, shares)
            loss, correct = loss + more, correct + right
        return loss, correct

    def _forward_and_back(
        self,
        batch: Batch,
        step: int,
        part: int = 0,
        targets: Targets | None = None,
        shares: Sequence[Any] | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Add a batch's gradient to that of the weights; each goal's loss counts as its share of the step says."""
        if targets is None:
            targets = self.objective.targets(batch, self.put)
        inputs = self.put.inputs(batch)
        self.seed(step, part)
        outputs = self.forward(*inputs)
        if not self._checked:
            self.objective.check_scores(outputs, self.classes, targets)
            _require_gradient(self.objective.answers(outputs))
            self._checked = True
        loss = self.objective.loss(outputs, targets) if shares is None else self._share(outputs, targets, shares)
        scaler = self.precision.scaler
        (loss if scaler is None else scaler.scale(loss)).backward()  # type: ignore[no-untyped-call]
        return loss.detach(), self.objective.correct(outputs, targets)

    def _share(self, outputs: Outputs, targets: Targets, shares: Sequence[Any]) -> torch.Tensor:
        """What a batch contributes to the mean loss of its step."""
        losses = zip(self.objective.goals, shares, self.objective.losses(outputs, targets), strict=True)
        return sum(goal.weight * share * loss for goal, share, loss in losses)  # type: ignore[no-any-return]

    def forward(self, *inputs: torch.Tensor) -> Outputs:
        """The network's answers in a training step, in 32 bits whatever it computes with."""
        if not self.precision.is_mixed:
            return self.network(*inputs)
        with self.precision.autocast():
            return whole(self.network(*inputs))  # type: ignore[no-any-return]

    def judge(self, batch: Batch) -> Outputs:
        """The answers of the network that is validated; without gradients, in evaluation mode (the caller sees to
        both)."""
        inputs = self.put.inputs(batch)
        if not self.precision.is_mixed:
            return self.judged(*inputs)  # type: ignore[no-any-return]
        with self.precision.autocast():
            return whole(self.judged(*inputs))  # type: ignore[no-any-return]

    def _read(self, loss: torch.Tensor, correct: torch.Tensor, pictures: int) -> Learned:
        """Loss, norms and right answers as numbers: the step's one wait for the device.

        The norms of all gradients and running statistics are finite only if every one of them is (a batch norm hides an
        overflow from the loss, and keeps it).
        """
        import torch

        scaler = self.precision.scaler
        if scaler is not None:
            scaler.unscale_(self.optimizer)
        gradients = [p.grad for p in self._weights if p.grad is not None]
        lengths = self.lengths(gradients + self._statistics)  # type: ignore[arg-type]
        self._lengths = lengths[: len(gradients)]
        if self.device.type == "cpu":
            mean, hits, norms = loss.item(), correct.item(), lengths.tolist()
        else:
            mean, hits, *norms = torch.cat((torch.stack((loss.float(), correct.float())), lengths.float())).tolist()
        norm = math.hypot(*norms[: len(gradients)])
        is_finite = math.isfinite(mean) and math.isfinite(sum(norms))
        mean, hits, pictures, is_finite = self.agree(mean, hits, pictures, is_finite)
        if is_finite and scaler is None:
            return Learned(mean, int(hits), pictures, norm)
        return self._judge_scaled(Learned(mean, int(hits), pictures, norm), is_finite)

    def lengths(self, tensors: list[torch.Tensor]) -> torch.Tensor:
        """The Euclidean norm of each tensor, on the device."""
        import torch

        return torch.stack(torch._foreach_norm(tensors))  # type: ignore[arg-type]

    def agree(self, loss: float, correct: float, pictures: int, is_finite: bool) -> tuple[float, float, int, bool]:
        """The figures of a step as a whole; one process alone has them all."""
        return loss, correct, pictures, is_finite

    def _judge_scaled(self, learned: Learned, is_finite: bool) -> Learned:
        """Let the scaler see the step. One whose scaled gradients overflowed is left out, which is no fault as long as
        the scale can be made smaller."""
        scaler = self.precision.scaler
        if scaler is None:
            self.put_buffers_back()
            raise NotFinite(learned.loss, learned.norm)
        if is_finite:
            scaler.update()
            return learned
        self.put_buffers_back()
        before = scaler.get_scale()
        scaler.update()
        if not LEAST_SCALE <= scaler.get_scale() < before:
            raise NotFinite(learned.loss, learned.norm)
        loss, norm = (value if math.isfinite(value) else math.nan for value in (learned.loss, learned.norm))
        return learned._replace(loss=loss, norm=norm, updated=False)

    def _shorten(self) -> None:
        """Bring the gradients to the length of the recipe, as `torch.nn.utils.clip_grad_norm_` does (Pascanu et al.
        2013)."""
        import torch

        factor = torch.clamp(self._clip / (torch.linalg.vector_norm(self._lengths) + 1e-6), max=1.0)
        torch._foreach_mul_([p.grad for p in self._weights if p.grad is not None], factor)  # type: ignore[arg-type]

    def clear(self) -> None:
        for weight in self._weights:
            weight.grad = None

    def put_buffers_back(self) -> None:
        """Undo what the forward pass of the step under way did to the running statistics."""
        for kept, buffer in zip(self._kept, self._buffers, strict=True):
            buffer.copy_(kept)

    def state(self) -> dict[str, float | int]:
        """What the steps to come depend on beside weights and optimizer."""
        return self.precision.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on with what `state` gave."""
        self.precision.restore(state)


def _require_gradient(answers: Sequence[torch.Tensor]) -> None:
    """Raises `Problem` where the answers depend on no weight."""
    if not any(answer.requires_grad for answer in answers):
        raise Problem.of(
            "training.no_gradient",
            "What the network answers depends on none of its weights, so there is nothing to learn: a muted layer "
            "lies between them and the output. Switch that layer on.",
        )
