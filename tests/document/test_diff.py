from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.diagnostic import Diagnostic
from workbench.document import block_edits, edits, frame_edits
from workbench.document.diff import GraphDiff, diff, same
from workbench.document.graph import Edge, Frame, Graph, Node
from workbench.document.project import Project


def done(result: object) -> Graph:
    assert isinstance(result, Graph), result
    return result


def test_each_kind_of_change(chain: Graph, wire: Callable[..., Edge]) -> None:
    after = done(edits.add(chain, Node("new_1", "relu"), edges=[wire("conv_1", "new_1")]))
    after = done(edits.remove(after, ["output_1"]))
    after = done(edits.move(after, {"conv_1": (0, 0), "relu_1": (7, 7)}))
    after = done(edits.rename(after, "relu_1", "Bend"))
    after = done(edits.set_param(after, "add_1", "inputs", 2))
    assert diff(chain, after) == GraphDiff(
        nodes_added=("new_1",),
        nodes_removed=("output_1",),
        nodes_changed=("relu_1", "add_1"),
        nodes_moved=("conv_1", "relu_1"),
        edges_added=(wire("conv_1", "new_1"),),
        edges_removed=(wire("add_1", "output_1"),),
    )


def test_nothing_changed_is_falsy(chain: Graph) -> None:
    assert not diff(chain, chain)
    assert not diff(chain, Graph(MappingProxyType(dict(chain.nodes)), frozenset(chain.edges)))


def test_a_move_does_not_change_the_function(chain: Graph) -> None:
    moved = diff(chain, done(edits.move(chain, {"conv_1": (1, 1)})))
    assert moved
    assert not moved.changes_function


def test_a_number_that_became_a_truth_value_is_a_change(chain: Graph) -> None:
    one, truth = (done(edits.set_param(chain, "conv_1", "bias", v)) for v in (1, True))
    assert diff(one, truth).nodes_changed == ("conv_1",)
    assert not same(Project(graph=one), Project(graph=truth))
    assert same(Project(graph=one), Project(graph=one))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_a_diff_leads_from_one_graph_to_the_other(data: st.DataObject, projects: st.SearchStrategy[Project]) -> None:
    before, after = data.draw(projects).graph, data.draw(projects).graph
    change = diff(before, after)
    nodes = {i: n for i, n in before.nodes.items() if i not in change.nodes_removed}
    for node_id in change.nodes_moved:
        nodes[node_id] = replace(nodes[node_id], x=after.nodes[node_id].x, y=after.nodes[node_id].y)
    for node_id in (*change.nodes_changed, *change.nodes_added):
        nodes[node_id] = after.nodes[node_id]
    assert nodes == after.nodes
    assert (before.edges - set(change.edges_removed)) | set(change.edges_added) == after.edges
    frames = {i: f for i, f in before.frames.items() if i not in change.frames_removed}
    assert {**frames, **{i: after.frames[i] for i in (*change.frames_added, *change.frames_changed)}} == after.frames
    kept = {i: b for i, b in before.blocks.items() if i not in change.blocks_changed}
    assert {**kept, **{i: after.blocks[i] for i in change.blocks_changed if i in after.blocks}} == after.blocks


def test_marks_are_changes_and_frames_are_none_of_the_function(chain: Graph) -> None:
    for marked in (
        done(block_edits.set_state(chain, ["relu_1"], "muted")),
        done(block_edits.set_colour(chain, ["relu_1"], "red")),
        done(block_edits.set_collapsed(chain, ["relu_1"], True)),
    ):
        assert diff(chain, marked) == GraphDiff(nodes_changed=("relu_1",))
        assert not same(Project(graph=chain), Project(graph=marked))
    framed = done(frame_edits.add_frame(chain, Frame("frame_1", "Stem")))
    grown = done(frame_edits.change_frame(framed, "frame_1", width=800))
    assert diff(chain, framed) == GraphDiff(frames_added=("frame_1",))
    assert diff(framed, grown) == GraphDiff(frames_changed=("frame_1",))
    assert diff(grown, chain) == GraphDiff(frames_removed=("frame_1",))
    assert diff(chain, framed)
    assert not diff(chain, framed).changes_function


def test_a_changed_definition_is_a_change_of_those_that_use_it(chain: Graph) -> None:
    grouped = block_edits.group(chain, ["conv_1", "relu_1"], "Stem")
    assert not isinstance(grouped, Diagnostic)
    before = grouped[0]
    after = done(block_edits.within("stem", lambda g: edits.set_param(g, "conv_1", "filters", 8))(before))
    assert diff(before, after) == GraphDiff(blocks_changed=("stem",))
    assert diff(before, after).changes_function
    assert not same(Project(graph=before), Project(graph=after))
    assert diff(chain, before).blocks_changed == diff(before, chain).blocks_changed == ("stem",)


def test_the_order_of_creation_is_saved_so_it_counts(chain: Graph) -> None:
    turned = Graph(MappingProxyType(dict(reversed(chain.nodes.items()))), chain.edges)
    assert not same(Project(graph=chain), Project(graph=turned))
