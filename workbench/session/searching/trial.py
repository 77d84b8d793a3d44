"""One variant that a search tries, and where a whole search stands: frozen values for the views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import Value
from workbench.session.searching.plan import Plan


@dataclass(frozen=True, slots=True)
class Trial:
    """`number` counts from 1. `state` is "running", "interrupted", "done", "pruned" or "failed" (`reason` says why).

    `values` are the settings by id, `score` the best of the search's measure over the epochs (of a pruned one until
    then), `epochs` the measure after each epoch by its number, `run` the run's id, "" while it has none. `same_as` is
    the earlier trial of the very same variant, which was not trained again.
    """

    number: int
    state: str
    values: Mapping[str, Value]
    score: float | None = None
    run: str = ""
    reason: str = ""
    epochs: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    seconds: float = 0.0
    same_as: int | None = None

    @property
    def is_finished(self) -> bool:
        return self.state in ("done", "pruned", "failed")

    def as_json(self) -> dict[str, Any]:
        """The row `workbench search --json` prints."""
        return {
            "event": "trial",
            "trial": self.number,
            "state": self.state,
            "score": self.score,
            "run": self.run or None,
            "parameters": {name: list(v) if isinstance(v, tuple) else v for name, v in self.values.items()},
            "epochs": len(self.epochs),
            "seconds": round(self.seconds, 3),
            "same_as": self.same_as,
            "reason": self.reason or None,
        }


@dataclass(frozen=True, slots=True)
class SearchState:
    """The search that goes on, or the one that is looked at.

    `phase` is "none", "starting", "running", "stopping", "done", "stopped", "failed" or "opened" (an earlier one, as it
    stands). `importance` says for each setting how much of the difference between trials is due to it (they add up to
    1; none below three trials), `known` names all searches of the project, newest first.
    """

    phase: str = "none"
    plan: Plan | None = None
    trials: tuple[Trial, ...] = ()
    importance: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    known: tuple[str, ...] = ()
    seconds_left: float | None = None
    per_hour: float = 0.0
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def is_live(self) -> bool:
        return self.phase in ("starting", "running", "stopping")

    @property
    def done(self) -> int:
        return sum(trial.is_finished for trial in self.trials)

    @property
    def total(self) -> int:
        return 0 if self.plan is None else self.plan.trials

    @property
    def may_go_on(self) -> bool:
        """Whether there are trials left of a search that does not run."""
        return not self.is_live and self.plan is not None and self.done < self.total

    @property
    def best(self) -> Trial | None:
        """The trial with the best score, the earliest of equals; None before the first was done."""
        found = None
        for trial in self.trials:
            if trial.state != "done" or trial.score is None or self.plan is None:
                continue
            if found is None or found.score is None or self._beats(trial.score, found.score):
                found = trial
        return found

    def _beats(self, new: float, old: float) -> bool:
        assert self.plan is not None
        return new > old if self.plan.measure.higher else new < old
