"""Random blocks with parameters, expressions and repeats, held against the same layers written out by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.compiler.build import compile
from workbench.compiler.inference import infer
from workbench.compiler.paths import leaves
from workbench.document.graph import Block, BlockParam, Edge, Graph, Node, Value, frozen

COUNTS = ["=width", "=width * 2", "=width + index", "=in_channels", "=max(in_channels, width)", "=width // 2 + 1", 5]
KERNELS: list[Value] = ["=size", "=1 if index > 0 else size", ("=size", 1), (3, "=size"), 1, 3]
STRIDES: list[Value] = [1, "=2 if index == 0 else 1", "=step", ("=step", 1)]
CONDITIONS = ["", "", "=index > 0", "=step == 1 and repeat > 1", "=width == in_channels", "bypassed"]

Names = dict[str, Any]


@st.composite
def inner_layers(draw: st.DrawFn) -> list[Node]:
    """A row of layers with expressions among their parameters."""
    nodes = []
    for position in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["conv2d", "conv2d", "batch_norm2d", "relu", "dropout"]))
        params: dict[str, Value] = {}
        if kind == "conv2d":
            params = {
                "filters": draw(st.sampled_from(COUNTS)),
                "kernel": draw(st.sampled_from(KERNELS)),
                "stride": draw(st.sampled_from(STRIDES)),
                "bias": draw(st.sampled_from([True, False, "=index == 0"])),
            }
        elif kind == "dropout":
            params = {"rate": draw(st.sampled_from([0.5, "=0.1 * index"]))}
        nodes.append(Node(f"n{position}", kind, params=frozen(params), state=draw(st.sampled_from(CONDITIONS))))
    return nodes


@st.composite
def nested(draw: st.DrawFn) -> tuple[Block, Block]:
    """A block, and one around it that hands its own parameters on."""
    params = tuple(BlockParam(name, name, "int", default, minimum=1) for name, default in NAMES.items())
    inner = Block("inner", "Inner", _chain([_port("in"), *draw(inner_layers()), _port("out")]), params)
    handed: dict[str, Value] = {
        "width": draw(st.sampled_from(["=width", "=width + index", 4])),
        "size": draw(st.sampled_from(["=size", 3])),
        "step": draw(st.sampled_from(["=step", 1])),
        "repeat": draw(st.sampled_from([1, 2, "=repeat"])),
    }
    uses = [Node("inner_1", "block:inner", params=frozen(handed)), *draw(inner_layers())]
    return Block("outer", "Outer", _chain([_port("in"), *uses, _port("out")]), params), inner


NAMES = {"width": 3, "size": 3, "step": 1}


def _port(name: str) -> Node:
    return Node(name, f"block_{name}put")


def _chain(nodes: list[Node]) -> Graph:
    return Graph({n.id: n for n in nodes}, frozenset(Edge(a.id, "out", b.id, "in") for a, b in pairwise(nodes)))


def _python(value: Value, names: Names) -> Value:
    """What Python itself makes of an expression."""
    if isinstance(value, tuple):
        return tuple(_python(part, names) for part in value)  # type: ignore[misc]
    if isinstance(value, str) and value.startswith("="):
        return eval(value[1:], {"max": max}, names)  # type: ignore[no-any-return]
    return value


class _ByHand:
    """Writes a use of blocks out, layer after layer; every layer is inferred before the next one is reached."""

    def __init__(self, blocks: dict[str, Block]) -> None:
        self.blocks = blocks
        self.nodes = [Node("pictures_1", "pictures", params=frozen({"size": (9, 8)}))]

    def channels(self) -> tuple[int, int, int]:
        output = infer(_chain(self.nodes)).outputs[self.nodes[-1].id]
        assert output is not None
        return output.shape  # type: ignore[return-value]

    def use(self, block: Block, given: dict[str, Any]) -> None:
        repeat = int(given.get("repeat", 1))
        for index in range(repeat):
            channels, height, width = self.channels()
            names = {**NAMES, **given, "index": index, "repeat": repeat}
            names |= {"in_channels": channels, "in_height": height, "in_width": width}
            for node in block.graph:
                if node.layer in ("block_input", "block_output"):
                    continue
                if node.state == "bypassed" or (node.state.startswith("=") and _python(node.state, names)):
                    continue
                params = {name: _python(value, names) for name, value in node.params.items()}
                if node.block is not None:
                    self.use(self.blocks[node.block], params)
                else:
                    self.nodes.append(Node(f"n{len(self.nodes)}", node.layer, params=frozen(params)))


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    blocks=nested(),
    width=st.integers(1, 12),
    size=st.sampled_from([1, 3, 5]),
    step=st.integers(1, 2),
    repeat=st.integers(1, 3),
)
def test_blocks_are_what_they_stand_for(
    blocks: tuple[Block, Block], width: int, size: int, step: int, repeat: int
) -> None:
    import torch

    outer, inner = blocks
    given = {"width": width, "size": size, "step": step, "repeat": repeat}
    ends = [
        Node("pool", "global_avg_pool2d"),
        Node("scores", "linear", params=frozen({"units": 2})),
        Node("end", "output"),
    ]
    start = Node("pictures_1", "pictures", params=frozen({"size": (9, 8)}))
    drawn = _chain([start, Node("use", "block:outer", params=frozen(given)), *ends])
    drawn = replace(drawn, blocks={"outer": outer, "inner": inner})
    by_hand = _ByHand({"outer": outer, "inner": inner})
    by_hand.use(outer, dict(given))
    flat = compile(_chain([*by_hand.nodes, *ends]))
    blocky = compile(drawn)
    assert blocky.inferred.errors == ()
    assert blocky.inferred.parameters == flat.inferred.parameters
    assert blocky.inferred.flops_total == flat.inferred.flops_total
    assert len([p for p in leaves(blocky.inferred) if p.path in blocky.source.attributes]) == len(
        flat.source.attributes
    )
    one, other = flat.module(seed=1).eval(), blocky.module(seed=2).eval()
    learned, places = one.state_dict(), other.state_dict()
    assert [t.shape for t in learned.values()] == [t.shape for t in places.values()]
    other.load_state_dict(dict(zip(places, learned.values(), strict=True)))
    x = torch.randn(2, 3, 9, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(other(x), one(x))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        fresh = flat.module().state_dict()
        torch.manual_seed(3)
        again = blocky.module().state_dict()
    assert all(torch.equal(a, b) for a, b in zip(fresh.values(), again.values(), strict=True))
