"""A training step taken by several processes together: each learns from its own batches, all update alike.

Gradients are added up by `DistributedDataParallel` (Li et al. 2020) while they are taken, or, where the network itself
is shared out, by FSDP2's `fully_shard` (Zhao et al. 2023). What a process contributes is weighed by its part of the
step's samples, so that all processes together take the step that one would with all of their batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.compiler.paths import leaves
from workbench.core.diagnostic import Problem
from workbench.document.project import Recipe
from workbench.training.distributed.ranks import Ranks
from workbench.training.learner import Learner

if TYPE_CHECKING:
    import torch
    from torch import nn

    from workbench.training.batches import Batch, Network
    from workbench.training.objective import Objective


class DistributedLearner(Learner):
    """A network of which every process has a copy, or a part (`recipe.shard`). All processes must take each step."""

    def __init__(
        self,
        compiled: Network,
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        objective: Objective,
        device: torch.device,
        classes: int,
        seed: int,
        recipe: Recipe,
        ranks: Ranks,
    ) -> None:
        steps = replace(recipe, layout="plain") if recipe.shard else recipe  # parts of weights lie row by row
        super().__init__(compiled, module, optimizer, objective, device, classes, seed, steps)
        self.ranks = ranks
        self.is_sharded = recipe.shard
        if self.is_sharded:
            self.layers.names = ()  # no process has a whole layer to measure
        else:
            self.network = _parallel(self.network, device, compiled)

    def _sums(self, batches: Sequence[Batch], step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The mean over the samples of all processes: each loss counts by its mass among all of them."""
        size, goals = self.ranks.size, self.objective.goals
        targets = [self.objective.targets(batch, self.put) for batch in batches]
        masses = [[float(goal.mass(held, place)) for place, goal in enumerate(goals)] for held in targets]
        everywhere = self.ranks.total([sum(each) for each in zip(*masses, strict=True)])
        loss: Any = 0.0
        correct: Any = 0
        for part, (batch, held, own) in enumerate(zip(batches, targets, masses, strict=True)):
            # gradients of the processes are averaged, not added: times their number
            shares = [size * mass / max(total, 1e-30) for mass, total in zip(own, everywhere, strict=True)]
            with self._exchanging(part == len(batches) - 1):
                more, right = self._forward_and_back(batch, step, part * size + self.ranks.rank, held, shares)
            loss, correct = loss + more, correct + right
        return loss / size, correct

    def _exchanging(self, last: bool) -> AbstractContextManager[Any]:
        """Gradients are exchanged once a step, while those of its last batch are taken."""
        if self.is_sharded:
            self.module.set_requires_gradient_sync(last)  # type: ignore[operator]
            return nullcontext()
        skipped: AbstractContextManager[Any] = nullcontext() if last else self.network.no_sync()  # type: ignore[attr-defined]
        return skipped

    def agree(self, loss: float, correct: float, pictures: int, is_finite: bool) -> tuple[float, float, int, bool]:
        """The figures of all processes; a step that is not finite in one is not finite in any."""
        totals = self.ranks.total([loss, correct, pictures, 0.0 if is_finite else 1.0])
        return totals[0], totals[1], int(totals[2]), totals[3] == 0

    def lengths(self, tensors: list[torch.Tensor]) -> torch.Tensor:
        found: Any = super().lengths(tensors)
        return found.full_tensor() if hasattr(found, "full_tensor") else found  # type: ignore[no-any-return]


def _parallel(network: Any, device: torch.device, compiled: Network) -> Any:
    from torch.nn.parallel import DistributedDataParallel

    ids = [device] if device.type == "cuda" else None
    # nothing that lies before a muted layer has a gradient to wait for
    unused = any(place.result.state == "muted" for place in leaves(compiled.inferred))
    return DistributedDataParallel(network, device_ids=ids, find_unused_parameters=unused)


def share_out(module: nn.Module, recipe: Recipe, device: torch.device, ranks: Ranks) -> None:
    """Leave each process its part of the weights, layer by layer; before the optimizer is made.

    Raises `Problem` where the recipe asks for what cannot be done with parts.
    """
    if not recipe.shard:
        if device.type == "cuda":
            _share_statistics(module)
        return
    if recipe.average > 0 or recipe.precision == "fp16" or recipe.compile or recipe.optimizer.id == "muon":
        raise Problem.of(
            "training.shard",
            "A network that is shared out over processes cannot have a moving average of its weights, fp16, "
            "torch.compile or Muon, which need whole weights. Switch them off, or train without --shard.",
            param="shard",
        )
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(device.type, (ranks.size,))
    for child in module.children():
        if any(True for _ in child.parameters()):
            fully_shard(child, mesh=mesh)
    fully_shard(module, mesh=mesh)


def _share_statistics(module: nn.Module) -> None:
    """On GPUs, batch norms count over the batches of all processes (there is no such layer for the CPU)."""
    from torch import nn

    for name, child in list(module.named_children()):
        if isinstance(child, nn.modules.batchnorm._BatchNorm):
            shared: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(child)  # type: ignore[no-untyped-call]
            setattr(module, name, shared)
        else:
            _share_statistics(child)
