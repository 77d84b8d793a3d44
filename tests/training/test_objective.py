from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from workbench.catalogue.registry import LOSSES
from workbench.core.diagnostic import Problem
from workbench.training.objective import Objective, objective_of

SCORES = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.1, 0.3]])
LABELS = torch.tensor([0, 2])


OF_CLASSES = tuple(id for id, loss in LOSSES.items() if loss.kind == "classes")


@pytest.mark.parametrize("loss", OF_CLASSES)
def test_every_objective_for_classes_can_be_trained(make: SimpleNamespace, loss: str) -> None:
    objective = objective_of(make.graph(objective=loss))
    scores = SCORES.log_softmax(1).requires_grad_()
    value = objective.loss(scores, LABELS)
    value.backward()
    assert value.shape == ()
    assert scores.grad is not None
    assert torch.isfinite(scores.grad).all()
    shares = objective.probabilities(scores)
    assert torch.allclose(shares.sum(1), torch.ones(2))
    assert torch.equal(shares.argmax(1), scores.argmax(1))


def test_label_smoothing_comes_from_the_output_node(make: SimpleNamespace) -> None:
    graph = make.chain(
        make.node("pictures_1", "pictures"),
        make.node("flatten_1", "flatten"),
        make.node("linear_1", "linear", units=3),
        make.node("output_1", "output", label_smoothing=0.25),
    )
    expected = nn.CrossEntropyLoss(label_smoothing=0.25)(SCORES, LABELS)
    assert torch.equal(objective_of(graph).loss(SCORES, LABELS), expected)


def test_the_right_answers_are_counted(make: SimpleNamespace) -> None:
    assert objective_of(make.graph()).correct(SCORES, LABELS).item() == 1


def test_too_few_scores_are_refused_with_a_fix_on_the_last_layer(make: SimpleNamespace) -> None:
    with pytest.raises(Problem) as caught:
        objective_of(make.graph()).check_scores(SCORES, 5)
    (diagnostic,) = caught.value.diagnostics
    assert "3 scores" in diagnostic.message
    assert "5 classes" in diagnostic.message
    assert diagnostic.node == "linear_1"
    assert dict(diagnostic.fixes[0].arguments) == {"node": "linear_1", "param": "units", "value": 5}


@pytest.mark.parametrize(
    "scores", [torch.zeros(2), torch.zeros(2, 3, 4, 4), {"a": torch.zeros(2, 3), "b": torch.zeros(2, 3)}]
)
def test_answers_of_another_form_are_refused(make: SimpleNamespace, scores: object) -> None:
    with pytest.raises(Problem, match=r"Output|score"):
        objective_of(make.graph()).check_scores(scores, 3)


OTHER = torch.tensor([1, 0])
SHARE = torch.tensor([0.75, 0.25])


def test_mixed_pictures_ask_for_both_labels_in_their_shares(make: SimpleNamespace) -> None:
    for loss in (*OF_CLASSES, "binary_cross_entropy"):
        objective = objective_of(make.graph(objective=loss))
        scores = SCORES.log_softmax(1)
        expected = sum(
            (
                share * objective.loss(row[None], label[None]) + (1 - share) * objective.loss(row[None], other[None])
                for row, label, other, share in zip(scores, LABELS, OTHER, SHARE, strict=True)
            ),
            torch.tensor(0.0),
        )
        assert torch.allclose(objective.loss(scores, LABELS, OTHER, SHARE), expected / 2)
        whole = torch.ones(2)
        assert torch.allclose(objective.loss(scores, LABELS, OTHER, whole), objective.loss(scores, LABELS))
        assert torch.allclose(objective.loss(scores, LABELS, OTHER, 0 * whole), objective.loss(scores, OTHER))
        assert objective.criterion.reduction == "mean", "unmixed batches are averaged as before"


def test_mixed_labels_are_the_soft_targets_of_the_papers(make: SimpleNamespace) -> None:
    soft = torch.zeros(2, 3)
    soft[torch.arange(2), LABELS] += SHARE
    soft[torch.arange(2), OTHER] += 1 - SHARE
    expected = nn.functional.cross_entropy(SCORES, soft)
    assert torch.allclose(objective_of(make.graph()).loss(SCORES, LABELS, OTHER, SHARE), expected)


def test_class_weights_count_for_mixed_pictures_as_for_others(make: SimpleNamespace) -> None:
    weight = torch.tensor([0.5, 1.0, 4.0])
    objective = _with_criterion(make, nn.CrossEntropyLoss(weight=weight))
    whole = torch.ones(2)
    assert torch.allclose(objective.loss(SCORES, LABELS, OTHER, whole), objective.loss(SCORES, LABELS))
    both = torch.cat([SCORES, SCORES]), torch.cat([LABELS, OTHER])
    assert torch.allclose(objective.loss(SCORES, LABELS, OTHER, whole / 2), objective.loss(*both))


def test_a_mixed_picture_is_right_at_the_label_with_the_greater_share(make: SimpleNamespace) -> None:
    objective = objective_of(make.graph())
    assert objective.correct(SCORES, LABELS, OTHER, SHARE).item() == 2
    assert objective.correct(SCORES, LABELS, OTHER, torch.tensor([0.25, 0.75])).item() == 0
    assert objective.correct(SCORES, LABELS, OTHER, torch.tensor([0.5, 0.5])).item() == 1


@pytest.mark.parametrize("loss", OF_CLASSES)
def test_class_weights_reach_every_objective(make: SimpleNamespace, loss: str) -> None:
    weights = np.array([0.25, 1.0, 4.0], np.float32)
    plain = objective_of(make.graph(objective=loss))
    weighted = plain.weighted(weights, torch.device("cpu"))
    scores = SCORES.log_softmax(1)
    criterion = type(plain.criterion)(weight=torch.from_numpy(weights))
    assert torch.equal(weighted.loss(scores, LABELS), criterion(scores, LABELS))
    assert not torch.equal(weighted.loss(scores, LABELS), plain.loss(scores, LABELS))
    assert plain.criterion.weight is None  # what validates stays without weights
    assert torch.equal(weighted.loss(scores, LABELS, LABELS, torch.ones(2)), weighted.loss(scores, LABELS))


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "mse", "l1", "huber"])
def test_an_objective_without_weights_says_so(make: SimpleNamespace, loss: str) -> None:
    with pytest.raises(Problem, match="takes no class weights"):
        objective_of(make.graph(objective=loss)).weighted(np.ones(3, np.float32), torch.device("cpu"))


def _with_criterion(make: SimpleNamespace, criterion: nn.Module) -> Objective:
    (goal,) = objective_of(make.graph()).goals
    return Objective((replace(goal, criterion=criterion),))
