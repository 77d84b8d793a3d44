"""Every project file in the corpus opens to the same values as on the day it was put there (fault row 22).

Files are never changed or removed. Those of `BY_HAND` were written by hand, the others by the program; these are also
saved back byte for byte while their version is the present one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from workbench.document.diff import same
from workbench.document.format import VERSION, decode, encode
from workbench.document.graph import Block, BlockParam, Edge, Frame, Graph, Node, frozen
from workbench.document.project import Change, Chosen, DataSettings, Project, Recipe

CORPUS = Path(__file__).parent / "corpus"
BY_HAND = {"hand_edited", "later_fields", "later_blocks", "hand_changed", "hand_recipe"}


def graph(nodes: tuple[Node, ...], *wires: str) -> Graph:
    """Wires as "a -> b" or "a -> b.in_2"; the output port is always "out"."""
    edges = set()
    for text in wires:
        source, target = text.split(" -> ")
        target, _, port = target.partition(".")
        edges.add(Edge(source, "out", target, port or "in"))
    return Graph(MappingProxyType({n.id: n for n in nodes}), frozenset(edges))


def digits_linear() -> Project:
    nodes = (
        Node("pictures_1", "pictures", params=frozen({"size": (8, 8), "channels": "1"}), x=40, y=120),
        Node("flatten_1", "flatten", x=280, y=120),
        Node("linear_1", "linear", "One weight a pixel", frozen({"units": 10}), 520, 120),
        Node("output_1", "output", x=760, y=120),
    )
    return Project(
        "Digits, one layer",
        graph(nodes, "pictures_1 -> flatten_1", "flatten_1 -> linear_1", "linear_1 -> output_1"),
        DataSettings("sample:digits", "stretch", 0.25, 0.1, 7),
        Recipe(20, 128, Chosen("sgd", frozen({"lr": 0.1, "momentum": 0.9})), Chosen("constant"), "cpu"),
        "# What to look at\n\nEach row of weights, seen as a picture, is a blurred digit.\n",
    )


def scenes_convnet() -> Project:
    nodes = (
        Node("pictures_1", "pictures", params=frozen({"size": (64, 64)}), x=0, y=0),
        Node("conv2d_1", "conv2d", "Kanten · edges", frozen({"filters": 32, "kernel": (3, 3), "padding": "same"}), 240),
        Node("batch_norm2d_1", "batch_norm2d", params=frozen({"momentum": 0.1, "eps": 1e-05}), x=480),
        Node("relu_1", "relu", x=720),
        Node("max_pool2d_1", "max_pool2d", x=960, y=-16),
        Node("global_avg_pool2d_1", "global_avg_pool2d", x=1200),
        Node("dropout_1", "dropout", params=frozen({"p": 0.25}), x=1440),
        Node("linear_1", "linear", params=frozen({"units": 4, "bias": False}), x=1680),
        Node("output_1", "output", params=frozen({"objective": "cross_entropy", "label_smoothing": 0.1}), x=1920),
    )
    ids = [n.id for n in nodes]
    return Project(
        "Scenes 🏠",
        graph(nodes, *(f"{a} -> {b}" for a, b in itertools.pairwise(ids))),
        DataSettings(
            "sample:scenes",
            augmentations=(
                Chosen("flip_horizontal", frozen({"probability": 0.5})),
                Chosen("shift", frozen({"share": (0.1, 0.1)})),
            ),
        ),
        Recipe(
            12, 64, Chosen("adamw", frozen({"lr": 0.002, "weight_decay": 0.05})),
            Chosen("one_cycle", frozen({"warm_up": 0.3})), "auto", 42, 2, True,
        ),
    )  # fmt: skip


def residual_convnet() -> Project:
    conv = frozen({"filters": 16, "kernel": (3, 3), "padding": "same"})
    nodes = (
        Node("pictures_1", "pictures"),
        Node("conv2d_1", "conv2d", params=conv, x=200),
        Node("relu_1", "relu", x=400),
        Node("conv2d_2", "conv2d", params=conv, x=600, y=-100),
        Node("add_1", "add", params=frozen({"inputs": 2}), x=800),
        Node("concat_1", "concat", params=frozen({"inputs": 3, "axis": 0}), x=1000),
        Node("flatten_1", "flatten", x=1200),
        Node("linear_1", "linear", x=1400),
        Node("output_1", "output", x=1600),
    )
    return Project(
        "Residual",
        graph(
            nodes, "pictures_1 -> conv2d_1", "conv2d_1 -> relu_1", "relu_1 -> conv2d_2", "conv2d_2 -> add_1.in_1",
            "relu_1 -> add_1.in_2", "add_1 -> concat_1.in_1", "relu_1 -> concat_1.in_2", "conv2d_1 -> concat_1.in_3",
            "concat_1 -> flatten_1", "flatten_1 -> linear_1", "linear_1 -> output_1",
        ),
        DataSettings("../pictures/of things", "pad", 0.15, 0.15, normalise="symmetric"),
    )  # fmt: skip


def empty() -> Project:
    return Project()


def hand_edited() -> Project:
    nodes = (
        Node("tokens_1", "tokens", params=frozen({"length": 128, "vocabulary": 5000})),
        Node("embedding_1", "embedding", "Words as vectors"),
        Node("gru_1", "gru", x=-300, y=200),
        Node("output_1", "output"),
    )
    return Project(
        "By hand",
        graph(nodes, "tokens_1 -> embedding_1", "embedding_1 -> gru_1", "gru_1 -> output_1"),
        DataSettings("C:\\Data\\reviews", validation=0.0),
        Recipe(epochs=3, optimizer=Chosen("adam", frozen({"lr": 1}))),
        "One text with é and \U0001f600.\nTwo lines.",
    )


def later_fields() -> Project:
    nodes = (
        Node("pictures_1", "pictures", extra=MappingProxyType({"colour": "amber"})),
        Node("quantum_1", "acme.quantum", "?", frozen({"spin": (0.5, -0.5), "mode": None, "deep": True}), 10, 20),
    )
    return Project(
        "From a later version",
        graph(nodes, "pictures_1 -> quantum_1.left"),
        DataSettings("photos", extra=MappingProxyType({"cache": MappingProxyType({"bytes": 1000})})),
        Recipe(extra=MappingProxyType({"v3_precision": "bf16"})),
        extra=MappingProxyType({"groups": (MappingProxyType({"nodes": ("quantum_1",), "title": "Odd"}),)}),
    )


def framed(drawn: Graph, *frames: Frame, blocks: tuple[Block, ...] = ()) -> Graph:
    return replace(drawn, blocks={b.id: b for b in blocks}, frames={f.id: f for f in frames})


def residual_blocks() -> Project:
    conv = {"filters": "=channels", "kernel": (3, 3), "padding": "same"}
    unit = Block(
        "unit",
        "Conv unit",
        graph(
            (
                Node("in", "block_input"),
                Node("conv2d_1", "conv2d", params=frozen({**conv, "stride": ("=stride", "=stride")}), x=232),
                Node("batch_norm2d_1", "batch_norm2d", x=464, colour="blue", collapsed=True),
                Node("relu_1", "relu", x=696, state="=not bend"),
                Node("out", "block_output", x=928),
            ),
            "in -> conv2d_1", "conv2d_1 -> batch_norm2d_1", "batch_norm2d_1 -> relu_1", "relu_1 -> out",
        ),
        (
            BlockParam("channels", "Channels", "int", 16, "How many filters.", 1, 65_536),
            BlockParam("stride", "Stride", "int", 1, minimum=1, maximum=4),
            BlockParam("bend", "Bend · ReLU", "bool", True),
            BlockParam("rate", "Rate", "float", 0.5, minimum=0.0, maximum=1),
            BlockParam("kind", "Kind", "choice", "a", choices=("a", "b")),
        ),
    )  # fmt: skip
    uses = frozen({"channels": "=channels", "stride": "=1 if index else stride"})
    projection = frozen({"filters": "=channels", "kernel": (1, 1)})
    residual = Block(
        "residual",
        "Residual",
        framed(
            graph(
                (
                    Node("in", "block_input", "Picture"),
                    Node("unit_1", "block:unit", params=uses, x=232),
                    Node("unit_2", "block:unit", params=frozen({"channels": "=channels", "bend": False}), x=464),
                    Node("conv2d_1", "conv2d", "Projection", projection, 232, 120),
                    Node("add_1", "add", x=696),
                    Node("out", "block_output", x=928),
                    Node("out_2", "block_output", "Before", x=928, y=88),
                ),
                "in -> unit_1", "unit_1 -> unit_2", "in -> conv2d_1", "unit_2 -> add_1.in_1", "conv2d_1 -> add_1.in_2",
                "add_1 -> out", "unit_2 -> out_2",
            ),
            Frame("frame_1", "Shortcut", "He et al. 2016", 200, 100, 240, 100, "yellow"),
        ),
        (BlockParam("channels", "Channels", "int", 16), BlockParam("stride", "Stride", "int", 1)),
        "Adds what goes in to what comes out.",
    )  # fmt: skip
    nodes = (
        Node("pictures_1", "pictures", params=frozen({"size": (32, 32)})),
        Node("residual_1", "block:residual", params=frozen({"channels": 32, "stride": 2}), x=232, colour="red"),
        Node("unit_1", "block:unit", "Three", frozen({"repeat": 3}), 464, state="bypassed"),
        Node("dropout_1", "dropout", x=696, state="muted", collapsed=True),
        Node("flatten_1", "flatten", x=928),
        Node("linear_1", "linear", x=1160),
        Node("output_1", "output", x=1392),
    )
    ids = [n.id for n in nodes]
    drawn = graph(nodes, *(f"{a} -> {b}" for a, b in itertools.pairwise(ids)))
    return Project(
        "Residual blocks",
        framed(drawn, Frame("frame_1", "Body", "# Two blocks\n\nof layers", -8, -8, 900, 400), blocks=(unit, residual)),
        DataSettings("sample:scenes"),
        Recipe(12, 64, Chosen("adamw", frozen({"lr": 0.002})), Chosen("one_cycle")),
    )


def later_blocks() -> Project:
    """By hand: fields and colours of a later version, a block that is not there, an expression that is none."""
    later = MappingProxyType({"later": (1, MappingProxyType({"x": None}))})
    inside = graph((Node("in", "block_input"), Node("relu_1", "relu", params=frozen({"slope": "=1 +"}))))
    return Project(
        "Later blocks",
        framed(
            graph((Node("a", "block:nobody", extra=MappingProxyType({"colour": "amber"})), Node("b", "block:cell"))),
            Frame("frame_1", extra=later),
            blocks=(Block("cell", "Cell", inside, extra=later),),
        ),
    )


def changed_photos() -> Project:
    return Project(
        "Changed photos",
        data=DataSettings(
            "../photos",
            "pad",
            0.2,
            0.1,
            11,
            augmentations=(Chosen("flip_horizontal", frozen({"chance": 0.5})),),
            more=("/data/more photos", "lists/extra.csv"),
            kind="pictures",
            path_column="file",
            label_column="what it is",
            group_by="name",
            group_level=2,
            group_pattern="{group}_*",
            folds=5,
            fold=4,
            balance="weights",
            changes=MappingProxyType(
                {
                    "cats/1.jpg": Change(label="Dogs · große"),
                    "cats/10.jpg": Change(excluded=True),
                    "@2/dogs/a b.png": Change("cats", "test", True),
                    "dogs/é.png": Change(split="val"),
                }
            ),
        ),
    )


def flowers_table() -> Project:
    return Project(
        "Flowers",
        data=DataSettings(
            "flowers.csv",
            normalise="measured",
            kind="table",
            label_column="species",
            columns=MappingProxyType({"id": "leave_out", "petal length": "number", "zone": "category"}),
            tokeniser="byte_pair",
            lowercase=False,
            balance="sampling",
            changes=MappingProxyType({"flowers.csv#17": Change("setosa")}),
        ),
    )


def hand_changed() -> Project:
    """By hand: changes in another order, one that changes nothing, and fields of a later version."""
    return Project(
        "By hand",
        data=DataSettings(
            "photos",
            extra=MappingProxyType({"shards": (1, 2)}),
            changes=MappingProxyType({"b/2.png": Change(excluded=True), "a/1.png": Change("b")}),
        ),
    )


def frozen_layers() -> Project:
    unit = Block(
        "unit",
        "Unit",
        graph(
            (
                Node("in", "block_input"),
                Node("conv2d_1", "conv2d", x=232, rate=0.5),
                Node("batch_norm2d_1", "batch_norm2d", x=464, frozen=True),
                Node("out", "block_output", x=696),
            ),
            "in -> conv2d_1", "conv2d_1 -> batch_norm2d_1", "batch_norm2d_1 -> out",
        ),
    )  # fmt: skip
    nodes = (
        Node("pictures_1", "pictures"),
        Node("unit_1", "block:unit", x=232, frozen=True, rate=0.01),
        Node("unit_2", "block:unit", x=464, rate=0.1),
        Node("flatten_1", "flatten", x=696),
        Node("linear_1", "linear", x=928, rate=2.0),
        Node("output_1", "output", x=1160),
    )
    ids = [n.id for n in nodes]
    return Project(
        "Fine-tuning",
        framed(graph(nodes, *(f"{a} -> {b}" for a, b in itertools.pairwise(ids))), blocks=(unit,)),
        DataSettings("photos"),
        Recipe(
            30,
            32,
            Chosen("muon", frozen({"lr": 0.02})),
            Chosen("multi_step", frozen({"milestones": (10, 20)})),
            "cuda",
            clip=1.0,
            accumulate=4,
            decay="all",
            average=0.999,
            patience=5,
            watch="val_f1",
            precision="bf16",
            layout="channels_last",
            compile=True,
            initialisation=Chosen("orthogonal", frozen({"gain": 1.0})),
            metrics=("f1", "roc_area"),
            keep=3,
            processes=2,
            shard=True,
        ),
    )


def hand_recipe() -> Project:
    """By hand: half of a recipe, whole numbers for fractions, and fields of a later version."""
    return Project(
        "By hand",
        graph((Node("relu_1", "relu", rate=3.0, extra=MappingProxyType({"prune": 0.5})),)),
        recipe=Recipe(clip=5.0, initialisation=Chosen("he_normal"), extra=MappingProxyType({"lookahead": 5})),
    )


def before_4(make: Callable[[], Project]) -> Callable[[], Project]:
    """Weight decay pulled at all weights before it was a choice."""

    def made() -> Project:
        project = make()
        return replace(project, recipe=replace(project.recipe, decay="all"))

    return made


EXPECTED: dict[str, Callable[[], Project]] = {
    f"v1/{f.__name__}.json": f
    for f in (digits_linear, scenes_convnet, residual_convnet, empty, hand_edited, later_fields)
}
EXPECTED |= {f"v2/{f.__name__}.json": f for f in (residual_blocks, later_blocks)}
EXPECTED |= {f"v3/{f.__name__}.json": f for f in (changed_photos, flowers_table, hand_changed)}
EXPECTED = {name: before_4(f) for name, f in EXPECTED.items()}
EXPECTED |= {f"v4/{f.__name__}.json": f for f in (frozen_layers, hand_recipe)}


def test_every_file_of_the_corpus_is_expected() -> None:
    assert {p.relative_to(CORPUS).as_posix() for p in CORPUS.rglob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_opens_to_the_same_values(name: str) -> None:
    data = (CORPUS / name).read_bytes()
    project = decode(data)
    expected = EXPECTED[name]()
    assert project == expected
    assert same(project, expected)
    saved = encode(project)
    assert encode(decode(saved)) == saved
    if name.startswith(f"v{VERSION}/") and Path(name).stem not in BY_HAND:
        assert saved == data
