"""Taking layers away so that what fed them feeds what they fed, wherever that fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workbench.compiler.fitting import accepts
from workbench.compiler.inference import infer
from workbench.compiler.inferred import Inferred
from workbench.core.diagnostic import Diagnostic
from workbench.document.edits import remove
from workbench.document.graph import Edge, Graph


def removed(
    graph: Graph, nodes: Iterable[str], edges: Iterable[Edge] = (), *, known: Inferred | None
) -> Graph | Diagnostic:
    """The graph without these nodes and wires; with what is `known` of it, its wires closed over the gap.

    Where the shapes are known not to fit, no wire is drawn rather than one in red: nobody asked for it. Without
    `known` the gap stays.
    """
    result = remove(graph, nodes, edges, heal=known is not None)
    if isinstance(result, Diagnostic) or known is None:
        return result
    healed = result.edges - graph.edges
    if not healed:
        return result
    apart = replace(result, edges=result.edges - healed)
    inferred = infer(apart, known, given=known.given, names=known.names)
    wrong = {edge for edge in healed if accepts(apart, inferred, edge) is False}
    return replace(result, edges=result.edges - wrong) if wrong else result
