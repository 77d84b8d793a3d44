"""Which problem comes first, and which are one and the same seen from several places."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.diagnostic import Diagnostic, Severity

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
FOLLOWS = "block.inside"
"""Says on the card of a block that something inside is wrong; in a list the cause itself stands."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing to mend. `places` counts the uses of the block it stands in, 1 outside of blocks."""

    problem: Diagnostic
    places: int = 1


def worst_first(problems: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Errors, then warnings, then the rest; within these in reading order."""
    return tuple(sorted(problems, key=lambda d: _RANK[d.severity]))


def causes(problems: tuple[Diagnostic, ...]) -> tuple[Cause, ...]:
    """What a person has to mend, worst first: a mistake inside a block once, however often the block is used."""
    paths = {tuple(step.partition(":")[0] for step in d.path) for d in problems if d.code != FOLLOWS}
    leads = {path[: depth + 1] for path in paths for depth in range(len(path))}
    found: dict[tuple[object, ...], Cause] = {}
    for problem in worst_first(problems):
        if problem.code == FOLLOWS and (*problem.path, problem.node) in leads:
            continue
        place = problem.path if not problem.path else "inside"
        key = (problem.code, problem.message, place, problem.node, problem.param, problem.port)
        before = found.get(key)
        found[key] = Cause(problem) if before is None else Cause(before.problem, before.places + 1)
    return tuple(found.values())
