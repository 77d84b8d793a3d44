"""How many threads torch computes with: fixed where runs must repeat to the bit, else found out while training.

Two OpenMP threads on two cores fall to a quarter of one thread's speed when another program takes a core, so a count
chosen once is a bad choice later. Every second or two a neighbouring count is tried for a few steps and kept if faster.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable

PROBE_EVERY = 1.5
"""Seconds of training between two trials; doubled up to `PROBE_AT_MOST` while trials keep failing."""
PROBE_AT_MOST = 12.0
TRIAL_STEPS = 4
"""Steps of a trial that count, after one that only warms the threads up."""
GAIN = 0.97
"""A trial must take less than this share of the time to be kept; below it lies the noise."""


class AdaptiveThreads:
    """Decides the thread count from the time each step took. Only the training thread calls it.

    `set_threads` is `torch.set_num_threads`; `most` is the number of cores.
    """

    def __init__(self, most: int, set_threads: Callable[[int], None]) -> None:
        self.most = max(1, most)
        self.count = self.most
        self._set = set_threads
        self._recent: deque[float] = deque(maxlen=32)
        self._trial: list[float] | None = None
        self._before = self.count
        self._since = 0.0
        self._wait = PROBE_EVERY
        self._baseline = 0.0
        self._down = True
        set_threads(self.count)

    def after_step(self, seconds: float) -> None:
        """Take note of one step of the usual size."""
        if self.most == 1:
            return
        if self._trial is None:
            self._recent.append(seconds)
            self._since += seconds
            if self._since >= self._wait and len(self._recent) >= TRIAL_STEPS:
                self._begin()
        else:
            self._trial.append(seconds)
            hopeless = len(self._trial) == 2 and min(self._trial) > 2 * self._baseline
            if hopeless or len(self._trial) > TRIAL_STEPS:
                self._judge(hopeless)

    def _begin(self) -> None:
        """Try the count below and the count above in turn."""
        baseline = statistics.median(list(self._recent)[-TRIAL_STEPS * 2 :])
        if self._baseline and not 0.8 < baseline / self._baseline < 1.25:
            self._wait = PROBE_EVERY  # the machine's load has changed: look again soon
        self._baseline = baseline
        self._before = self.count
        if self.count == self.most:
            self._down = True
        elif self.count == 1:
            self._down = False
        self._use(self.count - 1 if self._down else self.count + 1)
        self._trial = []

    def _judge(self, hopeless: bool) -> None:
        assert self._trial is not None
        better = not hopeless and statistics.median(self._trial[1:]) < GAIN * self._baseline
        self._trial, self._since = None, 0.0
        if better:
            self._recent.clear()
            self._wait = PROBE_EVERY
        else:
            self._use(self._before)
            self._wait = min(self._wait * 2, PROBE_AT_MOST)
            self._down = not self._down

    def _use(self, count: int) -> None:
        self.count = count
        self._set(count)
