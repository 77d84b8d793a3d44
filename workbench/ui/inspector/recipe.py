"""How the network is trained and how its pictures are prepared, as parameters, so that one form shows them all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workbench.catalogue.declaration import Kind, Param
from workbench.document.graph import Value
from workbench.document.project import DataSettings, Recipe

RECIPE: tuple[Param, ...] = (
    Param("epochs", "Epochs", "How often training goes through all pictures.", Kind.INT, 10, 1, 100_000),
    Param(
        "batch_size",
        "Batch size",
        "Pictures looked at before each correction; more is steadier and takes more memory.",
        Kind.INT,
        64,
        1,
        65_536,
    ),
)

MACHINE: tuple[Param, ...] = (
    Param(
        "device",
        "Device",
        "What computes: automatic takes a graphics card where there is one.",
        Kind.CHOICE,
        "auto",
        choices=(("auto", "automatic"), ("cpu", "CPU"), ("cuda", "CUDA"), ("mps", "Apple GPU")),
    ),
    Param(
        "seed", "Seed", "The same seed gives the same start and the same order of pictures.", Kind.INT, 0, 0, 2**31 - 2
    ),
    Param(
        "threads",
        "Threads",
        "CPU threads for training; 0 lets the program choose, a fixed number makes runs repeat exactly.",
        Kind.INT,
        0,
        0,
        512,
        advanced=True,
    ),
    Param(
        "deterministic",
        "Repeat exactly",
        "Uses only operations that give the same bits each time; some are slower.",
        Kind.BOOL,
        False,
        advanced=True,
    ),
)

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


def with_recipe(recipe: Recipe, param: str, value: Value) -> Recipe:
    """The recipe with one setting changed; KeyError if it has no such setting."""
    if param not in {p.id for p in (*RECIPE, *MACHINE)}:
        raise KeyError(param)
    changed: dict[str, Any] = {param: value}
    return replace(recipe, **changed)


def with_data(data: DataSettings, param: str, value: Value) -> DataSettings:
    """The data settings with one changed; KeyError if there is no such setting."""
    if param not in {p.id for p in (*SPLIT, *PICTURES)}:
        raise KeyError(param)
    changed: dict[str, Any] = {param: value}
    return replace(data, **changed)
