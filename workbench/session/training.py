"""Runs of the open project: prepared in the background, watched through messages, kept in the project's run store."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.session.jobs import Job
from workbench.session.overrides import overridden, require_own_splits
from workbench.session.preparing import Order, Prepared, prepare, require_rest, resumed_project
from workbench.session.run_table import RunTable
from workbench.session.state import RunState, Views
from workbench.training.messages import Ended, EpochEnd, Noticed, Started, ThreadsChanged, Validated
from workbench.training.scalars import ScalarLog

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.document.graph import Value
    from workbench.document.project import Project
    from workbench.session.processes.launching import Machines
    from workbench.session.session import Session
    from workbench.training.distributed.following import Follower
    from workbench.training.run import Run
    from workbench.training.weights import Weights

SHOWN_EVERY = 0.2
"""Seconds between two times the views are told that nothing but the numbers of a run went on."""
CLOSING_SECONDS = 20.0
"""How long closing a project waits for its run to stop (one step and a checkpoint)."""


class Training(RunTable):
    """The live run (at most one), the weights it leaves, and the table of runs."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.state: RunState | None = None
        self.weights: Weights | None = None
        self._job: Job | None = None
        self._prepared: Prepared | None = None
        self._stop_early = False
        self._shown = 0.0

    # --- beginning ------------------------------------------------------------

    def start(
        self,
        *,
        resume: str | bool = False,
        keep_weights: bool = False,
        variant: Project | None = None,
        series: str = "",
        name: str = "",
        machines: Machines | None = None,
        values: Mapping[str, Value] | None = None,
        whence: str = "last",
        **overrides: Any,
    ) -> None:
        """Begin a run; see `Session.start_training`. Raises `Problem` where nothing can be trained.

        `variant` is trained in place of the session's project (a trial of a search), `series` says which runs it
        belongs with, `name` is what the table of runs calls it, `values` what it has in place of the project's settings
        (kept with it, for people). A run of a series leaves the session's weights alone. `whence` names the
        checkpoint that the run goes on from: "last", "best" or an older one ("step-1200").
        """
        session = self._session
        if not series:
            session.require_no_series()
        if self.state is not None and self.state.is_live:
            raise Problem.of("training.live", "A run is going already. Stop it, or let it finish, before the next one.")
        if session.read_only:
            raise Problem.of(
                "project.read_only",
                f"{session.project.name} was opened to read only, so runs cannot be kept. "
                "Close the other window, or save the project under another name.",
            )
        if resume is not False:
            run, folder = self.run_folder(None if resume is True else resume)
            project, preparation = resumed_project(folder, whence)
        else:
            run, folder, project, preparation = "", Path(), variant or session.project, None
        project = overridden(project, overrides)
        if resume is not False:
            require_own_splits(run, overrides)
            require_rest(run, folder, project, whence)
        if resume is False and variant is None and not overrides and session.errors:
            raise Problem(*session.errors)
        if not project.data.source:
            raise Problem.of(
                "data.none",
                "There are no pictures to train on. Open a folder with one sub-folder for each class, or use a sample.",
            )
        order = Order(
            project,
            overrides,
            session.data.dataset if session.data.phase == "ready" else None,
            None if resume is False else run,
            preparation,
            self.weights if keep_weights else None,
            series,
            name,
            values or {},
            machines,
            whence,
        )

        def work(job: Job) -> Prepared:
            return prepare(session, order, job)

        self._stop_early = False
        self.state = RunState(
            id=run,
            phase="starting",
            epochs=project.recipe.epochs,
            steps=0,
            steps_per_epoch=0,
            scalars=ScalarLog(),
            series=series,
        )
        self._session.run_changed.emit(self.state)
        self._job = session.jobs.start("Preparing the run", work, self._go)

    def _go(self, job: Job) -> None:
        """The preparation has ended: let the run begin, or say why not."""
        self._job = None
        state = self.state
        assert state is not None
        if job.state != "done" or self._stop_early:
            if job.result is not None:
                job.result.close()
            failed = job.state == "failed"
            self._show(
                replace(
                    state,
                    phase="failed" if failed else "stopped",
                    diagnostic=job.diagnostic,
                    diagnostics=job.diagnostics,
                )
            )
            return
        self._prepared = job.result
        run = job.result.run
        self._show(replace(state, id=run.id, scalars=run.scalars, layers=run.layers))
        run.start()

    # --- the run ------------------------------------------------------------

    def command(self, name: str) -> None:
        """ "pause", "resume", "step", "stop", "validate_now" or "save_now"; nothing where no run is live."""
        if self._prepared is not None:
            getattr(self._prepared.run, name)()
        elif self._job is not None and name == "stop":
            self._stop_early = True
            self._job.cancel()

    def stop_after_epoch(self, on: bool) -> None:
        if self._prepared is not None:
            self._prepared.run.stop_after_epoch(on)

    def set_learning_rate(self, rate: float) -> None:
        if self._prepared is not None:
            self._prepared.run.set_learning_rate(rate)

    def newest_views(self) -> Views | None:
        """What the training thread saw last, if that is new."""
        prepared, state = self._prepared, self.state
        if prepared is None or state is None:
            return None
        found = prepared.slot.take()
        return replace(found, epoch=state.epoch) if found is not None else None

    def pump(self) -> None:
        prepared, state = self._prepared, self.state
        if prepared is None or state is None:
            return
        run = prepared.run
        after = state
        is_over = not run.is_alive  # asked first, so that nothing it still told is missed
        ended: Ended | None = None
        for event in run.drain():
            if isinstance(event, Started):
                after = replace(
                    after,
                    parameters=event.parameters,
                    train_pictures=event.train,
                    val_pictures=event.val,
                    device=event.device,
                    threads=event.threads,
                    epochs_log=run.past_epochs,
                )
            elif isinstance(event, EpochEnd):
                best = run.best_val_accuracy
                after = replace(after, epochs_log=(*after.epochs_log, event), best_val_accuracy=best)
            elif isinstance(event, Validated):
                after = replace(after, validated=(*after.validated, event))
            elif isinstance(event, ThreadsChanged):
                after = replace(after, threads=event.threads, thread_changes=(*after.thread_changes, event))
            elif isinstance(event, Noticed):
                if event.diagnostic.code.startswith("advice."):
                    after = replace(after, notes=(*after.notes, event.diagnostic))
                else:
                    self._session.notice.emit(event.diagnostic)
            elif isinstance(event, Ended):
                ended = event
        if is_over and ended is None:
            ended = self._lost(run)
        now = run.progress
        after = replace(
            after,
            phase=after.phase if ended is None and not now.is_live else now.phase,
            epoch=now.epoch,
            epochs=now.epochs,
            step=now.step,
            steps=now.steps,
            steps_per_epoch=now.steps_per_epoch,
            images_per_second=now.images_per_second,
            seconds_left=now.seconds_left,
            learning_rate=now.learning_rate,
            memory=now.memory,
            last_epoch=now.last_epoch,
        )
        if ended is not None:
            self._finish(prepared)
            after = replace(
                after,
                phase=ended.state,
                diagnostic=ended.diagnostic,
                diagnostics=(ended.diagnostic,) if ended.diagnostic else (),
                best_val_accuracy=ended.best_val_accuracy,
                is_saved=run.kept(ended),
            )
        if after == state:
            return
        now_at = time.monotonic()
        if _stands(after) == _stands(state) and now_at - self._shown < SHOWN_EVERY:
            self.state = after  # who asks is told; the views need not hear of every step
            return
        self._shown = now_at
        self._show(after)

    def _lost(self, run: Run | Follower) -> Ended:
        """The training thread is gone without a last word (a library tore it down): nobody may wait for one."""
        ended = Ended(
            "failed",
            Diagnostic(
                "training.lost",
                "The run ended without a word, as a library below it broke. Its last checkpoint is kept: resume it, "
                "with smaller batches if memory was short.",
            ),
            best_val_accuracy=run.best_val_accuracy,
            epochs=max(0, run.progress.epoch - 1),
            step=run.progress.step,
        )
        with contextlib.suppress(Problem):  # a table that cannot be written was told while it trained
            self.open_store().finish(run.id, ended, seconds=sum(e.seconds for e in run.past_epochs))
        return ended

    def _finish(self, prepared: Prepared) -> None:
        """A run has ended: keep its best weights in memory, let its data go."""
        run = prepared.run
        run.join(CLOSING_SECONDS)
        self._prepared = None
        if not prepared.series:
            self._take_weights(prepared)
        if prepared.owns_data or not self._session.pictures.holds(prepared.dataset):
            prepared.dataset.close()
        self._session.results.forget()
        self._session.looking.weights_changed()

    def _take_weights(self, prepared: Prepared) -> None:
        """The network as the run left it; what the views, edits and the next run go on from."""
        from workbench.training.weights import Weights

        state = prepared.run.weights()
        if state is not None:
            before = replace(self.weights, earlier=None) if self.weights is not None else None
            self.weights = Weights(state, prepared.compiled, before)

    def _show(self, state: RunState) -> None:
        self.state = state
        self._session.run_changed.emit(state)

    def uses(self, dataset: Dataset) -> bool:
        """Whether the live run reads from this data set."""
        return self._job is not None or (self._prepared is not None and self._prepared.dataset is dataset)

    def wait(self, timeout: float | None = None) -> RunState:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.state is not None and self.state.is_live:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError("The run did not end in time.")
            self._session.pump()
            time.sleep(0.005)
        if self.state is None:
            raise Problem.of("training.none", "There is no run to wait for.")
        return self.state

    def close(self) -> None:
        """Stop the live run with a checkpoint and wait for it."""
        self._stop_early = True
        if self._prepared is not None:
            prepared, self._prepared = self._prepared, None
            prepared.run.stop()
            prepared.run.join(CLOSING_SECONDS)
            prepared.dataset.close()
        self.store_moved()


def _stands(state: RunState) -> RunState:
    """The state without what changes with every step."""
    return replace(state, step=0, images_per_second=0.0, seconds_left=None, learning_rate=0.0, memory=0)
