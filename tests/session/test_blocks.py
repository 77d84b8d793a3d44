"""Blocks, marks, frames and the clipboard through the session: one undo step each, refusals as notices."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from workbench.catalogue.ready import READY
from workbench.core.diagnostic import Diagnostic
from workbench.document.edits import set_param
from workbench.document.graph import Edge
from workbench.document.project import Project
from workbench.session.session import Session


@pytest.fixture
def notices(session: Session) -> list[str]:
    found: list[str] = []
    session.notice.connect(lambda d: found.append(d.message))
    return found


def test_grouping_and_dissolving_is_the_same_network_in_one_step_each(session: Session) -> None:
    before, parameters = session.graph, session.whole.parameters
    node = session.group(["conv2d_1", "batch_norm2d_1", "relu_1"])
    assert node == "block_1"
    assert session.history.undo_label == "Group 3 layers"
    assert not session.errors
    assert session.whole.parameters == parameters
    assert session.dissolve(node) == ("conv2d_1", "batch_norm2d_1", "relu_1")
    assert dict(session.graph.nodes) == dict(before.nodes)
    assert session.graph.edges == before.edges
    session.undo()
    session.undo()
    assert session.graph == before


def test_layers_that_are_not_wired_yet_make_a_block_with_ports(session: Session) -> None:
    conv = session.add_layer("conv2d", 0, 400)
    relu = session.add_layer("relu", 200, 400, after=conv)
    node = session.group([conv, relu], "Stem")
    assert node is not None
    result = session.inferred.results[node]
    assert result.layer is not None
    assert [p.id for p in result.ports] == ["in"]
    assert [p.id for p in result.layer.outputs] == ["out"]


def test_inputs_and_outputs_stay_outside_and_work(session: Session, notices: list[str]) -> None:
    assert session.group(["pictures_1", "conv2d_1"]) is None
    assert session.set_state(["conv2d_1", "output_1"], "muted") is not None
    assert ["go into a block" in notices[0], "be bypassed or muted" in notices[1]] == [True, True]
    assert session.group(["conv2d_1", "relu_1"]) is None
    assert "Batch" in notices[2] or "batch" in notices[2]
    assert not session.history.can_undo


def test_what_arrives_is_known_when_a_block_is_dissolved(session: Session) -> None:
    session.group(["batch_norm2d_1", "relu_1"], "Bend")
    session.enter("bend_1")
    conv = session.add_layer("conv2d", params={"filters": "=in_channels * 2", "padding": "same"}, after="relu_1")
    session.leave()
    session.apply("Repeat", lambda g: set_param(g, "bend_1", "repeat", 2))
    made = session.dissolve("bend_1")
    assert made is not None
    assert [session.graph.nodes[i].params.get("filters") for i in made if i.startswith("conv2d")] == [8, 16]
    assert conv in session.project.graph.blocks["bend"].graph.nodes


def test_in_a_block_only_what_all_its_uses_agree_on_is_known(session: Session, notices: list[str]) -> None:
    session.group(["batch_norm2d_1", "relu_1"], "Bend")
    session.enter("bend_1")
    session.add_layer("conv2d", params={"filters": "=in_channels", "padding": "same"}, after="batch_norm2d_1")
    session.group(["relu_1", "conv2d_1"], "Inner")
    inside = session.project.graph.blocks["inner"].graph.nodes["conv2d_1"]
    assert inside.params["filters"] == "=outer_in_channels"
    session.enter("inner_1")
    session.apply("Own", lambda g: set_param(g, "conv2d_1", "filters", "=in_channels * 3"))
    session.leave()
    assert session.dissolve("inner_1") is not None
    assert session.graph.nodes["conv2d_1"].params["filters"] == 12
    session.undo()
    session.leave()
    session.apply("Repeat", lambda g: set_param(g, "bend_1", "repeat", 2))
    session.enter("bend_1")
    assert session.dissolve("inner_1") is None
    assert "“in_channels”, which is not known" in notices[-1]


@pytest.mark.parametrize("block", list(READY))
def test_a_ready_made_block_goes_behind_a_layer_with_all_it_uses(session: Session, block: str) -> None:
    node = session.add_block(READY[block], 100, 200, after="conv2d_1")
    assert node is not None
    blocks = session.graph.blocks
    assert all(inner.block in blocks for b in blocks.values() for inner in b.graph if inner.block)
    assert session.graph.into(node, session.inferred.results[node].ports[0].id) is not None
    session.add_block(READY[block], 100, 300)
    assert len(session.graph.blocks) == len(blocks)
    session.undo()
    session.undo()
    assert not session.graph.blocks


def test_a_block_goes_into_a_wire(session: Session) -> None:
    session.group(["batch_norm2d_1", "relu_1"], "Bend")
    wire = Edge("pictures_1", "out", "conv2d_1", "in")
    node = session.add_block(session.project.graph.blocks["bend"], onto=wire)
    assert node == "bend_2"
    assert Edge("bend_2", "out", "conv2d_1", "in") in session.graph.edges


def test_a_block_cannot_be_added_to_itself(session: Session, notices: list[str]) -> None:
    session.group(["batch_norm2d_1", "relu_1"], "Bend")
    session.enter("bend_1")
    before = session.project
    assert session.add_block(session.project.graph.blocks["bend"]) is None
    assert "within itself" in notices[0]
    assert session.project is before


def test_marks_and_frames_are_steps_with_names(session: Session) -> None:
    session.set_state(["relu_1"], "bypassed")
    session.set_state(["relu_1", "conv2d_1"], "muted")
    session.set_state(["relu_1", "conv2d_1"], "")
    session.set_colour(["relu_1"], "red")
    session.set_collapsed(["relu_1"], True)
    frame = session.add_frame(0, 0, 400, 300, "Stem")
    assert frame == "frame_1"
    session.change_frame(frame, title="Body")
    session.move_frames({frame: (50, 0)}, {})
    session.remove_frames([frame])
    labels = []
    while session.history.can_undo:
        labels.append(session.history.undo_label)
        session.undo()
    assert labels[::-1] == [
        "Bypass layer", "Mute 2 layers", "Switch on 2 layers", "Colour layer", "Collapse layer",
        "Add frame", "Change frame", "Move frame", "Delete frame",
    ]  # fmt: skip


def test_muting_changes_what_is_counted(session: Session) -> None:
    before = session.whole.parameters
    session.set_state(["conv2d_1"], "bypassed")
    assert session.whole.parameters < before


def test_copies_carry_their_blocks_to_another_project(
    session: Session, make_session: Callable[[Project], Session], project: Project
) -> None:
    session.group(["batch_norm2d_1", "relu_1"], "Bend")
    text = session.copy(["bend_1"])
    other = make_session(project)
    (pasted,) = other.paste(text, 5, 6) or ()
    assert other.graph.nodes[pasted].block == "bend"
    assert other.graph.blocks["bend"] == session.graph.blocks["bend"]
    assert other.history.undo_label == "Paste"
    (again,) = other.paste(text, 5, 6, keep_wires=True) or ()
    assert Edge("conv2d_1", "out", again, "in") in other.graph.edges
    assert list(other.graph.blocks) == ["bend"]


def test_a_port_is_pasted_in_blocks_only(session: Session, notices: list[str]) -> None:
    session.group(["batch_norm2d_1", "relu_1"], "Bend")
    session.enter("bend_1")
    text = session.copy(["in", "relu_1"])
    assert session.paste(text, 0, 300) == ("in_2", "relu_2")
    session.leave()
    assert session.paste(text, 0, 0) is None
    assert "port of a block" in notices[0]


def test_unused_definitions_stay_until_told(session: Session) -> None:
    session.group(["batch_norm2d_1", "relu_1"], "Bend")
    session.dissolve("bend_1")
    assert list(session.project.graph.blocks) == ["bend"]
    session.drop_unused_blocks()
    assert not session.project.graph.blocks
    session.drop_unused_blocks()
    assert session.history.undo_label == "Remove unused blocks"


def test_a_use_made_unique_changes_alone(session: Session) -> None:
    session.group(["batch_norm2d_1", "relu_1"], "Bend")
    session.add_block(session.project.graph.blocks["bend"], after="bend_1")
    assert session.make_unique("bend_2") is None
    session.enter("bend_2")
    session.remove(["relu_1"])
    session.leave()
    assert "relu_1" in session.project.graph.blocks["bend"].graph.nodes
    assert "relu_1" not in session.project.graph.blocks["bend_2"].graph.nodes
    assert isinstance(session.make_unique("flatten_1"), Diagnostic)


def test_a_block_is_kept_for_every_project(session: Session) -> None:
    session.group(["batch_norm2d_1", "relu_1"], "Bend")
    assert session.keep_block("bend") is None
    ((key, kept),) = session.library.items()
    assert (key, kept.block) == ("bend", session.project.graph.blocks["bend"])
    assert session.library.has(session.project.graph.blocks["bend"])
    assert session.keep_block("nobody") is not None
