"""What each process of a distributed run does: it meets the others, reads what the run begins from, and trains."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.compiler.inference import infer
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.telling import heard, told
from workbench.document.format import decode
from workbench.document.project import Recipe
from workbench.session.pictures import network_input
from workbench.session.preparation import without_preparation
from workbench.session.processes import beginning
from workbench.session.processes.sharing import run_folder
from workbench.training.distributed.ranks import Ranks, join, leave, of_environment
from workbench.training.distributed.words import SAID
from workbench.training.messages import Ended, Event, Noticed, Started, Validated
from workbench.training.storing.talk import COMMAND, NOTICE

if TYPE_CHECKING:
    from torch import nn

    from workbench.data.dataset import Dataset
    from workbench.training.distributed.engine import DistributedEngine
    from workbench.training.run import Run
    from workbench.training.store import RunStore
    from workbench.training.storing.talk import Talk

TELL_SECONDS = 0.4
"""How often the leader says where the run stands, and writes down its numbers for those who follow."""

Told = Callable[[Event], None]


def work(project: Path, run: str, *, tell: Told | None = None) -> int:
    """Take part in a run of the project in this folder; gives the exit status. `run` is looked at in the leading
    process only, where the run was begun (`beginning.Beginning.write` and a row in the run store).

    `tell` is called in the leading process with what happens, besides what goes into the run store.
    """
    ranks = of_environment()
    join(ranks)
    try:
        return _work(ranks, project, run, tell)
    finally:
        leave(ranks)


def _work(ranks: Ranks, project: Path, run: str, tell: Told | None) -> int:
    from workbench.training.store import RunStore

    with contextlib.ExitStack() as stack:
        problems: list[Diagnostic] = []
        engine: DistributedEngine | None = None
        try:
            engine = stack.enter_context(_engine(ranks, project, run))
        except Problem as problem:
            problems = list(problem.diagnostics)
        said = ranks.from_all(json.dumps([told(d) for d in problems]).encode())
        first = next((heard(found[0]) for line in said if (found := json.loads(line))), None)
        if not ranks.leads:
            return 1 if first is not None or engine is None else _follow(engine)
        store = stack.enter_context(RunStore(project))
        if first is not None or engine is None:
            _failed(store, run, first)
            return 1
        return _lead(store, run, engine, tell)


@contextlib.contextmanager
def _engine(ranks: Ranks, project: Path, run: str) -> Iterator[DistributedEngine]:
    """The engine of this process, on its part of the data."""
    from workbench.compiler.build import compile as compile_graph
    from workbench.training import checkpoint
    from workbench.training.distributed.engine import DistributedEngine
    from workbench.training.distributed.part import Part

    with contextlib.ExitStack() as stack:
        name, folder = stack.enter_context(run_folder(ranks, project / "runs", run))
        begins = beginning.read(folder)
        document, preparation = without_preparation(decode(begins.project.encode()))
        resume = checkpoint.read(folder) if begins.resume and checkpoint.exists(folder) else None
        compiled = compile_graph(document.graph, infer(document.graph), name=document.name)
        dataset = stack.enter_context(_dataset(document, project, folder, preparation))
        yield DistributedEngine(
            compiled,
            Part(dataset, ranks),
            _own(document.recipe, ranks),
            ranks=ranks,
            run=name,
            folder=project / "runs" / name if ranks.leads else None,
            project=begins.project,
            resume=resume,
            weights=beginning.weights(folder) if resume is None else None,
        )


def _own(recipe: Recipe, ranks: Ranks) -> Recipe:
    """The recipe with this process's own GPU, and as many threads as it was given cores: no process may take those of
    another, as an adaptive count would."""
    import torch

    device = recipe.device
    if device in ("auto", "cuda") and torch.cuda.is_available():
        device = f"cuda:{ranks.local_rank % torch.cuda.device_count()}"
    return replace(recipe, device=device, threads=recipe.threads or torch.get_num_threads())


def _dataset(document: Any, project: Path, folder: Path, preparation: Any) -> Dataset:
    """The samples and splits that the run was begun with, as this machine has them."""
    from workbench.data.dataset import Dataset
    from workbench.data.splitting import frozen

    wanted = network_input(document.graph)
    kept = frozen.read(folder)
    if kept is not None:
        return kept.dataset(document.data, project, wanted, preparation, lambda _done, _total: None, lambda: False)
    return Dataset.open(document.data, project, input=wanted, preparation=preparation)


def _follow(engine: DistributedEngine) -> int:
    """Every process but the first: learn with the others, say nothing but what went wrong."""
    from workbench.training.priority import lower_priority

    lower_priority()
    ended: Ended | None = None
    for event in engine.events():
        if isinstance(event, Ended):
            ended = event
    if ended is not None and ended.diagnostic is not None:
        sys.stderr.write(f"{SAID}{ended.diagnostic.message}\n")
    return 0 if ended is not None and ended.state != "failed" else 1


def _lead(store: RunStore, run: str, engine: DistributedEngine, tell: Told | None) -> int:
    """The first process: train in a thread as any run does, tell through the store, and take commands from it."""
    from workbench.training.record import Record
    from workbench.training.run import Run
    from workbench.training.store import RunStore

    record = store.resume(run) if engine.resumes else Record(RunStore(store.project_folder), run)
    training = Run(engine, record=record)

    def beat(_module: nn.Module, _step: int) -> None:
        record.beat(training.scalars, training.layers, every=TELL_SECONDS)

    training.between_steps = beat  # in the thread that trains, which is the one that writes the record
    talk = store.talk(run)
    known = talk.newest()
    training.start()
    last, ended = 0.0, None
    while ended is None:
        is_over = not training.is_alive
        for event in training.drain():
            if tell is not None:
                tell(event)
            _tell(talk, event, training)
            ended = event if isinstance(event, Ended) else ended
        if is_over:
            break
        known = _obey(talk, known, training)
        if time.monotonic() - last > TELL_SECONDS:
            last = time.monotonic()
            with contextlib.suppress(Problem):  # told by the record already
                talk.show(dataclasses.asdict(training.progress))
        time.sleep(0.05)
    training.join()
    return 0 if ended is not None and ended.state != "failed" else 1


def _tell(talk: Talk, event: Event, training: Run) -> None:
    """What those who follow must hear of an event."""
    line: dict[str, Any] | None = None
    if isinstance(event, Started):
        line = {"event": "started", "value": msgspec.to_builtins(event)}
    elif isinstance(event, Validated):
        line = {"event": "validated", "value": msgspec.to_builtins(dataclasses.replace(event))}
    elif isinstance(event, Noticed):
        line = {"event": "noticed", "value": told(event.diagnostic)}
    elif isinstance(event, Ended):
        line = {
            "event": "ended",
            "value": {
                "state": event.state,
                "diagnostic": None if event.diagnostic is None else told(event.diagnostic),
                "best": event.best_val_accuracy,
                "epochs": event.epochs,
                "step": event.step,
                "saved": training.kept(event),
            },
        }
    if line is not None:
        with contextlib.suppress(Problem):  # a store that cannot be written: the record has told of it
            if isinstance(event, Ended):
                talk.show(dataclasses.asdict(training.progress))
            talk.say(NOTICE, line)


_PLAIN = ("pause", "resume", "step", "stop", "validate_now", "save_now")


def _obey(talk: Talk, known: int, training: Run) -> int:
    """Do what was asked for since line `known`; gives the number of the last line."""
    try:
        lines = talk.since(COMMAND, known)
    except Problem:
        return known
    for number, line in lines:
        known = number
        name, value = line.get("command"), line.get("value")
        if name in _PLAIN:
            getattr(training, name)()
        elif name == "stop_after_epoch" and isinstance(value, bool):
            training.stop_after_epoch(value)
        elif name == "set_learning_rate" and isinstance(value, int | float) and 0 < value < 1e10:
            training.set_learning_rate(float(value))
    return known


def _failed(store: RunStore, run: str, problem: Diagnostic | None) -> None:
    """The run could not begin in one of its processes."""
    diagnostic = problem or Diagnostic("training.processes", "One of the run's processes could not begin.")
    sys.stderr.write(f"{SAID}{diagnostic.message}\n")
    ended = Ended("failed", diagnostic)
    with contextlib.suppress(Problem):
        store.finish(run, ended, seconds=0.0)
        value = {"state": "failed", "diagnostic": told(diagnostic), "best": None, "epochs": 0, "step": 0, "saved": True}
        store.talk(run).say(NOTICE, {"event": "ended", "value": value})
