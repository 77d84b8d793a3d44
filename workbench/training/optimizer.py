"""The optimizer and the schedule of a recipe, made from the catalogue, and their state as plain tensors and numbers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.catalogue.declaration import Schedule, Values
from workbench.catalogue.registry import OPTIMIZERS, SCHEDULES
from workbench.catalogue.values import check
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.project import Chosen, Recipe

if TYPE_CHECKING:
    import torch

Numbers = Mapping[str, Mapping[str, float | int | bool | None]]
Factor = Callable[[int], float]


def build_optimizer(recipe: Recipe, module: torch.nn.Module) -> torch.optim.Optimizer:
    """The recipe's optimizer over the network's weights, fused into one kernel a step where PyTorch offers it.

    Raises `Problem` for an unknown optimizer, bad values, or a network with nothing to learn.
    """
    import torch

    weights = [p for p in module.parameters() if p.requires_grad]
    if not weights:
        raise Problem.of(
            "training.no_weights",
            "The network has no weights, so there is nothing to learn. Add a layer that has some, such as Linear.",
        )
    declaration = OPTIMIZERS.get(recipe.optimizer.id)
    if declaration is None:
        raise _unknown("optimizer", recipe.optimizer, OPTIMIZERS)
    values, problems = check(declaration, recipe.optimizer.params)
    _refuse(problems)
    constructor = getattr(torch.optim, declaration.target.removeprefix("torch.optim."))
    arguments = declaration.arguments(values)
    if "fused" in inspect.signature(constructor).parameters:
        try:
            optimizer: torch.optim.Optimizer = constructor(weights, **arguments, fused=True)
            return optimizer
        except RuntimeError:  # no fused kernel for this device or kind of number: the plain one gives the same
            pass
    return constructor(weights, **arguments)  # type: ignore[no-any-return]


def build_schedule(recipe: Recipe, steps: int, steps_per_epoch: int) -> Factor:
    """The factor on the learning rate at a step of the run (from 0). Raises `Problem` for an unknown schedule."""
    declaration: Schedule | None = SCHEDULES.get(recipe.schedule.id)
    if declaration is None:
        raise _unknown("schedule", recipe.schedule, SCHEDULES)
    found, problems = check(declaration, recipe.schedule.params)
    _refuse(problems)
    values: Values = found
    factor = declaration.factor
    return lambda step: factor(values, step, steps, steps_per_epoch)


def state_of(optimizer: torch.optim.Optimizer) -> tuple[dict[str, torch.Tensor], dict[str, dict[str, Any]]]:
    """What the optimizer remembers of each weight: tensors as "index.name", numbers by index (for a checkpoint)."""
    import torch

    tensors: dict[str, torch.Tensor] = {}
    numbers: dict[str, dict[str, Any]] = {}
    for index, remembered in optimizer.state_dict()["state"].items():
        for name, value in remembered.items():
            if isinstance(value, torch.Tensor):
                tensors[f"{index}.{name}"] = value
            else:
                numbers.setdefault(str(index), {})[name] = value
    return tensors, numbers


def restore(optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor], numbers: Numbers) -> None:
    """Give an optimizer back what `state_of` took from one like it. Raises `Problem` where the two do not fit.

    A tensor as large as its weight takes the weight's memory layout: the fused kernels walk both in memory order, so a
    row-major memory beside channels-last weights would silently belong to the wrong weights.
    """
    import torch

    weights = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Any]] = {}
    try:
        for key, saved in tensors.items():
            index, _dot, name = key.partition(".")
            weight = weights[int(index)]
            if saved.shape == weight.shape:
                state.setdefault(int(index), {})[name] = torch.empty_like(weight, dtype=saved.dtype).copy_(saved)
            else:
                state.setdefault(int(index), {})[name] = saved.clone()
        for index, plain in numbers.items():
            state.setdefault(int(index), {}).update(plain)
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    except (IndexError, ValueError, KeyError, RuntimeError) as error:
        raise Problem.of(
            "checkpoint.other_optimizer",
            "The checkpoint's optimizer state does not fit this network and optimizer. Resume with the run's own "
            "recipe, or start a new run.",
            details=repr(error),
        ) from error


def _unknown(what: str, chosen: Chosen, table: Mapping[str, Any]) -> Problem:
    return Problem.of(
        f"recipe.{what}",
        f"This version knows no {what} called “{chosen.id[:60]}”. Choose one of {', '.join(table)}.",
        param=what,
    )


def _refuse(problems: tuple[Diagnostic, ...]) -> None:
    errors = [d for d in problems if d.is_error]
    if errors:
        raise Problem(*errors)
