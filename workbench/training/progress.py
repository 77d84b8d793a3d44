"""Where a run stands, as a value that views compare."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Replaced whole while a run goes on.

    `phase` is "starting", "running", "paused", "stopping", "done", "stopped" or "failed"; `step` and `steps` count the
    whole run; `seconds_left` is None while unknown. `learning_rate` is that of the last step, `memory` the bytes in use
    on the device, or by this process where that is the CPU (0 while unknown). `last_epoch`: it will end after the epoch
    under way, as was asked for.
    """

    phase: str = "starting"
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    steps_per_epoch: int = 0
    validating: bool = False
    images_per_second: float = 0.0
    seconds_left: float | None = None
    learning_rate: float = 0.0
    memory: int = 0
    last_epoch: bool = False

    @property
    def is_live(self) -> bool:
        return self.phase in ("starting", "running", "paused", "stopping")
