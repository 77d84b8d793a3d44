"""A run in a background thread: commands go in through a queue, the world reads what it publishes; neither waits."""

from __future__ import annotations

import atexit
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.training import failure
from workbench.training.course.advising import Advising
from workbench.training.engine import Engine
from workbench.training.layer_log import LayerLog
from workbench.training.memory_use import MemoryUse
from workbench.training.messages import (
    Command,
    Ended,
    EpochEnd,
    Event,
    Noticed,
    Pause,
    Resume,
    SaveNow,
    SetLearningRate,
    Started,
    Step,
    StepEnd,
    Stop,
    StopAfterEpoch,
    ValidateNow,
    Validating,
)
from workbench.training.optimizing.freezing import training_mode
from workbench.training.pace import Pace
from workbench.training.priority import lower_priority
from workbench.training.progress import Progress
from workbench.training.record import Record
from workbench.training.scalars import ScalarLog
from workbench.training.slot import LatestSlot
from workbench.training.watched import Watched

if TYPE_CHECKING:
    import torch
    from torch import nn

log = logging.getLogger(__name__)

Hook = Callable[["nn.Module", int], None]

EVENTS = 1024
"""How many state events may lie unread; then the run waits for its reader (a stop never waits)."""
PUBLISH_SECONDS = 0.05
"""How often `progress` is replaced while steps run."""
LOOK_SECONDS = 0.05
"""How often a paused run looks for commands, and offers a look inside (another layer may have been chosen)."""
EXIT_SECONDS = 20.0
"""How long the end of the program waits for a run; what hangs longer (a dead network folder) is left behind."""


