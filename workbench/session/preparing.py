"""Everything a run needs, made in the background before it begins: checks, data, network, record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.compiler.inference import Inferred, infer
from workbench.core.diagnostic import Problem, Severity
from workbench.core.words import count
from workbench.document.format import decode, encode
from workbench.document.project import Project
from workbench.session import checks
from workbench.session.jobs import Job
from workbench.session.pictures import network_input
from workbench.session.preparation import with_preparation, without_preparation
from workbench.session.processes.beginning import Beginning
from workbench.session.processes.launching import Machines, followed, layout_of
from workbench.session.room import wake
from workbench.session.state import DataState, Views
from workbench.training.messages import Ended
from workbench.training.slot import LatestSlot

if TYPE_CHECKING:
    from workbench.compiler.build import Compiled
    from workbench.data.dataset import Dataset
    from workbench.session.session import Session
    from workbench.training.distributed.following import Follower
    from workbench.training.record import Record
    from workbench.training.run import Run
    from workbench.training.weights import Weights


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to be: `project` with the overrides in it, `dataset` the session's own where it is ready, `resume`
    the run to go on with and `preparation` how its samples were prepared, `weights` to begin from.

    `series` is the search or the folds the run belongs to, `name` what the table of runs calls it, `values` what a
    trial of a search has in place of the project's settings. `machines` says which others take part. `whence`
    names the checkpoint that the run goes on from (`checkpoint.kinds`).
    """

    project: Project
    overrides: Mapping[str, Any]
    dataset: Dataset | None = None
    resume: str | None = None
    preparation: Mapping[str, Any] | None = None
    weights: Weights | None = None
    series: str = ""
    name: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    machines: Machines | None = None
    whence: str = "last"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything a run needs, made in the background: `owns_data` says whether the run must close the data set."""

    project: Project
    compiled: Compiled
    dataset: Dataset
    owns_data: bool
    run: Run | Follower
    slot: LatestSlot[Views]
    new: Record | None  # the record of a run that begins; None for one that goes on
    series: str = ""

    def close(self) -> None:
        """The run will not begin after all: it must not stay in the table as running."""
        if self.new is not None:
            self.new.take(Ended("stopped"), self.run.scalars)
        if self.owns_data:
            self.dataset.close()


def resumed_project(folder: Path, whence: str = "last") -> tuple[Project, Mapping[str, Any] | None]:
    """The very project a run was trained with and how its samples were prepared, so that it goes on exactly.

    Raises `Problem` where the checkpoint is damaged, with the others of the run as remedies.
    """
    from workbench.training import checkpoint
    from workbench.training.keeping.rescuing import rescued

    with rescued(folder, whence):
        return without_preparation(decode(checkpoint.read(folder, whence, weights_only=True).project.encode()))


def prepare(session: Session, order: Order, job: Job) -> Prepared:
    """Make a run ready to begin. Raises `Problem` with every reason why it cannot."""
    from workbench.compiler.build import compile as compile_graph
    from workbench.data.splitting import frozen
    from workbench.training import checkpoint
    from workbench.training.engine import Engine
    from workbench.training.keeping.rescuing import begin_at, rescued
    from workbench.training.run import Run
    from workbench.training.weights import carried

    session.rate_finding.give_way()
    project = order.project
    inferred = infer(project.graph)
    require_no_errors(project, inferred, DataState())  # before the data are read, which may take minutes
    dataset, owns = samples_for(session, order, job)
    session.pictures.listen(dataset)
    try:
        dataset.measure(job.progress, job.cancelled)
        wake(project.recipe.device)  # so that a step that does not fit is refused before it is tried
        require_no_errors(project, inferred, DataState("ready", dataset))
        compiled = compile_graph(project.graph, inferred, name=project.name)
        kept = carried(order.weights, compiled) if order.weights is not None else None
        store = session.training.open_store()
        text = encode(with_preparation(project, dataset.preparation)).decode()
        if order.resume is not None:
            begin_at(store.folder(order.resume), order.whence)
            with rescued(store.folder(order.resume), order.whence):
                start = checkpoint.read(store.folder(order.resume))
            record = store.resume(order.resume)
        else:
            start = None
            fold = project.data.fold if project.data.folds else None
            record = store.begin(
                project,
                compiled,
                dataset,
                {**order.overrides, **order.values},
                name=order.name,
                series=order.series,
                fold=fold,
            )
            frozen.write(store.folder(record.run), dataset, session.folder)
        slot: LatestSlot[Views] = LatestSlot()
        hook = session.looking.hook(compiled, slot.put)
        run: Run | Follower
        layout = layout_of(project.recipe.processes, order.machines)
        if layout.size > 1:
            begins = Beginning(text, start is not None)
            begins.write(store.folder(record.run), kept)
            run = followed(session.folder, record.run, layout, compiled, hook, epochs=project.recipe.epochs)
        else:
            engine = Engine(
                compiled,
                dataset,
                project.recipe,
                run=record.run,
                folder=store.folder(record.run),
                project=text,
                resume=start,
                weights=kept,
            )
            run = Run(engine, record=record, between_steps=hook)
        return Prepared(
            project, compiled, dataset, owns, run, slot, record if order.resume is None else None, order.series
        )
    except BaseException:
        if owns:
            dataset.close()
        raise


def samples_for(session: Session, order: Order, job: Job) -> tuple[Dataset, bool]:
    """The samples of a run, and whether it opened them itself.

    A run that goes on has the very samples and splits it began with; another one those of the session, where they are
    what the project asks for or can be made so without reading the folder.
    """
    from workbench.data.dataset import Dataset
    from workbench.data.splitting import frozen

    project, own = order.project, order.dataset
    wanted = network_input(project.graph)
    kept = None
    if order.resume is not None and "data" not in order.overrides:
        kept = frozen.read(session.training.open_store().folder(order.resume))
    if kept is not None:
        return (
            kept.dataset(project.data, session.folder, wanted, order.preparation, job.progress, job.cancelled),
            True,
        )
    if own is not None and own.input == wanted and order.preparation is None:
        if own.settings == project.data:
            return own, False
        settled = own.resettled(project.data)
        if settled is not None:
            return settled, True
    return (
        Dataset.open(
            project.data,
            session.folder,
            input=wanted,
            preparation=order.preparation,
            progress=job.progress,
            cancelled=job.cancelled,
        ),
        True,
    )


def require_no_errors(project: Project, inferred: Inferred, data: DataState) -> None:
    """Raises `Problem` with everything that stands in the way of training."""
    errors = [d for d in checks.collect(project, inferred, data) if d.severity is Severity.ERROR]
    if errors:
        raise Problem(*errors)


def require_rest(run: str, folder: Path, project: Project, whence: str = "last") -> None:
    """Raises `Problem` where a run has done all its epochs, so that there is nothing to go on with."""
    from workbench.training import checkpoint

    done = checkpoint.position(folder, whence).epoch
    if done >= project.recipe.epochs:
        raise Problem.of(
            "training.finished",
            f"{run} has done all of its {count(done, 'epoch', 'epochs')}. Resume it with more epochs, or train on "
            "from what it learned.",
        )
