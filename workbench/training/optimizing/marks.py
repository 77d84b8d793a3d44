"""Which layers are frozen and how fast each learns: what nodes and the uses of blocks on their path say together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.compiler.paths import step
from workbench.document.rules import LARGEST_RATE, LEAST_RATE

if TYPE_CHECKING:
    from torch import nn

    from workbench.compiler.inference import Inferred
    from workbench.training.batches import Network


@dataclass(frozen=True, slots=True)
class Mark:
    """How a layer learns: not at all, or at `rate` times the learning rate."""

    frozen: bool = False
    rate: float = 1.0


PLAIN = Mark()


def marks(inferred: Inferred) -> Mapping[str, Mark]:
    """The layers that do not learn as the recipe says, by path id; those inside of blocks too."""
    return dict(_marked(inferred, "", PLAIN))


def _marked(inferred: Inferred, prefix: str, outer: Mark) -> Iterator[tuple[str, Mark]]:
    for node_id in inferred.order:
        if node_id not in inferred.live:
            continue
        node, result = inferred.graph.nodes[node_id], inferred.results[node_id]
        own = Mark(outer.frozen or node.frozen, outer.rate * node.rate)
        if result.inside and not result.state:
            for number, inner in enumerate(result.inside):
                yield from _marked(inner, f"{prefix}{step(node_id, number)}/", own)
        elif own != PLAIN:
            yield prefix + node_id, Mark(own.frozen, min(max(own.rate, LEAST_RATE), LARGEST_RATE))


def of_names(compiled: Network, names: Iterator[str]) -> Mapping[str, Mark]:
    """The mark of each weight or sub-module, by its dotted name in the network's module; plain ones are left out."""
    attributes = compiled.source.attributes
    known = {attributes[path]: mark for path, mark in marks(compiled.inferred).items() if path in attributes}
    found = {}
    for name in names if known else ():
        owner = name
        while owner and owner not in known:
            owner = owner.rpartition(".")[0]
        if owner:
            found[name] = known[owner]
    return found


def weight_marks(module: nn.Module, compiled: Network) -> Mapping[str, Mark]:
    """The mark of each weight by its name in the module; plain ones are left out."""
    return of_names(compiled, (name for name, _weight in module.named_parameters()))
