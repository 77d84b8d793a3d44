"""What an optimizer remembers of each weight, under the weight's name, so that it finds its way into a checkpoint and
back, whatever the groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Problem

if TYPE_CHECKING:
    import torch

Numbers = Mapping[str, Mapping[str, float | int | bool | None]]


def state_of(
    optimizer: torch.optim.Optimizer, module: torch.nn.Module
) -> tuple[dict[str, torch.Tensor], dict[str, dict[str, Any]]]:
    """What the optimizer remembers of the weights of `module`: tensors as "fc.weight.exp_avg", numbers by weight."""
    import torch

    from workbench.training.optimizing.pair import parts_of

    names = {id(weight): name for name, weight in module.named_parameters()}
    tensors: dict[str, torch.Tensor] = {}
    numbers: dict[str, dict[str, Any]] = {}
    for part in parts_of(optimizer):
        for weight, remembered in part.state.items():
            name = names[id(weight)]
            for key, value in remembered.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"{name}.{key}"] = value
                else:
                    numbers.setdefault(name, {})[key] = value
    return tensors, numbers


def restore(
    optimizer: torch.optim.Optimizer,
    module: torch.nn.Module,
    tensors: Mapping[str, torch.Tensor],
    numbers: Numbers,
) -> None:
    """Give an optimizer back what `state_of` took from one like it. Raises `Problem` where the two do not fit.

    Weights may have been frozen since, or learn again: what belongs to those that do not learn is left out, and those
    that nothing is known of begin anew. Checkpoints of before had a weight's place among all that learn in place of its
    name ("3.exp_avg").

    A tensor as large as its weight takes the weight's memory layout: the fused kernels walk both in memory order, so a
    row-major memory beside channels-last weights would silently belong to the wrong weights.
    """
    from workbench.training.optimizing.pair import Pair, parts_of

    weights = dict(module.named_parameters())
    places = tuple(weights)
    state: dict[str, dict[str, Any]] = {}
    try:
        for key, saved in tensors.items():
            owner, _dot, what = key.rpartition(".")
            name = _named(owner, weights, places)
            weight = weights[name]
            if saved.shape == weight.shape:
                state.setdefault(name, {})[what] = _laid_out_as(weight, saved)
            else:
                state.setdefault(name, {})[what] = saved.clone()
        for owner, plain in numbers.items():
            state.setdefault(_named(owner, weights, places), {}).update(plain)
        _require_fit(state, weights)
        names = {id(weight): name for name, weight in weights.items()}
        for part in parts_of(optimizer):
            _load(part, state, names)
        if isinstance(optimizer, Pair):
            optimizer.regroup()
    except (IndexError, ValueError, KeyError, RuntimeError) as error:
        raise Problem.of(
            "checkpoint.other_optimizer",
            "The checkpoint's optimizer state does not fit this network and optimizer. Resume with the run's own "
            "recipe, or start a new run.",
            details=repr(error),
        ) from error


def _laid_out_as(weight: torch.Tensor, saved: torch.Tensor) -> torch.Tensor:
    """A tensor of a weight's size as the weight lies in memory, or in the memories of several processes."""
    import torch

    mesh = getattr(weight, "device_mesh", None)
    if mesh is None:
        return torch.empty_like(weight, dtype=saved.dtype).copy_(saved)
    from torch.distributed.tensor import DTensor, distribute_tensor

    assert isinstance(weight, DTensor)
    # every process has all of it and keeps its own part
    return distribute_tensor(saved.clone().to(mesh.device_type), mesh, weight.placements, src_data_rank=None)


def _named(owner: str, weights: Mapping[str, torch.Tensor], places: tuple[str, ...]) -> str:
    if owner in weights:
        return owner
    return places[int(owner)]


def _require_fit(state: Mapping[str, Mapping[str, Any]], weights: Mapping[str, torch.Tensor]) -> None:
    """What is remembered of a weight is as large as the weight, a single number, or as long as one of its sides."""
    for name, remembered in state.items():
        shape = weights[name].shape
        for what, value in remembered.items():
            sized = hasattr(value, "shape") and value.numel() > 1
            if sized and not all(side in (1, own) for side, own in zip(value.shape, shape, strict=True)):
                raise ValueError(f"{name}.{what} is {tuple(value.shape)} beside a weight of {tuple(shape)}")


def _load(part: torch.optim.Optimizer, state: Mapping[str, Any], names: Mapping[int, str]) -> None:
    """Through the optimizer's own loading, which moves what it remembers to where and how its kernels want it."""
    ordered = [weight for group in part.param_groups for weight in group["params"]]
    own = {place: state[names[id(w)]] for place, w in enumerate(ordered) if names[id(w)] in state}
    part.load_state_dict({"state": own, "param_groups": part.state_dict()["param_groups"]})
