"""Settings of a layer by name: its parameters, whether it is frozen, and its factor on the learning rate."""

from __future__ import annotations

from typing import Any

from workbench.catalogue.blocks import layer_of
from workbench.catalogue.recipe import FROZEN, RATE
from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.edits import set_param
from workbench.document.graph import Graph
from workbench.document.marking import set_frozen, set_rate
from workbench.session.recipe.settings import fit


def with_layer_setting(graph: Graph, name: str, value: Any) -> Graph:
    """The graph with one setting put in ("conv2d_1.filters"); texts are read as a person types them.

    Raises `Problem` for a node or a setting there is not, and for a value that does not fit.
    """
    node, _dot, setting = name.partition(".")
    if node not in graph.nodes:
        raise Problem.of("graph.no_node", f"There is no layer “{node[:80]}” in this network.", param=name)
    layer = layer_of(graph, graph.nodes[node].layer)
    known = {param.id: param for param in (*(layer.params if layer is not None else ()), FROZEN, RATE)}
    if setting not in known:
        raise Problem.of(
            "recipe.no_setting",
            f"{display_name(graph, node)} has no setting “{setting[:60]}”. It has: {', '.join(known)}.",
            param=name,
        )
    fitting = fit(known[setting], value, name)
    result: Graph | Diagnostic
    if setting == FROZEN.id:
        result = set_frozen(graph, [node], bool(fitting))
    elif setting == RATE.id and isinstance(fitting, int | float):
        result = set_rate(graph, [node], float(fitting))
    else:
        result = set_param(graph, node, setting, fitting)
    if isinstance(result, Diagnostic):
        raise Problem(result)
    return result
