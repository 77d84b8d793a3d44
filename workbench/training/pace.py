"""How fast a run goes and how long it will take, from the steps just done, by a monotonic clock without pauses."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from statistics import median

from workbench.training.messages import EpochEnd

WINDOW_SECONDS = 3.0
WINDOW_STEPS = 256
"""The rate is that of the last seconds (or steps), so that it follows what the machine does now."""


class Pace:
    """Fed by the training thread."""

    def __init__(self) -> None:
        self._times: deque[tuple[float, int]] = deque()
        self._pictures = 0
        self._excluded = 0.0
        self._epochs_left = 0
        self._beside = 0.0
        self._each: float | None = None
        self._rate = 0.0

    def begin(self, epochs_left: int) -> None:
        """A run starts (or goes on) with so many epochs to do."""
        self._epochs_left = epochs_left

    def exclude(self, seconds: float) -> None:
        """A pause."""
        self._excluded += seconds

    def stepped(self, now: float, pictures: int) -> float:
        """One step ended at `now`; gives pictures a second over the last seconds (0 while unknown)."""
        now -= self._excluded
        self._times.append((now, pictures))
        self._pictures += pictures
        while len(self._times) > 2 and (now - self._times[0][0] > WINDOW_SECONDS or len(self._times) > WINDOW_STEPS):
            self._pictures -= self._times.popleft()[1]
        first, at_first = self._times[0]
        if now > first:
            self._rate = (self._pictures - at_first) / (now - first)
        return self._rate  # at the first step of an epoch, what it was before

    def epoch_ended(self, event: EpochEnd) -> None:
        """An epoch ended: what it took beside its steps (validation, checkpoints) will come again."""
        self._epochs_left -= 1
        self._beside = event.validation_seconds
        self._each = self._step_seconds()
        self._times.clear()  # the time of validation belongs to no step
        self._pictures = 0

    def seconds_left(self, steps: int) -> float | None:
        """How long so many further steps and the validations between them will take; None while unknown."""
        each = self._step_seconds()
        return None if each is None else max(0.0, steps * each + self._epochs_left * self._beside)

    def _step_seconds(self) -> float | None:
        """The median, which a machine that slept for a minute does not move."""
        gaps = [b[0] - a[0] for a, b in pairwise(self._times)]
        return median(gaps) if gaps else self._each
