"""Every remedy, applied: the problem it was offered for is gone, in one step that can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from workbench.core.diagnostic import Diagnostic, Fix
from workbench.document.graph import Block, Edge, Graph, Node, Value, frozen
from workbench.document.project import Project, Recipe
from workbench.session.room import Room
from workbench.session.session import Session


def node(id: str, **params: Value) -> Node:
    return Node(id, id.rstrip("0123456789").removesuffix("_"), params=frozen(params))


def drawn(*nodes: Node, wires: str) -> Graph:
    """ "a>b>c" wires a chain; "a>b:in_2" names the port."""
    edges = set()
    for text in wires.split():
        names = text.split(">")
        for source, target in pairwise(names):
            name, _, port = target.partition(":")
            edges.add(Edge(source.partition(":")[0], "out", name, port or "in"))
    placed = [Node(n.id, n.layer, n.name, n.params, 240 * i, 0) for i, n in enumerate(nodes)]
    return Graph({n.id: n for n in placed}, frozenset(edges))


PICTURES = node("pictures_1", size=(16, 16))
END = (node("global_avg_pool2d_1"), node("linear_1", units=3), node("output_1"))


@dataclass(frozen=True)
class Case:
    """A network with one mistake, the start of the remedy's label, and where the problem stands."""

    graph: Graph
    label: str
    at: str
    code: str = "shape.mismatch"
    port: str | None = None


CASES = {
    "maps into a Linear": Case(
        drawn(PICTURES, node("conv2d_1"), *END[1:], wires="pictures_1>conv2d_1>linear_1>output_1"),
        "Add Flatten",
        "linear_1",
    ),
    "a kernel larger than the map": Case(
        drawn(
            PICTURES,
            node("conv2d_1", kernel=(20, 5), padding="valid"),
            *END,
            wires="pictures_1>conv2d_1>global_avg_pool2d_1>linear_1>output_1",
        ),
        "Set kernel to 16×5",
        "conv2d_1",
    ),
    "a pooling window larger than the map": Case(
        drawn(
            node("pictures_1", size=(2, 2)),
            node("max_pool2d_1", kernel=(3, 3)),
            *END,
            wires="pictures_1>max_pool2d_1>global_avg_pool2d_1>linear_1>output_1",
        ),
        "Set kernel to 2×2",
        "max_pool2d_1",
    ),
    "a pooling too many": Case(
        drawn(
            node("pictures_1", size=(8, 8)),
            node("max_pool2d_1", kernel=(4, 4)),
            node("relu_1"),
            node("conv2d_1", kernel=(3, 3), padding="valid"),
            *END,
            wires="pictures_1>max_pool2d_1>relu_1>conv2d_1>global_avg_pool2d_1>linear_1>output_1",
        ),
        "Remove Max Pool 2D 1",
        "conv2d_1",
    ),
    "a shortcut of other channels": Case(
        drawn(
            PICTURES,
            node("conv2d_1", filters=8),
            node("conv2d_2", filters=16, stride=(2, 2)),
            node("batch_norm2d_1"),
            node("add_1"),
            *END,
            wires="pictures_1>conv2d_1>conv2d_2>batch_norm2d_1>add_1:in_1 conv2d_1>add_1:in_2 "
            "add_1>global_avg_pool2d_1>linear_1>output_1",
        ),
        "Project to 16 channels (1 × 1 convolution, stride 2, batch norm)",
        "add_1",
        port="in_2",
    ),
    "a shortcut wired first": Case(
        drawn(
            PICTURES,
            node("conv2d_1", filters=8),
            node("conv2d_2", filters=16),
            node("add_1"),
            *END,
            wires="pictures_1>conv2d_1>conv2d_2>add_1:in_2 conv2d_1>add_1:in_1 "
            "add_1>global_avg_pool2d_1>linear_1>output_1",
        ),
        "Project to 16 channels (1 × 1 convolution)",
        "add_1",
        port="in_2",
    ),
    "branches of numbers": Case(
        drawn(
            node("numbers_1", features=8),
            node("linear_2", units=12),
            node("add_1"),
            *END[1:],
            wires="numbers_1>linear_2>add_1:in_1 numbers_1>add_1:in_2 add_1>linear_1>output_1",
        ),
        "Add Linear with 12 units",
        "add_1",
        port="in_2",
    ),
    "branches of two sizes": Case(
        drawn(
            PICTURES,
            node("conv2d_1", filters=8),
            node("conv2d_2", filters=8, kernel=(4, 4), padding="valid"),
            node("concat_1"),
            *END,
            wires="pictures_1>conv2d_1>concat_1:in_1 pictures_1>conv2d_2>concat_1:in_2 "
            "concat_1>global_avg_pool2d_1>linear_1>output_1",
        ),
        "Add Resize to 16 × 16",
        "concat_1",
        port="in_2",
    ),
    "tokens into a Linear": Case(
        drawn(
            node("tokens_1", length=6),
            node("linear_1", units=3),
            node("flatten_1"),
            node("output_1"),
            wires="tokens_1>linear_1>flatten_1>output_1",
        ),
        "Add Embedding",
        "linear_1",
    ),
    "groups that do not divide": Case(
        drawn(
            PICTURES,
            node("conv2d_1", filters=24),
            node("conv2d_2", filters=16, groups=7),
            *END,
            wires="pictures_1>conv2d_1>conv2d_2>global_avg_pool2d_1>linear_1>output_1",
        ),
        "Set groups to 4",
        "conv2d_2",
    ),
    "heads that do not divide": Case(
        drawn(
            node("tokens_1", length=6),
            node("embedding_1", features=24),
            node("self_attention_1", heads=5),
            node("pick_step_1"),
            *END[1:],
            wires="tokens_1>embedding_1>self_attention_1>pick_step_1>linear_1>output_1",
        ),
        "Set heads to 4",
        "self_attention_1",
    ),
    "every step of a sequence into the output": Case(
        drawn(
            node("tokens_1", length=6),
            node("embedding_1", features=8),
            node("lstm_1", hidden=3),
            node("output_1"),
            wires="tokens_1>embedding_1>lstm_1>output_1",
        ),
        "Add Pick Step",
        "output_1",
    ),
    "an Add with a wire too few": Case(
        drawn(
            PICTURES,
            node("conv2d_1", filters=8),
            node("conv2d_2", filters=8),
            node("add_1", inputs=3),
            *END,
            wires="pictures_1>conv2d_1>add_1:in_1 pictures_1>conv2d_2>add_1:in_2 "
            "add_1>global_avg_pool2d_1>linear_1>output_1",
        ),
        "Set inputs of Add 1 to 2",
        "add_1",
        "port.unwired",
        "in_3",
    ),
    "an input without a wire": Case(
        drawn(PICTURES, node("conv2d_1"), *END, wires="pictures_1>conv2d_1 global_avg_pool2d_1>linear_1>output_1"),
        "Connect it to Conv 2D 1",
        "global_avg_pool2d_1",
        "port.unwired",
    ),
}


