"""Which samples teach, which choose the best epoch, which are kept for the last word, and which are left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.words import count, number
from workbench.data.chance import key
from workbench.data.index import SPLITS, Index
from workbench.data.splitting.dealing import by_class, fold_numbers, group_parts, shares
from workbench.data.splitting.grouping import Groups, Rule, groups_of, rule_of
from workbench.document.project import Change, DataSettings

Indices = npt.NDArray[np.int64]

EXCLUDED = "excluded"

AT_ONCE = 20_000
"""So many samples are split while a person waits; more, in the background."""

_NONE = np.empty(0, np.int64)
_TRAIN, _VAL, _TEST, _OUT = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Splits:
    """Indices into the index's items, ascending; every sample is in exactly one of them.

    `excluded` are those a person left out: they are in no split.
    """

    train: Indices
    val: Indices
    test: Indices
    excluded: Indices = field(default_factory=lambda: _NONE)

    def __getitem__(self, name: str) -> Indices:
        """ "train", "val", "test", "excluded", or "all" (the first three); raises `Problem` for any other name."""
        if name == "all":
            return np.sort(np.concatenate([self.train, self.val, self.test]))
        if name not in (*SPLITS, EXCLUDED):
            raise Problem.of("data.split", f"There is no split “{name}”; use train, val, test or all.")
        chosen: Indices = getattr(self, name)
        return chosen

    @property
    def counts(self) -> dict[str, int]:
        """Samples in train, val and test."""
        return {name: len(self[name]) for name in SPLITS}

    @classmethod
    def of_places(cls, place: npt.NDArray[np.int64]) -> Splits:
        """From one number a sample: 0 train, 1 val, 2 test, 3 excluded."""
        return cls(*(np.flatnonzero(place == k).astype(np.int64) for k in range(4)))


class Drawing:
    """What is drawn for an index as it was scanned, kept so that settings can be tried at once: a thousandth of a
    second a thousand samples is spent once a seed and once a rule of groups."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._order: tuple[int, Indices] | None = None
        self._groups: tuple[Rule, Groups] | None = None
        self._places: tuple[tuple[object, ...], npt.NDArray[np.int64]] | None = None

    def is_quick(self, settings: DataSettings) -> bool:
        """Whether splitting by these settings takes no longer than a frame or two."""
        return len(self.index) <= AT_ONCE or (self._places is not None and self._places[0] == _asked(settings))

    def places(self, settings: DataSettings) -> npt.NDArray[np.int64]:
        """The place of each sample before a person's changes; the newest is kept. Raises as `split` does."""
        kept = self._places
        if kept is None or kept[0] != _asked(settings):
            drawn = _drawn(self.index, settings, self.order(settings.seed), self.groups(settings))
            self._places = kept = (_asked(settings), drawn)
        return kept[1].copy()

    def order(self, seed: int) -> Indices:
        """All samples in an order drawn from the seed and each one's path."""
        kept = self._order
        if kept is None or kept[0] != seed:
            drawn = np.array([key(seed, "split", path) for path in self.index.paths], dtype=np.uint64)
            self._order = kept = (seed, np.argsort(drawn, kind="stable").astype(np.int64))
        return kept[1]

    def groups(self, settings: DataSettings) -> Groups | None:
        """The groups the settings ask for; None without any (a table's rows have no files to tell them by).

        Raises `Problem` for a rule that cannot be.
        """
        rule = rule_of(settings)
        if rule is None or self.index.kind == "table":
            return None
        kept = self._groups
        if kept is None or kept[0] != rule:
            self._groups = kept = (rule, groups_of(self.index, rule))
        return kept[1]


def split(
    index: Index, settings: DataSettings, *, changed: Index | None = None, drawing: Drawing | None = None
) -> Splits:
    """Stratified and seeded: each class gives its share to validation and test. `index` is as it was scanned,
    `changed` the same with a person's changes (`Index.changed`; needed where there are any).

    The shares are exact over the whole (fractions left over go to the classes they are largest in), except that every
    class with two samples or more is in training and, if there is validation at all, in validation; with three or
    more also in the test split if there is one. Where the folder itself has val or test folders, those stand as they
    are and only a share the folder lacks is taken from its training samples. With `folds`, validation is one of as many
    equal parts of all that is not tested, the folder's own validation samples among them.

    Samples of one group stay together, and the shares are as near as groups allow. What a person moved stands where it
    was moved to, and what was excluded is in no split; neither moves any other sample, except where a class would be
    left without training or validation.

    A sample's place follows from the seed and its path, so adding or removing files moves few of the others.
    Raises `Problem` ("data.shares", "data.folds", "data.groups") where the settings cannot be met.
    """
    check_shares(settings)
    drawing = drawing or Drawing(index)
    place = drawing.places(settings)
    if changed is None or not settings.changes:
        return Splits.of_places(place)
    pinned = _moved(index, place, settings.changes)
    if changed.excluded is not None:
        place[changed.excluded] = _OUT
        pinned |= changed.excluded
    if drawing.groups(settings) is None and settings.folds == 0:
        has_val = bool((index.split_codes == _VAL).any())
        _serve(place, changed, drawing.order(settings.seed), pinned, settings.validation > 0 and not has_val)
    return Splits.of_places(place)


