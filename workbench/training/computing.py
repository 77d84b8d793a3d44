"""How torch computes during a run: thread count and determinism, set for the run and put back after it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.document.project import Recipe
from workbench.training.threads import AdaptiveThreads
from workbench.training.versions import versions

if TYPE_CHECKING:
    import torch

    from workbench.training.checkpoint import Checkpoint


class Computing:
    """`fixed` is the number of threads where the recipe asks for one or for determinism, 0 while adaptive."""

    def __init__(self, recipe: Recipe, resume: Checkpoint | None) -> None:
        self.fixed = 0
        self._recipe = recipe
        self._resumed_threads = resume.threads if resume is not None else 0
        self._adaptive: AdaptiveThreads | None = None
        self._put_back: Callable[[], None] | None = None

    def begin(self, device: torch.device) -> None:
        """Take the thread count and the determinism of the recipe; on the thread that trains."""
        import torch

        threads = torch.get_num_threads()
        was_deterministic = torch.are_deterministic_algorithms_enabled()
        warned_only = torch.is_deterministic_algorithms_warn_only_enabled()

        def put_back() -> None:
            torch.set_num_threads(threads)
            if self._recipe.deterministic:
                torch.use_deterministic_algorithms(was_deterministic, warn_only=warned_only)

        self._put_back = put_back
        if self._recipe.deterministic:
            if device.type == "cuda":
                os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS repeats itself only with this
            torch.use_deterministic_algorithms(True, warn_only=True)
        if self._recipe.threads > 0 or self._recipe.deterministic:
            self.fixed = self._recipe.threads or self._resumed_threads or threads
            torch.set_num_threads(self.fixed)
        elif device.type == "cpu":
            self._adaptive = AdaptiveThreads(threads, torch.set_num_threads)

    def after_step(self, seconds: float) -> None:
        """Take note of how long a step took a picture."""
        if self._adaptive is not None:
            self._adaptive.after_step(seconds)

    def differences(self, resume: Checkpoint, device: str) -> list[str]:
        """Why going on from a checkpoint cannot be exact to the bit, in words; empty where it is."""
        reasons = [
            f"{name} was {then}, now it is {versions().get(name)}"
            for name, then in resume.versions.items()
            if name in ("torch", "numpy") and then != versions().get(name)
        ]
        if resume.device != device:
            reasons.append(f"it ran on {resume.device}, now on {device}")
        if resume.threads != self.fixed:
            was, now = (f"{n} threads" if n else "an adaptive thread count" for n in (resume.threads, self.fixed))
            reasons.append(f"it computed with {was}, now with {now}")
        return reasons

    def close(self) -> None:
        """Put everything back as it was."""
        if self._put_back is not None:
            self._put_back()
            self._put_back = None
