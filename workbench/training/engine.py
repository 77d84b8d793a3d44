"""Training as a generator of events: pause is not calling next, one step is calling until the next `StepEnd`.

Every end (done, stopped, failed, out of memory, not finite) goes through `Engine._end`: a checkpoint, then one `Ended`.
"""

from __future__ import annotations

import contextlib
import logging
import math
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.compiler.paths import path_name
from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.document.project import Recipe
from workbench.training import failure, nonfinite
from workbench.training.batches import Batch, Network, Pictures, paths_of, steps_per_epoch, training_samples
from workbench.training.checkpoint import BEST, LAST, Checkpoint, Position, Sums
from workbench.training.computing import Computing
from workbench.training.device import choose, describe, empty_cache
from workbench.training.evaluate import BATCH, Tally
from workbench.training.keeper import Cadence, Keeper
from workbench.training.learner import Learner
from workbench.training.messages import Ended, EpochEnd, Event, Noticed, Started, StepEnd, Validated, Validating
from workbench.training.objective import objective_of
from workbench.training.optimizer import build_optimizer, build_schedule, restore, state_of
from workbench.training.unreadable import Unreadable
from workbench.training.versions import versions
from workbench.training.weights import give

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)


class _Stopped(Exception):
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
        self.keeper = Keeper(folder, cadence or Cadence())
        self.module: torch.nn.Module | None = None
        self.learning_rate = 0.0
        """The base rate; the schedule's factor is applied to it at every step."""
        self.best_val_accuracy: float | None = None
        self._best_val_loss: float | None = None
        self._project = project
        self._resume = resume
        self._weights = weights
        self._computing = Computing(recipe, resume)
        self._stopping = False
        self._last_epoch = False
        self._position = Position()
        self._sums = Sums()
        self._steps = 0
        self._batch: Batch | None = None
        self._unreadable = Unreadable()
        self._mark = time.monotonic()

    # --- from outside, on the thread that iterates -------------------------------------------------------------------

    def stop(self) -> None:
        """End at the next event: with a checkpoint and `Ended("stopped")`."""
        self._stopping = True

    def set_learning_rate(self, value: float) -> None:
        """Replace the base learning rate from the next step on."""
        self.learning_rate = value

    def stop_after_epoch(self, on: bool = True) -> None:
        """End with `Ended("stopped")` once the epoch under way is saved; `on` False takes that back."""
        self._last_epoch = on

    def save_now(self) -> list[Event]:
        """Write a checkpoint of the last whole step; between two events. Nothing before the network stands."""
        return self.keeper.save(self.checkpoint()) if self.module is not None else []

    def validate_now(self) -> Iterator[Event]:
        """Validate the network where it stands; between two events, and to its end. The last event is `Validated`.

        The run goes on to the same bits: evaluation changes no weight and no statistics, and draws no random numbers
        that a step would (each step seeds its own). While an epoch is being validated there is nothing to add.
        """
        module, began = self.module, time.monotonic()
        if module is None or not module.training or not len(self.dataset.splits.val):
            return
        tally = Tally(self._objective, len(self.dataset.classes))
        yield from self._validate(tally)
        loss, accuracy, _confusion = tally.result()
        self.exclude(time.monotonic() - began)
        yield Validated(self._position.epoch + 1, self._position.total, loss, accuracy)

    def exclude(self, seconds: float) -> None:
        """Leave a pause out of the rates."""
        self._mark += seconds

    def events(self) -> Iterator[Event]:
        """Train. The last event is always an `Ended`; nothing is raised but what the caller throws in."""
        try:
            with self._unreadable.watching(self.dataset):
                yield from self._train()
            end = Ended("done")
        except _Stopped:
            end = Ended("stopped")
        except Exception as error:
            end = Ended("failed", self._diagnose(error))
        finally:
            self._batch = None
            self._computing.close()
        yield from self._end(end)

    # --- the run -----------------------------------------------------------------------------------------------------

    def _train(self) -> Iterator[Event]:
        notices = self._set_up()
        yield from self._tell(*notices, self._started())
        yield from self._tell(*self.keeper.save(self.checkpoint()))  # proves at once that it can be written
        while self._position.epoch < self.recipe.epochs:
            yield from self._learn_epoch()
            yield from self._end_epoch()
            if self._last_epoch and self._position.epoch < self.recipe.epochs:
                raise _Stopped

    def _learn_epoch(self) -> Iterator[Event]:
        p = self._position
        self._mark = time.monotonic()
        if p.step == self._steps:  # the checkpoint was made while validating
            return
        batches = self.dataset.train_batches(self.recipe.batch_size, self.recipe.seed, p.epoch, start_step=p.step)
        with contextlib.closing(batches):  # ends the reader's thread whatever happens here
            for batch in batches:
                if batch.step >= self._steps:
                    break
                if len(batch.labels) == 1 and self._steps > 1:  # what is left of a batch whose files went bad
                    continue
                yield from self._tell(self._learn(batch), *self._unreadable.notices())
                if self.keeper.is_due(self._position.total):
                    yield from self._tell(*self.keeper.save(self.checkpoint()))
        self._position = self._at(p.epoch, self._steps)

    def _at(self, epoch: int, step: int) -> Position:
        return Position(epoch, step, epoch * self._steps + step)

    def _learn(self, batch: Batch) -> StepEnd:
        began = time.monotonic()
        self._position = p = self._at(
            self._position.epoch, batch.step
        )  # a batch none of which is readable is not given
        s, pictures = self._sums, len(batch.labels)
        self._batch = batch
        rate = self.learning_rate * self._factor(p.total)
        loss, correct = self._learner.learn(batch, rate, p.total)
        now = time.monotonic()
        self._position = self._at(p.epoch, p.step + 1)
        self._sums = Sums(
            s.loss + loss * pictures, s.correct + correct, s.pictures + pictures, s.seconds + now - self._mark
        )
        self._mark = now
        self._computing.after_step((now - began) / pictures)
        return StepEnd(p.epoch + 1, p.total + 1, loss, correct / pictures, rate, pictures)

    def _end_epoch(self) -> Iterator[Event]:
        """Validate, keep what is best, and only then tell of it: a stop at any event finds everything saved."""
        s, epoch = self._sums, self._position.epoch
        tally = Tally(self._objective, len(self.dataset.classes))
        for event in self._validate(tally):
            yield from self._tell(event)
        val_loss, val_accuracy, confusion = tally.result()
        validated = len(self.dataset.splits.val) > 0
        is_best = validated and self._is_best(val_loss, val_accuracy)
        if is_best:
            self.best_val_accuracy, self._best_val_loss = val_accuracy, val_loss
        self._position, self._sums = self._at(epoch + 1, 0), Sums()
        kinds = (BEST, LAST) if is_best else (LAST,)
        saved = self.keeper.save(*map(self.checkpoint, kinds), at_once=False)
        after = time.monotonic() - self._mark
        end = EpochEnd(
            epoch=epoch + 1,
            train_loss=s.loss / max(1, s.pictures),
            train_accuracy=s.correct / max(1, s.pictures),
            val_loss=val_loss if validated else None,
            val_accuracy=val_accuracy if validated else None,
            images_per_second=s.pictures / s.seconds if s.seconds > 0 else 0.0,
            seconds=s.seconds + after,
            step=self._position.total,
            validation_seconds=after,
            is_best=is_best,
            confusion=confusion if validated else None,
        )
        yield from self._tell(end, *saved, *self._unreadable.notices())

    def _validate(self, tally: Tally) -> Iterator[Event]:
        import torch

        total, done = len(self.dataset.splits.val), 0
        if not total:
            return
        learner = self._learner
        batches = self.dataset.eval_batches("val", min(BATCH, self.recipe.batch_size))
        learner.module.eval()
        try:
            with contextlib.closing(batches):
                for batch in batches:
                    with torch.inference_mode():
                        scores = learner.module(learner.on_device(batch.inputs))
                        tally.add(scores, learner.on_device(batch.labels), batch.labels)
                    done += len(batch.labels)
                    yield Validating(self._position.epoch + 1, done, total)
        finally:
            learner.module.train()

    def _is_best(self, loss: float, accuracy: float) -> bool:
        if not math.isfinite(loss):
            return False
        if self.best_val_accuracy is None or self._best_val_loss is None:
            return True
        return (accuracy, -loss) > (self.best_val_accuracy, -self._best_val_loss)

    # --- the beginning -----------------------------------------------------------------------------------------------

    def _set_up(self) -> list[Event]:
        """Build everything on the device; gives what a person should know about it."""
        recipe, resume = self.recipe, self._resume
        self._device, notice = choose(recipe.device)
        notices = [notice]
        self._computing.begin(self._device)
        self.keeper.prepare()
        pictures = training_samples(self.dataset)
        if not pictures:
            raise Problem.of(
                "training.no_pictures",
                "There are no pictures to train on. Choose a folder of pictures, or change the split.",
            )
        self._steps = steps_per_epoch(pictures, recipe.batch_size)
        self._factor = build_schedule(recipe, recipe.epochs * self._steps, self._steps)
        self._objective = objective = objective_of(self.compiled.graph)  # without weights: as `evaluate` measures
        weights = getattr(self.dataset, "class_weights", None)
        if weights is not None:
            objective = objective.weighted(weights, self._device)
        module = self.compiled.module(recipe.seed)
        start = resume.weights if resume is not None else self._weights
        if start is not None:
            give(module, start, whole=resume is not None)
        module.to(self._device).train()
        optimizer = build_optimizer(recipe, module)
        self.learning_rate = float(optimizer.param_groups[0]["lr"])
        classes = len(self.dataset.classes)
        learner = Learner(self.compiled, module, optimizer, objective, self._device, classes, recipe.seed)
        if resume is not None:
            notices.append(self._take_up(resume, optimizer))
        self.module, self._learner = module, learner
        return [Noticed(n) for n in notices if n is not None]

    def _take_up(self, resume: Checkpoint, optimizer: torch.optim.Optimizer) -> Diagnostic | None:
        """Go on where the checkpoint stands; say so where that cannot be exact."""
        recipe, before, p = self.recipe, resume.recipe, resume.position
        if recipe.optimizer == before.optimizer:
            self.learning_rate = resume.learning_rate
        if recipe.optimizer.id == before.optimizer.id and resume.optimizer:
            restore(optimizer, resume.optimizer, resume.optimizer_numbers)
        self._position, self._sums = self._at(p.epoch, p.step), resume.sums
        self.best_val_accuracy, self._best_val_loss = resume.best_val_accuracy, resume.best_val_loss
        reasons = self._computing.differences(resume, describe(self._device))
        if resume.data_fingerprint != self.dataset.fingerprint:
            reasons.append("the pictures have changed")
        then, now = (resume.steps_per_epoch, before.batch_size), (self._steps, recipe.batch_size)
        if then != now or before.seed != recipe.seed or p.step > self._steps:
            reasons.append("the batches are others, so the epoch under way begins anew")
            self._position, self._sums = self._at(p.epoch, 0), Sums()
        if not reasons:
            return None
        text = f"The run goes on, but not bit for bit as it would have: {'; '.join(reasons)}."
        return Diagnostic("training.resume_differs", text, Severity.INFO)

    def _started(self) -> Started:
        return Started(
            run=self.run,
            parameters=sum(p.numel() for p in self._learner.module.parameters() if p.requires_grad),
            train=training_samples(self.dataset),
            val=len(self.dataset.splits.val),
            epochs=self.recipe.epochs,
            steps_per_epoch=self._steps,
            device=describe(self._device),
            threads=self._computing.fixed,
            done_epochs=self._position.epoch,
            done_steps=self._position.total,
        )

    # --- checkpoints -------------------------------------------------------------------------------------------------

    def checkpoint(self, kind: str = LAST) -> Checkpoint:
        """The run as it stands, on the CPU; shares memory with the network where that is there too."""
        tensors, numbers = state_of(self._learner.optimizer) if kind == LAST else ({}, {})
        return Checkpoint(
            kind=kind,
            run=self.run,
            position=self._position,
            recipe=self.recipe,
            weights={name: t.detach().cpu() for name, t in self._learner.module.state_dict().items()},
            optimizer={name: t.detach().cpu() for name, t in tensors.items()},
            optimizer_numbers=numbers,
            sums=self._sums,
            learning_rate=self.learning_rate,
            steps_per_epoch=self._steps,
            best_val_accuracy=self.best_val_accuracy,
            best_val_loss=self._best_val_loss,
            project=self._project,
            data_fingerprint=self.dataset.fingerprint,
            classes=tuple(self.dataset.classes),
            versions=versions(),
            threads=self._computing.fixed,
            device=describe(self._device),
        )

    def _is_saved(self) -> bool:
        saved = self.keeper.saved
        return saved is not None and (saved.position, saved.learning_rate) == (self._position, self.learning_rate)

    # --- the end -----------------------------------------------------------------------------------------------------

    def _end(self, end: Ended) -> Iterator[Event]:
        """The one way out: a checkpoint of the last whole step, then the terminal event."""
        if self.module is not None and not self._learner.updating:
            try:
                self._learner.optimizer.zero_grad(set_to_none=True)
                if self.keeper.unsaved or not self._is_saved():
                    yield from self.keeper.save(self.checkpoint())
            except Exception:  # the device is gone with the weights on it: the checkpoint before stands
                log.exception("no checkpoint could be made at the end of %s", self.run)
        p = self._position
        yield replace(end, best_val_accuracy=self.best_val_accuracy, epochs=p.epoch, step=p.total)

    def _diagnose(self, error: Exception) -> Diagnostic:
        """The words for a failure; whatever fails while looking for better ones, there are always some."""
        details = "".join(traceback.format_exception(error))
        try:
            if isinstance(error, nonfinite.NotFinite) and self._batch is not None:
                return self._explain(error, self._batch)
            if failure.is_out_of_memory(error) and self._batch is not None:
                error.__traceback__ = None  # its frames hold the tensors that filled the memory
                return self._out_of_memory(self._batch, details)
        except Exception:
            log.exception("the cause of a failure could not be looked into")
        return failure.diagnose(error, self.compiled, details)

    def _explain(self, trouble: nonfinite.NotFinite, batch: Batch) -> Diagnostic:
        p = self._position
        origin = self._learner.origin(batch, p.total)
        return nonfinite.explain(
            trouble,
            origin,
            step=p.total + 1,
            epoch=p.epoch + 1,
            paths=paths_of(self.dataset, batch.indices),
            name=path_name(self.compiled.inferred, origin.node) if origin.node is not None else "",
            learning_rate=self.learning_rate * self._factor(p.total),
            base_rate=self.learning_rate,
        )

    def _out_of_memory(self, batch: Batch, details: str) -> Diagnostic:
        empty_cache(self._device)
        fits = None if self._learner.updating else self._learner.size_that_fits(batch)
        empty_cache(self._device)
        return failure.out_of_memory(self._device.type, len(batch.labels), fits, details)

    def _tell(self, *events: Event) -> Iterator[Event]:
        """Hand out events; a stop asked for meanwhile is honoured here, so at every event."""
        for event in events:
            yield event
            if self._stopping:
                raise _Stopped
