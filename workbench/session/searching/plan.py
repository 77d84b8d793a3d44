"""What a search is to do: which settings, what is tried of each, how, and how often."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.words import count, number
from workbench.document.format import decode, encode
from workbench.document.project import Project
from workbench.session.searching.measure import Measure
from workbench.session.searching.ranges import Values, from_json, grid, to_json
from workbench.session.searching.recipe_settings import CHOSEN
from workbench.session.searching.setting import Target
from workbench.session.searching.settings_of import setting_of
from workbench.session.searching.variants import Axis, applies

FORMAT = 1
SAMPLERS = ("tpe", "random", "grid")
PRUNERS = ("none", "median", "halving")
MOST_TRIALS = 10_000
MOST_AXES = 32


@dataclass(frozen=True, slots=True)
class Plan:
    """`project` is what is varied, with a run's overrides in it already (`overrides` are kept for people).

    `sampler`: "tpe" (the tree-structured Parzen estimator: tries more of what did well), "random" or "grid" (all
    combinations). `pruner`: "none", "median" (ends a trial that is worse than half of those before it at the same
    epoch) or "halving" (lets only the best third go on, at ever longer distances).
    """

    name: str
    project: Project
    axes: tuple[Axis, ...]
    measure: Measure
    trials: int = 20
    sampler: str = "tpe"
    pruner: str = "none"
    seed: int = 0
    overrides: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values, for the record of the search."""
        return {
            "format": FORMAT,
            "project": encode(self.project).decode(),
            "axes": [{"setting": axis.id, **to_json(axis.wanted)} for axis in self.axes],
            "measure": self.measure.key,
            "trials": self.trials,
            "sampler": self.sampler,
            "pruner": self.pruner,
            "seed": self.seed,
            "overrides": json.loads(json.dumps(dict(self.overrides), default=str)),
        }


def plan_from_json(name: str, data: Any) -> Plan:
    """What `Plan.as_json` gave. Raises `ValueError`, `TypeError`, `LookupError` or `Problem` for anything else."""
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise ValueError("the plan is of another format")
    project = decode(str(data["project"]).encode())
    axes = data["axes"]
    if not isinstance(axes, list):
        raise TypeError("the axes are no list")
    found = [Axis(setting_of(project, str(axis["setting"])), from_json(axis)) for axis in axes]
    plan = Plan(
        name=name,
        project=project,
        axes=tuple(found),
        measure=Measure(str(data["measure"])),
        trials=int(data["trials"]),
        sampler=str(data["sampler"]),
        pruner=str(data["pruner"]),
        seed=int(data["seed"]),
        overrides=MappingProxyType(dict(data.get("overrides", {}))),
    )
    return checked(plan)


def axes_of(project: Project, wanted: Sequence[str]) -> tuple[Axis, ...]:
    """Axes as they are typed ("lr=1e-4..1e-1:log", "conv2d_1.filters=16,32", "dropout_1.rate").

    Raises `Problem` with all that is wrong with them.
    """
    axes: list[Axis] = []
    problems: list[Diagnostic] = []
    for text in wanted:
        name, equals, values = text.partition("=")
        try:
            setting = setting_of(project, name)
            axes.append(Axis(setting, setting.read(values) if equals else setting.wanted))
        except Problem as problem:
            problems += problem.diagnostics
    if problems:
        raise Problem(*problems)
    return tuple(axes)


def checked(plan: Plan) -> Plan:
    """The plan itself, with as many trials as a grid has points at most. Raises `Problem` with all that is wrong."""
    problems = [*_faults(plan)]
    if problems:
        raise Problem(*problems)
    return replace(plan, trials=min(plan.trials, points_of_grid(plan))) if plan.sampler == "grid" else plan


def _faults(plan: Plan) -> list[Diagnostic]:
    found = []
    if not 1 <= len(plan.axes) <= MOST_AXES:
        found.append(
            Diagnostic(
                "search.axes",
                "Nothing is to be varied. Add a setting, such as the learning rate."
                if not plan.axes
                else f"{count(len(plan.axes), 'setting')} are to be varied. Choose {MOST_AXES} at most.",
            )
        )
    if not 1 <= plan.trials <= MOST_TRIALS:
        found.append(
            Diagnostic(
                "search.trials",
                f"A search has 1 to {number(MOST_TRIALS)} trials, not {number(plan.trials)}.",
                param="trials",
            )
        )
    for name, value, known in (("sampler", plan.sampler, SAMPLERS), ("pruner", plan.pruner, PRUNERS)):
        if value not in known:
            found.append(
                Diagnostic(f"search.{name}", f"There is no {name} “{value[:40]}”. Choose one of: {', '.join(known)}.")
            )
    seen: set[Target] = set()
    for axis in plan.axes:
        before = len(seen)
        seen.add(axis.setting.target)
        if len(seen) == before:
            found.append(
                Diagnostic("search.twice", f"“{axis.setting.name}” is varied twice. Take one away.", param=axis.id)
            )
        found += _useless(plan, axis)
    if not found and plan.sampler == "grid" and points_of_grid(plan) > MOST_TRIALS:
        found.append(
            Diagnostic(
                "search.grid",
                f"This grid has {number(points_of_grid(plan))} points, and a search {number(MOST_TRIALS)} trials at "
                "most. Give fewer values, or search at random or with TPE.",
            )
        )
    return found


def _useless(plan: Plan, axis: Axis) -> list[Diagnostic]:
    """An axis that no variant of this search can have: momentum, where every optimizer is Adam."""
    target = axis.setting.target
    if applies(plan.project, target):
        return []
    if target.kind != "chosen":
        return [
            Diagnostic(
                "search.gone",
                f"“{axis.setting.name}” is not in the project any more. Leave it out of the search.",
                param=axis.id,
            )
        ]
    tried = next((a.wanted for a in plan.axes if a.id == f"recipe.{target.node}"), None)
    title, _help, catalogue = CHOSEN[target.node]
    for choice in tried.values if isinstance(tried, Values) else ():
        declaration = catalogue.get(str(choice))
        if declaration is not None and any(p.id == target.param for p in declaration.params):
            return []
    now = catalogue.get(getattr(plan.project.recipe, target.node).id)
    return [
        Diagnostic(
            "search.unused",
            f"“{axis.setting.name}” belongs to {axis.setting.group.partition(': ')[2]}, and the {title.lower()} is "
            f"{now.title if now is not None else 'another one'}. Vary the {title.lower()} too, or leave it out.",
            param=axis.id,
        )
    ]


def points_of_grid(plan: Plan) -> int:
    """How many combinations a grid over the axes has."""
    return math.prod(len(grid(axis.wanted, axis.setting.is_whole)) for axis in plan.axes)
