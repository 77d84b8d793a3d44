"""A run as one of its processes takes part in it: every process takes every step, and all decide alike.

What only the leading process knows (somebody asked to stop, another learning rate, a checkpoint that is due) it tells
the others before each step, in one exchange of a few numbers. So nobody waits for one that has left.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.telling import heard, told
from workbench.core.words import number
from workbench.training import nonfinite
from workbench.training.batches import Batch
from workbench.training.checkpoint import LAST, Checkpoint
from workbench.training.course.beginning import Begun, Ways
from workbench.training.course.causes import cause
from workbench.training.course.validating import Validation
from workbench.training.distributed.learner import DistributedLearner, share_out
from workbench.training.distributed.part import Part
from workbench.training.distributed.ranks import Ranks
from workbench.training.distributed.validating import DistributedValidation
from workbench.training.engine import Engine, Stopped
from workbench.training.messages import Ended, Event, Noticed
from workbench.training.steps.grouping import grouped

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)


def steps_together(pictures: int, batch_size: int, ranks: Ranks) -> int:
    """How many batches an epoch has for each process.

    A last one that leaves a process fewer than two samples is left out (they come in another epoch), as batch
    statistics need two. Raises `Problem` where not every process would have a sample.
    """
    if pictures < ranks.size:
        raise Problem.of(
            "training.processes",
            f"There are {number(pictures)} samples to train on and {number(ranks.size)} processes. Use fewer of them.",
            param="processes",
        )
    whole, rest = divmod(pictures, batch_size * ranks.size)
    return whole + (1 if rest >= 2 * ranks.size or (rest and not whole) else 0)


class DistributedEngine(Engine):
    """`ranks` says which process this is; all have the same network, recipe and checkpoint, each its part of the data.

    The recipe's batch size is that of one process. Only the leading one is given a folder.
    """

    def __init__(self, compiled: Any, dataset: Part, recipe: Any, *, ranks: Ranks, **rest: Any) -> None:
        super().__init__(compiled, dataset, recipe, **rest)
        self.ranks = ranks
        self.resumes = rest.get("resume") is not None
        self.ways = Ways(
            batches=lambda pictures, size: ranks.least(steps_together(pictures, size, ranks)),
            spread=partial(_spread, recipe=recipe, ranks=ranks),
            learner=partial(DistributedLearner, ranks=ranks),
        )
        self._part = dataset
        self._asked_to_stop = self._asked_to_save = self._asked_to_validate = self._asked_last = False
        self._asked_rate = math.nan

    # --- what is asked of the leading process ------------------------------------------------------------------------

    def stop(self) -> None:
        self._asked_to_stop = True

    def stop_after_epoch(self, on: bool = True) -> None:
        self._asked_last = on

    def set_learning_rate(self, value: float) -> None:
        self._asked_rate = value

    def save_now(self) -> list[Event]:
        self._asked_to_save = True
        return []

    def validate_now(self) -> Iterator[Event]:
        self._asked_to_validate = True
        yield from ()

    # --- the run -----------------------------------------------------------------------------------------------------

    def _learn_epoch(self, begun: Begun) -> Iterator[Event]:
        p, accumulate = self._position, max(1, self.recipe.accumulate)
        self._mark = time.monotonic()
        if p.step == begun.steps:
            return
        batches = self.dataset.train_batches(
            self.recipe.batch_size, self.recipe.seed, p.epoch, start_step=p.step * accumulate
        )
        learned = p.step > 0
        with contextlib.closing(batches):
            own = grouped(batches, accumulate, begun.batches)
            upcoming: tuple[int, Sequence[Batch]] | None = next(own, None)
            for place in range(p.step, begun.steps):
                together = upcoming[1] if upcoming is not None and upcoming[0] == place else ()
                if together:
                    upcoming = next(own, None)
                self._position = self._at(p.epoch, place)
                ready = yield from self._exchange(begun, bool(together))
                if not ready:  # one of the processes could read none of its samples: nobody takes the step
                    continue
                learned = True
                yield from self._tell(*self._learn(begun, together), *self._unreadable.notices())
                if begun.learner.notices:
                    yield from self._tell(*map(Noticed, begun.learner.take_notices()))
        if not learned:
            raise Problem.of(
                "data.unreadable",
                "No batch of this epoch could be read in every process. Look after the folder of the data on each "
                "machine, then resume the run.",
            )
        self._position = self._at(p.epoch, begun.steps)

    def _exchange(self, begun: Begun, has_samples: bool) -> Generator[Event, None, bool]:
        """Meet the others before a step: hear what was asked of the leading one, and do it. Gives whether all have
        samples."""
        leads = self.ranks.leads
        rate = self._asked_rate if leads and not math.isnan(self._asked_rate) else 0.0
        save = leads and (self._asked_to_save or self.keeper.is_due(self._position.total))
        asked = (self._asked_to_stop, save, self._asked_to_validate, self._asked_last)
        given = [float(has_samples), rate, *(float(leads and flag) for flag in asked)]
        ready, rate, stop, save_, validate, last = self.ranks.total(given)
        self._asked_to_save = self._asked_to_validate = False
        self._asked_rate = math.nan
        if rate > 0:
            begun.learning_rate = rate
        self._last_epoch = bool(last)
        if save_:
            yield from self._tell(*self.keeper.save(self.checkpoint()))
        if validate:
            yield from super().validate_now()
        if stop:
            raise Stopped
        return ready == self.ranks.size

    def _validation(self, begun: Begun) -> Validation:
        if len(self.dataset.splits.val) < self.ranks.size:  # too few to be shared out: each looks at all of them
            return Validation(self._part.whole, self.recipe, begun.learner, begun.objective)
        return DistributedValidation(self.dataset, self.recipe, begun.learner, begun.objective, self.ranks)

    # --- checkpoints and the end -------------------------------------------------------------------------------------

    def checkpoint(self, kind: str = LAST) -> Checkpoint:
        """As of any run; of a network in parts all processes must ask for it at the same time."""
        made = super().checkpoint(kind) if not self.recipe.shard else super().checkpoint("best")
        if not self.recipe.shard:
            return made
        from workbench.training.distributed.whole import whole_optimizer, whole_weights

        learner = self.learner
        assert learner is not None
        weights = whole_weights(learner.module)
        if kind != LAST:
            return replace(made, weights=weights)
        tensors, numbers = whole_optimizer(learner.module, learner.optimizer)
        return replace(made, kind=kind, weights=weights, optimizer=tensors, optimizer_numbers=numbers)

    def _cause(self, error: Exception) -> Diagnostic:
        """A step that is not finite is so for all: the words come from the first process whose own samples show it."""
        if not isinstance(error, nonfinite.NotFinite):
            self._failed_alone = True
            return cause(error, self.compiled, None)  # nothing may be tried that the others do not try too
        own = super()._cause(error)
        said = [json.loads(line) for line in self.ranks.from_all(json.dumps([self._is_own(own), told(own)]).encode())]
        return next((heard(line) for is_own, line in said if is_own), heard(said[0][1]))

    def _is_own(self, diagnostic: Diagnostic) -> bool:
        """Whether it was found in this process's samples: elsewhere only the exchanged gradient shows it."""
        return diagnostic.node is not None or "pictures with values" in diagnostic.message

    def _end(self, end: Ended) -> Iterator[Event]:
        if self.recipe.shard and self._failed_alone:  # the others are elsewhere: no whole network can be put together
            self._begun = None
        yield from super()._end(end)

    _failed_alone = False


def _spread(module: torch.nn.Module, device: torch.device, *, recipe: Any, ranks: Ranks) -> None:
    share_out(module, recipe, device, ranks)
