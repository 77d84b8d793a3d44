"""The source of blocks: a class each, that reads as one would write it by hand, and computes what they stand for."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.compiler.build import build, compile
from workbench.compiler.emit import emit
from workbench.compiler.inlined import available
from workbench.compiler.signatures import TABLE, signature
from workbench.core.diagnostic import Problem
from workbench.document.graph import Block, BlockParam, Edge, Graph, Node, frozen

RESIDUAL = '''class BasicBlock(nn.Module):
    """Basic block. Two 3 x 3 convolutions and a shortcut.

    Takes N x in_channels x H x W, gives N x channels x H' x W'.
    """

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv2d_1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.batch_norm2d_1 = nn.BatchNorm2d(channels)
        self.relu_1 = nn.ReLU()
        self.conv2d_2 = nn.Conv2d(channels, channels, 3, padding="same", bias=False)
        self.batch_norm2d_2 = nn.BatchNorm2d(channels)
        self.conv2d_3 = nn.Conv2d(in_channels, channels, 1, stride=stride, bias=False)
        self.batch_norm2d_3 = nn.BatchNorm2d(channels)
        self.relu_2 = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.conv2d_1(x)
        out = self.batch_norm2d_1(out)
        out = self.relu_1(out)
        out = self.conv2d_2(out)
        branch = self.batch_norm2d_2(out)
        out = self.conv2d_3(x)
        out = self.batch_norm2d_3(out)
        out = branch + out
        out = self.relu_2(out)
        return out


class BasicBlock2(nn.Module):
    """Basic block, without conv2d_3 and batch_norm2d_3. Two 3 x 3 convolutions and a shortcut.

    Takes N x channels x H x W, gives N x channels x H x W.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv2d_1 = nn.Conv2d(channels, channels, 3, padding="same", bias=False)
        self.batch_norm2d_1 = nn.BatchNorm2d(channels)
        self.relu_1 = nn.ReLU()
        self.conv2d_2 = nn.Conv2d(channels, channels, 3, padding="same", bias=False)
        self.batch_norm2d_2 = nn.BatchNorm2d(channels)
        self.relu_2 = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.conv2d_1(x)
        out = self.batch_norm2d_1(out)
        out = self.relu_1(out)
        out = self.conv2d_2(out)
        out = self.batch_norm2d_2(out)
        out = out + x
        out = self.relu_2(out)
        return out


class Stage(nn.Module):
    """Stage. Takes N x 16 x 32 x 32, gives N x 16 x 32 x 32."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.basic_1 = BasicBlock2(channels)
        self.basic_2 = BasicBlock2(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.basic_1(x)
        x = self.basic_2(x)
        return x


class Stage2(nn.Module):
    """Stage. Takes N x in_channels x H x W, gives N x channels x H' x W'."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        self.basic_1 = BasicBlock(in_channels, channels, stride)
        self.basic_2 = BasicBlock2(channels)
