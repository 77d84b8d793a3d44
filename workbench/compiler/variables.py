"""Short names for what flows through `forward`: x along a chain, other names where branches keep something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One statement: `node` computes its value from those of `reads` (nodes)."""

    node: str
    reads: tuple[str, ...]


def variables(arguments: Mapping[str, str], steps: Sequence[Step], results: Iterable[str]) -> Mapping[str, str]:
    """A variable for the value of every argument and step, such that none is overwritten while it is needed.

    `arguments` are the nodes whose values come from outside, with the name each would like; `results` those whose
    values are returned. A value that only the next statement takes is `x`. One that several take is `skip`, one that
    waits for its turn is `branch`; these are numbered while they overlap and used again afterwards, so that memory is
    let go as early as in a class written by hand.
    """
    end = len(steps)
    uses: dict[str, list[int]] = {node: [] for node in (*arguments, *(step.node for step in steps))}
    for position, step in enumerate(steps):
        for node in dict.fromkeys(step.reads):
            uses[node].append(position)
    for node in dict.fromkeys(results):
        uses[node].append(end)

    names: dict[str, str] = {}
    until: dict[str, int] = {}  # variable -> the last statement that reads what it holds now
    for node, stem in arguments.items():
        names[node] = "x" if len(arguments) == 1 and uses[node] == [0] else _free(stem, until, -1)
        until[names[node]] = max(uses[node], default=0)
    for position, step in enumerate(steps):
        taken = uses[step.node]
        if taken in ([position + 1], []):
            name = "x"
        else:
            name = _free("skip" if len(taken) > 1 else "branch", until, position)
        names[step.node] = name
        until[name] = max(taken, default=position)
    return names


def _free(stem: str, until: Mapping[str, int], position: int) -> str:
    """`stem`, or `stem_2` …, whichever no longer holds anything that is needed after this statement."""
    name, number = stem, 1
    while until.get(name, -1) > position:
        number += 1
        name = f"{stem}_{number}"
    return name
