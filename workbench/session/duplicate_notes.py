"""What duplicates mean for training, in sentences with remedies."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.words import count
from workbench.data.alike.duplicates import split_codes
from workbench.data.index import printable

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset
    from workbench.session.duplicates import DuplicatesState

ACROSS_SPLITS = "data.duplicates_across_splits"
ACROSS_CLASSES = "data.duplicates_across_classes"

ACTION = "resolve_duplicates"
"""The remedy's action; its argument "how" is one of the following."""

MOVE, EXCLUDE_COPIES, EXCLUDE_ALL = "move_to_training", "exclude_copies", "exclude_contradictions"

_WORDS = {"pictures": "picture", "text": "text", "audio": "recording", "table": "row"}
_SPLITS = ("training", "validation", "test")


def notes(state: DuplicatesState, dataset: Dataset) -> tuple[Diagnostic, ...]:
    """Warnings: the same sample in several splits, and under several labels."""
    found = []
    what = _WORDS.get(dataset.index.kind, "sample")
    if state.in_splits.any():
        found.append(_across_splits(state, dataset, what))
    if state.in_classes.any():
        found.append(_across_classes(state, dataset, what))
    return tuple(found)


def _across_splits(state: DuplicatesState, dataset: Dataset, what: str) -> Diagnostic:
    groups = state.across_splits
    codes = split_codes(dataset.splits, len(dataset.index))
    named = [name for code, name in enumerate(_SPLITS) if (codes[groups.members] == code).any()]
    where = " and ".join([", ".join(named[:-1]), named[-1]])
    verb = "stands" if len(groups) == 1 else "stand"
    nearly = "" if bool(state.exact[state.in_splits].all()) else ", the same or nearly the same"
    text = (
        f"{count(len(groups), what)} {verb} in {where}{nearly}. What the network learns by heart is then measured as "
        "if it were understood, so its accuracy looks better than it is. "
    )
    move = Fix("Move them all into training", ACTION, MappingProxyType({"how": MOVE}))
    leave = Fix("Exclude the copies", ACTION, MappingProxyType({"how": EXCLUDE_COPIES}))
    return Diagnostic(
        ACROSS_SPLITS,
        text + "Move them all into training, or exclude the copies.",
        Severity.WARNING,
        fixes=(move, leave),
    )


def _across_classes(state: DuplicatesState, dataset: Dataset, what: str) -> Diagnostic:
    index, groups = dataset.index, state.across_classes
    members = groups[0]
    first = members[0]
    other = next(i for i in members if index.labels[i] != index.labels[first])
    pair = " and ".join(
        f"{printable(index.path(i))} as “{printable(index.classes[int(index.labels[i])])}”" for i in (first, other)
    )
    nearly = "" if bool(state.exact[np.flatnonzero(state.in_classes)[0]]) else " (nearly the same)"
    more = "" if len(groups) == 1 else f", and {count(len(groups) - 1, 'more', 'more')}"
    text = (
        f"The same {what} has different labels{nearly}: {pair}{more}. The network cannot learn both. Give them one "
        "label, or exclude them, under Data, Findings."
    )
    fix = Fix("Exclude them", ACTION, MappingProxyType({"how": EXCLUDE_ALL}))
    return Diagnostic(ACROSS_CLASSES, text, Severity.WARNING, fixes=(fix,))
