"""What freezing is for: train, freeze what was learned, train the rest on."""

from __future__ import annotations

from dataclasses import replace

import torch

from workbench.session.session import Session


def learned(session: Session) -> dict[str, torch.Tensor]:
    weights = session.training.weights
    assert weights is not None
    return {name: value.clone() for name, value in weights.state.items()}


def test_what_was_learned_is_frozen_and_the_rest_trained_on(session: Session) -> None:
    session.change("Two epochs", recipe=replace(session.project.recipe, epochs=2))
    session.start_training()
    assert session.training.wait(60).phase == "done"
    first = learned(session)
    assert session.set_frozen(["conv2d_1", "batch_norm2d_1"], True) is None
    session.start_training(keep_weights=True, settings={"linear_1.rate": "2", "initialisation": "orthogonal"})
    state = session.training.wait(60)
    assert state.phase == "done", state.diagnostic
    second = learned(session)
    still = {name for name in first if torch.equal(first[name], second[name])}
    assert still == {name for name in first if not name.startswith("linear")}
    session.undo()
    assert not session.graph.nodes["conv2d_1"].frozen
