"""How busy other programs keep the processor's cores that this one may use."""

from __future__ import annotations

import os
import time

_BUSY = ("user", "nice", "system", "steal")
"""What of a core's time somebody used; not every system tells each. "steal" is what other virtual machines took."""


class OtherPrograms:
    """Asked now and then; each answer is about the time since the one before (the first since this was made)."""

    def __init__(self) -> None:
        self._before = self._read()

    def cores(self) -> float | None:
        """How many cores other programs kept busy, on the average: 0.0 to the number of cores. None if not known."""
        before, now = self._before, self._read()
        self._before = now
        if before is None or now is None or now[0] - before[0] < 0.05:
            return None
        seconds, busy, own = (b - a for a, b in zip(before, now, strict=True))
        return max(0.0, (busy - own) / seconds)

    def _read(self) -> tuple[float, float, float] | None:
        """(clock, seconds for which the cores that we may use were busy, seconds for which we kept them so)."""
        import psutil

        try:
            each = psutil.cpu_times(percpu=True)
            if hasattr(os, "sched_getaffinity"):
                each = [each[core] for core in sorted(os.sched_getaffinity(0)) if core < len(each)]
            busy = sum(getattr(core, name, 0.0) for core in each for name in _BUSY)
            own = psutil.Process().cpu_times()
        except (psutil.Error, OSError):
            return None
        return time.monotonic(), busy, own.user + own.system
