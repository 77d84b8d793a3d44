"""What a person should know of how the samples were split: groups, folds, and changes that no longer fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import count
from workbench.data.index import Index, printable
from workbench.data.scanned import Scanned
from workbench.data.splitting.grouping import GROUP, Groups, pattern_fault
from workbench.data.splitting.splits import Splits
from workbench.document.project import DataSettings


def split_notes(scanned: Scanned, index: Index, splits: Splits, settings: DataSettings) -> tuple[Diagnostic, ...]:
    """Warnings; `index` is the scanned one with a person's changes."""
    groups = scanned.drawing.groups(settings)
    found = [
        _gone(scanned.index, settings),
        _no_pattern(settings),
        *(_groups(groups, splits, settings) if groups is not None else ()),
        _few_for_folds(index, splits, settings),
    ]
    return tuple(d for d in found if d is not None)


def _gone(index: Index, settings: DataSettings) -> Diagnostic | None:
    """Changes to samples that are not there (any more)."""
    paths = list(settings.changes)
    gone = np.flatnonzero(index.paths.find_all(paths) < 0) if paths else np.empty(0, np.int64)
    if not len(gone):
        return None
    first = f"“{printable(paths[int(gone[0])])}”"
    what = (
        f"A change is for {first}, which is not there any more. It is"
        if len(gone) == 1
        else f"{len(gone):,} changes are for files that are not there any more, such as {first}. They are"
    )
    return Diagnostic(
        "data.changes_gone",
        f"{what} kept in the project, to count again should the {'file' if len(gone) == 1 else 'files'} come back.",
        Severity.WARNING,
        param="changes",
    )


def _no_pattern(settings: DataSettings) -> Diagnostic | None:
    if settings.group_by != "name" or settings.group_pattern or (fault := pattern_fault("")) is None:
        return None
    return replace(fault, severity=Severity.WARNING)


def _groups(groups: Groups, splits: Splits, settings: DataSettings) -> tuple[Diagnostic | None, ...]:
    if not groups.names:
        seen = (
            f"the pattern “{settings.group_pattern}”"
            if settings.group_by == "name"
            else (f"folder {settings.group_level} below the class folders")
        )
        if settings.group_by == "name":
            remedy = f"Put {GROUP} where the group's name stands in the files' names."
        else:
            smaller = "Choose a smaller number, or tell" if settings.group_level > 1 else "Tell"
            remedy = f"{smaller} the groups by the files' names."
        return (
            Diagnostic(
                "data.no_groups",
                f"No groups were found by {seen}, so every sample may go to any split. {remedy}",
                Severity.WARNING,
                param="group_pattern" if settings.group_by == "name" else "group_level",
            ),
        )
    return _alone(groups, settings), _divided(groups, splits)


def _alone(groups: Groups, settings: DataSettings) -> Diagnostic | None:
    if not groups.alone:
        return None
    one = groups.alone == 1
    return Diagnostic(
        "data.ungrouped",
        f"{count(groups.alone, 'sample')} of {len(groups.codes):,} {'has' if one else 'have'} no group by this rule "
        f"and {'is' if one else 'are'} taken one by one.",
        Severity.INFO,
        param="group_pattern" if settings.group_by == "name" else "group_level",
    )


def _divided(groups: Groups, splits: Splits) -> Diagnostic | None:
    """Groups that stand on several sides all the same: the folders say so, or a person moved some of their samples."""
    sides = np.zeros(len(groups.names), np.int64)
    for bit, members in enumerate((splits.train, splits.val, splits.test)):
        codes = groups.codes[members]
        sides[np.unique(codes[codes < len(groups.names)])] |= 1 << bit
    divided = np.flatnonzero((sides & (sides - 1)) != 0)
    if not len(divided):
        return None
    name = groups.names[int(divided[0])]
    return Diagnostic(
        "data.divided_groups",
        f"{count(len(divided), 'group')} {'stands' if len(divided) == 1 else 'stand'} in more than one split, such as "
        f"“{printable(name)}”: the folders say so, or samples were moved by hand. Results will look better than they "
        "are; move the rest of the group too.",
        Severity.WARNING,
    )


def _few_for_folds(index: Index, splits: Splits, settings: DataSettings) -> Diagnostic | None:
    """Classes with fewer samples than folds: some folds then have none of them to validate with."""
    if not settings.folds:
        return None
    counts: npt.NDArray[np.int64] = index.class_counts(splits.train) + index.class_counts(splits.val)
    few = np.flatnonzero((counts > 0) & (counts < settings.folds))
    if not len(few):
        return None
    shown = ", ".join(f"“{printable(index.classes[c])}” ({counts[c]})" for c in few[:5].tolist())
    return Diagnostic(
        "data.few_for_folds",
        f"{count(len(few), 'class')} with fewer samples than the {settings.folds} folds: {shown}"
        f"{' and others' if len(few) > 5 else ''}. Some folds cannot be validated on them; choose fewer folds or add "
        "samples.",
        Severity.WARNING,
        param="folds",
    )
