"""Places inside blocks in words; what can be added where; what a layer or a block would make of a wire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui.canvas.test_blocks import STAGE, two_stages
from workbench.catalogue.declaration import Tensor
from workbench.catalogue.ready import READY
from workbench.catalogue.registry import LAYERS
from workbench.compiler.inference import infer
from workbench.document.edits import add
from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, Block, Edge, Graph, Node
from workbench.document.project import Project
from workbench.session.session import Session
from workbench.ui import finder, scopes
from workbench.ui.palette import offers
from workbench.ui.palette.trying import gives, takes


def nested() -> Graph:
    """Two stages, and a block “Body” that uses the stage too, used once as “Trunk”."""
    inner = Graph(
        {
            "in": Node("in", BLOCK_INPUT),
            "stage_1": Node("stage_1", "block:stage"),
            "out": Node("out", BLOCK_OUTPUT),
        },
        frozenset({Edge("in", "out", "stage_1", "in"), Edge("stage_1", "out", "out", "in")}),
    )
    graph = two_stages()
    made = add(
        replace(graph, blocks={**graph.blocks, "body": Block("body", "Body", inner)}),
        Node("body_1", "block:body", "Trunk"),
        edges=[Edge("stage_2", "out", "body_1", "in")],
    )
    assert isinstance(made, Graph)
    return made


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session.create(tmp_path / "nested", Project("Nested", nested())) as opened:
        yield opened


# --- places


def test_paths_in_words() -> None:
    root = nested()
    assert scopes.titles(root, ("body_1", "stage_1")) == ("Trunk", "Stage 1")
    assert scopes.place_words(root, ("body_1", "stage_1:2")) == "Trunk › Stage 1"
    assert scopes.place_words(root, ()) == ""
    assert scopes.name_of(root, "body_1/stage_1/conv2d_1") == "Trunk › Stage 1 › Conv"
    assert scopes.name_of(root, "pictures_1") == "Pictures"
    assert scopes.name_of(root, "gone/conv2d_1") == "gone/conv2d_1"
    assert scopes.titles(root, ("body_1", "gone")) == ("Trunk",)


def test_what_stands_at_a_path() -> None:
    root = nested()
    block = scopes.block_at(root, ("body_1", "stage_1"))
    assert block is STAGE
    assert scopes.block_at(root, ()) is None
    assert scopes.block_at(root, ("pictures_1",)) is None
    graph = scopes.graph_at(root, ("stage_2:1",))
    assert graph is not None
    assert set(graph.nodes) == set(STAGE.graph.nodes)
    assert graph.blocks == root.blocks
    assert scopes.graph_at(root, ("gone",)) is None
    assert scopes.is_there(root, "body_1/stage_1/relu_1")
    assert not scopes.is_there(root, "body_1/relu_1")


def test_what_was_inferred_at_a_path() -> None:
    whole = infer(nested())
    second = scopes.inferred_at(whole, ("stage_2:1",))
    assert second is not None
    assert second.outputs["conv2d_1"] == Tensor((8, 64, 64))
    assert scopes.inferred_at(whole, ("stage_2:2",)) is None
    assert scopes.inferred_at(whole, ()) is whole
    assert scopes.inferred_at(whole, ("pictures_1",)) is None


def test_every_use_is_found_outer_ones_first() -> None:
    root = nested()
    assert scopes.uses(root, "stage") == (("stage_1",), ("stage_2",), ("body_1", "stage_1"))
    assert scopes.uses(root, "body") == (("body_1",),)
    assert scopes.uses(root, "gone") == ()


def test_a_few_blocks_that_stand_for_millions_cost_little() -> None:
    ends = {"in": Node("in", BLOCK_INPUT), "out": Node("out", BLOCK_OUTPUT)}
    blocks = {"b0": Block("b0", "B0", Graph(ends))}
    for depth in range(1, 16):
        nodes = {**ends, **{f"n_{i}": Node(f"n_{i}", f"block:b{depth - 1}") for i in range(8)}}
        blocks[f"b{depth}"] = Block(f"b{depth}", f"B{depth}", Graph(nodes))
    root = Graph({"top": Node("top", "block:b15")}, blocks=blocks)
    assert len(list(scopes.every_place(root))) == scopes.MOST


@pytest.mark.parametrize("path_id", ["conv2d_1", "stage_1/conv2d_1", "body_1/stage_1:2/relu_1"])
def test_path_ids_are_taken_apart_and_put_together(path_id: str) -> None:
    assert scopes.joined(*scopes.split(path_id)) == path_id


# --- what is offered


def test_every_layer_and_ready_made_block_is_offered_once(session: Session) -> None:
    keys = [layer.id for section in offers.sections(session) for layer in section.layers]
    assert len(keys) == len(set(keys))
    assert set(LAYERS) <= set(keys)
    assert {f"{offers.READY}{i}" for i in READY} <= set(keys)
    assert {"block:stage", "block:body"} <= set(keys)
    for key in keys:
        found = offers.offered(session, key)
        assert found is not None
        assert offers.wanted(session, key) == found
    with pytest.raises(KeyError):
        offers.wanted(session, "block:ready/none_of_that_name")


def test_a_block_is_not_offered_within_itself(session: Session) -> None:
    session.go_to_scope(["stage_1"])
    inside = {layer.id for section in offers.sections(session) for layer in section.layers}
    assert not {"block:stage", "block:body"} & inside
    session.go_to_scope(["body_1"])
    inside = {layer.id for section in offers.sections(session) for layer in section.layers}
    assert "block:stage" in inside
    assert "block:body" not in inside


def test_bringing_in_shares_what_is_there(session: Session) -> None:
    needy = next(i for i, block in READY.items() if any(n.block is not None for n in block.graph))
    once = offers.brought(session, f"{offers.READY}{needy}")(session.graph)
    assert isinstance(once, tuple)
    twice = offers.brought(session, f"{offers.READY}{needy}")(once[0])
    assert isinstance(twice, tuple)
    assert twice[0].blocks == once[0].blocks
    assert twice[1] == once[1] == f"block:{needy}"
    assert offers.brought(session, "relu")(session.graph) == (session.graph, "relu")


def test_without_a_project_the_catalogue_and_the_ready_made_blocks_are_offered() -> None:
    titles = [section.title for section in offers.sections(None)]
    assert titles[0] == "Input and output"
    assert titles[-1] == offers.BLOCKS


# --- trying


def test_what_a_layer_or_a_block_makes_of_a_wire(session: Session) -> None:
    picture, flat = Tensor((8, 32, 32)), Tensor((100,))
    convolution, linear = offers.wanted(session, "conv2d"), offers.wanted(session, "linear")
    assert gives(session, convolution, picture) is not None
    assert gives(session, convolution, flat) is None
    assert gives(session, linear, flat) is not None
    stage = offers.wanted(session, "block:stage")
    assert gives(session, stage, picture) == Tensor((8, 32, 32))
    assert gives(session, stage, flat) is None
    assert gives(session, offers.wanted(session, "block:body"), picture) is not None, "with the block it uses"


@pytest.mark.parametrize("identity", READY)
def test_every_ready_made_block_can_be_tried(session: Session, identity: str) -> None:
    layer = offers.wanted(session, f"{offers.READY}{identity}")
    arriving = (Tensor((64, 56, 56)), Tensor((3, 224, 224)), Tensor((196, 192)), Tensor((384, 14, 14)))
    taken = [tensor for tensor in arriving if takes(session, layer, tensor)]
    assert taken
    if isinstance(layer.inputs, tuple) and len(layer.inputs) == 1:
        assert all(gives(session, layer, tensor) is not None for tensor in taken)


# --- finding


def test_the_finder_lists_the_place_in_view_first(session: Session) -> None:
    def places() -> list[str]:
        return list(dict.fromkeys(entry.group for entry in finder.entries_of(session)))

    assert places() == ["", "Stage 1", "Stage 2", "Trunk", "Trunk › Stage 1"]
    session.go_to_scope(["stage_2:1"])
    entries = finder.entries_of(session)
    assert entries[0].key.startswith("stage_2:1/")
    assert places()[0] == "Stage 2"
    keys = [entry.key for entry in entries]
    assert len(keys) == len(set(keys))
