"""Fresh weights as the recipe wants them, each a function of the run's seed and its own name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.catalogue.registry import INITIALISATIONS
from workbench.catalogue.values import check
from workbench.document.project import Chosen
from workbench.training.optimizing.optimizer import refuse, unknown

if TYPE_CHECKING:
    import torch

    from workbench.training.batches import Network


def initialise(module: torch.nn.Module, compiled: Network, chosen: Chosen, seed: int) -> None:
    """Draw the weights of a fresh network anew; for "default" they stay as PyTorch made them.

    The matrices and kernels of linear layers, convolutions, recurrent layers and attention are drawn, their biases
    become 0; embeddings, norms and the like stay as they are. A weight depends on (seed, its node's path) alone: adding
    a layer changes no other. Load what was learned afterwards. Raises `Problem` for an unknown choice and bad values.
    """
    import torch

    declaration = INITIALISATIONS.get(chosen.id)
    if declaration is None:
        raise unknown("initialisation", chosen, INITIALISATIONS)
    values, problems = check(declaration, chosen.params)
    refuse(problems)
    if not declaration.target:
        return
    fill = getattr(torch.nn.init, declaration.target.removeprefix("torch.nn.init."))
    arguments = declaration.arguments(values)
    paths = {attribute: path for path, attribute in compiled.source.attributes.items()}
    with torch.no_grad():
        for name, weight in _multiplying(module):
            if weight.dim() < 2:
                weight.zero_()
            else:
                fill(weight, **arguments, generator=_generator(seed, _place(name, paths)))


def _multiplying(module: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Parameter]]:
    """The weights and biases, by name, of all layers that multiply what arrives by a matrix or a kernel."""
    from torch import nn
    from torch.nn.modules.conv import _ConvNd

    kinds = (nn.Linear, nn.Bilinear, _ConvNd, nn.RNNBase, nn.MultiheadAttention)
    for owner, layer in module.named_modules():
        if isinstance(layer, kinds):
            yield from layer.named_parameters(owner, recurse=False)


def _place(name: str, paths: dict[str, str]) -> str:
    """A weight by the path of its node: how modules are nested in the source may change, nodes keep their ids."""
    owner, rest = name, ""
    while owner not in paths:
        owner, _dot, last = owner.rpartition(".")
        rest = f".{last}{rest}"
        if not owner:
            return name
    return paths[owner] + rest


def _generator(seed: int, name: str) -> torch.Generator:
    import torch

    drawn = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(drawn[:8], "big") >> 1)
