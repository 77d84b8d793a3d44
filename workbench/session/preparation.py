"""How a run's samples were prepared, kept with its weights: measured again, a changed folder would give other answers.

It stands in the project text of each checkpoint, among the data settings, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from workbench.document.project import Project

FIELD = "preparation"
BEFORE = "scaling"
"""What runs of the first format kept: the mean and standard deviation of pictures."""


def with_preparation(project: Project, preparation: Mapping[str, Any]) -> Project:
    """The project as a checkpoint keeps it, with a data set's `preparation`."""
    extra = {name: value for name, value in project.data.extra.items() if name != BEFORE}
    kept = MappingProxyType({**extra, FIELD: preparation})
    return replace(project, data=replace(project.data, extra=kept))


def without_preparation(project: Project) -> tuple[Project, Mapping[str, Any] | None]:
    """A checkpoint's project as the session knows it, and the preparation; None where an older run kept none.

    What is in it is looked at where it is taken (`Dataset.take_preparation`).
    """
    rest = {name: value for name, value in project.data.extra.items() if name not in (FIELD, BEFORE)}
    plain = replace(project, data=replace(project.data, extra=MappingProxyType(rest)))
    kept = project.data.extra.get(FIELD, project.data.extra.get(BEFORE))
    return plain, kept if isinstance(kept, Mapping) else None
