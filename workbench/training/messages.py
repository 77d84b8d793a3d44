"""What crosses the border of the training thread: commands go in, events come out. Frozen, plain, no tensors.

Epochs and steps count from 1 in events: ``StepEnd.step == 3`` says three steps of this run are done.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.diagnostic import Diagnostic

# --- commands ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pause:
    """Stand still after the step under way; the network stays in memory."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after a pause."""


@dataclass(frozen=True, slots=True)
class Step:
    """Do one training step, then pause (pauses a run that was going)."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Save a checkpoint and end, within one step."""


@dataclass(frozen=True, slots=True)
class SetLearningRate:
    """Replace the optimizer's base learning rate; the schedule's factor still applies to it."""

    value: float


@dataclass(frozen=True, slots=True)
class StopAfterEpoch:
    """End once the epoch under way is learned, validated and saved; `on` False takes it back."""

    on: bool = True


@dataclass(frozen=True, slots=True)
class ValidateNow:
    """Validate the network where it stands, between two steps; the run goes on to the same bits."""


@dataclass(frozen=True, slots=True)
class SaveNow:
    """Write a checkpoint of the last whole step."""


Command = Pause | Resume | Step | Stop | SetLearningRate | StopAfterEpoch | ValidateNow | SaveNow

# --- events --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The network stands on its device and the first step may come.

    `done_epochs` and `done_steps` (of the whole run) are above 0 when a run was resumed; `threads` is 0 while adaptive.
    `promise` is what the run's exactness depends on, by name (`keeping.promise`).
    """

    run: str
    parameters: int
    train: int
    val: int
    epochs: int
    steps_per_epoch: int
    device: str
    threads: int
    done_epochs: int = 0
    done_steps: int = 0
    promise: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class StepEnd:
    """The weights were updated once. `step` counts the whole run.

    `loss` and `accuracy` are of the step's `pictures` (a batch, or as many as the recipe accumulates); `norm` is the
    Euclidean norm of all gradients together, before clipping. A step that was left out, since 16 bits overflowed in
    it, has what is not finite as NaN.
    """

    epoch: int
    step: int
    loss: float
    accuracy: float
    learning_rate: float
    pictures: int
    norm: float = math.nan


@dataclass(frozen=True, slots=True)
class Validating:
    """One batch of the validation pictures was looked at: `done` of `total` pictures."""

    epoch: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class EpochEnd:
    """An epoch was learned and validated.

    The training figures are means over the epoch's batches as they were met (weights moving, augmented pictures); the
    validation figures are None without validation pictures, and the accuracies NaN and None where nothing is right or
    wrong. `images_per_second` counts training alone, `seconds` the
    whole epoch, `validation_seconds` its part after the last step; none counts a pause. `confusion[i, j]` counts
    validation pictures of class i taken for class j. `metrics` are the recipe's further ones, by key ("val_f1").
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    images_per_second: float
    seconds: float
    step: int = 0
    validation_seconds: float = 0.0
    is_best: bool = False
    confusion: NDArray[np.int64] | None = field(default=None, compare=False, repr=False)
    metrics: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def as_json(self) -> dict[str, Any]:
        """The row `workbench train --json` prints."""
        return {
            "event": "epoch",
            "epoch": self.epoch,
            "train_loss": _known(self.train_loss),
            "train_accuracy": _known(self.train_accuracy),
            "val_loss": _known(self.val_loss),
            "val_accuracy": self.val_accuracy,
            "images_per_second": round(self.images_per_second, 1),
            "seconds": round(self.seconds, 3),
        }


def _known(value: float | None) -> float | None:
    """A number as JSON takes it: null for what is none."""
    return value if value is not None and math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Validated:
    """The network was validated where it stood, because somebody asked; nothing of the run changed by it.

    `epoch` is the one under way and `step` counts the whole run; the figures are as in `EpochEnd`.
    """

    epoch: int
    step: int
    loss: float
    accuracy: float
    metrics: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """A checkpoint is on the disk, whole. `kind` is "last" (resumes exactly) or "best" (the best weights so far)."""

    kind: str
    folder: Path
    epoch: int
    step: int


@dataclass(frozen=True, slots=True)
class ThreadsChanged:
    """The run goes on with another number of threads, since after step `step` of the run; `why` says what that gained.

    Only what was settled on is told, not each trial; never where the number is fixed.
    """

    step: int
    threads: int
    why: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something a person should know; the run goes on."""

    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class Ended:
    """The one terminal event of every run. `state` is "done", "stopped" or "failed" (then `diagnostic` says why)."""

    state: str
    diagnostic: Diagnostic | None = None
    best_val_accuracy: float | None = None
    epochs: int = 0
    step: int = 0


Event = Started | StepEnd | Validating | EpochEnd | Validated | CheckpointSaved | ThreadsChanged | Noticed | Ended
