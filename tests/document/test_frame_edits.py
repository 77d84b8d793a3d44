from __future__ import annotations

from typing import Any

import pytest

from workbench.core.diagnostic import Diagnostic
from workbench.document.edits import add
from workbench.document.frame_edits import (
    add_frame,
    change_frame,
    frames_within,
    move_frames,
    new_frame_id,
    nodes_within,
    remove_frames,
)
from workbench.document.graph import Frame, Graph, Node


def done(result: Graph | Diagnostic) -> Graph:
    assert isinstance(result, Graph), result
    return result


def refused(result: object) -> str:
    assert isinstance(result, Diagnostic), result
    assert result.message.endswith(".")
    return result.message


@pytest.fixture
def graph() -> Graph:
    """A frame with a node and a smaller frame on it, and a node that stands over its edge."""
    graph = done(
        add(Graph(), Node("in", "relu", x=50, y=50), Node("over", "relu", x=350, y=50), Node("far", "relu", x=900))
    )
    graph = done(add_frame(graph, Frame("frame_1", "Stem", "# Note", 0, 0, 400, 300)))
    return done(add_frame(graph, Frame("frame_2", "Part", "", 40, 40, 200, 100, "blue")))


def place(graph: Graph, frame: str) -> tuple[int, int]:
    return graph.frames[frame].x, graph.frames[frame].y


def test_ids_are_counted(graph: Graph) -> None:
    assert new_frame_id(graph) == "frame_3"
    assert "already is a frame" in refused(add_frame(graph, Frame("frame_1")))


def test_a_frame_takes_along_what_lies_wholly_on_it(graph: Graph) -> None:
    assert nodes_within(graph, "frame_1") == ("in",)
    assert nodes_within(graph, "frame_1", {"over": (40, 40)}) == ("in", "over")
    assert frames_within(graph, "frame_1") == ("frame_2",)
    after = done(move_frames(graph, {"frame_1": (10.4, 20.6)}))
    assert (place(after, "frame_1"), place(after, "frame_2")) == ((10, 21), (50, 61))
    assert [(after.nodes[i].x, after.nodes[i].y) for i in ("in", "over", "far")] == [(60, 71), (350, 50), (900, 0)]
    assert after.frames["frame_1"].note == "# Note"


def test_frames_moved_together_move_once(graph: Graph) -> None:
    after = done(move_frames(graph, {"frame_1": (100, 0), "frame_2": (140, 40)}))
    assert (place(after, "frame_1"), place(after, "frame_2"), after.nodes["in"].x) == ((100, 0), (140, 40), 150)


def test_moving_nowhere_changes_nothing(graph: Graph) -> None:
    assert move_frames(graph, {"frame_1": (0, 0)}) is graph
    assert change_frame(graph, "frame_1", title="Stem") is graph
    assert remove_frames(graph, []) is graph


def test_what_a_frame_says_can_change(graph: Graph) -> None:
    after = done(change_frame(graph, "frame_1", title=" Two\nlines ", note="a\nb\ud800", width=99.6, colour="red"))
    frame = after.frames["frame_1"]
    assert (frame.title, frame.note, frame.width, frame.height, frame.colour) == (
        "Two lines",
        "a\nb\ufffd",
        100,
        300,
        "red",
    )
    assert after.nodes is graph.nodes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": "beige"}, "colour “beige”"),
        ({"width": 0}, "sides lie between"),
        ({"note": "x" * 100_001}, "note that"),
    ],
)
def test_what_a_frame_cannot_be(graph: Graph, changes: dict[str, Any], words: str) -> None:
    assert words in refused(change_frame(graph, "frame_1", **changes))


def test_a_slip_of_the_programmer_is_no_edit(graph: Graph) -> None:
    with pytest.raises(TypeError, match="colours"):
        change_frame(graph, "frame_1", colours="red")


def test_frames_go_and_what_lies_on_them_stays(graph: Graph) -> None:
    after = done(remove_frames(graph, ["frame_1"]))
    assert list(after.frames) == ["frame_2"]
    assert after.nodes is graph.nodes
    for result in (
        remove_frames(graph, ["nobody"]), change_frame(graph, "nobody"), move_frames(graph, {"nobody": (0, 0)}),
    ):  # fmt: skip
        assert "no frame “nobody”" in refused(result)
