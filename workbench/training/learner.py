"""One training step and one look at unlearned pictures: the only place where numbers meet the device."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from workbench.core.diagnostic import Problem
from workbench.training.nonfinite import NotFinite, Origin, find_origin

if TYPE_CHECKING:
    import torch
    from torch import nn

    from workbench.training.batches import Batch, Network
    from workbench.training.objective import Objective

_MASK = (1 << 64) - 1


def step_seed(seed: int, step: int) -> int:
    """The random generator's seed for a step of a run: both mixed by the finaliser of SplitMix64 (Steele et al. 2014).

    Seeding every step (1 µs) makes dropout a function of (seed, step): a run resumes exactly without saved generator
    states, a bad step can be repeated, and nothing another thread draws carries on into later steps.
    """
    z = (seed * 0x9E3779B97F4A7C15 + step * 0xD1B54A32D192ED03 + 0x8CB92BA72F3D8DD7) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return (z ^ (z >> 31)) >> 1


class Learner:
    """A network on its device with its optimizer. Not thread-safe: one thread steps it."""

    def __init__(
        self,
        compiled: Network,
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        objective: Objective,
        device: torch.device,
        classes: int,
        seed: int,
    ) -> None:
        import torch

        self.module = module
        self.optimizer = optimizer
        self.objective = objective
        self.device = device
        self.classes = classes
        self.updating = False
        """True while the weights change: what fails in between leaves them half changed."""
        self._compiled = compiled
        self._seed = seed
        self._weights = [p for group in optimizer.param_groups for p in group["params"]]
        self._buffers = list(module.buffers())
        self._kept = [b.clone() for b in self._buffers]
        self._statistics = [b for b in self._buffers if b.is_floating_point()]
        self._generators = _generators(device)
        self._checked = False
        self._layout = torch.channels_last if _is_for_images(module) else torch.contiguous_format
        if self._layout is torch.channels_last:
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def learn(self, batch: Batch, learning_rate: float, step: int) -> tuple[float, int]:
        """Learn one batch; gives its mean loss and how many answers were right (before the weights changed).

        Raises `NotFinite` before anything not finite enters the weights; weights and buffers (running statistics) are
        then those of the step before.
        """
        inputs, targets = self.on_device(batch.inputs), self._targets(batch)
        for kept, buffer in zip(self._kept, self._buffers, strict=True):
            kept.copy_(buffer)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self._seed_step(step)
        self.optimizer.zero_grad(set_to_none=True)
        scores = self.module(inputs)
        if not self._checked:
            self.objective.check_scores(scores, self.classes)
            _require_gradient(scores)
            self._checked = True
        loss = self.objective.loss(scores, *targets)
        loss.backward()  # type: ignore[no-untyped-call]
        mean, norm, correct = self._read(loss.detach(), self.objective.correct(scores.detach(), *targets))
        if not (math.isfinite(mean) and math.isfinite(norm)):
            self.put_buffers_back()
            raise NotFinite(mean, norm)
        self.updating = True
        self.optimizer.step()
        self.updating = False
        return mean, int(correct)

    def _read(self, loss: torch.Tensor, correct: torch.Tensor) -> tuple[float, float, float]:
        """Loss, a norm and right answers as numbers: the step's one wait for the device.

        The norm is the sum of the norms of all gradients and running statistics: it is finite only if every one of
        them is (a batch norm hides an overflow from the loss, and keeps it). `torch.nn.utils.get_total_norm` gives as
        much and takes twice as long.
        """
        import torch

        gradients = [p.grad for p in self._weights if p.grad is not None]
        norm = torch.stack(torch._foreach_norm(gradients + self._statistics)).sum()  # type: ignore[arg-type]
        if self.device.type == "cpu":
            return loss.item(), norm.item(), correct.item()
        mean, length, hits = torch.stack((loss.float(), norm.float(), correct.float())).tolist()
        return mean, length, hits

    def origin(self, batch: Batch, step: int) -> Origin:
        """Where in a step that raised `NotFinite` the first bad number appeared; leaves everything as it was."""
        targets = self._targets(batch)
        try:
            return find_origin(
                self._compiled,
                self.module,
                self.on_device(batch.inputs),
                lambda scores: self.objective.loss(scores, *targets),
                lambda: self._seed_step(step),
            )
        finally:
            self.put_buffers_back()

    def size_that_fits(self, batch: Batch) -> int | None:
        """After memory ran out: the largest half, quarter, … of the batch that fits, tried without learning from it."""
        from workbench.training.device import empty_cache
        from workbench.training.failure import is_out_of_memory

        size = len(batch.labels) // 2
        while size >= 1:
            self.optimizer.zero_grad(set_to_none=True)
            empty_cache(self.device)
            try:
                scores = self.module(self.on_device(batch.inputs[:size]))
                self.objective.loss(scores, *self._targets(batch, size)).backward()  # type: ignore[no-untyped-call]
                return size
            except (RuntimeError, MemoryError, ValueError) as error:  # ValueError: statistics of a single picture
                if not is_out_of_memory(error):
                    return None
            finally:
                self.optimizer.zero_grad(set_to_none=True)
                self.put_buffers_back()
            size //= 2
        return None

    def _targets(self, batch: Batch, size: int | None = None) -> tuple[torch.Tensor, ...]:
        """On the device: the labels, and where pictures were mixed the other labels and the shares; of the first
        `size` of the batch."""
        mixed = batch.other is not None and batch.share is not None
        arrays = (batch.labels, batch.other, batch.share) if mixed else (batch.labels,)
        return tuple(self.on_device(array[:size]) for array in arrays if array is not None)

    def put_buffers_back(self) -> None:
        """Undo what the forward pass of the step under way did to the running statistics."""
        for kept, buffer in zip(self._kept, self._buffers, strict=True):
            buffer.copy_(kept)

    def on_device(self, array: NDArray[Any]) -> torch.Tensor:
        """A batch's array as a tensor on the device, pictures in the layout the network computes in."""
        import torch

        tensor = torch.from_numpy(array if array.flags.writeable else array.copy())
        if tensor.dim() == 4:
            return tensor.to(self.device, memory_format=self._layout)
        return tensor.to(self.device)

    def _seed_step(self, step: int) -> None:
        seed = step_seed(self._seed, step)
        for generator in self._generators:
            generator.manual_seed(seed)


def _require_gradient(scores: torch.Tensor) -> None:
    """Raises `Problem` where the answer depends on no weight."""
    if not scores.requires_grad:
        raise Problem.of(
            "training.no_gradient",
            "What the network answers depends on none of its weights, so there is nothing to learn: a muted layer "
            "lies between them and the output. Switch that layer on.",
        )


def _generators(device: torch.device) -> list[torch.Generator]:
    import torch

    found = [torch.default_generator]
    if device.type == "cuda":
        found.append(torch.cuda.default_generators[device.index or 0])
    elif device.type == "mps":
        found.append(torch.mps._get_default_mps_generator())
    return found


def _is_for_images(module: nn.Module) -> bool:
    """Whether channels last in memory pays: with two-dimensional convolutions it is a fifth to a third faster."""
    from torch import nn

    return any(isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) for layer in module.modules())
