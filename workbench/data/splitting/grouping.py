"""Samples that belong together (one patient, one video), told by a folder or by the file's name.

Pictures of one group are alike. With some in training and others in validation the network seems better than it is, so
a group is never divided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.data.index import Index
from workbench.document.project import GROUPINGS, DataSettings

GROUP = "{group}"
ANYTHING = "*"

_SPLIT_FOLDERS = frozenset(("train", "training", "val", "valid", "validation", "test", "testing"))
_SOURCE = re.compile(r"@\d+/", re.ASCII)


@dataclass(frozen=True)
class Groups:
    """`codes` int64, one a sample: equal for samples that belong together. `names` are those the rule found, in order
    of their codes; samples the rule says nothing about have codes from ``len(names)`` on, each its own."""

    codes: npt.NDArray[np.int64]
    names: tuple[str, ...]

    @cached_property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Samples in each named group."""
        return np.bincount(self.codes, minlength=len(self.names))[: len(self.names)].astype(np.int64)

    @property
    def alone(self) -> int:
        """How many samples the rule says nothing about."""
        return len(self.codes) - int(self.sizes.sum())

    @property
    def largest(self) -> int:
        """Samples in the largest named group; 0 where there is none."""
        return int(self.sizes.max(initial=0))

    @property
    def count(self) -> int:
        """Groups in all, counting each sample the rule says nothing about as one."""
        return len(self.names) + self.alone


Rule = tuple[str, int, str]
"""`group_by`, `group_level` and `group_pattern` of the data settings, as far as they count."""


def rule_of(settings: DataSettings) -> Rule | None:
    """What tells the groups; None where nothing does. Raises `Problem` for a rule that cannot be."""
    if settings.group_by not in GROUPINGS:
        known = ", ".join(f"“{name}”" for name in GROUPINGS if name)
        raise Problem.of(
            "data.groups", f"Groups cannot be told by “{settings.group_by}”; use {known} or nothing.", param="group_by"
        )
    if settings.group_by == "folder":
        if settings.group_level < 1:
            raise Problem.of(
                "data.groups",
                f"The folder that names the group is number {settings.group_level} below the class; the first is 1.",
                param="group_level",
            )
        return "folder", settings.group_level, ""
    if settings.group_by == "name" and settings.group_pattern:  # without a pattern there are none yet
        if fault := pattern_fault(settings.group_pattern):
            raise Problem(fault)
        return "name", 0, settings.group_pattern
    return None


def groups_of(index: Index, rule: Rule) -> Groups:
    """The groups of all samples of an index as it was scanned.

    By folder: the names of the first `group_level` folders below the class folder, so that the folder "p1" of two
    classes is one group. By name: what "{group}" stands for in the file's name without its ending. A rule that says
    nothing about a sample leaves it alone.
    """
    by, level, pattern = rule
    found = _by_folder(index, level) if by == "folder" else _by_name(index, matcher(pattern))
    numbers: dict[str, int] = {}
    codes = np.empty(len(index), np.int64)
    alone: list[int] = []
    for i, name in enumerate(found):
        if name:
            codes[i] = numbers.setdefault(name, len(numbers))
        else:
            alone.append(i)
    codes[alone] = len(numbers) + np.arange(len(alone))
    return Groups(codes, tuple(numbers))


def _by_folder(index: Index, level: int) -> Iterator[str]:
    for path, code in zip(index.paths, index.split_codes.tolist(), strict=True):
        folders = _SOURCE.sub("", path, count=1).split("/")[:-1]
        if code >= 0 and folders and folders[0].casefold() in _SPLIT_FOLDERS:
            folders = folders[1:]  # train, val or test stand above the class
        yield "/".join(folders[1 : 1 + level]) if len(folders) > level else ""


def _by_name(index: Index, match: Callable[[str], str]) -> Iterator[str]:
    for path in index.paths:
        yield match(stem(path))


def stem(path: str) -> str:
    """The name of a sample's file without its ending, or of its row in a table."""
    name = path.rpartition("/")[2]
    base, dot, _ending = name.rpartition(".")
    return base if dot and base else name


def pattern_fault(pattern: str) -> Diagnostic | None:
    """What is wrong with a pattern of names; None if nothing is."""
    words = ""
    if not pattern:
        words = "The groups are to be told by the files' names, and no pattern says how"
    elif pattern.count(GROUP) != 1:
        times = f"{pattern.count(GROUP)} times" if GROUP in pattern else "not once"
        words = f"The pattern “{pattern}” holds {GROUP} {times}"
    elif re.search(r"\*(\{group\}|\*)|\{group\}\*", pattern):
        words = f"In the pattern “{pattern}” two places that fit anything stand side by side"
    if not words:
        return None
    remedy = f"Write {GROUP} where the group's name stands and {ANYTHING} for anything else, such as {GROUP}_*."
    return Diagnostic("data.group_pattern", f"{words}. {remedy}", param="group_pattern")


def matcher(pattern: str) -> Callable[[str], str]:
    """A function that gives what "{group}" stands for in a name, "" where the name does not fit.

    The texts between are looked for from left to right, each at its first place, so that the work grows with the length
    of the name only. "{group}" is one character at least.
    """
    before, after = pattern.split(GROUP)
    head, tail = before.split(ANYTHING), after.split(ANYTHING)
    first, last, within = head[0], tail[-1], head[1:]
    closing = tail[0]  # what ends the group
    ends_there = len(tail) == 1  # nothing but `closing` may follow

    def match(name: str) -> str:
        if not name.startswith(first) or len(name) < len(first) + len(last) or not name.endswith(last):
            return ""
        end = len(name) - len(last)
        at = len(first)
        for text in within:
            found = name.find(text, at)
            if found < 0:
                return ""
            at = found + len(text)
        if ends_there:
            return name[at:end] if end > at else ""
        found = name.find(closing, at + 1)
        if found < 0 or found + len(closing) > end:
            return ""
        group, at = name[at:found], found + len(closing)
        for text in tail[1:-1]:
            found = name.find(text, at, end)
            if found < 0:
                return ""
            at = found + len(text)
        return group

    return match
