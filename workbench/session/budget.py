"""How often a live run may be looked at: smooth where looks are cheap, seldom where they are dear."""

from __future__ import annotations

import time
from collections.abc import Callable

LIVE_SECONDS = 0.1
"""How often a live run looks inside at most: ten times a second is smooth."""

LONGEST_SHARE = 0.04
"""At most this share of the training time goes into looking. The promise is a twentieth; the rest is for what a look
costs beside its own time: the caches it empties for the next step, and one that takes longer than the one before."""


class Budget:
    """Says when the next look is due, so that looks never take more than `LONGEST_SHARE` of the training time.

    Every look is paid for in advance by training at least ``cost / LONGEST_SHARE`` seconds before it, for the cost of
    the look before. The first one is paid for by `expected`, what a look at this network took before the run; where
    that is not known, by what the first step took, which is more than one picture can take.
    """

    def __init__(self, expected: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: float | None = None
        self._expected = expected
        self._due = 0.0

    def is_due(self) -> bool:
        """Asked after every step; costs next to nothing."""
        now = self._clock()
        if self._began is None:  # the first step: the time before it went into getting ready
            self._began = now
            if self._expected is not None:
                self._due = now + pause(self._expected)
            return False
        if self._expected is None and now > self._began:
            self._expected = now - self._began
            self._due = self._began + pause(self._expected)
        return self._expected is not None and now >= self._due

    def spent(self, seconds: float) -> None:
        """A look took so long; called when it has ended."""
        self._due = self._clock() + pause(seconds)


def pause(cost: float) -> float:
    """Seconds of training between two looks of this cost (in seconds)."""
    return max(LIVE_SECONDS, cost / LONGEST_SHARE)
