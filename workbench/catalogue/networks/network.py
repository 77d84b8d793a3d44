"""What a template network is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.catalogue.declaration import Shape
from workbench.catalogue.drawing import Part, layer
from workbench.document.graph import Graph, frozen
from workbench.document.project import Chosen, Recipe

MIRRORED = (Chosen("flip_horizontal"), Chosen("shift", frozen({"amount": 0.1})))
"""For photographs; handwriting is not mirrored."""
SHIFTED = MIRRORED[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network of the literature, ready to train.

    `cited` names `source` in a few words. `parameters` is the number of trainable parameters that `source` states or
    that follows from what it states; `multiply_adds` are billions for one picture, as the source prints them, None
    where it does not. `answer` is the node whose output is the paper's, and `shape` that output's shape (no batch
    axis, channels first). `look` is a Markdown list of what is worth looking at. `graph` draws it anew. `data` is a
    sample that suits it, "" if none does.
    """

    id: str
    title: str
    summary: str
    source: str
    cited: str
    parameters: int
    answer: str
    shape: Shape
    look: str
    graph: Callable[[], Graph]
    recipe: Recipe
    multiply_adds: float | None = None
    data: str = ""
    augmentations: tuple[Chosen, ...] = MIRRORED


def pictures(size: int, *, grey: bool = False) -> Part:
    """The input of a network for square pictures."""
    return layer("pictures", "Pictures", size=(size, size), channels="1" if grey else "3")


def recipe(lr: float, *, epochs: int = 30, batch_size: int = 32, weight_decay: float = 0.05) -> Recipe:
    """AdamW under a one-cycle schedule: it trains networks of all these kinds without their papers' long schedules."""
    optimizer = Chosen("adamw", frozen({"lr": lr, "weight_decay": weight_decay}))
    return Recipe(epochs=epochs, batch_size=batch_size, optimizer=optimizer, schedule=Chosen("one_cycle"))
