"""What inference gives: the result at every node, and the graph as a whole, blocks within blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from workbench.catalogue.declaration import Layer, Port, Tensor, Values
from workbench.compiler.binding import Names
from workbench.compiler.wiring import Wiring
from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import Edge, Graph

Inputs = tuple[Tensor | None, ...]
Given = Mapping[str, Tensor | None]
"""What the inputs of a block carry, by port."""

NOTHING: Mapping[str, Tensor | None] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What inference found at one node; `wires` and `inputs` run along `ports`, None where nothing is known.

    `output` is None where the layer refuses or an input is unknown; `weights` and `flops` (one sample, a multiply-add
    as two) are then 0. `complaints` are about the layer's parameters and what arrives at it, not about its wiring.

    `state` is "" or, where the node does not take part as itself, "bypassed" or "muted"; it then has no weights.
    For a use of a block, `inside` is what was found within, one a repetition (also where the state keeps it out of the
    network), and `within` the problems there, their paths beginning with this node. `layers` counts the layers inside.
    """

    layer: Layer | None
    values: Values
    ports: tuple[Port, ...]
    wires: tuple[Edge | None, ...]
    inputs: Inputs
    output: Tensor | None = None
    weights: int = 0
    flops: int = 0
    complaints: tuple[Diagnostic, ...] = ()
    state: str = ""
    inside: tuple[Inferred, ...] = ()
    within: tuple[Diagnostic, ...] = ()
    layers: int = 0
    several: Given | None = field(default=None, repr=False)  # `outputs`, where they are not `output` alone
    settled: bool = field(default=True, repr=False)  # False where the next inference must not take it as it is

    @property
    def outputs(self) -> Given:
        """What each output port gives; `output` is that of the first."""
        if self.several is not None:
            return self.several
        return {} if self.layer is None else {port.id: self.output for port in self.layer.outputs}


@dataclass(frozen=True, slots=True)
class Inferred:
    """The whole graph, understood as far as it can be.

    Everything is by node id: `values` (checked parameters with defaults), `inputs` (in port order, None where
    unknown), `outputs` (None where unknown), `weights` and `flops` (only where the shapes are known). `order` lists
    all nodes after those that feed them; `live` are those that reach an output, the only ones that are compiled:
    `parameters` and `flops_total` count them alone. `diagnostics` holds every problem found, in reading order.

    For the inside of a block, `graph` has values in place of its expressions, `names` are those they read, and `given`
    is what arrives at its ports. `layers` counts the nodes, those inside of blocks as often as they are used.
    """

    graph: Graph
    values: Mapping[str, Values]
    inputs: Mapping[str, Inputs]
    outputs: Mapping[str, Tensor | None]
    weights: Mapping[str, int]
    flops: Mapping[str, int]
    diagnostics: tuple[Diagnostic, ...]
    order: tuple[str, ...]
    live: frozenset[str]
    parameters: int
    flops_total: int
    results: Mapping[str, NodeResult] = field(repr=False)
    wiring: Wiring = field(repr=False)
    given: Given = field(default_factory=lambda: NOTHING, repr=False)
    names: Names = field(default_factory=lambda: MappingProxyType({}), repr=False)
    layers: int = 0

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.is_error)

    @property
    def input_nodes(self) -> tuple[str, ...]:
        """The inputs that reach an output, in order of creation: the arguments of the network."""
        return self._ends(lambda layer: layer.is_input)

    @property
    def output_nodes(self) -> tuple[str, ...]:
        """The outputs, in order of creation: the results of the network."""
        return self._ends(lambda layer: layer.is_output)

    def _ends(self, wanted: Callable[[Layer], bool]) -> tuple[str, ...]:
        found = ((node, self.results[node].layer) for node in self.graph.nodes if node in self.live)
        return tuple(node for node, layer in found if layer is not None and wanted(layer))
