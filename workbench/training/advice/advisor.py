"""Watches a run and says, once each, what its course gives reason to say."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from workbench.core.diagnostic import Diagnostic
from workbench.training.advice import epochs, layers, losses
from workbench.training.advice.losses import Course
from workbench.training.advice.trend import Trend
from workbench.training.layer_log import LayerLog
from workbench.training.messages import EpochEnd
from workbench.training.scalars import COLUMNS, ScalarLog

LAST_EPOCHS = 8
"""Epochs that are looked at."""
LOOKED_AT = 16
"""Measurements of the layers that are looked at."""
STEP, LOSS, RATE = (COLUMNS.index(name) for name in ("step", "loss", "learning_rate"))


class Advisor:
    """One for a run, called on its thread. `name` says what people call a layer, by its path id.

    What it reads grows with the steps since it was last called, not with the run.
    """

    def __init__(self, classes: Sequence[str], name: Callable[[str], str]) -> None:
        self._classes = tuple(classes)
        self._name = name
        self._epochs: deque[EpochEnd] = deque(maxlen=LAST_EPOCHS)
        self._first: EpochEnd | None = None
        self._best: EpochEnd | None = None
        self._losses = Trend()
        self._began = 0.0
        self._read = 0
        self._rate = self._highest = 0.0
        self._steps = 0
        self._said: set[str] = set()

    def take_up(self, past: Sequence[EpochEnd]) -> None:
        """Go on with a run that had epochs before."""
        for epoch in past:
            self.epoch_ended(epoch)

    def epoch_ended(self, epoch: EpochEnd) -> None:
        """Take note of an epoch; `take` tells what follows from it."""
        self._epochs.append(epoch)
        self._first = self._first or epoch
        best = self._best.val_loss if self._best is not None else None
        if epoch.val_loss is not None and (best is None or epoch.val_loss < best):
            self._best = epoch

    def take(self, scalars: ScalarLog, log: LayerLog, *, base_rate: float, steps_per_epoch: int) -> list[Diagnostic]:
        """What is new to say. `base_rate` is the learning rate the schedule's factor is applied to."""
        self._follow(scalars)
        found = [note for note in self._notes(log, base_rate, steps_per_epoch) if note.code not in self._said]
        self._said |= {note.code for note in found}
        return found

    def _follow(self, scalars: ScalarLog) -> None:
        rows = scalars.read(self._read)
        if len(rows):
            self._began = self._began if self._read else float(rows[0, LOSS])
            self._read += len(rows)
            self._losses.add(rows[:, LOSS])
            self._rate, self._steps = float(rows[-1, RATE]), int(rows[-1, STEP])
            self._highest = max(self._highest, float(np.nanmax(rows[:, RATE])))

    def _notes(self, log: LayerLog, base_rate: float, steps_per_epoch: int) -> Iterator[Diagnostic]:
        course = Course(self._losses, self._began, self._rate, base_rate, self._highest, self._steps, steps_per_epoch)
        _steps, values = log.read(max(0, len(log) - LOOKED_AT))
        updates = np.median(values[:, :, layers.UPDATE], 0) if len(values) >= layers.ENOUGH else np.empty(0, np.float32)
        accuracy = self._epochs[-1].train_accuracy if self._epochs else None
        found = (
            layers.exploding(log.names, values, self._name, self._rate),
            layers.dead(log.names, values, self._name),
            layers.vanishing(log.names, values, self._name),
            losses.too_high(course),
            losses.too_low(course, updates),
            epochs.one_answer(tuple(self._epochs), self._classes),
            losses.stands_still(course, accuracy),
            epochs.parts(self._first, self._best, tuple(self._epochs)),
        )
        return (note for note in found if note is not None)
