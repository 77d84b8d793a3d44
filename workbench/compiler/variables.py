"""Short names for what flows through `forward`: x along a chain, other names where branches keep something."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One statement: it computes the values `gives` from those of `reads`."""

    gives: tuple[str, ...]
    reads: tuple[str, ...]


def variables(
    arguments: Mapping[str, str], steps: Sequence[Step], results: Iterable[str], chain: str = "x"
) -> Mapping[str, str]:
    """A variable for every argument and every value of a step, such that none is overwritten while it is needed.

    `arguments` are the values that come from outside, with the name each would like; `results` those that are returned.
    A value that only the next statement takes is `chain`. One that several take is `skip`, one that waits for its turn
    is `branch`; these are numbered while they overlap and used again afterwards, so that memory is let go as early as
    in a class written by hand.
    """
    end = len(steps)
    uses: dict[str, list[int]] = {value: [] for value in (*arguments, *(v for step in steps for v in step.gives))}
    for position, step in enumerate(steps):
        for value in dict.fromkeys(step.reads):
            uses[value].append(position)
    for value in dict.fromkeys(results):
        uses[value].append(end)

    names: dict[str, str] = {}
    until: dict[str, int] = {}  # variable -> the last statement that reads what it holds now
    for value, stem in arguments.items():
        names[value] = chain if len(arguments) == 1 and uses[value] == [0] else _free(stem, until, -1)
        until[names[value]] = max(uses[value], default=0)
    for position, step in enumerate(steps):
        taken_now: set[str] = set()
        for value in step.gives:
            taken = uses[value]
            if taken in ([position + 1], []) and chain not in taken_now:
                name = chain
            else:
                name = _free("skip" if len(taken) > 1 else "branch", until, position, taken_now)
            names[value] = name
            taken_now.add(name)
        for value in step.gives:
            until[names[value]] = max(uses[value], default=position)
    return names


def _free(stem: str, until: Mapping[str, int], position: int, taken: Collection[str] = ()) -> str:
    """`stem`, or `stem_2` …, whichever no longer holds anything that is needed after this statement."""
    name, number = stem, 1
    while until.get(name, -1) > position or name in taken:
        number += 1
        name = f"{stem}_{number}"
    return name