class Run(Watched):
    """Iterates an engine in a thread of lower priority.

    `record` keeps the run and its numbers (None: nothing is kept); `scalars` may begin with what a resumed run had.
    `between_steps(module, step)` is called in the training thread after steps, and now and then while paused, for
    looking inside; what it raises becomes a notice and it is not called again. `slot` is for what such a hook finds.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        record: Record | None = None,
        scalars: ScalarLog | None = None,
        between_steps: Hook | None = None,
    ) -> None:
        super().__init__(f"training {engine.run}", self._body)
        self.engine = engine
        self.scalars = scalars or (record.scalars if record is not None else ScalarLog())
        past = record.layers if record is not None else None
        self.layers = LayerLog() if past is None else LayerLog(past.names, past.steps, past.values)
        """Norms of each layer, measured now and then; a resumed run goes on with what it had."""
        engine.layers = self.layers
        self.past_epochs = record.epochs if record is not None else ()
        """The epochs a resumed run had done before."""
        self.between_steps = between_steps
        self.slot: LatestSlot[object] = LatestSlot()
        self.progress = Progress(epochs=engine.recipe.epochs)
        self.ended: Ended | None = None
        self._record = record
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._paused = False
        self._single = False
        self._step = 0  # the last one done
        self._pace = Pace()
        self._advising = Advising(engine, self.past_epochs)
        self._published = 0.0
        self._memory = MemoryUse()

    # --- from any thread ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin. At the end of the program a live run is stopped and joined."""
        atexit.register(self._at_exit)
        self._thread.start()

    def send(self, command: Command) -> None:
        """Hand over a command; it is honoured within one step."""
        if isinstance(command, Stop):
            self._stopping.set()
        self._commands.put(command)

    def pause(self) -> None:
        """Stand still after the step under way."""
        self.send(Pause())

    def resume(self) -> None:
        """Go on after a pause."""
        self.send(Resume())

    def step(self) -> None:
        """One step, then pause."""
        self.send(Step())

    def stop(self) -> None:
        """End within one step, with a checkpoint."""
        self.send(Stop())

    def set_learning_rate(self, value: float) -> None:
        """Replace the base learning rate."""
        self.send(SetLearningRate(value))

    def stop_after_epoch(self, on: bool = True) -> None:
        """End once the epoch under way is learned, validated and saved; `on` False takes that back."""
        self.send(StopAfterEpoch(on))

    def validate_now(self) -> None:
        """Validate the network where it stands, paused or not; `Validated` tells what came out."""
        self.send(ValidateNow())

    def save_now(self) -> None:
        """Write a checkpoint of the last whole step, paused or not."""
        self.send(SaveNow())

    @property
    def id(self) -> str:
        """What the run store calls it."""
        return self.engine.run

    @property
    def best_val_accuracy(self) -> float | None:
        return self.engine.best_val_accuracy

    def kept(self, ended: Ended) -> bool:
        """Whether the weights the run ended with are on the disk."""
        keeper = self.engine.keeper
        return not keeper.unsaved and keeper.saved is not None and keeper.saved.position.total == ended.step

    def weights(self) -> dict[str, torch.Tensor] | None:
        """The network as the run left it, of averaged weights where it averages them, as it is judged and exported; a
        copy on the CPU. None where it never stood."""
        learner = self.engine.learner
        if learner is None:
            return None
        return {name: tensor.detach().cpu().clone() for name, tensor in learner.judged.state_dict().items()}

    # --- the training thread -----------------------------------------------------------------------------------------

    def _body(self) -> None:
        lower_priority()
        try:
            for event in self.engine.events():
                self._take(event)
                self._obey()
        except Exception as error:  # the last line of defence: whatever happens, one terminal event is told
            log.exception("the training thread of %s failed", self.engine.run)
            self._take(Ended("failed", failure.unexpected(error)))
        finally:
            self.between_steps = None
            atexit.unregister(self._at_exit)

    def _take(self, event: Event) -> None:
        """Publish one event."""
        if isinstance(event, StepEnd):
            self._stepped(event)
            return
        if isinstance(event, Validating):
            if not self.progress.validating:
                self._show(validating=True)
            return
        if isinstance(event, Started):
            steps = event.epochs * event.steps_per_epoch
            self._show(
                phase="paused" if self._paused else "running",
                epoch=min(event.done_epochs + 1, event.epochs),
                epochs=event.epochs,
                step=event.done_steps,
                steps=steps,
                steps_per_epoch=event.steps_per_epoch,
            )
            self._pace.begin(event.epochs - event.done_epochs)
            self._memory = MemoryUse(event.device)
        elif isinstance(event, EpochEnd):
            self._pace.epoch_ended(event)
            self._show(validating=False, epoch=min(event.epoch + 1, self.progress.epochs), step=event.step)
        if self._record is not None:
            for notice in self._record.take(event, self.scalars, self.layers):
                self._put(notice)
        if isinstance(event, Ended):
            self.ended = event
            self._show(phase=event.state, validating=False, seconds_left=0.0)
        self._put(event)
        if isinstance(event, EpochEnd):
            self._advise(event)

    def _stepped(self, event: StepEnd) -> None:
        now = time.monotonic()
        self._step = event.step
        rate = self._pace.stepped(now, event.pictures)
        self.scalars.append(event.step, event.loss, event.accuracy, event.learning_rate, rate, event.norm)
        if self._single:
            self._single, self._paused = False, True
        if self._paused or now - self._published >= PUBLISH_SECONDS:
            self._published = now
            left = self._pace.seconds_left(self.progress.steps - event.step)
            self._show(
                epoch=event.epoch,
                step=event.step,
                images_per_second=rate,
                seconds_left=left,
                validating=False,
                learning_rate=event.learning_rate,
                memory=self._memory.now(now),
            )
        if self._advising.is_due(now):
            self._advise()
        self._look(event.step)

    def _advise(self, epoch: EpochEnd | None = None) -> None:
        """Tell what the run's course gives reason to say."""
        for note in self._advising.take(self.scalars, self.layers, self.progress.steps_per_epoch, epoch):
            self._take(Noticed(note))

    def _look(self, step: int) -> None:
        """Call the hook. What it raises must not end the run, nor leave the network in evaluation mode."""
        module = self.engine.module
        if self.between_steps is None or module is None:
            return
        try:
            self.between_steps(module, step)
        except Exception as error:
            log.exception("looking inside failed")
            self.between_steps = None
            training_mode(module, self.engine.compiled)
            self._put(Noticed(failure.look_failed(error)))

    def _obey(self) -> None:
        """Honour what was asked for; stand here while paused. What time that takes is in no rate."""
        had = not self._commands.empty() or self._paused
        if not had and self.progress.phase == "running" and not self._stopping.is_set():
            return  # nearly always
        began = time.monotonic()
        while True:
            with contextlib.suppress(queue.Empty):
                while True:
                    self._do(self._commands.get_nowait())
            if not self._paused or self._single or self._stopping.is_set() or self.ended is not None:
                break
            if self.progress.phase == "starting":
                break
            if self.progress.phase == "running":
                step = max(self.progress.step, self._step)  # steps between two showings were not shown yet
                self._show(phase="paused", step=step, images_per_second=0.0, seconds_left=None)
            self._look(self.progress.step)
            with contextlib.suppress(queue.Empty):
                self._do(self._commands.get(timeout=LOOK_SECONDS))
        if had:
            waited = time.monotonic() - began
            self.engine.exclude(waited)
            self._pace.exclude(waited)
        if self.progress.phase in ("running", "paused"):
            phase = "stopping" if self._stopping.is_set() else "paused" if self._single else "running"
            if phase != self.progress.phase:
                self._show(phase=phase)

    def _do(self, command: Command) -> None:
        match command:
            case Pause():
                self._paused, self._single = True, False
            case Resume():
                self._paused, self._single = False, False
            case Step():
                self._paused, self._single = True, True
            case Stop():
                self._stopping.set()
                self.engine.stop()
            case SetLearningRate(value):
                self.engine.set_learning_rate(value)
            case StopAfterEpoch(on):
                self.engine.stop_after_epoch(on)
                self._show(last_epoch=on)
            case ValidateNow():
                self._validate()
            case SaveNow():
                for event in self.engine.save_now():
                    self._take(event)

    def _validate(self) -> None:
        """In between, as was asked for; given up where the run is to stop."""
        was = self.progress.validating
        for event in self.engine.validate_now():
            self._take(event)
            if self._stopping.is_set():
                break
        self._show(validating=was)

    def _show(self, **changes: object) -> None:
        self.progress = replace(self.progress, **changes)  # type: ignore[arg-type]

    def _put(self, event: Event) -> None:
        """Queue a state event. None is lost while a reader reads; a run that is ending waits for nobody."""
        while len(self._events) >= EVENTS and not self._stopping.is_set() and not isinstance(event, Ended):
            time.sleep(LOOK_SECONDS)
        self._events.append(event)

    def _at_exit(self) -> None:
        self.stop()
        if not self.join(EXIT_SECONDS):
            log.error("%s did not end within %s seconds and was left behind", self.engine.run, EXIT_SECONDS)
