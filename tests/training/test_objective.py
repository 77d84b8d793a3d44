from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from workbench.catalogue.registry import LOSSES
from workbench.core.diagnostic import Problem
from workbench.training.objective import objective_of

SCORES = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.1, 0.3]])
LABELS = torch.tensor([0, 2])


def test_every_objective_of_the_catalogue_can_be_trained(make: SimpleNamespace) -> None:
    for loss in LOSSES:
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


@pytest.mark.parametrize("scores", [torch.zeros(2), torch.zeros(2, 3, 4, 4), {"a": torch.zeros(2, 3)}])
def test_answers_of_another_form_are_refused(make: SimpleNamespace, scores: object) -> None:
    with pytest.raises(Problem, match=r"Output|score"):
        objective_of(make.graph()).check_scores(scores, 3)
