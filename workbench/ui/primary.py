"""The one primary button: what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.session.session import Session


@dataclass(frozen=True, slots=True)
class Next:
    """The next step: "train", "stop" or "export", in words."""

    id: str
    text: str
    icon: str
    tip: str
    enabled: bool = True


TRAIN = Next("train", "Train", "play", "Start a run with the project's recipe (Ctrl+Enter).")
STOP = Next("stop", "Stop", "stop", "End the run after the present step; what was learned is kept (Ctrl+.).")
STOPPING = Next("stop", "Stopping", "stop", "The run ends after the present step.", enabled=False)
EXPORT = Next("export", "Export", "export", "Write the trained network as a file and check it (Ctrl+E).")


def what_comes_next(session: Session, place: str) -> Next:
    """Stop while a run lives; after one, where a person looks at results, Export; else Train."""
    run = session.run
    if run is not None and run.is_live:
        return STOPPING if run.phase == "stopping" else STOP
    trained = run is not None and run.phase in ("done", "stopped")
    return EXPORT if trained and place in ("look", "export") else TRAIN