def _asked(settings: DataSettings) -> tuple[object, ...]:
    """What the places depend on."""
    rule = (settings.group_by, settings.group_level, settings.group_pattern)
    return (settings.validation, settings.test, settings.seed, settings.folds, settings.fold, *rule)


def _drawn(index: Index, settings: DataSettings, order: Indices, groups: Groups | None) -> npt.NDArray[np.int64]:
    """The place of each sample, before a person's changes."""
    place = np.maximum(index.split_codes, 0).astype(np.int64)
    own_test = bool((place == _TEST).any())
    test = 0.0 if own_test else settings.test
    if settings.folds:
        _part(place, index, order[place[order] != _TEST], groups, 0.0, test)
        pool = order[place[order] != _TEST]
        fold = _folds(index, pool, groups, settings.folds)
        place[pool] = np.where(fold == settings.fold, _VAL, _TRAIN)
        return place
    validation = 0.0 if (place == _VAL).any() else settings.validation
    _part(place, index, order[place[order] == _TRAIN], groups, validation, test)
    return place


def _part(
    place: npt.NDArray[np.int64], index: Index, pool: Indices, groups: Groups | None, validation: float, test: float
) -> None:
    """Take validation and test shares out of a pool of samples, whole groups only where there are groups."""
    classes = len(index.classes)
    if groups is None:
        val, tested = shares(pool, index.labels, classes, validation, test)
        place[val], place[tested] = _VAL, _TEST
    elif validation or test:
        place[pool] = group_parts(
            pool, index.labels, groups.codes, classes, (1.0 - validation - test, validation, test)
        )


def _folds(index: Index, pool: Indices, groups: Groups | None, folds: int) -> Indices:
    """The fold of each sample of the pool. Raises `Problem` where there are too few to fill them."""
    there, what = (len(pool), "sample") if groups is None else (len(np.unique(groups.codes[pool])), "group")
    if there < folds:
        raise Problem.of(
            "data.folds",
            f"There {'is' if there == 1 else 'are'} {count(there, what)} to make {folds} folds of, and each fold needs "
            f"one at least. Choose {there} folds or fewer."
            if there >= 2
            else f"There is too little to make {folds} folds of: {count(there, what)}.",
            param="folds",
        )
    if groups is None:
        return fold_numbers(pool, index.labels, folds)
    return group_parts(pool, index.labels, groups.codes, len(index.classes), (1 / folds,) * folds)


def _moved(index: Index, place: npt.NDArray[np.int64], changes: Mapping[str, Change]) -> npt.NDArray[np.bool_]:
    """Put what a person moved where it was moved to; tells which samples that are."""
    pinned = np.zeros(len(place), np.bool_)
    moves = [(path, SPLITS.index(c.split)) for path, c in changes.items() if c.split in SPLITS]
    if moves:
        rows = index.paths.find_all([path for path, _ in moves])
        there = rows >= 0
        place[rows[there]] = np.array([to for _, to in moves], np.int64)[there]
        pinned[rows[there]] = True
    return pinned


def _serve(
    place: npt.NDArray[np.int64], changed: Index, order: Indices, pinned: npt.NDArray[np.bool_], validate: bool
) -> None:
    """A class whose samples were relabelled or left out may be without training or validation: give it one sample."""
    free = ~pinned[order] & (place[order] != _TEST)
    for members in by_class(order[free], changed.labels, len(changed.classes)):
        train, val = members[place[members] == _TRAIN], members[place[members] == _VAL]
        if not len(train) and len(val):
            place[val[-1]] = _TRAIN
        elif validate and not len(val) and len(train) >= 2:
            place[train[0]] = _VAL


def check_shares(settings: DataSettings) -> None:
    """Raises `Problem` ("data.shares", "data.folds") for shares that leave nothing to train on, and for folds that are
    none."""
    problems = [
        Diagnostic(
            "data.shares",
            f"The share for {words} is {number(share)}; choose a number from 0 to below 1.",
            param=param,
        )
        for param, words, share in (("validation", "validation", settings.validation), ("test", "test", settings.test))
        if not (math.isfinite(share) and 0 <= share < 1)
    ]
    if not problems and not settings.folds and settings.validation + settings.test >= 1:
        problems.append(
            Diagnostic(
                "data.shares",
                f"Validation ({number(settings.validation)}) and test ({number(settings.test)}) together take all "
                "pictures, so none are left to train on. Lower one of them.",
                param="validation",
            )
        )
    problems.extend(fold_problems(settings))
    if problems:
        raise Problem(*problems)


def fold_problems(settings: DataSettings) -> tuple[Diagnostic, ...]:
    """What is wrong with the number of folds and the one that validates."""
    folds, fold = settings.folds, settings.fold
    if folds < 0 or folds == 1:
        return (
            Diagnostic(
                "data.folds", f"The folds are {folds}. Choose 2 or more, or 0 for shares instead.", param="folds"
            ),
        )
    if folds and not 0 <= fold < folds:
        text = f"Fold {fold + 1} is to validate, and there are {folds}. Choose one from 1 to {folds}."
        return (Diagnostic("data.fold", text, param="fold"),)
    return ()
