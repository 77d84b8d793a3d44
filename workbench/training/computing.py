"""How torch computes during a run: thread count and determinism, set for the run and put back after it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.core.other_programs import OtherPrograms
from workbench.document.project import Recipe
from workbench.training.device import describe
from workbench.training.keeping.promise import ADAPTIVE, differences, promise
from workbench.training.threads import AdaptiveThreads

if TYPE_CHECKING:
    import torch

    from workbench.training.checkpoint import Checkpoint

MOST_CHANGES = 10_000
"""How many changes of the thread count a run remembers, the newest."""


class Computing:
    """`fixed` is the number of threads where the recipe asks for one or for determinism, 0 while adaptive."""

    def __init__(self, recipe: Recipe, resume: Checkpoint | None) -> None:
        self.fixed = 0
        self.changes: tuple[tuple[int, int], ...] = resume.thread_changes if resume is not None else ()
        """The steps of the run after which the number of threads was another one, and which."""
        self.promise: dict[str, str] = {}
        """What the run's exactness depends on; there from `begin` on."""
        self._recipe = recipe
        self._resumed_threads = resume.threads if resume is not None else 0
        self._adaptive: AdaptiveThreads | None = None
        self._put_back: Callable[[], None] | None = None

    @property
    def threads(self) -> int:
        """How many threads the run computes with at the moment; 0 on a GPU where none were asked for."""
        return self._adaptive.count if self._adaptive is not None else self.fixed

    def begin(self, device: torch.device) -> None:
        """Take the thread count and the determinism of the recipe; on the thread that trains."""
        import torch

        threads = torch.get_num_threads()
        was_deterministic = torch.are_deterministic_algorithms_enabled()
        warned_only = torch.is_deterministic_algorithms_warn_only_enabled()
        tried_out = torch.backends.cudnn.benchmark

        def put_back() -> None:
            torch.set_num_threads(threads)
            torch.backends.cudnn.benchmark = tried_out
            if self._recipe.deterministic:
                torch.use_deterministic_algorithms(was_deterministic, warn_only=warned_only)

        self._put_back = put_back
        if device.type == "cuda":  # cuDNN takes the kernels that prove the fastest, which may be others in the next run
            torch.backends.cudnn.benchmark = not self._recipe.deterministic
        if self._recipe.deterministic:
            if device.type == "cuda":
                os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS repeats itself only with this
            torch.use_deterministic_algorithms(True, warn_only=True)
        if self._recipe.threads > 0 or self._recipe.deterministic:
            self.fixed = self._recipe.threads or self._resumed_threads or threads
            torch.set_num_threads(self.fixed)
        elif device.type == "cpu":
            self._adaptive = AdaptiveThreads(threads, torch.set_num_threads, OtherPrograms().cores)
        count = str(self.fixed or threads) if self.fixed or device.type == "cpu" else ""
        if self._adaptive is not None and self._adaptive.most > 1:
            count = ADAPTIVE
        self.promise = promise(describe(device), count, self._recipe.deterministic)

    def after_step(self, seconds: float, pictures: int, step: int) -> str | None:
        """Take note of how long a step took to compute; gives why the run goes on with another number of threads.

        None where it does not. `step` is the number of steps done in the whole run.
        """
        if self._adaptive is None or not self._adaptive.after_step(seconds, pictures):
            return None
        self.changes = (*self.changes, (step, self._adaptive.count))[-MOST_CHANGES:]
        before, after = self._adaptive.gain
        return f"a step took {_words(before)}, now {_words(after)}"

    def differences(self, resume: Checkpoint) -> list[str]:
        """Why going on from a checkpoint cannot be exact to the bit, in words; empty where it is."""
        then = dict(resume.promise)
        if not then:  # a checkpoint of format 1 kept these elsewhere
            then = {name: resume.versions[name] for name in ("torch", "numpy") if name in resume.versions}
            then |= {"device": resume.device, "threads": str(resume.threads or ADAPTIVE)}
        return differences(then, self.promise)

    def close(self) -> None:
        """Put everything back as it was."""
        if self._put_back is not None:
            self._put_back()
            self._put_back = None


def _words(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"
