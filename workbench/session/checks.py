"""Every problem of a project in one list: the graph's, the data's, the recipe's, and where they do not fit together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.catalogue.registry import AUGMENTATIONS
from workbench.compiler.inference import Inferred
from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import count
from workbench.data.index import Bad
from workbench.document.data_format import FITS, NORMALISATIONS
from workbench.document.project import Project
from workbench.session.end_checks import check_inputs, check_outputs, placed
from workbench.session.recipe.checks import check_chosen, check_recipe, check_room
from workbench.session.state import DataState


def collect(
    project: Project, inferred: Inferred, data: DataState, findings: tuple[Diagnostic, ...] = ()
) -> tuple[Diagnostic, ...]:
    """All diagnostics, errors first, else in the order they were found; `findings` are what was found in the data."""
    found = [
        *inferred.diagnostics,
        *check_recipe(project, inferred, data),
        *_settings(project),
        *check_room(project, inferred),
        *(placed(project, data, found) for found in _data(data)),
        *findings,
        *check_inputs(project, data),
        *check_outputs(project, inferred, data),
    ]
    rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return tuple(sorted(found, key=lambda d: rank[d.severity]))


def _settings(project: Project) -> Iterator[Diagnostic]:
    data = project.data
    for augmentation in data.augmentations:
        yield from check_chosen("augmentation", augmentation, dict(AUGMENTATIONS))
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
