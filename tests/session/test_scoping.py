"""Going into blocks: what is in view there, what an edit there changes, and where undo leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from workbench.core.diagnostic import Diagnostic
from workbench.document.edits import set_param
from workbench.document.graph import BlockParam, Graph
from workbench.document.project import Project
from workbench.session.scoping import from_path_id, path_id
from workbench.session.session import Session
from workbench.session.state import ProjectChange


@pytest.fixture
def nested(session: Session) -> Session:
    """conv, norm and relu as "features_1", repeated twice, with norm and relu in it as "bend_1"; shown from outside."""
    assert session.group(["conv2d_1", "batch_norm2d_1", "relu_1"], "Features") == "features_1"
    session.apply("Repeat", lambda g: set_param(g, "features_1", "repeat", 2))
    session.enter("features_1")
    assert session.group(["batch_norm2d_1", "relu_1"], "Bend") == "bend_1"
    session.leave()
    return session


def test_a_block_in_view_has_its_own_graph_and_the_values_of_that_use(nested: Session) -> None:
    nested.set_block(replace(nested.project.graph.blocks["features"], params=(BlockParam("width", "Width", "int", 4),)))
    nested.enter("features_1")
    assert nested.apply("Width", lambda g: set_param(g, "conv2d_1", "filters", "=width * 2")) is None
    nested.leave()
    nested.apply("Wider", lambda g: set_param(g, "features_1", "width", 6))
    nested.enter("features_1")
    assert nested.graph.nodes["conv2d_1"].params["filters"] == "=width * 2"
    assert nested.inferred.values["conv2d_1"]["filters"] == 12
    assert nested.inferred.outputs["in"].shape == (3, 8, 8)  # type: ignore[union-attr]
    nested.go_to_scope(["features_1:1"])
    assert nested.scope == ("features_1:1",)
    assert nested.inferred.outputs["in"].shape == (12, 8, 8)  # type: ignore[union-attr]
    assert nested.whole.outputs["features_1"].shape == (12, 8, 8)  # type: ignore[union-attr]
    assert nested.project.graph is nested.whole.graph


def test_the_place_in_view_is_told_and_ids_lead_back(nested: Session) -> None:
    seen: list[tuple[str, ...]] = []
    nested.scope_changed.connect(seen.append)
    assert nested.enter("features_1:1") is None
    assert nested.enter("bend_1") is None
    assert nested.path_id("relu_1") == "features_1:1/bend_1/relu_1"
    assert from_path_id("features_1:1/bend_1/relu_1") == (nested.scope, "relu_1")
    assert path_id((), "relu_1") == "relu_1"
    assert from_path_id("features_1:0/relu_1") == (("features_1",), "relu_1")
    assert nested.block is nested.project.graph.blocks["bend"]
    nested.leave(2)
    nested.leave()
    nested.go_to_scope(())
    nested.go_to_scope(("features_1", "nobody", "more"))
    nested.go_to_scope(("features_1:7",))
    assert seen == [("features_1:1",), ("features_1:1", "bend_1"), (), ("features_1",)]


def test_only_a_block_can_be_gone_into(session: Session) -> None:
    notices: list[Diagnostic] = []
    session.notice.connect(notices.append)
    for node in ("conv2d_1", "nobody"):
        refused = session.enter(node)
        assert refused is not None
        assert refused.message.endswith(".")
    assert len(notices) == 2
    assert session.scope == ()


def test_an_edit_in_a_block_changes_every_use_and_is_told_as_seen_there(nested: Session) -> None:
    nested.enter("features_1")
    changes: list[ProjectChange] = []
    nested.project_changed.connect(changes.append)
    nested.apply("Filters", lambda g: set_param(g, "conv2d_1", "filters", 9))
    assert changes[0].diff.nodes_changed == ("conv2d_1",)
    assert nested.inferred.outputs["conv2d_1"].shape == (9, 8, 8)  # type: ignore[union-attr]
    assert nested.whole.outputs["features_1"].shape == (9, 8, 8)  # type: ignore[union-attr]
    nested.undo()
    assert changes[1].diff.nodes_changed == ("conv2d_1",)
    nested.apply_to_whole("Units", lambda g: set_param(g, "linear_1", "units", 7))
    assert changes[2].diff.nodes_changed == ()
    assert nested.scope == ("features_1",)


def test_problems_in_view_are_those_of_that_use(nested: Session) -> None:
    nested.enter("features_1")
    nested.apply("Kernel", lambda g: set_param(g, "conv2d_1", "kernel", (11, 11)))
    nested.apply("Padding", lambda g: set_param(g, "conv2d_1", "padding", "valid"))
    here = [d for d in nested.problems_here if d.is_error]
    assert [(d.node, d.path) for d in here] == [("conv2d_1", ("features_1",))]
    assert here[0] in nested.problems
    nested.leave()
    assert "features_1" in {d.node for d in nested.problems_here if d.is_error}
    assert all(d.path == () for d in nested.problems_here)
    assert nested.apply_fix(here[0].fixes[0], here[0].path) is None
    assert nested.scope == ("features_1",)  # the person sees what was changed


def test_a_remedy_is_carried_out_where_its_problem_stands(nested: Session) -> None:
    nested.enter("features_1")
    nested.apply_to_whole("Units", lambda g: set_param(g, "linear_1", "units", 5))
    (wrong,) = [d for d in nested.problems if d.code == "output.classes"]
    assert nested.apply_fix(wrong.fixes[0]) is None
    assert nested.scope == ()
    assert nested.graph.nodes["linear_1"].params["units"] == 2


def test_undo_that_takes_the_block_away_leads_out_of_it(nested: Session) -> None:
    nested.enter("features_1")
    nested.enter("bend_1")
    told: list[object] = []
    nested.scope_changed.connect(told.append)
    nested.project_changed.connect(lambda change: told.append(change.diff))
    nested.undo()  # of the group "Bend"
    assert nested.scope == ("features_1",)
    assert told[0] == ("features_1",)
    assert not told[1]  # everything is shown anew already
    assert nested.graph.nodes.keys() == {"in", "conv2d_1", "batch_norm2d_1", "relu_1", "out"}
    nested.go_to_scope(("features_1:1",))
    nested.undo()  # of the repetition
    assert nested.scope == ("features_1",)
    nested.undo()  # of the group "Features"
    assert nested.scope == ()
    assert "relu_1" in nested.graph.nodes
    for _ in range(3):
        nested.redo()
    nested.go_to_scope(("features_1", "bend_1"))
    assert nested.scope == ("features_1", "bend_1")


def test_deleting_in_a_block_heals_only_with_a_wire_that_fits(nested: Session) -> None:
    nested.enter("features_1")
    nested.remove(["bend_1"])
    assert nested.graph.into("out", "in") is not None
    assert nested.history.undo_label == "Delete block"
    nested.undo()
    nested.enter("bend_1")
    nested.remove(["batch_norm2d_1"])
    wire = nested.graph.into("relu_1", "in")
    assert wire is not None
    assert wire.source == "in"


def test_what_is_saved_and_trained_is_the_whole(nested: Session) -> None:
    nested.enter("features_1")
    nested.save()
    with Session.open(nested.folder, read_only=True) as other:
        assert other.project == nested.project
        assert other.scope == ()
    assert nested.data.dataset is not None
    assert nested.data.dataset.size == (8, 8)
    nested.change("Name", name="Other")
    assert nested.scope == ("features_1",)


def test_a_block_nobody_can_see_through_still_opens(
    session: Session, make_session: Callable[[Project], Session]
) -> None:
    """A use that no shape reaches, and one that is not drawn right, are looked into all the same."""
    session.group(["conv2d_1", "relu_1", "batch_norm2d_1"], "Features")
    graph = session.graph
    alone = make_session(Project(graph=replace(graph, edges=frozenset())))
    alone.enter("features_1")
    assert isinstance(alone.graph, Graph)
    assert alone.inferred.outputs["relu_1"] is None
