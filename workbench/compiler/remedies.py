"""Remedies for a layer that cannot take what arrives: each is tried on the shapes first and offered if it helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.catalogue.declaration import Layer, Mismatch, Tensor, Values
from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check
from workbench.core.diagnostic import Fix
from workbench.document.graph import Edge, Value, frozen

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
    layer: Layer, values: Values, given: tuple[Tensor, ...], wires: tuple[Edge | None, ...]
) -> tuple[Fix, ...]:
    """Layers that, put into one of the wires, make `layer` accept what arrives (`given`, in port order)."""
    found: list[Fix] = []
    for position, (edge, tensor) in enumerate(zip(wires, given, strict=True)):
        if edge is None:
            continue
        for label, inserted, params in _candidates(tensor, given[0] if position else None):
            output = _output(inserted, params, tensor)
            if output is None or output == tensor:
                continue
            changed = (*given[:position], output, *given[position + 1 :])
            if _takes(layer, values, changed):
                arguments: dict[str, object] = {"layer": inserted.id, "edge": edge.id}
                if params:
                    arguments["params"] = dict(params)
                found.append(Fix(label, "insert_on_edge", arguments))
                if len(found) == MOST:
                    return tuple(found)
    return tuple(found)


def _candidates(tensor: Tensor, first: Tensor | None) -> Iterator[tuple[str, Layer, Mapping[str, Value]]]:
    """What might help: (label, layer, its parameters). `first` is the first input where `tensor` is a later one."""
    for name in ADAPTERS:
        layer = LAYERS.get(name)
        if layer is not None:
            yield f"Add {layer.title}", layer, frozen()
    conv = LAYERS.get("conv2d")
    if conv is None or first is None or len(tensor.shape) != 3 or len(first.shape) != 3:
        return
    channels, (height, width) = first.shape[0], first.shape[1:]
    if tensor.shape[1:] == (height, width):
        yield f"Add a 1 × 1 convolution to {channels:,} channels", conv, frozen({"filters": channels, "kernel": (1, 1)})
    elif height and width and tensor.shape[1] % height == 0 and tensor.shape[2] % width == 0:
        stride = (tensor.shape[1] // height, tensor.shape[2] // width)
        words = f"Add a 1 × 1 convolution with stride {stride[0]} to {channels:,} channels"
        yield words, conv, frozen({"filters": channels, "kernel": (1, 1), "stride": stride})


def _output(layer: Layer, params: Mapping[str, Value], tensor: Tensor) -> Tensor | None:
    values, problems = check(layer, params)
    if problems:
        return None
    try:
        return layer.infer(values, (tensor,))
    except Mismatch:
        return None


def _takes(layer: Layer, values: Values, given: tuple[Tensor, ...]) -> bool:
    try:
        layer.infer(values, given)
    except Mismatch:
        return False
    return True
