"""The generated source as text: readable, stable, and nothing of a person's words in it but quoted."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.compiler.build import build
from workbench.compiler.emit import emit
from workbench.compiler.naming import MODULE_ATTRIBUTES, attributes
from workbench.core.diagnostic import Problem
from workbench.document.graph import Edge, Graph, Node

Make = Callable[..., Node]
Build = Callable[..., Graph]

EXPECTED = '''import torch
from torch import nn


class SmallNet(nn.Module):
    """Small net. Takes N x 3 x 16 x 16, gives N x 4."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d_1 = nn.Conv2d(3, 8, 3, padding="same")
        self.relu_1 = nn.ReLU()
        self.conv2d_2 = nn.Conv2d(8, 8, 3, padding="same")
        self.batch_norm2d_1 = nn.BatchNorm2d(8)
        self.relu_2 = nn.ReLU()
        self.linear_1 = nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv2d_1(x)
        skip = self.relu_1(x)
        x = self.conv2d_2(skip)
        x = self.batch_norm2d_1(x)
        x = x + skip
        x = self.relu_2(x)
        x = x.mean(dim=(-2, -1))
        x = self.linear_1(x)
        return x
'''


def test_the_source_is_what_one_would_write_by_hand(residual: Graph) -> None:
    assert emit(residual, name="Small net").text == EXPECTED


def test_lines_lead_back_to_nodes(residual: Graph) -> None:
    source = emit(residual)
    lines = source.text.splitlines()
    for number, node in source.lines.items():
        attribute = source.attributes.get(node)
        assert attribute is None or f"self.{attribute}" in lines[number - 1]
    assert set(source.lines.values()) == set(residual.nodes) - {"pictures_1", "output_1"}
    assert "conv2d_1" in lines[min(source.lines) - 1]


def test_where_things_stand_and_how_they_were_made_does_not_matter(residual: Graph) -> None:
    moved = {n.id: replace(n, x=n.x + 7, name="" if n.name else "Any name") for n in residual}
    backwards = {name: moved[name] for name in reversed(moved)}
    assert emit(replace(residual, nodes=moved)).text == emit(residual).text
    assert emit(replace(residual, nodes=backwards)).text == emit(residual).text


def test_what_reaches_no_output_is_left_out(residual: Graph, node: Make) -> None:
    spare = Graph(
        {**residual.nodes, "linear_9": node("linear_9")}, residual.edges | {Edge("linear_1", "out", "linear_9", "in")}
    )
    assert emit(spare).text == emit(residual).text


def test_errors_are_all_given(graph: Build, node: Make) -> None:
    with pytest.raises(Problem) as caught:
        emit(graph(node("conv2d_1"), node("linear_1")))
    assert [d.code for d in caught.value.diagnostics] == [
        "graph.no_input",
        "graph.no_output",
        "port.unwired",
        "port.unwired",
    ]
    with pytest.raises(Problem, match="no layers"):
        emit(Graph())


def test_several_inputs_and_outputs(graph: Build, node: Make) -> None:
    import torch

    two = graph(
        node("pictures_1", size=(8, 8)),
        node("pictures_2", size=(8, 8)),
        node("add_1"),
        node("flatten_1"),
        node("output_1"),
        node("linear_1", units=3),
        node("output_2"),
        wires="pictures_1>add_1:in_1 pictures_2>add_1:in_2 add_1>flatten_1 flatten_1>output_1 flatten_1>linear_1 "
        "linear_1>output_2",
    )
    source = emit(two)
    assert (source.arguments, source.results) == (("pictures_1", "pictures_2"), ("output_1", "output_2"))
    module = build(source)
    a, b = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)
    values = module(a, b)
    assert torch.equal(values["output_1"], (a + b).flatten(1))
    assert values["output_2"].shape == (2, 3)


def test_a_value_is_never_overwritten_while_it_is_needed(graph: Build, node: Make) -> None:
    """Shortcuts over shortcuts, one input twice, an input that is used late."""
    import torch

    tangled = graph(
        node("pictures_1", size=(6, 6)),
        *(node(f"relu_{i}") for i in range(1, 5)),
        node("add_1"),
        node("add_2", inputs=3),
        node("add_3"),
        node("add_4", inputs=3),
        node("flatten_1"),
        node("output_1"),
        wires="pictures_1>relu_1 relu_1>relu_2 relu_2>relu_3 relu_3>add_1:in_1 relu_1>add_1:in_2 "
        "add_1>add_2:in_1 pictures_1>add_2:in_2 relu_2>add_2:in_3 add_2>relu_4 relu_4>add_3:in_1 relu_4>add_3:in_2 "
        "add_3>add_4:in_1 pictures_1>add_4:in_2 relu_1>add_4:in_3 add_4>flatten_1 flatten_1>output_1",
    )
    x = torch.randn(2, 3, 6, 6)
    r = x.relu()
    expected = 2 * (2 * r + x + r).relu() + x + r
    assert torch.allclose(build(emit(tangled))(x), expected.flatten(1))


def test_long_statements_are_laid_out_as_ruff_does(graph: Build, node: Make) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    convs = [node(f"conv2d_{i}", filters=60 + i, kernel=(3, 5), dilation=(2, 3), bias=False) for i in range(16)]
    sums = [node(f"a_rather_long_name_{i}") for i in range(16)]
    sums = [replace(s, layer="relu") for s in sums]
    wide = graph(
        node("pictures_1"),
        *convs,
        node("concat_1", inputs=16),
        *sums,
        node("add_1", inputs=16),
        node("global_avg_pool2d_1"),
        node("output_1"),
        wires=" ".join(f"pictures_1>conv2d_{i} conv2d_{i}>concat_1:in_{i + 1}" for i in range(16))
        + " ".join(f" concat_1>{s.id} {s.id}>add_1:in_{i + 1}" for i, s in enumerate(sums))
        + " add_1>global_avg_pool2d_1 global_avg_pool2d_1>output_1",
    )
    text = emit(wide, name="Wide").text
    assert max(map(len, text.splitlines())) <= 100
    command = [ruff, "format", "--isolated", "--line-length", "100", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    assert done.stdout == text


# --- names ----------------------------------------------------------------------------------------------------------


def test_the_names_of_nn_module_are_known() -> None:
    from torch import nn

    assert {name for name in dir(nn.Module()) if not name.startswith("_")} <= MODULE_ATTRIBUTES


def test_attributes_are_ids_but_for_taken_names() -> None:
    names = attributes(["conv2d_1", "class", "forward", "forward_", "train", "match", "print"])
    assert names == {
        "conv2d_1": "conv2d_1",
        "class": "class_",
        "forward": "forward__",
        "forward_": "forward_",
        "train": "train_",
        "match": "match",
        "print": "print",
    }


@pytest.mark.parametrize(
    "name", ["lambda", "type", "eval", "self", "torch", "nn", "x", "skip", "forward", "state_dict"]
)
def test_a_node_may_have_any_id(name: str, graph: Build, node: Make) -> None:
    import torch

    odd = graph(
        Node("pictures", "pictures"),
        Node(name, "conv2d"),
        node("add_1"),
        node("global_avg_pool2d_1"),
        node("output_1"),
        wires=f"pictures>{name} {name}>add_1:in_1 {name}>add_1:in_2 add_1>global_avg_pool2d_1 "
        "global_avg_pool2d_1>output_1",
    )
    source = emit(odd)
    module = build(source)
    assert module(torch.zeros(1, 3, 64, 64)).shape == (1, 32)
    assert all(key.startswith(f"{source.attributes[name]}.") for key in module.state_dict())


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


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_words(name: str, residual: Graph) -> None:
    named = Graph({n.id: replace(n, name=name) for n in residual}, residual.edges)
    source = emit(named, name=name)
    module = build(source)  # held against the whitelist
    tree = ast.parse(source.text)
    (made,) = [part for part in tree.body if isinstance(part, ast.ClassDef)]
    assert made.name == source.class_name == type(module).__name__
    assert made.name.isascii()
    assert made.name.isidentifier()
    plain = emit(residual).text.splitlines()
    # Only the class line and its docstring differ from a network without a name, and no line is added.
    lines = source.text.splitlines()
    assert len(lines) == len(plain)
    assert [i for i, (a, b) in enumerate(zip(lines, plain, strict=True)) if a != b] in ([], [5], [4, 5])
    assert "#" not in source.text.replace(lines[5], "")
    assert len(lines[5]) < 500
    source.text.encode()
