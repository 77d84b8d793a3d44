"""A search as Optuna keeps it: what to try next, what came of each trial, and which settings matter.

Every proposal follows from the plan's seed, the trial's number and what the trials before it gave, and from nothing
else: a search that was killed and goes on proposes what it would have proposed.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Problem
from workbench.document.graph import Value
from workbench.document.project import Project
from workbench.session.searching.plan import Plan, plan_from_json
from workbench.session.searching.ranges import Range, grid, spelled, tidy
from workbench.session.searching.record_file import explaining, opened
from workbench.session.searching.trial import Trial
from workbench.session.searching.variants import Axis, variant

if TYPE_CHECKING:
    import optuna
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

PLAN = "plan"
"""The attribute of a study that holds its plan."""

FEWEST = 4
"""Trials without which nothing is said about which settings matter."""

_NAME = re.compile(r"search-([1-9][0-9]{0,8})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A trial that is to be carried out: the project to train; None (with `reason`) where it cannot be made.

    `run` is the run of an interrupted trial that can be gone on with.
    """

    trial: Trial
    project: Project | None
    reason: str = ""
    run: str = ""


def names(path: Path) -> tuple[str, ...]:
    """The searches of a project, newest first. Raises `Problem` where the record cannot be read."""
    if not path.exists():
        return ()
    import optuna

    with opened(path, to_write=False) as storage, explaining(path):
        found = optuna.study.get_all_study_names(storage)
    return tuple(reversed(found))


def free_name(known: tuple[str, ...]) -> str:
    """ "search-3" where there were two."""
    numbers = [int(found[1]) for name in known if (found := _NAME.match(name))]
    return f"search-{max(numbers, default=0) + 1}"


@contextlib.contextmanager
def begun(path: Path, plan: Plan) -> Iterator[Study]:
    """A new search in the record, under the plan's name. Raises `Problem` where there is one of that name."""
    import optuna

    with opened(path, to_write=True) as storage:
        with explaining(path):
            if plan.name in optuna.study.get_all_study_names(storage):
                raise Problem.of(
                    "search.exists",
                    f"There is a search “{plan.name[:80]}” already. Go on with it, or choose another name.",
                )
            direction = "maximize" if plan.measure.higher else "minimize"
            study = optuna.create_study(storage=storage, study_name=plan.name, direction=direction)
            study.set_user_attr(PLAN, plan.as_json())
        yield Study(study, plan, path)


@contextlib.contextmanager
def reopened(path: Path, name: str, *, to_write: bool) -> Iterator[Study]:
    """A search of the record, as it stands. Raises `Problem` where there is none of that name."""
    import optuna

    if not path.exists():
        raise _unknown(name, ())
    with opened(path, to_write=to_write) as storage:
        with explaining(path):
            known = optuna.study.get_all_study_names(storage)
            if name not in known:
                raise _unknown(name, tuple(known))
            study = optuna.load_study(study_name=name, storage=storage)
            plan = plan_from_json(name, study.user_attrs.get(PLAN))
        yield Study(study, plan, path)


