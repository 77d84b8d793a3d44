"""Texts, sounds and tables in a session: what does not fit is said at the input, with a remedy that mends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from workbench.catalogue.drawing import Drawing, layer
from workbench.document.edits import set_param
from workbench.document.graph import Graph
from workbench.document.project import DataSettings, Project, Recipe
from workbench.session.session import Session

TABLE = "x,colour,class\n" + "".join(
    f"{i * 0.5 + 10 * (i % 2)},{'red' if i % 3 else 'blue'},{'ab'[i % 2]}\n" for i in range(40)
)


def network(*middle: str, first: str = "pictures", **params: object) -> Graph:
    d = Drawing()
    x = d.put(layer(first, "Input", **params))  # type: ignore[arg-type]
    parts = [layer(name, name, **({"units": 2} if name == "linear" else {})) for name in middle]
    d.chain(x, *parts, layer("output", "Output"))
    return d.graph()


def opened(folder: Path, source: Path, graph: Graph, **changes: object) -> Session:
    data = DataSettings(source=str(source), **changes)  # type: ignore[arg-type]
    return Session.create(folder / "project", Project("Kinds", graph, data, Recipe(epochs=2, batch_size=8)))


def table(folder: Path) -> Path:
    path = folder / "t.csv"
    path.write_text(TABLE)
    return path


def notes(folder: Path) -> Path:
    for name in ("a", "b"):
        (folder / "notes" / name).mkdir(parents=True)
        for i in range(10):
            (folder / "notes" / name / f"{i}.txt").write_text(f"the {name} word number {i % 4}")
    return folder / "notes"


def sounds(folder: Path) -> Path:
    for name in ("a", "b"):
        (folder / "sounds" / name).mkdir(parents=True)
        for i in range(6):
            soundfile.write(folder / "sounds" / name / f"{i}.wav", np.sin(np.arange(800) * (0.2 + 0.1 * i)) * 0.3, 8000)
    return folder / "sounds"


@pytest.mark.parametrize(
    ("source", "layer_id", "words"),
    [(table, "numbers", "tables"), (notes, "tokens", "texts"), (sounds, "sound", "sounds")],
)
def test_another_input_is_one_remedy_away(
    source: Callable[[Path], Path], layer_id: str, words: str, tmp_path: Path
) -> None:
    with opened(tmp_path, source(tmp_path), network("flatten", "linear")) as session:
        assert session.wait_for_data(60).phase == "ready"
        (problem,) = [d for d in session.problems if d.code == "data.input"]
        assert problem.node == "input"
        assert problem.message.startswith(f"The data are {words}, and the network's input is Pictures.")
        assert session.apply_fix(problem.fixes[0]) is None
        assert session.wait_for_data(60).phase == "ready"
        assert "data.input" not in {d.code for d in session.problems}
        (first,) = [n for n in session.graph if n.layer == layer_id]
        assert [e.source for e in session.graph.edges if e.target == "flatten"] == [first.id]
        session.undo()
        session.wait_for_data(60)
        assert "data.input" in {d.code for d in session.problems}


def test_the_number_of_features_is_one_remedy_away_and_the_network_learns(tmp_path: Path) -> None:
    with opened(tmp_path, table(tmp_path), network("linear", first="numbers", features=7)) as session:
        assert session.wait_for_data(60).phase == "ready"
        (problem,) = session.problems
        assert problem.message == "The data have 3 features, and Numbers takes 7. Set Numbers to 3 features."
        assert session.apply_fix(problem.fixes[0]) is None
        assert session.wait_for_data(60).phase == "ready"
        assert session.problems == ()
        session.start_training()
        assert session.wait_for_run(60).phase == "done"
        data = session.project.data
        session.change("Leave a column out", data=replace(data, columns={"colour": "leave_out"}))
        assert session.wait_for_data(60).phase == "ready"
        assert [d.fixes[0].label for d in session.problems] == ["Set Numbers to 1 feature"]


def test_room_for_byte_pairs_is_one_remedy_away(tmp_path: Path) -> None:
    graph = network("embedding", "flatten", "linear", first="tokens", length=8, vocabulary=50)
    with opened(tmp_path, notes(tmp_path), graph, tokeniser="byte_pair") as session:
        assert session.wait_for_data(60).phase == "failed"
        (problem,) = [d for d in session.problems if d.code == "data.vocabulary"]
        assert problem.node == "input"
        assert session.apply_fix(problem.fixes[0]) is None
        assert session.wait_for_data(60).phase == "ready"
        assert not session.errors
        session.start_training(epochs=1)
        assert session.wait_for_run(60).phase == "done"


def test_other_training_texts_give_another_vocabulary(tmp_path: Path) -> None:
    graph = network("embedding", "flatten", "linear", first="tokens", length=8, vocabulary=50)
    source = notes(tmp_path)
    for i in range(10):
        (source / "a" / f"{i}.txt").write_text(f"only here: word{i}")
    with opened(tmp_path, source, graph) as session:
        assert session.wait_for_data(60).phase == "ready"
        for seed in (1, 2, 3):
            session.change("Another seed", data=replace(session.project.data, seed=seed))
            dataset = session.wait_for_data(60).dataset
            assert dataset is not None
            train = {dataset.index.path(int(i)) for i in dataset.splits.train}
            known = set(dataset.preparation["vocabulary"])
            assert {i for i in range(10) if f"word{i}" in known} == {i for i in range(10) if f"a/{i}.txt" in train}


def test_classes_are_counted_in_what_the_data_are(tmp_path: Path) -> None:
    with opened(tmp_path, table(tmp_path), network("linear", first="numbers", features=3)) as session:
        assert session.wait_for_data(60).phase == "ready"
        session.apply("Wider", lambda graph: set_param(graph, "linear", "units", 5))
        messages = [d.message for d in session.problems]
        assert any("5 numbers for each row; the rows have 2 classes" in message for message in messages), messages
