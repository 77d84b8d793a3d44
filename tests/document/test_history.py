from __future__ import annotations

from dataclasses import replace

from workbench.document.edits import add, set_param
from workbench.document.graph import Graph, Node
from workbench.document.history import MOST_STEPS, History
from workbench.document.project import Project


def named(name: str) -> Project:
    return Project(name=name)


def test_undo_and_redo_give_the_very_values() -> None:
    a, b, c = named("a"), named("b"), named("c")
    history = History(a)
    history.push("To b", b)
    history.push("To c", c)
    assert (history.undo_label, history.can_redo) == ("To c", False)
    assert history.undo() is b
    assert (history.undo_label, history.redo_label) == ("To b", "To c")
    assert history.undo() is a
    assert history.undo() is a
    assert not history.can_undo
    assert history.redo() is b
    assert history.redo() is c
    assert history.redo() is c
    assert history.value is c


def test_a_new_edit_forgets_what_was_undone() -> None:
    history = History(named("a"))
    history.push("b", named("b"))
    history.undo()
    history.push("c", named("c"))
    assert not history.can_redo
    assert history.undo().name == "a"


def test_only_one_gesture_merges() -> None:
    history = History(named("a"))
    for name, gesture in (("b", 1), ("c", 1), ("d", 2), ("e", 2), ("f", None), ("g", None)):
        history.push(f"To {name}", named(name), gesture)
    seen = []
    while history.can_undo:
        seen.append(history.undo_label)
        history.undo()
    assert seen == ["To g", "To f", "To e", "To c"]


def test_a_gesture_that_ends_where_it_began_leaves_no_step() -> None:
    a = named("a")
    history = History(a)
    history.push("Drag", named("b"), "drag 1")
    history.push("Drag", named("a"), "drag 1")
    assert not history.can_undo
    assert history.value is a
    history.push("Drag", named("c"), "drag 1")
    assert history.undo() is a


def test_an_undo_or_a_save_ends_the_gesture() -> None:
    history = History(named("a"))
    history.push("Drag", named("b"), 1)
    history.undo()
    history.redo()
    history.push("Drag", named("c"), 1)
    assert history.undo().name == "b"
    history.redo()
    history.mark_saved()
    history.push("Drag", named("d"), 1)
    assert history.undo().name == "c"
    assert history.is_saved


def test_saved_is_a_matter_of_value_not_of_way() -> None:
    history = History(named("a"))
    assert history.is_saved
    history.push("b", named("b"))
    assert not history.is_saved
    history.push("back", named("a"))
    assert history.is_saved
    history.mark_unsaved()
    assert not history.is_saved


def test_an_equal_value_is_no_edit_but_one_saved_otherwise_is() -> None:
    graph = add(Graph(), Node("a", "linear"))
    assert isinstance(graph, Graph)
    one = set_param(graph, "a", "bias", 1)
    truth = set_param(graph, "a", "bias", True)
    assert isinstance(one, Graph)
    assert isinstance(truth, Graph)
    history = History(Project(graph=one))
    history.push("Same", Project(graph=one))
    assert not history.can_undo
    history.push("Make it a truth value", replace(history.value, graph=truth))
    assert history.can_undo
    assert not history.is_saved


def test_the_oldest_steps_are_forgotten() -> None:
    history = History(named("start"))
    for i in range(MOST_STEPS + 10):
        history.push(str(i), named(str(i)))
    steps = 0
    while history.can_undo:
        history.undo()
        steps += 1
    assert steps == MOST_STEPS
    assert history.value.name == "9"
