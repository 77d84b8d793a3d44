"""Keeps a run's checkpoints: when one is due, and that a full disk or a vanished folder never stops training."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic, Problem, Severity
from workbench.training import checkpoint as checkpoints
from workbench.training.checkpoint import BEST, LAST, Checkpoint
from workbench.training.messages import CheckpointSaved, Event, Noticed

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Cadence:
    """When a checkpoint is written in the middle of an epoch: after so many seconds, and every so many steps if given.

    Writing by the clock never takes more than about a fiftieth of the time: a large checkpoint is written less often.
    """

    seconds: float = 60.0
    steps: int | None = None


class Keeper:
    """Writes checkpoints into `folder` (None: nowhere)."""

    def __init__(self, folder: Path | None, cadence: Cadence, keep: int = 1) -> None:
        self.folder = folder
        self.keep = keep
        """How many checkpoints that resume stay on the disk, the newest among them."""
        self.unsaved: dict[str, Checkpoint] = {}
        """What is still to be written, the newest of each kind, in memory of its own: it goes with the next save."""
        self.saved: Checkpoint | None = None
        """The newest checkpoint on the disk of the kind that resumes; its tensors are the network's, not copies."""
        self._cadence = cadence
        self._saved_at = time.monotonic()
        self._took = 0.0
        self._said = False

    def prepare(self) -> None:
        """Make the folder; where that fails, the first `save` says so."""
        if self.folder is not None:
            with contextlib.suppress(Problem):
                checkpoints.prepare(self.folder)

    def is_due(self, step: int) -> bool:
        """Whether a checkpoint should be written after this step of the run."""
        if self.folder is None:
            return False
        if self._cadence.steps is not None and step % self._cadence.steps == 0:
            return True
        return time.monotonic() - self._saved_at > max(self._cadence.seconds, 50 * self._took)

    def save(self, *made: Checkpoint, at_once: bool = True) -> list[Event]:
        """Write checkpoints in this order, after those still to be written. A failure is told once, and never raised.

        When it need not be `at_once`, writing takes at most about a twentieth of the time: epochs of milliseconds are
        not all written, and what is best waits in memory.
        """
        if self.folder is None:
            return []
        began = time.monotonic()
        if not at_once and began - self._saved_at < 20 * self._took:
            self.unsaved |= {one.kind: _own(one) for one in made if one.kind == BEST}
            return []
        events: list[Event] = []
        kinds = {one.kind for one in made}
        for one in (*(c for kind, c in self.unsaved.items() if kind not in kinds), *made):
            try:
                checkpoints.write(self.folder, one, keep=self.keep)
            except Problem as problem:
                with contextlib.suppress(MemoryError, RuntimeError):  # no memory to keep it in either
                    self.unsaved |= {one.kind: _own(one) for one in made}
                if not self._said:
                    self._said = True
                    events.append(Noticed(_not_saved(problem)))
                break
            self.unsaved.pop(one.kind, None)
            self.saved = one if one.kind == LAST else self.saved
            events.append(CheckpointSaved(one.kind, self.folder, one.position.epoch, one.position.total))
        else:
            self._said = False
        self._saved_at = time.monotonic()
        self._took = self._saved_at - began
        return events


def _own(made: Checkpoint) -> Checkpoint:
    """The checkpoint in memory of its own, since the network's will change."""
    return replace(
        made, weights=_copied(made.weights), optimizer=_copied(made.optimizer), average=_copied(made.average)
    )


def _copied(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}


def _not_saved(problem: Problem) -> Diagnostic:
    reason = problem.diagnostics[0]
    return Diagnostic(
        "training.checkpoint_not_saved",
        f"No checkpoint can be written at the moment; training goes on, and it is tried again. {reason.message}",
        Severity.WARNING,
        details=reason.details,
    )
