"""What training keeps in memory for each weight beside the weight and its gradient: as the recipe asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.catalogue.registry import OPTIMIZERS
from workbench.catalogue.values import check
from workbench.document.graph import Value, frozen
from workbench.document.project import Recipe


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Numbers for each weight. `remembers` is what the optimizer keeps of the weights of matrices, `beside` of all
    others, `works` what it has for each weight of one tensor while it steps that one.

    `average`: there is a moving average of the weights. `gathers`: gradients of several batches are added up, so that
    all of them are there while the next batch goes through.
    """

    remembers: float = 2
    beside: float = 2
    works: float = 0
    average: bool = False
    gathers: bool = False

    @property
    def most(self) -> float:
        """The most for one weight that learns, with the weight and its gradient."""
        return 2 + max(self.remembers, self.beside) + self.works + self.average + self.gathers


UNKNOWN = Upkeep()
"""Of an optimizer this version does not know: as much as Adam."""


def of_optimizer(
    optimizer: str, params: Mapping[str, Value] | None = None, *, average: bool = False, gathers: bool = False
) -> Upkeep:
    """The upkeep of an optimizer of the catalogue with these parameters."""
    declaration = OPTIMIZERS.get(optimizer)
    if declaration is None:
        return Upkeep(average=average, gathers=gathers)
    values, _problems = check(declaration, frozen(params))
    remembers = declaration.remembers(values)
    beside = remembers if declaration.others is None else ADAMW
    return Upkeep(remembers, beside, declaration.works(values), average, gathers)


ADAMW = 2
"""What AdamW remembers of the weights that are left to it."""


def of_recipe(recipe: Recipe) -> Upkeep:
    """The upkeep of training by a recipe."""
    chosen = recipe.optimizer
    return of_optimizer(chosen.id, chosen.params, average=recipe.average > 0, gathers=recipe.accumulate > 1)
