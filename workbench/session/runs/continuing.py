"""Training on from what an earlier run learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.session.session import Session


def train_on_from(session: Session, run: str) -> None:
    """Begin a new run of the project as it is now, from a run's best weights as far as they fit it.

    Raises `Problem` where the run has no weights, or nothing can be trained.
    """
    from workbench.training.weights import Weights

    trained = session.results.trained(run)
    before, session.training.weights = session.training.weights, Weights(trained.state, trained.compiled)
    try:
        session.start_training(keep_weights=True)
    except BaseException:
        session.training.weights = before
        raise
