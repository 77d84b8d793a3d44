"""The network's answers for every sample: right, kept, carried over edits of the data, and marked when outdated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from workbench.core.diagnostic import Problem
from workbench.data.index import Index
from workbench.document import edits
from workbench.document.project import Change, Project
from workbench.session.scores import Scores, carried
from workbench.session.session import Session


@pytest.fixture
def trained(session: Session) -> Session:
    session.start_training()
    assert session.wait_for_run(60).phase == "done"
    return session


def answered(session: Session) -> Scores:
    job = session.wait(session.score_samples(), 60)
    assert job.state == "done", job.diagnostic
    assert session.scores is not None
    return session.scores


def test_nothing_is_answered_before_anything_was_trained(session: Session) -> None:
    with pytest.raises(Problem, match="Nothing was trained yet"):
        session.score_samples()
    assert session.scores is None


def test_the_answers_are_those_of_evaluation(trained: Session) -> None:
    told: list[Scores | None] = []
    trained.scores_changed.connect(told.append)
    scores = answered(trained)
    dataset = trained.data.dataset
    assert dataset is not None
    assert scores.known == len(dataset.index) == 24
    assert scores.loss.dtype == scores.confidence.dtype == np.float32
    assert scores.predicted.dtype == np.int32
    assert told[-1] is scores
    assert ((scores.confidence >= 0.5) & (scores.confidence <= 1)).all()  # of two classes
    # the same network asked in another way: by the split, with the loss as a mean
    from workbench.training.evaluate import evaluate

    weights = trained.looking.trained
    assert weights is not None
    for split in ("train", "val"):
        numbers = dataset.splits[split]
        found = evaluate(weights.compiled, weights.state, dataset, split, device="cpu")
        assert found.accuracy == pytest.approx((scores.predicted == dataset.index.labels)[numbers].mean())
        assert found.loss == pytest.approx(float(scores.loss[numbers].mean()), rel=1e-4)


def test_another_run_makes_them_outdated_and_asking_again_new(trained: Session) -> None:
    first = answered(trained)
    trained.pump()
    assert trained.scores is first
    trained.start_training(epochs=1)
    trained.wait_for_run(60)
    trained.pump()
    assert trained.scores is not None
    assert trained.scores.outdated
    assert np.array_equal(trained.scores.loss, first.loss)
    assert not answered(trained).outdated


def test_an_edit_of_the_network_makes_them_outdated_but_moving_a_layer_does_not(trained: Session) -> None:
    answered(trained)
    trained.apply("Move", lambda graph: edits.move(graph, {"relu_1": (999.0, 5.0)}))
    trained.pump()
    assert trained.scores is not None
    assert not trained.scores.outdated
    trained.apply("More filters", lambda graph: edits.set_param(graph, "conv2d_1", "filters", 5))
    trained.pump()
    assert trained.scores is not None
    assert trained.scores.outdated


def _with(graph: object, node: object) -> object:
    return replace(graph, nodes={**graph.nodes, node.id: node})  # type: ignore[attr-defined, type-var]


def test_samples_that_are_left_out_are_answered_too(trained: Session) -> None:
    dataset = trained.data.dataset
    assert dataset is not None
    assert trained.exclude([dataset.index.path(0), dataset.index.path(13)]) is None
    assert answered(trained).known == 24


def test_the_job_can_be_cancelled_and_started_once(trained: Session) -> None:
    job = trained.score_samples()
    assert trained.score_samples() is job
    trained.scoring.cancel()
    trained.wait(job, 60)
    assert job.state in ("cancelled", "done")
    assert trained.scoring.job is None


def scores_of(index: Index) -> Scores:
    count = len(index)
    return Scores(
        index.classes,
        index.labels,
        np.arange(count, dtype=np.float32),
        np.full(count, 0.75, np.float32),
        np.zeros(count, np.int32),
    )


def test_relabelling_moves_the_classes_and_leaves_the_loss_open(session: Session) -> None:
    dataset = session.data.dataset
    assert dataset is not None
    index = dataset.index
    scores = scores_of(index)
    assert index.classes == ("bottom", "top")
    changed = index.changed({index.path(5): Change(label="another")})
    assert changed.classes == ("another", "bottom", "top")
    assert carried(scores, index, changed) is scores
    loss, _confidence, predicted = scores.counted_as(changed.classes, changed.labels)
    assert set(predicted.tolist()) == {1}
    assert np.flatnonzero(np.isnan(loss)).tolist() == [5]
    assert np.array_equal(np.delete(loss, 5), np.delete(scores.loss, 5))


def test_rows_follow_their_files_to_another_index(session: Session) -> None:
    dataset = session.data.dataset
    assert dataset is not None
    index = dataset.index
    scores = scores_of(index)
    fewer = index.taken(np.array([7, 2, 20]))
    found = carried(scores, index, fewer)
    assert found.outdated
    assert found.loss.tolist() == [7.0, 2.0, 20.0]
    back = carried(found, fewer, index)
    assert back.known == 3
    assert back.loss[20] == 20.0
    assert np.isnan(back.loss[0])


def test_a_margin_loss_is_measured_a_sample_too(project: Project, make_session: Callable[[Project], Session]) -> None:
    graph = project.graph
    output = graph.nodes["output_1"]
    graph = _with(graph, replace(output, params={**output.params, "objective": "multi_margin"}))
    session = make_session(replace(project, graph=graph))  # type: ignore[arg-type]
    session.wait_for_data(30)
    session.start_training(epochs=1)
    assert session.wait_for_run(60).phase == "done"
    scores = answered(session)
    assert scores.known == 24
    assert (scores.loss >= 0).all()
