"""The optimizer of a recipe over the weights of a network."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.catalogue.declaration import Values
from workbench.catalogue.registry import OPTIMIZERS
from workbench.catalogue.values import check
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.project import Chosen, Recipe
from workbench.training.optimizing.freezing import freeze
from workbench.training.optimizing.groups import Group, grouped

if TYPE_CHECKING:
    import torch

    from workbench.training.batches import Network


def build_optimizer(recipe: Recipe, module: torch.nn.Module, compiled: Network) -> torch.optim.Optimizer:
    """The recipe's optimizer over the weights that learn, fused into one kernel a step where PyTorch offers it.

    Frozen layers are frozen by this and are in no group. Each group has a "scale", its factor on the learning rate: set
    ``group["lr"] = rate * group["scale"]`` before a step. Raises `Problem` for an unknown optimizer, bad values, or a
    network with nothing to learn.
    """
    declaration = OPTIMIZERS.get(recipe.optimizer.id)
    if declaration is None:
        raise unknown("optimizer", recipe.optimizer, OPTIMIZERS)
    values, problems = check(declaration, recipe.optimizer.params)
    refuse(problems)
    freeze(module, compiled)
    _require_weights(module)
    spare = recipe.decay == "weights" and values.get("weight_decay", 0.0) > 0
    if declaration.others is None:
        groups = grouped(module, compiled, spare=spare)
        return _made(declaration.target, groups, declaration.arguments(values))
    return _of_two(
        module, compiled, spare, declaration.target, declaration.arguments(values), declaration.others, values
    )


def _of_two(
    module: torch.nn.Module,
    compiled: Network,
    spare: bool,
    target: str,
    arguments: dict[str, Any],
    others: Any,
    values: Values,
) -> torch.optim.Optimizer:
    """An optimizer of matrices, and beside it another one for all other weights."""
    from workbench.training.optimizing.pair import Pair

    looked_up = _tables(module)
    matrices = grouped(module, compiled, spare=spare, takes=lambda _n, w: w.dim() == 2 and id(w) not in looked_up)
    rest = grouped(module, compiled, spare=spare, takes=lambda _n, w: w.dim() != 2 or id(w) in looked_up)
    made = [_made(target, matrices, arguments)] if matrices else []
    if rest:
        made.append(_made(others[0], rest, others[1](values)))
    return made[0] if len(made) == 1 else Pair(*made)


def _tables(module: torch.nn.Module) -> frozenset[int]:
    """The weights of embeddings by identity: rows that are looked up, and no matrices that multiply."""
    from torch import nn

    return frozenset(id(m.weight) for m in module.modules() if isinstance(m, nn.Embedding | nn.EmbeddingBag))


def _made(target: str, groups: list[Group], arguments: dict[str, Any]) -> torch.optim.Optimizer:
    import torch

    name = target.removeprefix("torch.optim.")
    constructor = getattr(torch.optim, name, None)
    if constructor is None:
        raise Problem.of(
            "optimizer.too_new",
            f"PyTorch {torch.__version__.partition('+')[0]} has no {name}. Update PyTorch, or choose AdamW.",
            param="optimizer",
        )
    for group in groups:
        group["lr"] = arguments["lr"] * group["scale"]
    in_parts = any(hasattr(weight, "device_mesh") for group in groups for weight in group["params"])
    if "fused" in inspect.signature(constructor).parameters and not in_parts:  # not every kernel knows such weights
        try:
            optimizer: torch.optim.Optimizer = constructor(groups, **arguments, fused=True)
            return optimizer
        except RuntimeError:  # no fused kernel for this device or kind of number: the plain one gives the same
            for group in groups:
                group.pop("fused", None)
    return constructor(groups, **arguments)  # type: ignore[no-any-return]


def _require_weights(module: torch.nn.Module) -> None:
    if any(weight.requires_grad for weight in module.parameters()):
        return
    if next(module.parameters(), None) is None:
        raise Problem.of(
            "training.no_weights",
            "The network has no weights, so there is nothing to learn. Add a layer that has some, such as Linear.",
        )
    raise Problem.of(
        "training.all_frozen",
        "Every layer that has weights is frozen, so there is nothing to learn. Let at least one of them learn.",
    )


def unknown(what: str, chosen: Chosen, table: Mapping[str, Any]) -> Problem:
    """What to raise for a choice that is not in its catalogue."""
    return Problem.of(
        f"recipe.{what}",
        f"This version knows no {what} called “{chosen.id[:60]}”. Choose one of {', '.join(table)}.",
        param=what,
    )


def refuse(problems: tuple[Diagnostic, ...]) -> None:
    """Raises `Problem` where values do not suit their declaration."""
    errors = [d for d in problems if d.is_error]
    if errors:
        raise Problem(*errors)
