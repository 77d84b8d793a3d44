"""How samples are split and pictures prepared, as parameters, so that one form shows them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workbench.catalogue.declaration import Kind, Param
from workbench.document.graph import Value
from workbench.document.project import DataSettings

SPLIT: tuple[Param, ...] = (
    Param("validation", "Validation share", "Samples kept back to check what was learned.", Kind.FLOAT, 0.2, 0.0, 0.9),
    Param("test", "Test share", "Samples kept back for the very end.", Kind.FLOAT, 0.0, 0.0, 0.9, advanced=True),
    Param(
        "seed",
        "Split seed",
        "Another seed puts other samples aside for validation.",
        Kind.INT,
        0,
        0,
        2**31 - 2,
        advanced=True,
    ),
)

PICTURES: tuple[Param, ...] = (
    Param(
        "fit",
        "Fit",
        "How a picture is brought to the network's size: crop cuts the longer side, pad adds edges, stretch distorts.",
        Kind.CHOICE,
        "crop",
        choices=(("crop", "crop"), ("pad", "pad"), ("stretch", "stretch")),
    ),
    Param(
        "normalise",
        "Normalise",
        "The range of numbers the network sees: measured centres on the training pictures.",
        Kind.CHOICE,
        "measured",
        choices=(("measured", "measured"), ("unit", "0 to 1"), ("symmetric", "-1 to 1")),
        advanced=True,
    ),
)
"""Where the samples are pictures."""


def with_data(data: DataSettings, param: str, value: Value) -> DataSettings:
    """The data settings with one changed; KeyError if there is no such setting."""
    if param not in {p.id for p in (*SPLIT, *PICTURES)}:
        raise KeyError(param)
    changed: dict[str, Any] = {param: value}
    return replace(data, **changed)
