"""What ended a run before its time, in words; whatever fails while looking for better ones, there are always some."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.compiler.paths import path_name
from workbench.core.diagnostic import Diagnostic
from workbench.document.project import Recipe
from workbench.training import failure, nonfinite
from workbench.training.batches import Batch, Network, Pictures, paths_of
from workbench.training.checkpoint import Position
from workbench.training.device import empty_cache
from workbench.training.learner import Learner
from workbench.training.steps.aftermath import origin, size_that_fits, to_come

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """The step that failed: its batches, where it stands, and the rates it took (`base_rate` without the factor)."""

    compiled: Network
    dataset: Pictures
    learner: Learner
    batches: Sequence[Batch]
    position: Position
    learning_rate: float
    base_rate: float
    recipe: Recipe = field(default_factory=Recipe)
    best_epoch: int = 0  # 0: there is no best one yet


def cause(error: Exception, compiled: Network, step: UnderWay | None) -> Diagnostic:
    """The words for a failure; `step` is None where no step was under way."""
    details = "".join(traceback.format_exception(error))
    try:
        if step is not None and isinstance(error, nonfinite.NotFinite):
            return _not_finite(error, step)
        if step is not None and failure.is_out_of_memory(error):
            error.__traceback__ = None  # its frames hold the tensors that filled the memory
            return _out_of_memory(step, details)
    except Exception:
        log.exception("the cause of a failure could not be looked into")
    return failure.diagnose(error, compiled, details)


def _not_finite(trouble: nonfinite.NotFinite, step: UnderWay) -> Diagnostic:
    found, batch = origin(step.compiled, step.learner, step.batches, step.position.total)
    return nonfinite.explain(
        trouble,
        found,
        step=step.position.total + 1,
        epoch=step.position.epoch + 1,
        paths=paths_of(step.dataset, batch.indices),
        name=path_name(step.compiled.inferred, found.node) if found.node is not None else "",
        learning_rate=step.learning_rate,
        base_rate=step.base_rate,
        clip=step.recipe.clip,
        mixed=step.learner.precision.is_mixed,
        best_epoch=step.best_epoch,
    )


def _out_of_memory(step: UnderWay, details: str) -> Diagnostic:
    learner, batch = step.learner, max(step.batches, key=lambda each: len(each.labels))
    empty_cache(learner.device)
    fits = None if learner.updating else size_that_fits(learner, batch, to_come(learner, step.recipe))
    empty_cache(learner.device)
    return failure.out_of_memory(learner.device.type, len(batch.labels), fits, details, step.recipe.accumulate)