class Study:
    """One search. Made by `begun` and `reopened`, used in one thread; every method raises `Problem` where it fails."""

    def __init__(self, study: optuna.Study, plan: Plan, path: Path) -> None:
        self.plan = plan
        self._study = study
        self._path = path
        self._axes = {axis.id: axis for axis in plan.axes}

    def set_trials(self, trials: int) -> None:
        """Have another number of trials from now on."""
        with explaining(self._path):
            self.plan = replace(self.plan, trials=trials)
            self._study.set_user_attr(PLAN, self.plan.as_json())

    def trials(self, current: int | None = None) -> tuple[Trial, ...]:
        """All trials, in order; the one that is unfinished and not `current` was interrupted."""
        with explaining(self._path):
            return tuple(self._trial(found, current) for found in self._study.get_trials(deepcopy=False))

    def trial(self, number: int, current: int | None = None) -> Trial:
        """One trial, as `trials` gives it."""
        with explaining(self._path):
            return self._trial(self._frozen(number), current)

    def next(self) -> Proposal | None:
        """What to carry out now: an interrupted trial first, else a new one; None when all were."""
        with explaining(self._path):
            trials = self._study.get_trials(deepcopy=False)
            for found in trials:
                if not found.state.is_finished():
                    return self._proposed(found.number + 1)
            if len(trials) >= self.plan.trials:
                return None
            self._study.sampler = _sampler(self.plan, len(trials))
            return self._proposed(self._study.ask().number + 1)

    def _proposed(self, number: int) -> Proposal:
        """The variant of a trial; what it has been given before it was cut short stays as it is."""
        self._study.sampler = _sampler(self.plan, number - 1)
        self._study.sampler.before_trial(self._study, self._frozen(number))
        asked = self._optuna_trial(number)
        reason, project = "", None
        try:
            project, _values = variant(self.plan.project, self.plan.axes, lambda axis: _suggested(asked, axis))
        except Problem as problem:
            reason = problem.diagnostics[0].message
        trial = self._trial(self._frozen(number), number)
        return Proposal(trial, project, reason, trial.run)

    def same_before(self, trial: Trial) -> Trial | None:
        """The first trial of the very same variant that was carried out to its end."""
        alike = (t for t in self.trials() if t.number < trial.number and t.state == "done" and t.same_as is None)
        return next((t for t in alike if t.values == trial.values), None)

    def note(self, number: int, **facts: str | float | int | None) -> None:
        """Write down facts of a trial: its run, its reason, its seconds, which trial it is the same as."""
        with explaining(self._path):
            trial = self._optuna_trial(number)
            for name, value in facts.items():
                trial.set_user_attr(name, value)

    def report(self, number: int, epoch: int, value: float) -> None:
        """Write down the measure after an epoch; what is there already stays."""
        with explaining(self._path):
            if epoch not in self._frozen(number).intermediate_values:
                self._optuna_trial(number).report(value, epoch)

    def should_prune(self, number: int) -> bool:
        """Whether a trial does so badly, beside those before it, that it is not worth going on with."""
        with explaining(self._path):
            self._study.pruner = _pruner(self.plan)
            return bool(self._optuna_trial(number).should_prune())

    def tell(self, number: int, state: str, score: float | None = None) -> None:
        """Finish a trial: "done" with its score, "pruned" or "failed"."""
        from optuna.samplers import RandomSampler
        from optuna.trial import TrialState

        states = {"done": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
        with explaining(self._path):
            self._study.sampler = RandomSampler()  # a grid's would want to stop a loop that is not Optuna's
            if not self._frozen(number).state.is_finished():
                self._study.tell(number - 1, score if state == "done" else None, state=states[state])

    def importance(self) -> Mapping[str, float]:
        """How much of the difference between trials is due to each setting: shares of 1, the largest first.

        Functional ANOVA over a forest of trees (Hutter, Hoos and Leyton-Brown 2014, section 3) as Optuna has it, of the
        settings that all trials have; nothing below `FEWEST` different trials, or where all did equally well.
        """
        with explaining(self._path):
            done = [t for t in self.trials() if t.state == "done" and t.same_as is None]
            if len(done) < FEWEST or len({t.score for t in done}) < 2:
                return MappingProxyType({})
            from optuna.importance import FanovaImportanceEvaluator, get_param_importances

            common = set.intersection(*(set(trial.values) for trial in done))
            varied = [name for name in common if len({trial.values[name] for trial in done}) > 1]
            if not varied:
                return MappingProxyType({})
            evaluator = FanovaImportanceEvaluator(seed=0)
            found = get_param_importances(self._study, evaluator=evaluator, params=sorted(varied))
            return MappingProxyType({name: float(v) for name, v in found.items() if math.isfinite(v)})

    def _frozen(self, number: int) -> FrozenTrial:
        found = self._study.get_trials(deepcopy=False)
        if not 1 <= number <= len(found):
            raise ValueError(f"there is no trial {number}")
        return found[number - 1]

    def _optuna_trial(self, number: int) -> optuna.Trial:
        """A trial to write to; by its number, because it may have been asked for by a process that is no more."""
        import optuna

        return optuna.trial.Trial(self._study, self._frozen(number)._trial_id)

    def _trial(self, found: FrozenTrial, current: int | None) -> Trial:
        facts = found.user_attrs
        values = {name: self._value(name, value) for name, value in found.params.items()}
        epochs = {int(step): float(v) for step, v in sorted(found.intermediate_values.items()) if math.isfinite(v)}
        state = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed"}.get(found.state.name, "interrupted")
        number = found.number + 1
        score = found.value if state == "done" else self.plan.measure.best(epochs.values())
        return Trial(
            number=number,
            state="running" if state == "interrupted" and number == current else state,
            values=MappingProxyType(values),
            score=score,
            run=str(facts.get("run", "")),
            reason=str(facts.get("reason", "")),
            epochs=MappingProxyType(epochs),
            seconds=float(facts.get("seconds", 0.0)),
            same_as=None if facts.get("same_as") is None else int(facts["same_as"]),
        )

    def _value(self, name: str, stored: Any) -> Value:
        """A setting's value from what Optuna keeps of it: lists of values go by their spelling."""
        axis = self._axes[name]
        if isinstance(axis.wanted, Range):
            return int(stored) if axis.setting.is_whole else tidy(float(stored), axis.wanted)
        return next(value for value in axis.wanted.values if spelled(value) == stored)


def _unknown(name: str, known: tuple[str, ...]) -> Problem:
    there = f"Its searches are: {', '.join(known[-8:])}." if known else "It has none yet."
    return Problem.of("search.none", f"There is no search “{name[:80]}” in this project. {there}")


def _suggested(trial: optuna.Trial, axis: Axis) -> Value:
    wanted = axis.wanted
    if not isinstance(wanted, Range):
        texts = [spelled(value) for value in wanted.values]
        return wanted.values[texts.index(trial.suggest_categorical(axis.id, texts))]
    low, high, step = wanted.low, wanted.high, wanted.step
    if step:  # Optuna asks for an end that is reached
        high = low + math.floor((high - low) / step + 1e-9) * step
    if axis.setting.is_whole:
        whole: int = trial.suggest_int(axis.id, int(low), int(high), step=int(step) or 1, log=wanted.log)
        return whole
    found: float = trial.suggest_float(axis.id, low, high, step=step or None, log=wanted.log)
    return tidy(found, wanted)


def _sampler(plan: Plan, number: int) -> BaseSampler:
    """What proposes the values of trial `number` (from 0)."""
    from optuna.samplers import GridSampler, RandomSampler, TPESampler

    seed = (plan.seed * 1_000_003 + number) % 2**32
    if plan.sampler == "random":
        return RandomSampler(seed=seed)
    if plan.sampler == "tpe":
        return TPESampler(n_startup_trials=min(10, max(3, plan.trials // 3)), seed=seed)
    points = {axis.id: _points(axis) for axis in plan.axes}
    return GridSampler(points, seed=plan.seed)  # of the plan alone: it shuffles the grid, and goes through it in order


def _points(axis: Axis) -> list[Any]:
    found = grid(axis.wanted, axis.setting.is_whole)
    return list(found) if isinstance(axis.wanted, Range) else [spelled(value) for value in found]


def _pruner(plan: Plan) -> optuna.pruners.BasePruner:
    from optuna.pruners import MedianPruner, NopPruner, SuccessiveHalvingPruner

    if plan.pruner == "median":
        return MedianPruner(n_startup_trials=4, n_warmup_steps=1)
    if plan.pruner == "halving":
        return SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    return NopPruner()
