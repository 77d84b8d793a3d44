"""Trained weights and the network they belong to, and how they come into a network that was edited since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Problem
from workbench.core.words import number

if TYPE_CHECKING:
    import torch
    from torch import nn

    from workbench.compiler.build import Compiled


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A state dict and the compiled graph that it was learned with.

    `earlier` are the weights of the run before: layers that were switched off in this one have theirs there.
    """

    state: Mapping[str, torch.Tensor]
    compiled: Compiled
    earlier: Weights | None = None


def carried(weights: Weights | None, compiled: Compiled) -> dict[str, torch.Tensor]:
    """Whatever learned weights fit another network, under its keys: the newest of each layer."""
    from workbench.compiler.weights import carry_over

    if weights is None:
        return {}
    return carried(weights.earlier, compiled) | carry_over(dict(weights.state), weights.compiled, compiled)


def module_with(compiled: Compiled, weights: Weights | None, seed: int) -> tuple[nn.Module, bool]:
    """A fresh network with whatever trained weights survive the edits since; True if there were any to carry over."""
    module = compiled.module(seed)
    kept = carried(weights, compiled)
    give(module, kept, whole=False)
    return module, bool(kept)


def give(module: nn.Module, weights: Mapping[str, torch.Tensor], *, whole: bool) -> None:
    """Load weights: those that fit by name and shape, or all of them (`whole`).

    Raises `Problem`, with nothing loaded, where all are asked for and they belong to another network.
    """
    own = {name: tuple(t.shape) for name, t in module.state_dict().items()}
    theirs = {name: tuple(t.shape) for name, t in weights.items()}
    if whole and own != theirs:
        differing = sorted(name for name in own.keys() | theirs.keys() if own.get(name) != theirs.get(name))
        raise Problem.of(
            "weights.other_network",
            f"The weights belong to another network: {number(len(differing))} of {number(len(own))} tensors differ in "
            f"name or shape, “{differing[0]}” first. Use the run's own graph, or train this one.",
        )
    module.load_state_dict({k: t for k, t in weights.items() if own.get(k) == theirs[k]}, strict=whole)
