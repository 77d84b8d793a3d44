"""Several runs of one project in one figure each: the mean and how far they lie apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """`deviation` is the sample standard deviation (n - 1 in the denominator), 0 of a single value; `count` how many
    values there are."""

    mean: float
    deviation: float
    count: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread | None:
        """None of no value."""
        found = [float(v) for v in values if math.isfinite(v)]
        if not found:
            return None
        mean = math.fsum(found) / len(found)
        squares = math.fsum((v - mean) ** 2 for v in found)
        return cls(mean, math.sqrt(squares / (len(found) - 1)) if len(found) > 1 else 0.0, len(found))


def spreads(figures: Iterable[Mapping[str, float]]) -> dict[str, Spread]:
    """Mean and deviation of every figure that at least one of the runs has, in the order they are first met."""
    rows = [dict(row) for row in figures]
    keys = dict.fromkeys(key for row in rows for key in row)
    found = {key: Spread.of(row[key] for row in rows if key in row) for key in keys}
    return {key: spread for key, spread in found.items() if spread is not None}
