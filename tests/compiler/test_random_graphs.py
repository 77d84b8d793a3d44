"""Random networks of random layers: they compile, run, and have the shapes that were inferred."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from workbench.catalogue.blocks import PORTS
from workbench.catalogue.declaration import Kind, Param, Tensor
from workbench.catalogue.registry import LAYERS
from workbench.compiler.build import Compiled, compile
from workbench.compiler.inference import Inferred, infer
from workbench.compiler.paths import find, leaves
from workbench.compiler.weights import carry_over
from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.grouping import group

LARGEST, HEAVIEST = 4_000, 60_000
"""Numbers in a result, and weights of a layer, beyond which a drawn layer is left out: the test is about wiring."""

ENDS = frozenset(name for name, layer in LAYERS.items() if layer.is_input or layer.is_output)
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
                Node("sound_1", "sound", params=frozen({"rate": 4_000, "seconds": 0.1, "mels": 8})),
                Node("sound_1", "sound", params=frozen({"rate": 4_000, "seconds": 0.05, "form": "waveform"})),
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


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(drawn=networks(), data=st.data())
def test_layers_that_are_bypassed_or_muted_leave_the_rest_as_it_was(
    drawn: Graph, data: st.DataObject, given: Callable[..., tuple[Any, ...]]
) -> None:
    import torch

    chosen = data.draw(st.lists(st.sampled_from(sorted(drawn.nodes)), max_size=5, unique=True))
    nodes = {
        name: replace(node, state=data.draw(st.sampled_from(["bypassed", "muted"])))
        if name in chosen and node.layer not in ENDS
        else node
        for name, node in drawn.nodes.items()
    }
    switched = replace(drawn, nodes=nodes)
    inferred = infer(switched, infer(drawn))
    assert inferred == infer(switched)
    assume(not inferred.errors)
    compiled = compile(switched, inferred)
    module = compiled.module(seed=0).eval()
    live = sorted(inferred.live)
    with torch.inference_mode():
        values = compiled.reader(live)(module, *given(compiled))
    assert sum(p.numel() for p in module.parameters()) == inferred.parameters
    for name in live:
        expected, result = inferred.outputs[name], inferred.results[name]
        assert expected is not None
        assert tuple(values[name].shape) == (2, *expected.shape), name
        assert values[name].is_floating_point() == (expected.kind == "float"), name
        if result.state == "muted":
            assert not values[name].any()
        if result.state == "bypassed":
            wire = result.wires[0]
            assert wire is not None
            assert _equal(values[name], values[wire.source])


# --- random blocks --------------------------------------------------------------------------------------------------


def _grouped(flat: Graph, data: st.DataObject) -> Graph:
    """The same network with some of its layers in blocks, and some of these in blocks again."""
    graph = flat
    for _ in range(data.draw(st.integers(1, 4))):
        inner = [node.id for node in graph if node.layer not in ENDS]
        if not inner:
            break
        chosen = data.draw(st.lists(st.sampled_from(inner), min_size=1, max_size=6, unique=True))
        result = group(graph, chosen, data.draw(st.sampled_from(["Part", "class", "é", "Linear"])))
        if not isinstance(result, Diagnostic):
            graph = result[0]
    return graph


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(drawn=networks(), data=st.data())
def test_layers_in_blocks_compute_what_they_computed_outside(
    drawn: Graph, data: st.DataObject, given: Callable[..., tuple[Any, ...]]
) -> None:
    import torch

    assume(not infer(drawn).errors)
    blocks = _grouped(drawn, data)
    flat, nested = compile(drawn), compile(blocks)
    assert nested.inferred.errors == ()
    assert nested.inferred.parameters == flat.inferred.parameters
    assert nested.inferred.flops_total == flat.inferred.flops_total
    module, other = flat.module(seed=1).eval(), nested.module(seed=2).eval()
    kept = carry_over(module.state_dict(), flat, nested)
    assert set(kept) == set(other.state_dict())
    other.load_state_dict(kept)
    inputs = given(flat)
    places = [p for p in leaves(nested.inferred) if p.level.graph.nodes[p.node].layer not in PORTS]
    assert sorted(p.node for p in places) == sorted(flat.inferred.live)  # grouping keeps the ids of layers
    with torch.inference_mode():
        expected, seen = module(*inputs), other(*inputs)
        before = flat.reader([p.node for p in places])(module, *inputs)
        inside = nested.reader([p.path for p in places])(other, *inputs)
        hooked = _hooked(nested, other, inputs, [p.path for p in places])
    assert _equal(seen, expected)
    for place in places:
        assert _equal(inside[place.path], before[place.node]), place.path
    for path, value in hooked.items():
        assert _equal(inside[path], value), path
    for line, path in nested.source.lines.items():
        assert find(nested.inferred, path) is not None, line
    assert _edited_inside(blocks, data)


def _equal(one: Any, other: Any) -> bool:
    import torch

    return bool(torch.equal(torch.nan_to_num(one), torch.nan_to_num(other)))


def _hooked(compiled: Compiled, module: Any, inputs: tuple[Any, ...], paths: list[str]) -> dict[str, Any]:
    """What the modules behind paths give in a forward pass, for those whose value is what their module gives."""
    import torch

    seen: dict[str, Any] = {}
    handles = []
    for path in paths:
        place = find(compiled.inferred, path)
        assert place is not None
        assert place.result.layer is not None
        if path in compiled.source.attributes and place.result.layer.forward == "{self}({x})":
            layer = module.get_submodule(compiled.source.attributes[path])
            hook = lambda _m, _x, y, path=path: seen.update({path: y})  # noqa: E731
            handles.append(layer.register_forward_hook(hook))
    module(*inputs)
    for handle in handles:
        handle.remove()
    return {path: value for path, value in seen.items() if isinstance(value, torch.Tensor)}


def _edited_inside(graph: Graph, data: st.DataObject) -> bool:
    """Inferring again after an edit inside a block gives what inferring anew gives, in both directions."""
    if not graph.blocks:
        return True
    name = data.draw(st.sampled_from(sorted(graph.blocks)))
    block = graph.blocks[name]
    node = block.graph.nodes[data.draw(st.sampled_from(sorted(block.graph.nodes)))]
    state = data.draw(st.sampled_from(["bypassed", "muted", "=index > 0", "=in_channels > 4", "=1 / 0"]))
    nodes = {**block.graph.nodes, node.id: replace(node, state=state)}
    changed = replace(graph, blocks={**graph.blocks, name: replace(block, graph=replace(block.graph, nodes=nodes))})
    before, after = infer(graph), infer(changed)
    return infer(changed, before) == after and infer(graph, after) == before
