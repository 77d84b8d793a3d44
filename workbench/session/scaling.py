"""How a run's pictures were scaled, kept with its weights: measured again, a changed folder would give other answers.

It stands in the project text of each checkpoint, among the data settings, and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from workbench.data.scaling import Scaling
from workbench.document.project import Project

FIELD = "scaling"


def with_scaling(project: Project, scaling: Scaling) -> Project:
    """The project as a checkpoint keeps it."""
    kept = {"mean": scaling.mean, "std": scaling.std}
    return replace(project, data=replace(project.data, extra=MappingProxyType({**project.data.extra, FIELD: kept})))


def without_scaling(project: Project) -> tuple[Project, Scaling | None]:
    """A checkpoint's project as the session knows it, and the scaling; None where an older run kept none."""
    rest = {name: value for name, value in project.data.extra.items() if name != FIELD}
    plain = replace(project, data=replace(project.data, extra=MappingProxyType(rest)))
    return plain, _scaling(project.data.extra.get(FIELD))


def _scaling(value: object) -> Scaling | None:
    if not isinstance(value, Mapping):
        return None
    mean, std = _numbers(value.get("mean")), _numbers(value.get("std"))
    if mean is None or std is None or len(mean) != len(std) or min(std) <= 0:
        return None
    return Scaling(mean, std)


def _numbers(value: object) -> tuple[float, ...] | None:
    """One finite number a channel, of one channel or three."""
    if not isinstance(value, tuple) or len(value) not in (1, 3):
        return None
    numbers = tuple(float(v) for v in value if isinstance(v, int | float) and math.isfinite(v))
    return numbers if len(numbers) == len(value) else None
