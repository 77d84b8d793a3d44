"""How many threads torch computes with: fixed where runs must repeat to the bit, else found out while training.

Two OpenMP threads on two cores fall to a quarter of one thread's speed when another program takes a core: each waits,
turning, for the one that is not let on. So a count chosen once is a bad choice later. `AdaptiveThreads` tries another
count for a few steps now and then, and keeps it where it is faster. What it holds on to:

- Trials cost a known share of the time (`SHARE`), whatever a step takes: what a bad trial lost is earned back first.
- Counts are compared by the mean time, not the median: where steps are short, most are not interrupted at all, and the
  few that are cost everything.
- It looks again at once when steps become slower or faster than they were, or other programs come or go.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

PROBE_EVERY = 1.5
"""Seconds of training between two trials; doubled up to `PROBE_AT_MOST` while trials keep failing."""
PROBE_AT_MOST = 8.0
FIRST_SECONDS = 0.3
"""The first trial of a run comes sooner: another program may be there already."""
SHARE = 0.03
"""The part of the time that trials of slower counts may cost."""
CREDIT = 0.4
"""Seconds that trials may cost before anything was earned: at the beginning, and when the machine's load changed."""
TRIAL_STEPS = 4
"""Steps of a trial that count, after one that only warms the threads up; fewer where steps are long."""
TRIAL_SECONDS = 0.12
"""A trial lasts at least so long: the systems let a program on for some milliseconds at a time."""
LONG_SECONDS = 1.0
"""After so long two steps are enough to judge a trial by."""
GAIN = 0.97
"""A trial must take less than this share of the time to be kept; below it lies the noise."""
CLEAR = 0.9
CLOSE_SECONDS = 0.5
"""A gain that is not clear is looked at for so long."""
HOPELESS = 2.0
"""A trial that takes so many times as long is broken off."""
CHANGED = 1.25
"""Steps that take so many times as long, or as short, as they did show that the machine's load is another."""
FORGIVE_EVERY = 5.0
"""Seconds of training between two times at which a changed load makes up for what trials have cost."""
NOTICE_SECONDS = 0.3
"""How long steps must have been slower or faster before that counts."""
BEYOND = 3
"""Counts above what other programs leave are tried so many times more seldom."""
LOOK_SECONDS = 1.0
"""How often the other programs are asked after."""