def named(problems: tuple[Diagnostic, ...], case: Case) -> list[Diagnostic]:
    found = [d for d in problems if (d.code, d.node) == (case.code, case.at)]
    return [d for d in found if case.port is None or case.code != "port.unwired" or d.port == case.port]


def offered(problem: Diagnostic, label: str) -> Fix:
    for fix in problem.fixes:
        if fix.label.startswith(label):
            return fix
    raise AssertionError(f"“{label}” is not among {[fix.label for fix in problem.fixes]} of: {problem.message}")


@pytest.mark.parametrize("name", CASES)
def test_the_offered_remedy_makes_the_problem_disappear(name: str, make_session: Callable[[Project], Session]) -> None:
    case = CASES[name]
    session = make_session(Project("Wrong", case.graph))
    (problem,) = named(session.problems, case)
    before = len(session.errors)
    fix = offered(problem, case.label)
    assert session.apply_fix(fix, problem.path) is None
    left = [d for d in session.errors if d.code in ("shape.mismatch", "port.unwired")]
    assert not left, [d.message for d in left]
    assert len(session.errors) <= before
    session.undo()
    assert session.project.graph == case.graph
    assert not session.history.can_undo
    session.redo()
    assert not named(session.problems, case)


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if case.code == "shape.mismatch"])
def test_the_sentence_names_what_was_seen_and_a_remedy(name: str, make_session: Callable[[Project], Session]) -> None:
    """Both shapes where two meet, the one that arrives where there is one, and what to do."""
    case = CASES[name]
    session = make_session(Project("Wrong", case.graph))
    (problem,) = named(session.problems, case)
    arriving = [x.words for x in session.inferred.inputs[case.at] if x is not None]
    assert any(words in problem.message for words in arriving) or "divide" in problem.message
    assert any(word in problem.message for word in ("Add", "Set", "Make", "Bring", "Connect")), problem.message
    assert problem.fixes


