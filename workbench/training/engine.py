"""Training as a generator of events: pause is not calling next, one step is calling until the next `StepEnd`.

Every end (done, stopped, failed, out of memory, not finite) goes through `Engine._end`: a checkpoint, then one `Ended`.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic
from workbench.document.project import Recipe
from workbench.training.batches import Batch, Network, Pictures, training_samples
from workbench.training.checkpoint import BEST, LAST, Checkpoint, Position, Sums
from workbench.training.computing import Computing
from workbench.training.course.beginning import ALONE, Begun, begin, differs, place, state_of, take_up
from workbench.training.course.best import Figures
from workbench.training.course.causes import UnderWay, cause
from workbench.training.course.validating import Validation
from workbench.training.device import choose, describe
from workbench.training.keeper import Cadence, Keeper
from workbench.training.layer_log import LayerLog
from workbench.training.learner import Learner
from workbench.training.messages import Ended, EpochEnd, Event, Noticed, Started, StepEnd, ThreadsChanged, Validated
from workbench.training.optimizing import remembered
from workbench.training.steps.grouping import grouped
from workbench.training.unreadable import Unreadable
from workbench.training.versions import versions

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)


class Stopped(Exception):
    """A person asked the run to end."""


class Engine:
    """One run: a network, pictures and a recipe. `events()` is called once; `module` is there from `Started` on.

    `folder` is where checkpoints go (None: none are written), `project` the text of project.json kept with them,
    `resume` the checkpoint to go on from, `weights` trained weights to begin with instead of fresh ones.
    """

    def __init__(
        self,
        compiled: Network,
        dataset: Pictures,
        recipe: Recipe,
        *,
        run: str = "run",
        folder: Path | None = None,
        project: str = "",
        resume: Checkpoint | None = None,
        weights: Mapping[str, torch.Tensor] | None = None,
        cadence: Cadence | None = None,
    ) -> None:
        self.compiled = compiled
        self.dataset = dataset
        self.recipe = recipe
        self.run = run
        self.keeper = Keeper(folder, cadence or Cadence(), recipe.keep)
        self.layers = LayerLog()
        """Where the norms of layers go; another log may be put in its place before `events` is called."""
        self.ways = ALONE
        self._project = project
        self._resume = resume
        self._weights = weights
        self._computing = Computing(recipe, resume)
        self._begun: Begun | None = None
        self._stopping = False
        self._last_epoch = False
        self._position = Position()
        self._sums = Sums()
        self._batches: Sequence[Batch] = ()
        self._unreadable = Unreadable()
        self._mark = time.monotonic()

    @property
    def learner(self) -> Learner | None:
        """What takes the steps; None before `Started`."""
        return self._begun.learner if self._begun is not None else None

    @property
    def module(self) -> torch.nn.Module | None:
        """The network as the last step left it; None before `Started`."""
        return self._begun.learner.module if self._begun is not None else None

    @property
    def learning_rate(self) -> float:
        """The base rate; the schedule's factor is applied to it at every step."""
        return self._begun.learning_rate if self._begun is not None else 0.0

    @property
    def best_val_accuracy(self) -> float | None:
        """The validation accuracy of the best epoch."""
        return self._begun.best.accuracy if self._begun is not None else None

    # --- from outside, on the thread that iterates -------------------------------------------------------------------

    def stop(self) -> None:
        """End at the next event: with a checkpoint and `Ended("stopped")`."""
        self._stopping = True

    def stop_after_epoch(self, on: bool = True) -> None:
        """End with `Ended("stopped")` once the epoch under way is saved; `on` False takes that back."""
        self._last_epoch = on

    def set_learning_rate(self, value: float) -> None:
        """Replace the base learning rate from the next step on."""
        if self._begun is not None:
            self._begun.learning_rate = value

    def save_now(self) -> list[Event]:
        """Write a checkpoint of the last whole step; between two events. Nothing before the network stands."""
        return self.keeper.save(self.checkpoint()) if self._begun is not None else []

    def validate_now(self) -> Iterator[Event]:
        """Validate the network where it stands; between two events, and to its end. The last event is `Validated`.

        Nothing of the run changes (see `Validation`), not even while an epoch is being validated.
        """
        begun = self._begun
        if begun is None:
            return
        validation = self._validation(begun)
        with contextlib.closing(validation.batches(self._position.epoch + 1)) as looks:
            yield from looks
        found = validation.figures()
        if found.loss is not None:
            accuracy = found.accuracy if found.accuracy is not None else float("nan")
            yield Validated(self._position.epoch + 1, self._position.total, found.loss, accuracy, found.metrics)

    def exclude(self, seconds: float) -> None:
        """Leave a pause, or what was done in between, out of the rates."""
        self._mark += seconds

    def events(self) -> Iterator[Event]:
        """Train. The last event is always an `Ended`; nothing is raised but what the caller throws in."""
        try:
            with self._unreadable.watching(self.dataset):
                yield from self._train()
            end = Ended("done")
        except Stopped:
            end = Ended("stopped")
        except Exception as error:
            end = Ended("failed", self._cause(error))
        finally:
            self._batches = ()
            self._computing.close()
        yield from self._end(end)

    # --- the run -----------------------------------------------------------------------------------------------------

    def _train(self) -> Iterator[Event]:
        begun, notices = self._begin()
        yield from self._tell(*notices, self._started(begun))
        yield from self._tell(*self.keeper.save(self.checkpoint()))  # proves at once that it can be written
        while self._position.epoch < self.recipe.epochs:
            yield from self._learn_epoch(begun)
            yield from self._end_epoch(begun)
            early = begun.best.ended()
            if early is not None and self._position.epoch < self.recipe.epochs:
                yield from self._tell(Noticed(early))
                return
            if self._last_epoch and self._position.epoch < self.recipe.epochs:
                raise Stopped

    def _begin(self) -> tuple[Begun, list[Event]]:
        """Build everything on the device; gives what a person should know about it too."""
        recipe, resume = self.recipe, self._resume
        device, notice = choose(recipe.device)
        self._computing.begin(device)
        self.keeper.prepare()
        weights = resume.weights if resume is not None else self._weights
        whole = resume is not None
        begun = begin(self.compiled, self.dataset, recipe, device, weights, whole=whole, ways=self.ways)
        notices = [notice, *begun.learner.take_notices()]
        if resume is not None:
            take_up(begun, resume, recipe)
            self._position, self._sums, reasons = place(begun, resume, recipe)
            if resume.data_fingerprint != self.dataset.fingerprint:
                reasons.insert(0, "the pictures have changed")
            notices.append(differs([*self._computing.differences(resume), *reasons]))
        self.layers.begin(begun.learner.layers.names)
        self._begun = begun
        return begun, [Noticed(n) for n in notices if n is not None]

    def _learn_epoch(self, begun: Begun) -> Iterator[Event]:
        p, accumulate = self._position, max(1, self.recipe.accumulate)
        self._mark = time.monotonic()
        if p.step == begun.steps:  # the checkpoint was made while validating
            return
        batches = self.dataset.train_batches(
            self.recipe.batch_size, self.recipe.seed, p.epoch, start_step=p.step * accumulate
        )
        with contextlib.closing(batches):  # ends the reader's thread whatever happens here
            for number, together in grouped(batches, accumulate, begun.batches):
                self._position = self._at(p.epoch, number)  # a batch none of which is readable is not given
                yield from self._tell(*self._learn(begun, together), *self._unreadable.notices())
                if begun.learner.notices:
                    yield from self._tell(*map(Noticed, begun.learner.take_notices()))
                if self.keeper.is_due(self._position.total):
                    yield from self._tell(*self.keeper.save(self.checkpoint()))
        self._position = self._at(p.epoch, begun.steps)

    def _at(self, epoch: int, step: int) -> Position:
        assert self._begun is not None
        return Position(epoch, step, epoch * self._begun.steps + step)

    def _learn(self, begun: Begun, batches: Sequence[Batch]) -> list[Event]:
        began, p, s = time.monotonic(), self._position, self._sums
        self._batches, learner = batches, begun.learner
        rate = begun.learning_rate * begun.rates.factor(p.total)
        loss, correct, pictures, norm, updated = learner.learn(batches, rate, p.total)
        now = time.monotonic()
        self._position = self._at(p.epoch, p.step + 1)
        if updated or loss == loss:  # what overflowed in 16 bits is in no mean
            self._sums = Sums(
                s.loss + loss * pictures, s.correct + correct, s.pictures + pictures, s.seconds + now - self._mark
            )
        self._mark = now
        if learner.measured is not None:
            self.layers.append(p.total + 1, learner.measured)
        accuracy = correct / pictures if begun.objective.counts_right else float("nan")
        found: list[Event] = [StepEnd(p.epoch + 1, p.total + 1, loss, accuracy, rate, pictures, norm)]
        why = self._computing.after_step(now - began, pictures, p.total + 1)
        if why is not None:
            found.append(ThreadsChanged(p.total + 1, self._computing.threads, why))
        return found

    def _validation(self, begun: Begun) -> Validation:
        return Validation(self.dataset, self.recipe, begun.learner, begun.objective)

    def _end_epoch(self, begun: Begun) -> Iterator[Event]:
        """Validate, keep what is best, and only then tell of it: a stop at any event finds everything saved."""
        s, epoch = self._sums, self._position.epoch
        validation = self._validation(begun)
        with contextlib.closing(validation.batches(epoch + 1)) as looks:
            for event in looks:
                yield from self._tell(event)
        found = validation.figures(s.loss / max(1, s.pictures))
        is_best = begun.best.take(epoch + 1, found)
        lowered = begun.rates.epoch_ended(found.value(begun.rates.watched))
        missing = begun.best.missing(found) if epoch == 0 else None
        self._position, self._sums = self._at(epoch + 1, 0), Sums()
        kinds = (BEST, LAST) if is_best else (LAST,)
        saved = self.keeper.save(*map(self.checkpoint, kinds), at_once=False)
        end = self._epoch_end(begun, epoch + 1, s, found, is_best)
        said = [Noticed(d) for d in (lowered, missing) if d is not None]
        yield from self._tell(end, *saved, *said, *self._unreadable.notices())

    def _epoch_end(self, begun: Begun, epoch: int, s: Sums, found: Figures, is_best: bool) -> EpochEnd:
        after = time.monotonic() - self._mark
        return EpochEnd(
            epoch=epoch,
            train_loss=s.loss / max(1, s.pictures),
            train_accuracy=s.correct / max(1, s.pictures) if begun.objective.counts_right else float("nan"),
            val_loss=found.loss,
            val_accuracy=found.accuracy,
            images_per_second=s.pictures / s.seconds if s.seconds > 0 else 0.0,
            seconds=s.seconds + after,
            step=self._position.total,
            validation_seconds=after,
            is_best=is_best,
            confusion=found.confusion,
            metrics=found.metrics,
        )

    def _started(self, begun: Begun) -> Started:
        return Started(
            run=self.run,
            parameters=sum(p.numel() for p in begun.learner.module.parameters() if p.requires_grad),
            train=training_samples(self.dataset),
            val=len(self.dataset.splits.val),
            epochs=self.recipe.epochs,
            steps_per_epoch=begun.steps,
            device=describe(begun.learner.device),
            threads=self._computing.fixed,
            done_epochs=self._position.epoch,
            done_steps=self._position.total,
            promise=self._computing.promise,
        )

    # --- checkpoints and the end -------------------------------------------------------------------------------------

    def checkpoint(self, kind: str = LAST) -> Checkpoint:
        """The run as it stands, on the CPU; shares memory with the network where that is there too."""
        begun = self._begun
        assert begun is not None
        learner = begun.learner
        resumes = kind == LAST
        tensors, numbers = remembered.state_of(learner.optimizer, learner.module) if resumes else ({}, {})
        return Checkpoint(
            kind=kind,
            run=self.run,
            position=self._position,
            recipe=self.recipe,
            weights={name: t.detach().cpu() for name, t in learner.module.state_dict().items()},
            optimizer={name: t.detach().cpu() for name, t in tensors.items()},
            optimizer_numbers=numbers,
            average=learner.average.state() if learner.average is not None else {},
            state=state_of(begun),
            sums=self._sums,
            learning_rate=begun.learning_rate,
            steps_per_epoch=begun.steps,
            best_val_accuracy=begun.best.accuracy,
            best_val_loss=begun.best.loss,
            project=self._project,
            data_fingerprint=self.dataset.fingerprint,
            classes=tuple(self.dataset.classes),
            versions=versions(),
            threads=self._computing.fixed,
            thread_changes=self._computing.changes,
            promise=self._computing.promise,
            device=describe(learner.device),
        )

    def _is_saved(self) -> bool:
        saved = self.keeper.saved
        return saved is not None and (saved.position, saved.learning_rate) == (self._position, self.learning_rate)

    def _end(self, end: Ended) -> Iterator[Event]:
        """The one way out: a checkpoint of the last whole step, then the terminal event."""
        if self._begun is not None and not self._begun.learner.updating:
            try:
                self._begun.learner.clear()
                if self.keeper.unsaved or not self._is_saved():
                    yield from self.keeper.save(self.checkpoint())
            except Exception:  # the device is gone with the weights on it: the checkpoint before stands
                log.exception("no checkpoint could be made at the end of %s", self.run)
        p = self._position
        yield replace(end, best_val_accuracy=self.best_val_accuracy, epochs=p.epoch, step=p.total)

    def _cause(self, error: Exception) -> Diagnostic:
        return cause(error, self.compiled, self._under_way())

    def _under_way(self) -> UnderWay | None:
        """The step that was being taken, for the words about its failure."""
        begun = self._begun
        if begun is None or not self._batches:
            return None
        base = begun.learning_rate
        rate = base * begun.rates.factor(self._position.total)
        return UnderWay(
            self.compiled,
            self.dataset,
            begun.learner,
            self._batches,
            self._position,
            rate,
            base,
            self.recipe,
            begun.best.epoch,
        )

    def _tell(self, *events: Event) -> Iterator[Event]:
        """Hand out events; a stop asked for meanwhile is honoured here, so at every event."""
        for event in events:
            yield event
            if self._stopping:
                raise Stopped