class AdaptiveThreads:
    """Decides the thread count from the time each step took. Only the training thread calls it.

    `set_threads` is `torch.set_num_threads`; `most` is the number of cores; `others` tells how many cores other
    programs kept busy since it was last asked (None: not known). It says only when and what to try: times decide.
    """

    def __init__(
        self, most: int, set_threads: Callable[[int], None], others: Callable[[], float | None] | None = None
    ) -> None:
        self.most = max(1, most)
        self.count = self.most
        """The count settled on; a trial does not change it before it was found faster."""
        self.gain = (0.0, 0.0)
        """Seconds that a step took before and after the count last changed."""
        self._set = set_threads
        self._others = others
        self._pictures = 0
        self._recent: deque[float] = deque(maxlen=512)
        self._expected = 0.0
        self._trial: list[float] | None = None
        self._tried = self.most
        self._since = 0.0
        self._wait = self._look_after = FIRST_SECONDS
        self._credit = CREDIT
        self._since_forgiven = 0.0
        self._costs: dict[int, float] = {}
        self._turn = 0
        self._asked = 0.0
        self._hint = self.most
        self._wanted: int | None = None
        set_threads(self.count)

    def after_step(self, seconds: float, pictures: int = 1) -> bool:
        """Take note of how long one step took to compute, in seconds; True where that settled on another count.

        Steps of fewer `pictures` than usual (the last of an epoch) are left out.
        """
        if self.most == 1 or pictures < self._pictures:
            return False
        if pictures > self._pictures:
            self._pictures = pictures
            self._recent.clear()
        if self._trial is not None:
            return self._try_on(seconds)
        self._recent.append(seconds)
        earned = min(seconds, LONG_SECONDS + 4 * self._expected)  # a machine that slept has earned nothing
        self._since += earned
        self._since_forgiven += earned
        self._credit = min(self._credit + SHARE * earned, max((CREDIT, *self._costs.values())))
        self._look_around(seconds)
        if self._is_due():
            self._begin()
        return False

    def _is_due(self) -> bool:
        if len(self._recent) < 2 or (len(self._recent) < TRIAL_STEPS and sum(self._recent) < LONG_SECONDS):
            return False
        wait = self._wait
        if self._has_changed():
            wait, self._wait = 0.0, PROBE_EVERY
            self._costs.clear()
            self._expected = self._mean_now()
            self._forgive()
        elif self._wanted is not None:
            wait = NOTICE_SECONDS
        elif self._next() > self._hint:  # more than other programs leave: seldom worth a trial
            wait *= BEYOND
        return self._since >= wait and self._credit >= self._costs.get(self._next(), 0.0)

    # --- what shows that the machine's load is another ---------------------------------------------------------------

    def _mean_now(self) -> float:
        """The mean of the newest steps: at least three, and as many as fill `NOTICE_SECONDS`."""
        newest: list[float] = []
        for seconds in reversed(self._recent):
            newest.append(seconds)
            if len(newest) >= 3 and sum(newest) >= NOTICE_SECONDS:
                break
        return _mean(newest)

    def _has_changed(self) -> bool:
        if not self._expected or len(self._recent) < 3 or self._since < NOTICE_SECONDS:
            return False
        now = self._mean_now()
        return not 1 / CHANGED < now / self._expected < CHANGED

    def _look_around(self, seconds: float) -> None:
        """Ask now and then how many cores are free; where that is another number than before, it is tried next."""
        self._asked += seconds
        if self._others is None or self._asked < self._look_after:
            return
        self._asked, self._look_after = 0.0, LOOK_SECONDS
        busy = self._others()
        if busy is None:
            return
        hint = max(1, min(self.most, int(self.most - busy + 0.35)))
        if hint != self._hint:
            self._hint = hint
            self._wanted = hint if hint != self.count else None
            self._costs.pop(hint, None)
            self._forgive()

    def _forgive(self) -> None:
        """The machine's load is another: what trials have cost says nothing any more. Not too often."""
        if self._since_forgiven >= FORGIVE_EVERY:
            self._since_forgiven = 0.0
            self._credit = max(self._credit, CREDIT)

    # --- a trial -----------------------------------------------------------------------------------------------------

    def _next(self) -> int:
        """The count to try: what other programs leave, else in turn half, one less, one more and double."""
        if self._wanted is not None and self._wanted != self.count:
            return self._wanted
        n = self.count
        around = [c for c in dict.fromkeys((n // 2, n - 1, n + 1, 2 * n)) if 1 <= c <= self.most and c != n]
        return around[self._turn % len(around)]

    def _begin(self) -> None:
        self._tried, self._wanted = self._next(), None
        self._expected = _mean(self._recent_second())
        self._trial = []
        self._set(self._tried)

    def _recent_second(self) -> list[float]:
        newest: list[float] = []
        for seconds in reversed(self._recent):
            newest.append(seconds)
            if len(newest) >= TRIAL_STEPS and sum(newest) >= LONG_SECONDS:
                break
        return newest

    def _try_on(self, seconds: float) -> bool:
        assert self._trial is not None
        self._trial.append(seconds)
        counted = self._trial[1:]
        spent, steps = sum(counted), len(counted)
        slow = HOPELESS * self._expected
        if min(self._trial) > slow and (len(self._trial) >= 2 or seconds > LONG_SECONDS):
            return self._judge(None)
        if (steps >= TRIAL_STEPS and spent >= TRIAL_SECONDS) or (steps >= 2 and spent >= LONG_SECONDS):
            mean = _mean(counted)
            if CLEAR * self._expected < mean < GAIN * self._expected and spent < CLOSE_SECONDS:
                return False  # a small gain may be chance: look on
            return self._judge(mean)
        return False

    def _judge(self, mean: float | None) -> bool:
        """Keep the count tried if it was faster; `mean` is None for a trial that was broken off."""
        assert self._trial is not None
        lost = sum(self._trial) - len(self._trial) * self._expected
        self._trial, self._since = None, 0.0
        self._recent.clear()
        if mean is not None and mean < GAIN * self._expected:
            self.gain = (self._expected, mean)
            self.count, self._expected = self._tried, mean
            self._wait = PROBE_EVERY
            self._costs.clear()
            return True
        self._set(self.count)
        self._costs[self._tried] = max(0.0, lost)
        self._credit -= max(0.0, lost)
        self._wait = min(max(self._wait * 2, PROBE_EVERY), PROBE_AT_MOST)
        self._turn += 1
        return False


def _mean(steps: Iterable[float]) -> float:
    """The mean, in which a step that took many times as long as the usual one (the machine slept) counts for eight."""
    found = sorted(steps)
    most = max(8 * found[len(found) // 2], 0.1)
    return sum(min(seconds, most) for seconds in found) / len(found)
