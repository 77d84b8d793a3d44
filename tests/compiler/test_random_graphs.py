"""Random networks of random layers: they compile, run, and have the shapes that were inferred."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.catalogue.declaration import Kind, Param, Tensor
from workbench.catalogue.registry import LAYERS
from workbench.compiler.build import Compiled, compile
from workbench.compiler.inference import Inferred, infer
from workbench.document.graph import Edge, Graph, Node, frozen

LARGEST, HEAVIEST = 4_000, 60_000
"""Numbers in a result, and weights of a layer, beyond which a drawn layer is left out: the test is about wiring."""

INNER = sorted(name for name, layer in LAYERS.items() if not (layer.is_input or layer.is_output))


def _value(param: Param) -> st.SearchStrategy[Any]:
    """Small values within a parameter's range."""
    low = int(param.minimum or 0)
    high = min(int(param.maximum if param.maximum is not None else 8), low + 7)
    whole = st.integers(low, max(low, high))
    if param.kind is Kind.BOOL:
        return st.booleans()
    if param.kind is Kind.CHOICE:
        return st.sampled_from([value for value, _words in param.choices])
    if param.kind is Kind.FLOAT:
        return st.floats(param.minimum or 0.0, min(param.maximum if param.maximum is not None else 1.0, 1.0))
    if param.kind is Kind.INT:
        return whole
    if param.kind is Kind.INTS:
        return st.lists(whole, min_size=param.length or 1, max_size=param.length or 3).map(tuple)
    if param.kind is Kind.PADDING:
        return st.sampled_from(["same", "valid"])
    return st.just(param.default)


@st.composite
def networks(draw: st.DrawFn) -> Graph:
    """Layers are added one by one to whatever is there, kept if they fit; all loose ends are joined into one output."""
    start = draw(
        st.sampled_from(
            [
                Node("pictures_1", "pictures", params=frozen({"size": (9, 8), "channels": "1"})),
                Node("numbers_1", "numbers", params=frozen({"features": 12})),
                Node("tokens_1", "tokens", params=frozen({"length": 6, "vocabulary": 9})),
            ]
        )
    )
    graph = Graph({start.id: start})
    inferred = infer(graph)
    for position in range(draw(st.integers(1, 14))):
        layer = draw(st.sampled_from(INNER))
        params = {p.id: draw(_value(p)) for p in LAYERS[layer].params if draw(st.booleans())}
        node = Node(f"n{position}", layer, params=frozen(params))
        alone = infer(Graph({node.id: node})).results[node.id]
        if len(alone.ports) > 4:
            continue
        sources = [draw(st.sampled_from(list(graph.nodes))) for _port in alone.ports]
        wires = {Edge(s, "out", node.id, port.id) for s, port in zip(sources, alone.ports, strict=True)}
        grown = Graph({**graph.nodes, node.id: node}, graph.edges | wires)
        result = infer(grown, inferred)
        tensor = result.outputs[node.id]
        if tensor is not None and tensor.size <= LARGEST and result.weights[node.id] <= HEAVIEST:
            graph, inferred = grown, result
    return _joined(graph, inferred)


def _joined(graph: Graph, inferred: Inferred) -> Graph:
    loose = [n for n in graph.nodes if not inferred.wiring.outgoing[n] and _is_float(inferred.outputs[n])]
    nodes, edges = dict(graph.nodes), set(graph.edges)
    for number, source in enumerate(loose):
        for node in (Node(f"flat{number}", "flatten"), Node(f"to{number}", "linear", params=frozen({"units": 3}))):
            nodes[node.id] = node
            edges.add(Edge(source, "out", node.id, "in"))
            source = node.id
    nodes["output_1"] = Node("output_1", "output")
    if len(loose) == 1:
        edges.add(Edge("to0", "out", "output_1", "in"))
    elif loose:
        nodes["join"] = Node("join", "concat", params=frozen({"inputs": min(len(loose), 16)}))
        edges |= {Edge(f"to{i}", "out", "join", f"in_{i + 1}") for i in range(min(len(loose), 16))}
        edges.add(Edge("join", "out", "output_1", "in"))
    return Graph(nodes, frozenset(edges))


def _is_float(tensor: Tensor | None) -> bool:
    return tensor is not None and tensor.kind == "float"


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(drawn=networks(), data=st.data())
def test_random_networks_run_with_the_shapes_that_were_inferred(
    drawn: Graph, data: st.DataObject, given: Callable[..., tuple[Any, ...]]
) -> None:
    import torch

    inferred = infer(drawn)
    if inferred.errors:  # nothing but token indices came out: there is nothing to join
        assert {d.code for d in inferred.errors} <= {"port.unwired", "graph.no_input"}
        return
    compiled = compile(drawn)
    module = compiled.module(seed=0).eval()
    inputs = given(compiled)
    nodes = sorted(inferred.live)
    with torch.inference_mode():
        output = module(*inputs)
        values = compiled.reader(nodes)(module, *inputs)
    assert tuple(output.shape[1:]) == inferred.outputs["output_1"].shape  # type: ignore[union-attr]
    for node in nodes:
        expected = inferred.outputs[node]
        assert expected is not None
        assert tuple(values[node].shape) == (2, *expected.shape), node
        assert values[node].is_floating_point() == (expected.kind == "float"), node
    assert torch.equal(values["output_1"], output) or not torch.isfinite(output).all()
    assert sum(p.numel() for p in module.parameters()) == inferred.parameters
    assert _reference(drawn, inferred, compiled, module, inputs, output)
    _edit_agrees(drawn, inferred, data)


def _reference(
    drawn: Graph, inferred: Inferred, compiled: Compiled, module: Any, inputs: tuple[Any, ...], output: Any
) -> bool:
    """Whether each statement, run by itself on the values of its inputs, gives the value the whole network gave.

    This holds the order and the reuse of variables against the graph alone.
    """
    import torch

    read = compiled.reader(sorted(inferred.live))
    with torch.inference_mode():
        values = dict(read(module, *inputs))
        for node in inferred.order:
            result = inferred.results[node]
            if node not in inferred.live or result.layer is None or not result.ports:
                continue
            given = [values[wire.source] for wire in result.wires if wire is not None]
            written = result.layer.forward
            tensors = tuple(tensor for tensor in result.inputs if tensor is not None)
            text = written(result.values, tensors) if callable(written) else written
            names = [f"v{i}" for i in range(len(given))]
            attribute = compiled.source.attributes.get(node, "none")
            code = text.format(*names, x=names[0], xs=", ".join(names), self=f"module.{attribute}")
            scope = {"torch": torch, "F": torch.nn.functional, "module": module, **dict(zip(names, given, strict=True))}
            again = eval(code, scope)
            if not torch.allclose(again, values[node], equal_nan=True, atol=1e-6):
                return False
    return bool(torch.allclose(values["output_1"], output, equal_nan=True))


def _edit_agrees(drawn: Graph, inferred: Inferred, data: st.DataObject) -> None:
    """Inferring again after taking a node or a wire away gives what inferring anew gives."""
    gone = data.draw(st.sampled_from(sorted(drawn.nodes)))
    without = Graph(
        {name: node for name, node in drawn.nodes.items() if name != gone},
        frozenset(e for e in drawn.edges if gone not in (e.source, e.target)),
    )
    assert infer(without, inferred) == infer(without)
    if drawn.edges:
        cut = Graph(drawn.nodes, drawn.edges - {data.draw(st.sampled_from(sorted(drawn.edges)))})
        assert infer(cut, inferred) == infer(cut)