'''


def parts(source_text: str) -> dict[str, ast.ClassDef]:
    return {part.name: part for part in ast.parse(source_text).body if isinstance(part, ast.ClassDef)}


def use_of(draw: Any, block: Block, *others: Block, **params: Any) -> Graph:
    """Pictures of 3 × 8 × 8, one use of a block, and an output."""
    body = draw.chain(
        draw.node("pictures_1", size=(8, 8)),
        draw.used("use_1", block.id, **params),
        draw.node("global_avg_pool2d_1"),
        draw.node("output_1"),
    )
    return draw.with_blocks(body, block, *others)  # type: ignore[no-any-return]


def block_of(draw: Any, *layers: Node, params: tuple[BlockParam, ...] = (), title: str = "Part") -> Block:
    return Block("part", title, draw.chain(draw.port("in"), *layers, draw.port("out")), params)


def with_state(graph: Graph, node: str, state: str) -> Graph:
    return replace(graph, nodes={**graph.nodes, node: replace(graph.nodes[node], state=state)})


# --- as text --------------------------------------------------------------------------------------------------------


def test_a_residual_network_reads_as_written_by_hand(draw: Any) -> None:
    text = emit(draw.resnet(), name="Small ResNet").text
    assert RESIDUAL in text
    assert "        self.stage_1 = Stage(16)\n        self.stage_2 = Stage2(16, 32, 2)\n" in text
    assert list(parts(text)) == ["BasicBlock", "BasicBlock2", "Stage", "Stage2", "SmallResNet"]


def test_repetitions_are_a_sequence_written_out(draw: Any) -> None:
    grow = block_of(draw, draw.node("conv2d_1", filters="=(index + 1) * 8"))
    text = emit(use_of(draw, grow, repeat=3)).text
    assert "        self.use_1 = nn.Sequential(Part(3, 8), Part(8, 16), Part(16, 24))\n" in text
    assert "    def __init__(self, in_channels: int, out_channels: int) -> None:\n" in text


def test_what_all_uses_share_is_a_number(draw: Any) -> None:
    same = block_of(draw, draw.node("conv2d_1", filters=8, kernel=(5, 5)), draw.node("dropout_1", rate=0.25))
    text = emit(use_of(draw, same)).text
    assert 'self.conv2d_1 = nn.Conv2d(3, 8, 5, padding="same")' in text
    assert "self.use_1 = Part()" in text


def test_many_arguments_go_by_name(draw: Any) -> None:
    params = tuple(BlockParam(name, name, "int", 1, minimum=1) for name in ("kernel", "dilation", "stride"))
    wide = block_of(
        draw,
        draw.node(
            "conv2d_1",
            filters="=9 + index",
            kernel="=kernel + 2 * index",
            dilation="=dilation + index",
            stride="=stride + index",
            padding=3,
        ),
        params=params,
    )
    text = emit(use_of(draw, wide, kernel=3, repeat=2)).text
    assert "in_channels=3, out_channels=9, kernel_size=3" in " ".join(text.split())


def test_a_multiple_of_a_parameter_is_written_as_one(draw: Any) -> None:
    params = (BlockParam("channels", "Channels", "int", 16, minimum=1),)
    mlp = block_of(
        draw,
        draw.node("conv2d_1", filters="=channels * 4", kernel=(1, 1)),
        draw.node("conv2d_2", filters="=channels // 2", kernel=(1, 1)),
        draw.node("conv2d_3", filters="=channels", kernel=(1, 1)),
        params=params,
    )
    drawn = use_of(draw, mlp)
    two = replace(drawn.nodes["use_1"], params=frozen({"channels": 32}))
    text = emit(replace(drawn, nodes={**drawn.nodes, "use_1": two})).text
    assert "nn.Conv2d(3, 4 * channels, 1)" in text
    assert "nn.Conv2d(4 * channels, channels // 2, 1)" in text
    assert "nn.Conv2d(channels // 2, channels, 1)" in text


def test_true_is_not_one(draw: Any) -> None:
    """Arguments are shared where their values are equal in every use, and of one kind."""
    drawn = use_of(draw, block_of(draw, draw.node("conv2d_1", filters=8, bias="=index == 1", stride="=index + 1")))
    text = emit(replace(drawn, nodes={**drawn.nodes, "use_1": draw.used("use_1", "part", repeat=2)})).text
    assert "stride: int" in text
    assert "bias: bool" in text


def test_several_outputs_are_a_tuple(draw: Any) -> None:
    import torch

    drawn = two_sided(draw)
    source = emit(drawn)
    assert (
        "    def forward(self, x: torch.Tensor, x_2: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:" in source.text
    )
    module = build(source)
    x = torch.rand(2, 3, 8, 8)
    split = module.get_submodule("split_1")
    both = torch.cat(split(x, x), dim=1)
    assert torch.equal(module(x), both.mean(dim=(-2, -1)))


def two_sided(draw: Any) -> Graph:
    """A block with two inputs and two outputs, both used."""
    split = Block(
        "split",
        "Split",
        draw.graph(
            draw.port("in"),
            draw.port("in_2"),
            draw.node("conv2d_1", filters=4),
            draw.node("conv2d_2", filters=6),
            draw.port("out"),
            draw.port("out_2"),
            wires="in>conv2d_1 in_2>conv2d_2 conv2d_1>out conv2d_2>out_2",
        ),
    )
    drawn = draw.graph(
        draw.node("pictures_1", size=(8, 8)),
        draw.used("split_1", "split"),
        draw.node("concat_1"),
        draw.node("global_avg_pool2d_1"),
        draw.node("output_1"),
        wires="pictures_1>split_1 pictures_1>split_1:in_2 split_1>concat_1:in_1 concat_1>global_avg_pool2d_1 "
        "global_avg_pool2d_1>output_1",
    )
    drawn = replace(drawn, edges=drawn.edges | {Edge("split_1", "out_2", "concat_1", "in_2")})
    return draw.with_blocks(drawn, split)  # type: ignore[no-any-return]


@pytest.mark.parametrize("ids", [("in", "out"), ("x", "skip"), ("class", "self"), ("torch", "nn"), ("out", "x")])
def test_ports_may_have_any_name(ids: tuple[str, str], draw: Any) -> None:
    import torch

    entry, exit_ = ids
    nodes = [
        Node(entry, "block_input"),
        *(draw.node(n) for n in ("relu_1", "relu_2", "add_1")),
        Node(exit_, "block_output"),
    ]
    wires = f"{entry}>relu_1 relu_1>relu_2 relu_2>add_1:in_1 {entry}>add_1:in_2 add_1>{exit_}"
    block = Block("part", "Part", draw.graph(*nodes, wires=wires))
    drawn = use_of(draw, block)
    edges = {Edge("pictures_1", "out", "use_1", entry), Edge("use_1", exit_, "global_avg_pool2d_1", "in")}
    drawn = replace(drawn, edges=frozenset(edges | {Edge("global_avg_pool2d_1", "out", "output_1", "in")}))
    x = torch.randn(2, 3, 8, 8)
    assert torch.allclose(compile(drawn).module(0)(x), (x.relu() + x).mean(dim=(-2, -1)))


def test_lines_and_attributes_go_by_path(draw: Any) -> None:
    source = emit(draw.resnet())
    assert source.attributes["stage_2/basic_1/conv2d_3"] == "stage_2.basic_1.conv2d_3"
    assert "stage_1/basic_1/conv2d_3" not in source.attributes  # bypassed there
    rows = source.text.splitlines()
    first = next(n for n, row in enumerate(rows, 1) if "self.conv2d_3 = " in row)
    assert source.lines[first] == "stage_2/basic_1/conv2d_3"
    use = next(n for n, row in enumerate(rows, 1) if "x = self.stage_4(x)" in row)
    assert source.lines[use] == "stage_4"


def test_repeated_attributes_have_a_number(draw: Any) -> None:
    compiled = compile(use_of(draw, block_of(draw, draw.node("conv2d_1", filters=4)), repeat=2))
    assert compiled.source.attributes["use_1:1/conv2d_1"] == "use_1.1.conv2d_1"
    assert compiled.keys == tuple(f"use_1.{i}.conv2d_1.{what}" for i in (0, 1) for what in ("weight", "bias"))


def test_the_source_is_the_same_however_often_it_was_inferred(draw: Any) -> None:
    from workbench.compiler.inference import infer

    start = draw.resnet()
    moved = with_state(with_state(start, "relu_1", "bypassed"), "relu_1", "")
    again = infer(moved, infer(with_state(start, "stage_2", "muted"), infer(start)))
    assert emit(moved, again).text == emit(start).text


def test_long_lists_of_arguments_are_laid_out_as_ruff_does(draw: Any) -> None:
    import shutil

    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    names = [f"a_rather_long_name_{i}" for i in range(9)]
    params = tuple(BlockParam(name, name, "int", 8, minimum=1) for name in names)
    layers = [
        Node(f"conv_{i}", "conv2d", params=frozen({"filters": f"={name} + index"})) for i, name in enumerate(names)
    ]
    text = emit(use_of(draw, block_of(draw, *layers, params=params), repeat=3), name="Long").text
    command = [ruff, "format", "--isolated", "--line-length", "100", "-"]
    assert subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout == text


# --- what it computes -----------------------------------------------------------------------------------------------


def test_operations_and_weights_are_those_of_the_module(draw: Any) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    compiled = compile(draw.resnet())
    module = compiled.module(seed=0).eval()
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(2, 3, 32, 32))
    assert counter.get_total_flops() == 2 * compiled.inferred.flops_total
    assert sum(p.numel() for p in module.parameters()) == compiled.inferred.parameters


def test_the_source_runs_alone_in_another_process(draw: Any, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    compiled = compile(draw.resnet(), name="Small ResNet")
    module = compiled.module(seed=0).eval()
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    (tmp_path / "network.py").write_text(compiled.source.text, encoding="utf-8")
    save_file(module.state_dict(), tmp_path / "weights.safetensors")
    save_file({"x": x}, tmp_path / "given.safetensors")
    program = (
        "from safetensors.torch import load_file, save_file\nfrom network import SmallResNet\n"
        "network = SmallResNet()\nnetwork.load_state_dict(load_file('weights.safetensors'))\n"
        "y = network.eval()(load_file('given.safetensors')['x'])\nsave_file({'y': y.detach()}, 'seen.safetensors')\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    assert torch.equal(load_file(tmp_path / "seen.safetensors")["y"], module(x))


def test_readers_give_what_is_inside(draw: Any, given: Callable[..., tuple[Any, ...]]) -> None:
    import torch

    compiled = compile(draw.resnet())
    module = compiled.module(seed=0).eval()
    inputs = given(compiled)
    nodes = [
        "stage_2/in",
        "stage_2/basic_1",
        "stage_2/basic_1/add_1",
        "stage_2/basic_2/conv2d_3",
        "stage_2",
        "output_1",
    ]
    seen: dict[str, Any] = {}
    names = {"stage_2.basic_1": "stage_2/basic_1", "stage_2": "stage_2"}
    for attribute, path in names.items():
        module.get_submodule(attribute).register_forward_hook(lambda _m, _x, y, path=path: seen.update({path: y}))
    output = module(*inputs)
    values = compiled.reader(nodes)(module, *inputs)
    assert list(values) == nodes
    assert torch.equal(values["output_1"], output)
    for path in names.values():
        assert torch.equal(values[path], seen[path])
    assert torch.equal(values["stage_2/basic_1/add_1"].relu(), values["stage_2/basic_1"])
    assert torch.equal(values["stage_2/basic_2/conv2d_3"], values["stage_2/basic_1"])  # bypassed: what comes in
    (alone,) = compiled.reader(["stage_3/basic_1/conv2d_1"])(module, *inputs).values()
    assert alone.shape == (2, 64, 8, 8)


def test_readers_tell_repetitions_apart(draw: Any) -> None:
    import torch

    compiled = compile(use_of(draw, block_of(draw, draw.node("conv2d_1", filters=4)), repeat=3))
    module = compiled.module(seed=0)
    x = torch.randn(2, 3, 8, 8)
    rows = list(module.get_submodule("use_1").children())
    nodes = ["use_1:0", "use_1/conv2d_1", "use_1:0/conv2d_1", "use_1:1/out", "use_1:2", "use_1"]
    values = compiled.reader(nodes)(module, x)
    one = rows[0](x)
    two = rows[1](one)
    expected = [one, one, one, two, rows[2](two), rows[2](two)]
    assert all(torch.equal(values[node], tensor) for node, tensor in zip(nodes, expected, strict=True))


@pytest.mark.parametrize(
    "path",
    ["use_1:3", "use_1:3/conv2d_1", "use_1/nothing", "nothing/conv2d_1", "use_1:x", "use_1:-1", "", "/", "use_1/"],
)
def test_readers_refuse_what_is_not_there(path: str, draw: Any) -> None:
    compiled = compile(use_of(draw, block_of(draw, draw.node("conv2d_1", filters=4)), repeat=3))
    with pytest.raises(Problem, match="reaches no output"):
        compiled.reader([path])


def test_what_is_inside_a_bypassed_block_cannot_be_read(draw: Any) -> None:
    compiled = compile(with_state(draw.resnet(), "stage_1", "bypassed"))
    with pytest.raises(Problem, match="Stage 1 › Basic block 1 reaches no output"):
        compiled.reader(["stage_1/basic_1"])


def test_bypassed_and_muted_layers_are_not_built(residual: Graph) -> None:
    import torch

    x = torch.randn(2, 3, 16, 16)
    plain = compile(residual).module(seed=3).eval()

    def by_hand(second: Any, bends: bool) -> Any:
        skip = plain.relu_1(plain.conv2d_1(x))
        y = plain.batch_norm2d_1(second(skip)) + skip
        return plain.linear_1((y.relu() if bends else y).mean(dim=(-2, -1)))

    for states, second, bends in (
        ({"conv2d_2": "bypassed"}, lambda skip: skip, True),
        ({"conv2d_2": "muted"}, lambda skip: torch.zeros_like(skip), True),
        ({"conv2d_2": "muted", "relu_2": "bypassed"}, lambda skip: torch.zeros_like(skip), False),
    ):
        drawn = residual
        for node, state in states.items():
            drawn = with_state(drawn, node, state)
        compiled = compile(drawn)
        assert not any(key.startswith("conv2d_2.") for key in compiled.keys)
        module = compiled.module(seed=0).eval()
        module.load_state_dict({k: t for k, t in plain.state_dict().items() if k in compiled.keys})
        assert torch.equal(module(x), by_hand(second, bends))


def test_muted_layers_keep_their_kind_of_number_and_any_batch(chain: Any, node: Any) -> None:
    import torch

    drawn = chain(node("tokens_1", length=5), node("embedding_1"), node("flatten_1"), node("output_1"))
    module = compile(with_state(drawn, "embedding_1", "muted")).module(seed=0)
    for batch in (1, 7):
        assert module(torch.zeros(batch, 5, dtype=torch.long)).dtype == torch.float32
        assert module(torch.zeros(batch, 5, dtype=torch.long)).shape == (batch, 320)


def test_a_muted_block_gives_zeros_at_all_its_ports(draw: Any) -> None:
    import torch

    module = compile(with_state(two_sided(draw), "split_1", "muted")).module(seed=0)
    assert not list(module.parameters())
    assert torch.equal(module(torch.rand(2, 3, 8, 8)), torch.zeros(2, 10))
    bypassed = compile(with_state(two_sided(draw), "split_1", "bypassed")).module(seed=0)
    x = torch.rand(2, 3, 8, 8)
    assert torch.equal(bypassed(x), torch.cat((x, x), dim=1).mean(dim=(-2, -1)))


# --- names that mean harm -------------------------------------------------------------------------------------------

HOSTILE = [
    'x"); __import__("os").system("echo gone") #',
    '"""\nimport os\n"""',
    "'''\nraise SystemExit\n'''",
    "a\nb = 1\n",
    "\\",
    '\\"""',
    "class",
    "None",
    "F",
    "nn",
    "torch",
    "Network",
    "LearnedPosition",
    "",
    "é",
    "_",
    "🙂" * 50,
    "\u202e\u2066 backwards",
    "\ud800",
    "\x00\x1b[2J",
    "x" * 10_000,
    "1234",
    "{x} {self} %s {0}",
]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_of_blocks_stay_words(words: str, draw: Any) -> None:
    plain = draw.resnet()
    blocks = {
        name: replace(
            block,
            title=words,
            summary=words,
            params=tuple(replace(p, title=words, help=words) for p in block.params),
            graph=replace(block.graph, nodes={n.id: replace(n, name=words) for n in block.graph}),
        )
        for name, block in plain.blocks.items()
    }
    source = emit(replace(plain, blocks=blocks), name=words)
    module = build(source)  # held against the whitelist
    source.text.encode()
    assert max(map(len, source.text.splitlines())) < 700
    assert [type(part).__name__ for part in ast.parse(source.text).body[2:]] == ["ClassDef"] * 5
    known = [name for name in parts(source.text) if name in available()]
    assert not known
    assert set(module.state_dict()) == set(compile(plain).keys)
    assert "os" not in {node.id for node in ast.walk(ast.parse(source.text)) if isinstance(node, ast.Name)}
    assert not any(isinstance(node, ast.Raise) for node in ast.walk(ast.parse(source.text)))


@pytest.mark.parametrize("name", ["self", "torch", "nn", "class", "x", "math", "in_channels_", "super", "print", "A b"])
def test_parameters_may_have_any_name(name: str, draw: Any) -> None:
    params = (BlockParam(name, "Any", "int", 4, minimum=1),)
    block = block_of(draw, draw.node("conv2d_1", filters=f"={name}"), draw.node("conv2d_2", filters=9), params=params)
    drawn = use_of(draw, block, **{name: 12})
    if name in ("class", "A b"):
        with pytest.raises(Problem):
            compile(drawn)
    else:
        module = compile(drawn).module(seed=0)
        assert module.get_submodule("use_1.conv2d_1").out_channels == 12


@pytest.mark.parametrize(
    "change",
    [
        ("class Part(nn.Module)", "class nn(nn.Module)"),
        ("class Part(nn.Module)", "class Network(nn.Module)"),
        ("def __init__(self, in_channels: int", "def __init__(self, nn: int"),
        ("def __init__(self, in_channels: int", "def __init__(self, in_channels: print(1)"),
        ("def __init__(self, in_channels: int", "def __init__(self, in_channels: int = 1"),
        ("nn.Conv2d(in_channels,", "nn.Conv2d(in_channels ** 9999999,"),
        ("nn.Conv2d(in_channels,", "nn.Conv2d(in_channels * in_channels,"),
        ("nn.Conv2d(in_channels,", "nn.Conv2d(other,"),
        ("nn.Conv2d(in_channels,", "nn.Conv2d(self.a,"),
        ("Part(3, 8)", "Network()"),
        ("Part(3, 8)", "Part(in_channels, 8)"),
        ("self.conv2d_1 = ", "self.forward = "),
        ("self.conv2d_1 = ", "self.register_forward_hook = "),
        ("self.use_1(x)", "self.use_1.register_forward_hook(x)"),
        ("self.use_1(x)", "self.use_1[x].conv2d_1(x)"),
        ("self.use_1(x)", "self.use_1[0].forward(x)"),
        ("self.use_1(x)", "self.use_1[0].conv2d_1.weight(x)"),
        ("x.mean(dim=(-2, -1))", "x.shape"),
        ("x.mean(dim=(-2, -1))", "x.new_zeros(x.shape[y], 1)"),
        ("x.mean(dim=(-2, -1))", "x.new_zeros(x.device[0], 1)"),
        ("x.mean(dim=(-2, -1))", "x.new_zeros(1, dtype=torch.load)"),
        ("    return x\n", "    return torch\n"),
    ],
    ids=range(22),
)
def test_sources_of_blocks_that_were_tampered_with_are_refused(change: tuple[str, str], draw: Any) -> None:
    grow = block_of(draw, draw.node("conv2d_1", filters="=(index + 1) * 8"))
    source = emit(use_of(draw, grow, repeat=2))
    build(source)
    before, after = change
    assert before in source.text
    with pytest.raises(Problem, match="source"):
        build(replace(source, text=source.text.replace(before, after)))


# --- the table of arguments -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(TABLE))
def test_the_arguments_of_constructors_are_pytorchs(name: str) -> None:
    from torch import nn

    known = inspect.signature(getattr(nn, name.removeprefix("nn."))).parameters
    if "args" in known:  # recurrent layers hand theirs on
        known = inspect.signature(nn.RNNBase).parameters
        known = {k: p for k, p in known.items() if k != "mode"}  # type: ignore[assignment]
    given = signature(name)
    required = [k for k, p in known.items() if p.default is inspect.Parameter.empty]
    assert list(given.positional[: len(required)]) == required
    for argument, default in given.defaults.items():
        found = known[argument].default
        assert found == default or (name.startswith("nn.AvgPool") and found is None), argument
