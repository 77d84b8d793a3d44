"""Every objective trains a small real network through the session, is judged, answers for files, and is refused in
words where it means nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workbench.catalogue.registry import LOSSES
from workbench.core.diagnostic import Problem
from workbench.document.graph import Edge, Graph, Node, frozen
from workbench.document.project import Chosen, DataSettings, Project, Recipe
from workbench.session.session import Session

MakeSession = Callable[[Project], Session]


def node(identity: str, layer: str, **params: Any) -> Node:
    return Node(identity, layer, params=frozen(params))


def graph_of(*chains: tuple[Node, ...]) -> Graph:
    nodes: dict[str, Node] = {}
    edges: set[Edge] = set()
    for chain in chains:
        for one in chain:
            nodes.setdefault(one.id, one)
        edges |= {Edge(a.id, "out", b.id, "in") for a, b in pairwise(chain)}
    return Graph(nodes, frozenset(edges))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """96 rows: a price that follows from two columns, a kind that follows from the third, tags for both."""
    rng = np.random.default_rng(0)
    lines = ["a,b,c,price,kind,tags"]
    for a, b, c in rng.normal(size=(96, 3)):
        tags = ";".join(["warm"] * int(a > 0) + ["wet"] * int(c > 0))
        lines.append(f"{a:.5f},{b:.5f},{c:.5f},{5000 + 1000 * (a - 2 * b):.2f},{'hi' if c > 0 else 'lo'},{tags}")
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines))
    return path


LABELLED = {
    "classes": {"label_column": "kind", "target": "class"},
    "labels": {"label_column": "tags", "target": "labels"},
    "values": {"label_column": "price", "target": "numbers"},
}
UNITS = {"classes": 2, "labels": 2, "values": 1}


def project_on(table: Path, graph: Graph, **data: Any) -> Project:
    # what the other targets say must not be given away
    columns = {name: "leave_out" for name in ("price", "kind", "tags") if name != data.get("label_column")}
    recipe = Recipe(epochs=40, batch_size=24, optimizer=Chosen("adam", frozen({"lr": 0.05})), threads=1, device="cpu")
    return Project("Rows", graph, DataSettings(str(table), columns=columns, **data), recipe)


def layers(loss: str) -> tuple[Node, ...]:
    last = (node("log_softmax_1", "log_softmax"),) if loss == "nll" else ()
    units = UNITS[LOSSES[loss].kind]
    ends = (node("linear_1", "linear", units=units), *last, node("output_1", "output", objective=loss))
    return (node("numbers_1", "numbers", features=3), *ends)


def trained(session: Session, **overrides: Any) -> Any:
    session.wait_for_data(30)
    assert not session.errors, [d.message for d in session.errors]
    session.start_training(**overrides)
    state = session.wait_for_run(60)
    assert state.phase == "done", state.diagnostic
    return state


@pytest.mark.parametrize("loss", LOSSES)
def test_every_objective_learns(table: Path, make_session: MakeSession, loss: str) -> None:
    kind = LOSSES[loss].kind
    session = make_session(project_on(table, graph_of(layers(loss)), **LABELLED[kind]))
    state = trained(session)
    first, last = state.epochs_log[0], state.epochs_log[-1]
    assert last.val_loss < first.val_loss / 2
    found = session.results.evaluate()
    if kind == "values":
        assert found.metrics["r2"] > 0.9
        assert found.metrics["mae"] < 600, "in the column's own unit, whose deviation is 2,200"
        assert np.isnan(found.accuracy)
    else:
        assert found.accuracy > 0.85
    answers = session.results.predict([table])
    assert len(answers) == 96
    one = answers[0]
    assert one.kind == kind
    assert set(one.scores) == {"classes": {"hi", "lo"}, "labels": {"warm", "wet"}, "values": {"price"}}[kind]
    if kind == "values":
        assert max(abs(a.scores["price"]) for a in answers) > 4000
        assert one.label.startswith("price ")


def test_outputs_have_an_objective_each(table: Path, make_session: MakeSession) -> None:
    body = (node("numbers_1", "numbers", features=3), node("linear_1", "linear", units=8), node("relu_1", "relu"))
    price = (node("linear_2", "linear", units=1), node("output_1", "output", objective="huber"))
    kind = node("output_2", "output", target="columns", columns="kind", weight=0.5)
    session = make_session(
        project_on(
            table,
            graph_of((*body, *price), (body[-1], node("linear_3", "linear", units=2), kind)),
            **LABELLED["values"],
        )
    )
    trained(session)
    found = session.results.evaluate()
    assert found.accuracy > 0.8  # of the output for classes
    assert [output.names for output in found.outputs] == [("price",), ("hi", "lo")]
    assert found.outputs[0].judged.numbers["r2"] > 0.8
    whole = session.results.predict([table])[0]
    assert set(whole.scores) == {"hi", "lo"}
    assert set(whole.others["Output"].scores) == {"price"}
    row = found.as_json()
    assert [output["kind"] for output in row["outputs"]] == ["values", "classes"]


@pytest.fixture
def pictures(folder_of_pictures: Path) -> DataSettings:
    return DataSettings(str(folder_of_pictures), validation=0.25)


def network(*layers: Node, size: int = 8) -> tuple[Node, ...]:
    return (node("pictures_1", "pictures", size=(size, size)), *layers)


def picture_project(graph: Graph, data: DataSettings, epochs: int = 6) -> Project:
    recipe = Recipe(
        epochs=epochs, batch_size=8, optimizer=Chosen("adam", frozen({"lr": 0.02})), threads=1, device="cpu"
    )
    return Project("Pictures", graph, data, recipe)


def test_a_network_gives_back_what_came_in_and_tells_it_apart(
    pictures: DataSettings, make_session: MakeSession, folder_of_pictures: Path
) -> None:
    """An autoencoder with a class beside it, on augmented and mixed pictures."""
    narrow = network(node("flatten_1", "flatten"), node("linear_1", "linear", units=8))
    back = (
        node("linear_2", "linear", units=192),
        node("reshape_1", "reshape", shape=(3, 8, 8)),
        node("output_1", "output", objective="mse", target="input"),
    )
    tells = (narrow[-1], node("linear_3", "linear", units=2), node("output_2", "output", weight=0.1))
    mixed = replace(pictures, augmentations=(Chosen("flip_horizontal"), Chosen("cutmix", frozen({"chance": 0.5}))))
    session = make_session(picture_project(graph_of((*narrow, *back), tells), mixed))
    state = trained(session)
    assert state.epochs_log[-1].val_loss < state.epochs_log[0].val_loss
    found = session.results.evaluate()
    assert [output.judged.kind for output in found.outputs] == ["values", "classes"]
    answer = session.results.predict([next(folder_of_pictures.rglob("*.png"))])[0]
    assert set(answer.scores) == {"bottom", "top"}
    assert answer.others["Output"].kind == "values"
    session.wait(session.score_samples(), 60)
    scores = session.scores
    assert scores is not None
    assert scores.known == 24
    assert np.isfinite(scores.loss).all()


def test_a_network_takes_the_same_picture_twice(pictures: DataSettings, make_session: MakeSession) -> None:
    large = network(node("flatten_1", "flatten"))
    small = (node("pictures_2", "pictures", size=(4, 4), channels="1"), node("flatten_2", "flatten"))
    joined = (node("concat_1", "concat"), node("linear_1", "linear", units=2), node("output_1", "output"))
    graph = graph_of(large, small, joined)
    edges = graph.edges | {Edge("flatten_1", "out", "concat_1", "in_1"), Edge("flatten_2", "out", "concat_1", "in_2")}
    session = make_session(picture_project(Graph(graph.nodes, edges), pictures))
    session.wait_for_data(30)
    trained(session)
    assert session.results.evaluate().accuracy > 0.9
    job = session.score_samples()
    session.wait(job, 60)
    scores = session.scores
    assert scores is not None
    assert scores.known == 24


def test_a_network_takes_a_picture_and_columns_of_its_row(tmp_path: Path, make_session: MakeSession) -> None:
    rng = np.random.default_rng(1)
    lines = ["file,label,weight"]
    for k in range(24):
        Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8)).save(tmp_path / f"{k}.png")
        lines.append(f"{k}.png,{'heavy' if k % 2 else 'light'},{(5 if k % 2 else 1) + rng.normal() / 10:.3f}")
    (tmp_path / "list.csv").write_text("\n".join(lines))
    graph = graph_of(
        network(node("flatten_1", "flatten"), node("linear_1", "linear", units=2)),
        (node("numbers_1", "numbers", features=7), node("linear_2", "linear", units=2)),
        (node("add_1", "add"), node("output_1", "output")),
    )
    edges = graph.edges | {Edge("linear_1", "out", "add_1", "in_1"), Edge("linear_2", "out", "add_1", "in_2")}
    project = picture_project(Graph(graph.nodes, edges), DataSettings(str(tmp_path / "list.csv"), validation=0.25), 30)
    session = make_session(project)
    session.wait_for_data(30)
    (problem,) = session.errors
    assert (problem.code, problem.node) == ("data.features", "numbers_1")
    session.apply_fix(problem.fixes[0])
    trained(session)
    assert session.results.evaluate().accuracy > 0.9
    with pytest.raises(Problem, match="takes columns of a list beside each picture"):
        session.results.predict([tmp_path / "0.png"])


# --- what fits what ---------------------------------------------------------------------------------------------------


def problem_of(session: Session, code: str) -> Any:
    session.wait_for_data(30)
    (found,) = [d for d in session.errors if d.code == code]
    return found


def test_numbers_as_labels_are_one_click_away(table: Path, make_session: MakeSession) -> None:
    session = make_session(project_on(table, graph_of(layers("mse")), label_column="kind"))
    found = problem_of(session, "data.target")
    assert found.node == "output_1"
    assert "asks for numbers" in found.message
    session.apply_fix(found.fixes[0])
    assert session.project.data.target == "numbers"


def test_units_follow_the_labels(table: Path, make_session: MakeSession) -> None:
    ends = (node("linear_1", "linear", units=5), node("output_1", "output", objective="binary_cross_entropy"))
    graph = graph_of((node("numbers_1", "numbers", features=3), *ends))
    session = make_session(project_on(table, graph, **LABELLED["labels"]))
    found = problem_of(session, "output.classes")
    assert "have 2 labels" in found.message
    session.apply_fix(found.fixes[0])
    session.wait_for_data(30)
    assert not session.errors


def test_what_is_given_back_has_the_form_of_what_came_in(pictures: DataSettings, make_session: MakeSession) -> None:
    ends = (node("linear_1", "linear", units=10), node("output_1", "output", objective="mse", target="input"))
    session = make_session(picture_project(graph_of(network(node("flatten_1", "flatten"), *ends)), pictures))
    for label in ("Set Linear 1 to 192 units", "Add Reshape to 8 × 8 × 3"):
        found = problem_of(session, "output.reconstruction")
        assert found.fixes[0].label == label
        session.apply_fix(found.fixes[0])
    session.wait_for_data(30)
    assert not session.errors


@pytest.mark.parametrize("mixer", ["mixup", "cutmix"])
def test_mixing_is_refused_where_there_are_no_shares(tmp_path: Path, make_session: MakeSession, mixer: str) -> None:
    lines = ["file,age"]
    for k in range(12):
        Image.fromarray(np.full((8, 8, 3), 20 * k, np.uint8)).save(tmp_path / f"{k}.png")
        lines.append(f"{k}.png,{20 + k}")
    (tmp_path / "list.csv").write_text("\n".join(lines))
    ends = (
        node("flatten_1", "flatten"),
        node("linear_1", "linear", units=1),
        node("output_1", "output", objective="l1"),
    )
    data = DataSettings(
        str(tmp_path / "list.csv"),
        label_column="age",
        target="numbers",
        augmentations=(Chosen(mixer),),
        validation=0.25,
    )
    session = make_session(picture_project(graph_of(network(*ends)), data, 2))
    found = problem_of(session, "objective.mixing")
    assert "held against numbers" in found.message
    session.apply_fix(found.fixes[0])
    session.wait_for_data(30)
    trained(session)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "mse"])
def test_class_weights_are_refused_where_they_mean_nothing(table: Path, make_session: MakeSession, loss: str) -> None:
    settings = LABELLED[LOSSES[loss].kind]
    session = make_session(project_on(table, graph_of(layers(loss)), **settings, balance="weights"))
    found = problem_of(session, "objective.class_weights")
    assert "takes no class weights" in found.message
    session.apply_fix(found.fixes[0])
    session.wait_for_data(30)
    assert not session.errors


def test_focal_trains_with_smoothing_weights_and_mixing(pictures: DataSettings, make_session: MakeSession) -> None:
    ends = (
        node("flatten_1", "flatten"),
        node("linear_1", "linear", units=2),
        node("output_1", "output", objective="focal", gamma=1.5, label_smoothing=0.1),
    )
    mixed = (Chosen("mixup", frozen({"chance": 0.5})), Chosen("cutmix", frozen({"chance": 0.5})))
    data = replace(pictures, balance="weights", augmentations=mixed)
    session = make_session(picture_project(graph_of(network(*ends)), data))
    trained(session)
    assert session.results.evaluate().accuracy > 0.9


# --- what leaves ------------------------------------------------------------------------------------------------------


@pytest.mark.faults
@pytest.mark.parametrize("format", ["onnx", "safetensors"])
@pytest.mark.parametrize("ends", ["labels and values", "given back", "two inputs"])
def test_networks_of_other_ends_leave_and_agree(
    table: Path, pictures: DataSettings, make_session: MakeSession, tmp_path: Path, ends: str, format: str
) -> None:
    session = make_session(_leaving(ends, table, pictures))
    trained(session, epochs=2)
    job = session.export(format, tmp_path / "out")
    session.wait(job, 120)
    assert job.state == "done", job.diagnostic
    check = job.result
    assert check.ok, check.message
    if format == "onnx" and ends != "two inputs":
        from workbench.session.results import exported_predictor

        _kind, predict = exported_predictor(Path(check.path))
        file = table if ends == "labels and values" else next(Path(pictures.source).rglob("*.png"))
        theirs, ours = next(predict(file)), session.results.predict([file])[0]
        assert theirs.scores == pytest.approx(ours.scores, rel=1e-2, abs=2e-2)
        assert [one.kind for one in theirs.others.values()] == [one.kind for one in ours.others.values()]


def _leaving(ends: str, table: Path, pictures: DataSettings) -> Project:
    if ends == "labels and values":
        tags = (*layers("binary_cross_entropy")[:1], node("linear_1", "linear", units=2))
        tells = node("output_1", "output", objective="binary_cross_entropy")
        price = node("output_2", "output", objective="mse", target="columns", columns="price")
        graph = graph_of((*tags, tells), (tags[0], node("linear_2", "linear", units=1), price))
        return project_on(table, graph, **LABELLED["labels"])
    flat = network(node("flatten_1", "flatten"))
    if ends == "given back":
        shaped = node("reshape_1", "reshape", shape=(3, 8, 8))
        back = (
            node("linear_2", "linear", units=192),
            shaped,
            node("output_1", "output", objective="l1", target="input"),
        )
        tells = (flat[-1], node("linear_3", "linear", units=2), node("output_2", "output"))
        return picture_project(graph_of((*flat, *back), tells), pictures)
    small = (node("pictures_2", "pictures", size=(4, 4), channels="1"), node("flatten_2", "flatten"))
    ended = (node("concat_1", "concat"), node("linear_1", "linear", units=2), node("output_1", "output"))
    graph = graph_of(flat, small, ended)
    joined = {Edge(f"flatten_{k}", "out", "concat_1", f"in_{k}") for k in (1, 2)}
    return picture_project(Graph(graph.nodes, graph.edges | joined), pictures)
