"""Everything there is to choose from, by id, in the order the palette shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from workbench.catalogue import augmentations, initialisations, losses, metrics, optimizers, schedules
from workbench.catalogue.declaration import (
    Augmentation,
    Category,
    Declaration,
    Initialisation,
    Layer,
    Loss,
    Optimizer,
    Schedule,
)
from workbench.catalogue.layers import (
    activation,
    attention,
    convolution,
    convolution_variants,
    dense,
    embedding,
    endpoints,
    merging,
    normalisation,
    pooling,
    recurrent,
    regularisation,
    resizing,
    shaping,
)
from workbench.catalogue.metrics import Metric

D = TypeVar("D", bound=Declaration)


def index(declarations: Iterable[D]) -> Mapping[str, D]:
    """Declarations by id, in order; a `ValueError` when two share one."""
    table: dict[str, D] = {}
    for declaration in declarations:
        if declaration.id in table:
            raise ValueError(f"two declarations are called {declaration.id!r}")
        table[declaration.id] = declaration
    return MappingProxyType(table)


_FAMILIES = (
    endpoints.LAYERS,
    convolution.LAYERS,
    convolution_variants.LAYERS,
    pooling.LAYERS,
    activation.LAYERS,
    normalisation.LAYERS,
    dense.LAYERS,
    embedding.LAYERS,
    recurrent.LAYERS,
    attention.LAYERS,
    shaping.LAYERS,
    resizing.LAYERS,
    merging.LAYERS,
    regularisation.LAYERS,
)
_PALETTE = tuple(Category)

LAYERS: Mapping[str, Layer] = index(
    sorted((layer for family in _FAMILIES for layer in family), key=lambda layer: _PALETTE.index(layer.category))
)
LOSSES: Mapping[str, Loss] = index(losses.LOSSES)
OPTIMIZERS: Mapping[str, Optimizer] = index(optimizers.OPTIMIZERS)
SCHEDULES: Mapping[str, Schedule] = index(schedules.SCHEDULES)
INITIALISATIONS: Mapping[str, Initialisation] = index(initialisations.INITIALISATIONS)
METRICS: Mapping[str, Metric] = index(metrics.METRICS)
AUGMENTATIONS: Mapping[str, Augmentation] = index(augmentations.AUGMENTATIONS)
