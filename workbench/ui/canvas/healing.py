"""Taking layers away so that what fed them feeds what they fed, wherever that fits."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.compiler.fitting import accepts
from workbench.compiler.inference import Inferred
from workbench.core.diagnostic import Diagnostic
from workbench.document.edits import disconnect, remove
from workbench.document.graph import Graph


def removed(graph: Graph, inferred: Inferred, nodes: Iterable[str]) -> Graph | Diagnostic:
    """The graph without these nodes, its wires closed over the gap except where the shapes are known not to fit.

    `inferred` is what is known of `graph`. A wire that would be wrong is left out rather than drawn in red: nobody
    asked for it.
    """
    healed = remove(graph, nodes, heal=True)
    if isinstance(healed, Diagnostic):
        return healed
    unfit = [e for e in healed.edges - graph.edges if accepts(graph, inferred, e) is False]
    return disconnect(healed, *unfit)
