"""Dealing samples out to parts (train, validation and test, or folds) so that each class has its share in each part.

Everything follows from an order that was drawn before; the same order gives the same parts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


def by_class(order: Indices, labels: npt.NDArray[np.int64], classes: int) -> list[Indices]:
    """For each class its members, in the order given."""
    own = labels[order]
    sorted_places = np.argsort(own, kind="stable")
    ends = np.cumsum(np.bincount(own, minlength=classes))[:-1]
    return [np.asarray(part, np.int64) for part in np.split(order[sorted_places], ends)]


def shares(order: Indices, labels: Indices, classes: int, validation: float, test: float) -> tuple[Indices, Indices]:
    """(validation, test): of each class its share, exact over the whole.

    Fractions left over go to the classes they are largest in, except that every class with two samples or more is in
    training and, if there is validation at all, in validation; with three or more also in the test part, if any.
    """
    members = by_class(order, labels, classes)
    sizes = [len(part) for part in members]
    to_val = _apportion(sizes, validation, [1 if n >= 2 else 0 for n in sizes])
    to_test = _apportion(sizes, test, [1 if n >= 3 else 0 for n in sizes])
    val, tested = [], []
    for part, n_val, n_test in zip(members, to_val, to_test, strict=True):
        n_test = min(n_test, max(0, len(part) - 1 - n_val))
        val.append(part[:n_val])
        tested.append(part[n_val : n_val + n_test])
    return _joined(val), _joined(tested)


def fold_numbers(order: Indices, labels: Indices, folds: int) -> Indices:
    """For each of `order` the fold it validates in, 0 to ``folds - 1``: sizes differ by one at most, over all samples
    and within each class."""
    place = np.empty(len(order), np.int64)
    # The classes are dealt one after another, each from where the one before ended: so no fold gets all the rests.
    place[np.argsort(labels[order], kind="stable")] = np.arange(len(order))
    return place % folds


def _apportion(sizes: Sequence[int], share: float, least: Sequence[int]) -> list[int]:
    """How many of each class: largest remainders, at least `least`, and one always left over for training."""
    if share <= 0:
        return [0] * len(sizes)
    quotas = [n * share for n in sizes]
    taken = [math.floor(q) for q in quotas]
    missing = round(sum(quotas)) - sum(taken)
    by_remainder = sorted(range(len(sizes)), key=lambda c: (-(quotas[c] - taken[c]), c))
    for c in by_remainder[:missing]:
        taken[c] += 1
    return [min(max(t, low), max(0, n - 1)) for t, low, n in zip(taken, least, sizes, strict=True)]


def group_parts(order: Indices, labels: Indices, groups: Indices, classes: int, parts: Sequence[float]) -> Indices:
    """For each of `order` its part, whole groups only. `parts` are the shares, adding up to 1 (0: the part is empty).

    The largest group first, each goes where its classes are furthest below their share (the greedy rule of longest
    processing times first, Graham 1969, on all classes at once): as even as groups allow, which may be less than even.
    A part with a share gets one group at least where there are groups enough.
    """
    own, units = np.unique(groups[order], return_inverse=True)
    n_units = len(own)
    counted, counts = np.unique(units * classes + labels[order], return_counts=True)
    holders, held = counted // classes, counted % classes
    sizes = np.bincount(units, minlength=n_units)
    first = np.full(n_units, len(order), np.int64)
    np.minimum.at(first, units, np.arange(len(order)))
    ranked = np.lexsort((first, -sizes)).tolist()
    starts = np.searchsorted(holders, np.arange(n_units + 1)).tolist()
    held_by, n_by = held.tolist(), counts.tolist()
    placed = _greedy(ranked, starts, held_by, n_by, np.bincount(labels[order], minlength=classes), parts)
    _fill_empty(placed, ranked, parts)
    return np.array(placed, np.int64)[units]


def _greedy(
    ranked: Sequence[int],
    starts: Sequence[int],
    held: Sequence[int],
    counts: Sequence[int],
    totals: npt.NDArray[np.int64],
    parts: Sequence[float],
) -> list[int]:
    """The part of each group. Group g holds ``counts[k]`` of class ``held[k]`` for k from ``starts[g]`` on.

    Putting x samples of a class into a part that has n of the t it should have changes the sum of (n - t)² / t by
    x (2 (n / t - 1) + x / t); the part where that is least gets the group.
    """
    wanted = [[share * total for total in totals.tolist()] for share in parts]
    have = [[0] * len(totals) for _ in parts]
    open_parts = [k for k, share in enumerate(parts) if share > 0]
    placed = [0] * len(ranked)
    for g in ranked:
        span = range(starts[g], starts[g + 1])
        best, least = open_parts[0], math.inf
        for part in open_parts:
            target, there = wanted[part], have[part]
            cost = 0.0
            for k in span:
                c, x = held[k], counts[k]
                cost += x * (2 * (there[c] / target[c] - 1) + x / target[c])
            if cost < least - 1e-9:
                best, least = part, cost
        placed[g] = best
        there = have[best]
        for k in span:
            there[held[k]] += counts[k]
    return placed


def _fill_empty(placed: list[int], ranked: Sequence[int], parts: Sequence[float]) -> None:
    """Give a part that got nothing the smallest group of the part with the most groups, if that can spare one; the
    first part, which is training, gets one in any case."""
    for part, share in enumerate(parts):
        if share <= 0 or part in placed:
            continue
        groups = np.bincount(placed, minlength=len(parts))
        giver = int(groups.argmax())
        if groups[giver] >= 2 or (part == 0 and groups[giver]):
            placed[next(g for g in reversed(ranked) if placed[g] == giver)] = part


def _joined(parts: list[Indices]) -> Indices:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