def test_a_problem_inside_a_block_is_mended_inside(make_session: Callable[[Project], Session]) -> None:
    """The remedy of a layer in a block goes there and changes the definition, in one step."""
    inner = drawn(
        Node("in", "block_input"),
        node("conv2d_1", filters=8),
        node("conv2d_2", filters=16),
        node("add_1"),
        Node("out", "block_output"),
        wires="in>conv2d_1>conv2d_2>add_1:in_1 conv2d_1>add_1:in_2 add_1>out",
    )
    use = Node("stage_1", "block:stage")
    whole = drawn(PICTURES, use, *END, wires="pictures_1>stage_1>global_avg_pool2d_1>linear_1>output_1")
    graph = Graph(whole.nodes, whole.edges, {"stage": Block("stage", "Stage", inner)})
    session = make_session(Project("Wrong", graph))
    (problem,) = [d for d in session.problems if d.code == "shape.mismatch"]
    assert (problem.node, problem.path) == ("add_1", ("stage_1",))
    assert session.apply_fix(offered(problem, "Project to 16 channels (1 × 1 convolution)"), problem.path) is None
    assert session.scope == ("stage_1",)
    assert not session.whole.errors
    session.undo()
    assert session.project.graph == graph


def test_the_classes_of_the_data_are_matched(project: Project, make_session: Callable[[Project], Session]) -> None:
    graph = drawn(
        node("pictures_1", size=(8, 8)),
        node("conv2d_1", filters=6),
        node("global_avg_pool2d_1"),
        node("output_1"),
        wires="pictures_1>conv2d_1>global_avg_pool2d_1>output_1",
    )
    session = make_session(replace(project, graph=graph))
    session.wait_for_data(30)
    (problem,) = [d for d in session.problems if d.code == "output.classes"]
    assert session.apply_fix(offered(problem, "Add Linear with 2 units")) is None
    assert not session.errors
    session.undo()
    assert session.graph == graph


def test_a_step_that_does_not_fit_offers_the_batch_that_does(
    make_session: Callable[[Project], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.compiler.estimate import training_bytes
    from workbench.session.recipe import checks

    graph = drawn(PICTURES, node("conv2d_1"), *END, wires="pictures_1>conv2d_1>global_avg_pool2d_1>linear_1>output_1")
    session = make_session(Project("Large", graph, recipe=Recipe(batch_size=64)))
    room = training_bytes(session.inferred, 20, "adam")
    monkeypatch.setattr(checks, "free_on", lambda _device: Room("cpu", room))
    session.recheck()
    (problem,) = [d for d in session.problems if d.code == "memory.short"]
    assert session.apply_fix(offered(problem, "Set the batch size to 16")) is None
    assert session.project.recipe.batch_size == 16
    assert not [d for d in session.problems if d.code == "memory.short"]
    session.undo()
    assert session.project.recipe.batch_size == 64
    assert not session.history.can_undo


def test_a_broken_branch_leaves_the_others_alive(make_session: Callable[[Project], Session]) -> None:
    """Unknown stays unknown after the mistake; every other shape, count and cost is still there."""
    graph = drawn(
        PICTURES,
        node("conv2d_1", filters=8),
        node("linear_9", units=4),
        node("relu_9"),
        node("conv2d_2", filters=8),
        node("relu_1"),
        node("concat_1"),
        *END,
        wires="pictures_1>conv2d_1>linear_9>relu_9>concat_1:in_1 conv2d_1>conv2d_2>relu_1>concat_1:in_2 "
        "concat_1>global_avg_pool2d_1>linear_1>output_1",
    )
    session = make_session(Project("Half", graph))
    known = {node for node, tensor in session.inferred.outputs.items() if tensor is not None}
    assert known == {"pictures_1", "conv2d_1", "conv2d_2", "relu_1"}
    assert session.inferred.weights["conv2d_2"] == 8 * 8 * 9 + 8
    assert [d.node for d in session.errors if d.code == "shape.mismatch"] == ["linear_9"]
