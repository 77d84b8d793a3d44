"""What is found out after a step failed: where numbers stopped being finite, and which batch fits into memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.catalogue.memory import FLOAT
from workbench.compiler.upkeep import of_recipe
from workbench.document.project import Recipe
from workbench.training.nonfinite import Origin, find_origin

if TYPE_CHECKING:
    import torch

    from workbench.training.batches import Batch, Network
    from workbench.training.learner import Learner
    from workbench.training.objectives.targets import Targets


def origin(compiled: Network, learner: Learner, batches: Sequence[Batch], step: int) -> tuple[Origin, Batch]:
    """Where in a step that raised `NotFinite` the first bad number appeared, and in which of its batches; leaves
    everything as it was."""
    try:
        for part, batch in enumerate(batches):
            with learner.precision.autocast():
                found = _in_batch(compiled, learner, batch, step, part)
            if found.what != "overflow":
                break
        return found, batch
    finally:
        learner.put_buffers_back()


def _in_batch(compiled: Network, learner: Learner, batch: Batch, step: int, part: int) -> Origin:
    targets: Targets = learner.objective.targets(batch, learner.put)

    def loss_of(outputs: tuple[torch.Tensor, ...]) -> torch.Tensor:
        return learner.objective.loss(outputs, targets)

    return find_origin(compiled, learner.module, learner.put.inputs(batch), loss_of, lambda: learner.seed(step, part))


def to_come(learner: Learner, recipe: Recipe) -> int:
    """Bytes that the optimizer will take for what it remembers, where it has not learned yet and has none; else 0."""
    from workbench.training.optimizing.pair import parts_of  # a class of torch's is in it

    if any(part.state for part in parts_of(learner.optimizer)):
        return 0
    upkeep = of_recipe(recipe)
    weights = sum(w.numel() for part in parts_of(learner.optimizer) for g in part.param_groups for w in g["params"])
    return int(FLOAT * weights * (max(upkeep.remembers, upkeep.beside) + upkeep.works))


def size_that_fits(learner: Learner, batch: Batch, spare: int = 0) -> int | None:
    """After memory ran out: the largest half, quarter, … of the batch that fits, tried without learning from it.

    `spare` bytes of the device must be left over: what comes only after the first step.
    """
    import torch

    from workbench.training.device import empty_cache
    from workbench.training.failure import is_out_of_memory

    size = len(batch.labels) // 2
    while size >= 1:
        learner.clear()
        empty_cache(learner.device)
        kept = None
        try:
            kept = torch.empty(spare, dtype=torch.uint8, device=learner.device)
            targets = learner.objective.targets(batch, learner.put, size)
            outputs = learner.forward(*learner.put.inputs(batch, size))
            learner.objective.loss(outputs, targets).backward()  # type: ignore[no-untyped-call]
            return size
        except (RuntimeError, MemoryError, ValueError) as error:  # ValueError: statistics of a single picture
            if not is_out_of_memory(error):
                return None
        finally:
            del kept
            learner.clear()
            learner.put_buffers_back()
        size //= 2
    return None
