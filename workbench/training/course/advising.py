"""Looking now and then for what the course of a run gives reason to say; it must never end the run."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.compiler.paths import path_name
from workbench.core.diagnostic import Diagnostic
from workbench.training.advice.advisor import Advisor
from workbench.training.messages import EpochEnd

if TYPE_CHECKING:
    from workbench.training.engine import Engine
    from workbench.training.layer_log import LayerLog
    from workbench.training.scalars import ScalarLog

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two looks, beside the ends of epochs."""


class Advising:
    """Advice on one run; `past` are the epochs it had done before it was resumed. Only the training thread calls it."""

    def __init__(self, engine: Engine, past: Sequence[EpochEnd]) -> None:
        self._engine = engine
        self._advisor: Advisor | None = Advisor(engine.dataset.classes, self._name)
        self._advisor.take_up(past)
        self._looked = 0.0

    def is_due(self, now: float) -> bool:
        """Whether the last look is long enough ago, by the monotonic clock."""
        return now - self._looked >= EVERY

    def take(
        self, scalars: ScalarLog, layers: LayerLog, steps_per_epoch: int, epoch: EpochEnd | None = None
    ) -> Sequence[Diagnostic]:
        """What there is reason to say now, and after an epoch where one has ended."""
        advisor = self._advisor
        if advisor is None:
            return ()
        notes: Sequence[Diagnostic] = ()
        try:
            if epoch is not None:
                advisor.epoch_ended(epoch)
            rate = self._engine.learning_rate
            notes = advisor.take(scalars, layers, base_rate=rate, steps_per_epoch=steps_per_epoch)
        except Exception:
            log.exception("advice on %s failed and is off", self._engine.run)
            self._advisor = None
        self._looked = time.monotonic()
        return notes

    def _name(self, layer: str) -> str:
        return path_name(self._engine.compiled.inferred, layer)
