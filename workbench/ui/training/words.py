"""A run in a few words: which, how far, how long still, how fast; or how it ended."""

from __future__ import annotations

from workbench.core.words import duration, file_size, rate
from workbench.session.state import RunState


def run_words(run: RunState) -> tuple[str, ...]:
    """The header's words: which run, how far, how long still, how fast, with how much memory; or how it ended."""
    name = run.id.replace("-", " ")
    epoch = f"epoch {min(max(run.epoch, 1), run.epochs):,} of {run.epochs:,}"
    best = "" if run.best_val_accuracy is None else f"best {run.best_val_accuracy * 100:.1f} %"
    speed = rate(run.images_per_second, "pictures") if run.images_per_second > 0 else ""
    memory = file_size(run.memory) if run.memory else ""
    if run.phase == "starting":
        return name, "starting…"
    if run.phase == "running":
        left = f"{duration(run.seconds_left)} left" if run.seconds_left is not None else ""
        last = "stops after this epoch" if run.last_epoch else left
        return name, epoch, last, speed, memory
    if run.phase == "paused":
        return name, epoch, "paused", memory
    if run.phase == "stopping":
        return name, epoch, "stopping…"
    return name, run.phase, epoch, best
