"""Remedies for a layer that cannot take what arrives: each is tried on the shapes first and offered if it helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice

from workbench.catalogue.declaration import Category, Layer, Mismatch, Tensor, Values
from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check
from workbench.compiler.inferred import NodeResult
from workbench.compiler.matching import Part, matching, shortcut_first
from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Fix
from workbench.document.graph import Edge, Graph, frozen

ADAPTERS = (
    "flatten",
    "global_avg_pool2d",
    "global_avg_pool1d",
    "global_avg_pool3d",
    "map_to_sequence",
    "embedding",
)
"""Layers that turn one kind of thing into another, in the order they are offered."""

MOST = 3
"""How many remedies are offered at once; more would not be read."""

BACK = 12
"""How many layers of a chain are gone back for a pooling too many."""

Results = Mapping[str, NodeResult]


def placed(fixes: tuple[Fix, ...], node: str, edge: Edge | None) -> tuple[Fix, ...]:
    """A shape rule's own remedies, told which node and wire they are about (rules know neither)."""
    return tuple(_placed(fix, node, edge) for fix in fixes if edge is not None or fix.action != "insert_on_edge")


def _placed(fix: Fix, node: str, edge: Edge | None) -> Fix:
    where: dict[str, object] = {}
    if fix.action == "insert_on_edge" and edge is not None:
        where["edge"] = edge.id
    elif fix.action == "set_param":
        where["node"] = node
    return Fix(fix.label, fix.action, {**where, **fix.arguments})


def remedies(
    layer: Layer,
    values: Values,
    given: tuple[Tensor, ...],
    wires: tuple[Edge | None, ...],
    graph: Graph | None = None,
    results: Results | None = None,
    *,
    adapting: bool = True,
) -> tuple[Fix, ...]:
    """What makes `layer` accept what arrives (`given`, in port order): layers put into a wire, or one taken out.

    With `graph` and the `results` so far it is known which branch is the shortcut, and what stands before. Without
    `adapting`, layers that make another kind of thing of a wire are left out, for a rule that has named its own.
    """
    tried = chain(
        _adapting(layer, values, given, wires) if adapting else (),
        _matching(layer, values, given, wires, results or {}),
        () if graph is None or results is None else _without_pooling(layer, values, given, wires, graph, results),
    )
    return tuple(islice(tried, MOST))


def combined(own: tuple[Fix, ...], tried: tuple[Fix, ...]) -> tuple[Fix, ...]:
    """A rule's own remedies, then others until there are enough; the same one is said once."""
    known = {(fix.action, str(fix.arguments.get("layer", fix.label))) for fix in own}
    new = (fix for fix in tried if (fix.action, str(fix.arguments.get("layer", fix.label))) not in known)
    return (*own, *new)[:MOST]


def _adapting(layer: Layer, values: Values, given: tuple[Tensor, ...], wires: tuple[Edge | None, ...]) -> Iterator[Fix]:
    """Layers that make another kind of thing of what one wire carries."""
    for position, (edge, tensor) in enumerate(zip(wires, given, strict=True)):
        for name in ADAPTERS if edge is not None else ():
            inserted = LAYERS[name]
            output = run_through((Part(name),), tensor)
            if output is None or output == tensor or edge is None:
                continue
            if takes(layer, values, (*given[:position], output, *given[position + 1 :])):
                yield Fix(f"Add {inserted.title}", "insert_on_edge", {"layer": name, "edge": edge.id})


def _matching(
    layer: Layer, values: Values, given: tuple[Tensor, ...], wires: tuple[Edge | None, ...], results: Results
) -> Iterator[Fix]:
    """Layers that bring one branch to the shape of another, where several meet."""
    if len(given) < 2:
        return
    said: set[str] = set()
    for position in shortcut_first(wires, results):
        edge = wires[position]
        if edge is None:
            continue
        for goal, other in zip(given, wires, strict=True):
            if goal.shape == given[position].shape:
                continue
            normed = other is not None and _is_normed(other.source, results)
            for label, parts in matching(given[position], goal, normed=normed):
                output = run_through(parts, given[position])
                changed = (*given[:position], output or goal, *given[position + 1 :])
                if output is None or label in said or not takes(layer, values, changed):
                    continue
                said.add(label)
                yield _inserting(label, edge, parts)


def _inserting(label: str, edge: Edge, parts: tuple[Part, ...]) -> Fix:
    if len(parts) > 1:
        rows = [{"layer": part.layer, "params": dict(part.params)} for part in parts]
        return Fix(label, "insert_chain", {"edge": edge.id, "layers": rows})
    arguments: dict[str, object] = {"layer": parts[0].layer, "edge": edge.id}
    if parts[0].params:
        arguments["params"] = dict(parts[0].params)
    return Fix(label, "insert_on_edge", arguments)


def _is_normed(source: str, results: Results) -> bool:
    """Whether what comes from a node was brought to scale just before."""
    result = results.get(source)
    return result is not None and result.layer is not None and result.layer.category is Category.NORMALISATION


def _without_pooling(
    layer: Layer,
    values: Values,
    given: tuple[Tensor, ...],
    wires: tuple[Edge | None, ...],
    graph: Graph,
    results: Results,
) -> Iterator[Fix]:
    """Taking out the last pooling before, if the maps have become too small for a window."""
    if len(given) != 1 or wires[0] is None or layer.window is None:
        return
    passed: list[NodeResult] = []
    node = wires[0].source
    for _ in range(BACK):
        result = results[node]
        if result.layer is None or len(result.wires) != 1 or result.wires[0] is None or result.inputs[0] is None:
            return
        if result.layer.category is Category.POOLING and not result.state:
            tensor: Tensor | None = result.inputs[0]
            for later in reversed(passed):
                tensor = None if tensor is None else _again(later, tensor)
            if tensor is not None and takes(layer, values, (tensor,)):
                yield Fix(f"Remove {display_name(graph, node)}", "remove", {"node": node})
            return
        passed.append(result)
        node = result.wires[0].source


def _again(result: NodeResult, tensor: Tensor) -> Tensor | None:
    """What a node would give if something else arrived."""
    if result.state == "bypassed":
        return tensor
    if result.layer is None or result.inside:
        return None
    try:
        return result.layer.infer(result.values, (tensor,))
    except Mismatch:
        return None


def run_through(parts: tuple[Part, ...], tensor: Tensor) -> Tensor | None:
    """What a chain of new layers makes of a tensor; None if one of them does not take it."""
    for part in parts:
        layer = LAYERS[part.layer]
        values, problems = check(layer, frozen(part.params))
        if problems:
            return None
        try:
            tensor = layer.infer(values, (tensor,))
        except Mismatch:
            return None
    return tensor


def takes(layer: Layer, values: Values, given: tuple[Tensor, ...]) -> bool:
    """Whether a layer accepts these inputs."""
    try:
        layer.infer(values, given)
    except Mismatch:
        return False
    return True
