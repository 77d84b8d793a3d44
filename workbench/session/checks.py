"""Every problem of a project in one list: the graph's, the data's, the recipe's, and where they do not fit together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.catalogue.declaration import Declaration
from workbench.catalogue.registry import AUGMENTATIONS, OPTIMIZERS, SCHEDULES
from workbench.catalogue.values import check
from workbench.compiler.estimate import check_memory, largest_batch, surely_fits, training_bytes
from workbench.compiler.inference import Inferred
from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import count, number
from workbench.data.index import Bad
from workbench.document.project import Chosen, Project
from workbench.session.end_checks import check_inputs, check_outputs, placed
from workbench.session.room import free_on
from workbench.session.state import DataState

DEVICES = ("auto", "cpu", "cuda", "mps")
FITS = ("crop", "pad", "stretch")
NORMALISATIONS = ("measured", "unit", "symmetric")


def collect(
    project: Project, inferred: Inferred, data: DataState, findings: tuple[Diagnostic, ...] = ()
) -> tuple[Diagnostic, ...]:
    """All diagnostics, errors first, else in the order they were found; `findings` are what was found in the data."""
    found = [
        *inferred.diagnostics,
        *_recipe(project),
        *_settings(project),
        *_memory(project, inferred),
        *(placed(project, data, found) for found in _data(data)),
        *findings,
        *check_inputs(project, data),
        *check_outputs(project, inferred, data),
    ]
    rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return tuple(sorted(found, key=lambda d: rank[d.severity]))


def _chosen(what: str, chosen: Chosen, catalogue: dict[str, Declaration]) -> Iterator[Diagnostic]:
    declaration = catalogue.get(chosen.id)
    if declaration is None:
        known = ", ".join(catalogue)
        yield Diagnostic(
            f"{what}.unknown", f"There is no {what} called “{chosen.id}” in this version. Choose one of: {known}."
        )
        return
    _values, problems = check(declaration, chosen.params)
    for problem in problems:
        yield problem.at(param=f"{what}.{problem.param}")


def _recipe(project: Project) -> Iterator[Diagnostic]:
    recipe = project.recipe
    yield from _chosen("optimizer", recipe.optimizer, dict(OPTIMIZERS))
    yield from _chosen("schedule", recipe.schedule, dict(SCHEDULES))
    if not 1 <= recipe.epochs <= 100_000:
        yield Diagnostic(
            "recipe.epochs",
            f"The recipe asks for {number(recipe.epochs)} epochs. Choose between 1 and 100,000.",
            param="epochs",
        )
    if not 1 <= recipe.batch_size <= 65_536:
        yield Diagnostic(
            "recipe.batch_size",
            f"The batch size is {number(recipe.batch_size)}. Choose between 1 and 65,536 pictures a step.",
            param="batch_size",
        )
    if recipe.device not in DEVICES:
        yield Diagnostic(
            "recipe.device",
            f"The recipe asks for the device “{recipe.device}”. Choose one of: {', '.join(DEVICES)}.",
            param="device",
        )


def _settings(project: Project) -> Iterator[Diagnostic]:
    data = project.data
    for augmentation in data.augmentations:
        yield from _chosen("augmentation", augmentation, dict(AUGMENTATIONS))
    for name, value, allowed in (("fit", data.fit, FITS), ("normalise", data.normalise, NORMALISATIONS)):
        if value not in allowed:
            yield Diagnostic(
                f"data.{name}", f"“{name}” is set to “{value}”. Choose one of: {', '.join(allowed)}.", param=name
            )
    if not (0 <= data.validation < 1 and 0 <= data.test < 1 and data.validation + data.test < 1):
        yield Diagnostic(
            "data.split",
            f"The validation share is {data.validation:.0%} and the test share {data.test:.0%}; together they must "
            "leave pictures to train on. Choose shares that add up to less than 100 %.",
            param="validation",
        )


def _memory(project: Project, inferred: Inferred) -> Iterator[Diagnostic]:
    """Whether a training step fits on the device, before anything runs; with the batch size that does."""
    recipe = project.recipe
    batch = max(1, recipe.batch_size)
    chosen = recipe.optimizer
    room = free_on(recipe.device)
    if room.free is None or surely_fits(inferred, batch, chosen.id, room.free, chosen.params):
        return
    needed = training_bytes(inferred, batch, chosen.id, chosen.params)
    if needed <= room.free:
        return
    fitting = largest_batch(inferred, chosen.id, room.free, batch, chosen.params)
    problem = check_memory(inferred, needed, room.free, fitting=fitting)
    if problem is not None:
        yield problem


def _data(data: DataState) -> Iterator[Diagnostic]:
    if data.phase == "none":
        yield Diagnostic(
            "data.none",
            "The project has no pictures yet. Open a folder with one sub-folder for each class, or use a sample.",
            Severity.WARNING,
        )
    elif data.phase == "failed" and data.diagnostic is not None:
        yield data.diagnostic
    elif data.dataset is not None:
        yield from data.dataset.diagnostics
        yield from _bad_files(data.dataset.bad)


def _bad_files(bad: Sequence[Bad]) -> Iterator[Diagnostic]:
    if bad:
        yield Diagnostic(
            "data.bad_files",
            f"{count(len(bad), 'file')} cannot be used and {'is' if len(bad) == 1 else 'are'} skipped, the first: "
            f"{bad[0].path} ({bad[0].reason}). The list stands under Data.",
            Severity.INFO,
        )
