"""A run in other processes, followed through the run store as a run in a thread is followed through its queue."""

from __future__ import annotations

import atexit
import contextlib
import logging
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.processes import end_group
from workbench.core.telling import heard
from workbench.training import checkpoint
from workbench.training.distributed.words import lost
from workbench.training.layer_log import LayerLog
from workbench.training.messages import Ended, EpochEnd, Noticed, Started, Validated
from workbench.training.progress import Progress
from workbench.training.scalars import ScalarLog
from workbench.training.storing.talk import COMMAND, NOTICE
from workbench.training.watched import Watched
from workbench.training.weights import give

if TYPE_CHECKING:
    import torch
    from torch import nn

    from workbench.training.store import RunStore

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
"""How often the store is asked."""
STOP_SECONDS = 30.0
"""How long processes that were told to stop may take for their checkpoint before they are ended."""
LOG = "processes.log"
"""What the processes of a run write beside its checkpoints."""
TAIL = 8_000

Hook = Callable[["nn.Module", int], None]
Launch = Callable[[Path], "subprocess.Popen[bytes]"]
"""Starts the processes, which write to the log of this path."""


class Follower(Watched):
    """One run in other processes. `launch` starts them once `start` is called.

    It has what `workbench.training.run.Run` has for those who watch: `progress`, `scalars`, `layers`, `drain`, and the
    commands. The network is not in this process: its weights are read from the run's checkpoints, into what `build`
    gives, and `between_steps` is called with that after an epoch, now and then, for looking inside.
    """

    def __init__(
        self,
        store: RunStore,
        run: str,
        launch: Launch,
        *,
        epochs: int,
        build: Callable[[], nn.Module] | None = None,
        between_steps: Hook | None = None,
    ) -> None:
        super().__init__(f"following {run}", self._body)
        self.id = run
        self.scalars = ScalarLog()
        self.layers = LayerLog()
        self.past_epochs: tuple[EpochEnd, ...] = ()
        self.progress = Progress(epochs=epochs)
        self.ended: Ended | None = None
        self.best_val_accuracy: float | None = None
        self.is_saved = False
        self._store = store
        self._talk = store.talk(run)
        self._launch = launch
        self._epochs = 0
        self._heard = 0
        self._stopping: float | None = None
        self._build = build
        self._between_steps = between_steps
        self._module: nn.Module | None = None
        self._seen = 0  # the step of the checkpoint that was looked at
        self._look_again = 0.0
        self._final: dict[str, torch.Tensor] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    # --- as a run in a thread ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the processes and follow them. At the end of the program they are stopped and waited for."""
        atexit.register(self._at_exit)
        self._thread.start()

    def pause(self) -> None:
        self._say("pause")

    def resume(self) -> None:
        self._say("resume")

    def step(self) -> None:
        self._say("step")

    def stop(self) -> None:
        """End within one step, with a checkpoint."""
        if self._stopping is None:
            self._stopping = time.monotonic()
        self._say("stop")

    def stop_after_epoch(self, on: bool = True) -> None:
        self._say("stop_after_epoch", on)

    def validate_now(self) -> None:
        self._say("validate_now")

    def save_now(self) -> None:
        self._say("save_now")

    def set_learning_rate(self, value: float) -> None:
        self._say("set_learning_rate", value)

    def kept(self, _ended: Ended) -> bool:
        """Whether the weights the run ended with are on the disk."""
        return self.is_saved

    def weights(self) -> dict[str, torch.Tensor] | None:
        """The network as the run left it, from its last checkpoint; None while it lives, and where there is none."""
        return self._final

    # --- the thread that follows -------------------------------------------------------------------------------------

    def _say(self, command: str, value: float | bool | None = None) -> None:
        try:
            self._talk.say(COMMAND, {"command": command, "value": value})
        except Problem as problem:  # a store that cannot be written: the person must know that nothing happened
            self._events.append(Noticed(problem.diagnostics[0]))

    def _body(self) -> None:
        logfile = self._store.folder(self.id) / LOG
        try:
            self._heard = self._talk.newest()
            self._process = self._launch(logfile)
            while self._process.poll() is None:
                self._read()
                self._look()
                self._end_overdue()
                time.sleep(POLL_SECONDS)
            self._read()
            self._over(self._process.returncode, logfile)
        except (Problem, OSError) as error:
            if self._process is not None:
                end_group(self._process)
            diagnostic = error.diagnostics[0] if isinstance(error, Problem) else _not_started(error)
            self._end(Ended("failed", diagnostic, self.best_val_accuracy, self._epochs, self.progress.step))
        finally:
            self._store.close()
            atexit.unregister(self._at_exit)

    def _read(self) -> None:
        """Take in what the run has said and recorded since the last time; what makes no sense is passed over."""
        for number, line in self._talk.since(NOTICE, self._heard):
            self._heard = number
            try:
                self._hear(line)
            except (ValueError, TypeError, KeyError, msgspec.ValidationError):
                log.warning("a line of %s makes no sense: %r", self.id, line)
        for row in self._store.scalars(self.id, len(self.scalars)):
            self.scalars.append(*(float(v) for v in row))
        found = self._store.layers(self.id)
        if found.names:
            self.layers.begin(found.names)
            known = len(self.layers)
            for step, row in zip(found.steps[known:], found.values[known:], strict=True):
                self.layers.append(float(step), row)
        with contextlib.suppress(ValueError, TypeError, msgspec.ValidationError):
            if shown := self._talk.shown():
                self.progress = msgspec.convert(shown, Progress)
        for end in self._store.epochs(self.id, self._epochs):
            self._epochs = end.epoch
            self.best_val_accuracy = end.val_accuracy if end.is_best else self.best_val_accuracy
            self._events.append(end)

    def _hear(self, line: Mapping[str, Any]) -> None:
        match line.get("event"):
            case "started":
                started = msgspec.convert(line["value"], Started)
                self.past_epochs = self._store.epochs(self.id)[: started.done_epochs]
                self._epochs = started.done_epochs
                self._events.append(started)
            case "validated":
                self._events.append(msgspec.convert(line["value"], Validated))
            case "noticed":
                self._events.append(Noticed(heard(line["value"])))
            case "ended":
                value = line["value"]
                diagnostic = heard(value["diagnostic"]) if value["diagnostic"] is not None else None
                self.is_saved = bool(value["saved"])
                self.ended = Ended(
                    str(value["state"]), diagnostic, value["best"], int(value["epochs"]), int(value["step"])
                )

    def _look(self) -> None:
        """Look inside the network of the newest checkpoint, where that is a newer one. Reading it takes a twentieth of
        the time at the most; what looking raises must not end the following."""
        now = time.monotonic()
        if self._between_steps is None or self._build is None or now < self._look_again:
            return
        try:
            folder = self._store.folder(self.id)
            step = checkpoint.position(folder).total if checkpoint.exists(folder) else 0
            if step <= self._seen:
                self._look_again = now + 4 * POLL_SECONDS
                return
            self._seen = step
            found = checkpoint.read(folder, weights_only=True)
            if self._module is None:
                self._module = self._build().eval()
            give(self._module, found.averaged, whole=True)
            self._between_steps(self._module, step)
        except Problem:  # replaced meanwhile: the next one
            log.info("a checkpoint of %s could not be looked at", self.id)
        except Exception:
            log.exception("looking inside failed")
            self._between_steps = None
        self._look_again = time.monotonic() + 20 * (time.monotonic() - now)

    def _end_overdue(self) -> None:
        if self._stopping is not None and time.monotonic() - self._stopping > STOP_SECONDS and self._process:
            log.error("%s did not stop within %s seconds and was ended", self.id, STOP_SECONDS)
            end_group(self._process)

    def _over(self, code: int, logfile: Path) -> None:
        """The processes are gone: with a last word, or without one."""
        ended = self.ended
        if ended is None:
            state = "stopped" if self._stopping is not None else "failed"
            diagnostic = None if state == "stopped" else lost(code, _tail(logfile))
            ended = Ended(state, diagnostic, self.best_val_accuracy, self._epochs, self.progress.step)
            with contextlib.suppress(Problem):
                self._store.finish(self.id, ended, seconds=self._store.row(self.id).seconds)
        with contextlib.suppress(Problem):
            self._talk.forget()
        with contextlib.suppress(Problem):
            self._final = checkpoint.read(self._store.folder(self.id), weights_only=True).averaged
        self._end(ended)

    def _end(self, ended: Ended) -> None:
        self.ended = ended
        step = max(ended.step, self.progress.step)
        self.progress = replace(self.progress, phase=ended.state, step=step, validating=False, seconds_left=0.0)
        self._events.append(ended)

    def _at_exit(self) -> None:
        self.stop()
        if not self.join(STOP_SECONDS + 5) and self._process is not None:
            end_group(self._process)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _not_started(error: OSError) -> Diagnostic:
    return Diagnostic(
        "training.processes_not_started",
        f"The processes of the run could not be started: {error.strerror or error}. Train with one process, or mend "
        "that first.",
        details=repr(error),
    )
