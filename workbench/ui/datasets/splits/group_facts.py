"""What a rule of groups finds: how many, how large, and some names as an example."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from workbench.core.diagnostic import Problem
from workbench.core.words import count
from workbench.data.index import Index, printable
from workbench.data.splitting.grouping import Groups, groups_of, pattern_fault, rule_of
from workbench.data.splitting.splits import AT_ONCE
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.theme import SPACE, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

EXAMPLES = 4


def found_by(dataset: Dataset, pattern: str) -> tuple[Groups, Index] | str:
    """What a pattern that is being typed finds, and the samples it was tried on; or what is wrong with it."""
    if fault := pattern_fault(pattern):
        return fault.message
    index = dataset.index
    if len(index) > AT_ONCE:
        index = index.taken(np.linspace(0, len(index) - 1, AT_ONCE).astype(np.int64))
    try:
        rule = rule_of(replace(dataset.settings, group_by="name", group_pattern=pattern))
    except Problem as problem:
        return problem.diagnostics[0].message
    return (groups_of(index, rule), index) if rule is not None else ""


def words_of(groups: Groups, one: str, some: bool = False) -> str:
    """ "412 groups, the largest 38 pictures; 3 pictures in no group."."""
    if not groups.names:
        return f"No {one} has a group by this rule."
    largest = f"the largest {count(groups.largest, one)}"
    alone = f"; {count(groups.alone, one)} in no group" if groups.alone else ""
    among = f" among {count(len(groups.codes), one)}" if some else ""
    return f"{count(len(groups.names), 'group')}{among}, {largest}{alone}."


def examples_of(index: Index, groups: Groups) -> tuple[tuple[str, str], ...]:
    """Some samples with the groups they are in, spread over the data: (path, group)."""
    if not groups.names:
        return ()
    named = np.flatnonzero(groups.codes < len(groups.names))
    _codes, first = np.unique(groups.codes[named], return_index=True)
    picks = first[np.linspace(0, len(first) - 1, min(EXAMPLES, len(first))).astype(np.int64)]
    rows = named[picks].tolist()
    return tuple((printable(index.path(i)), printable(groups.names[int(groups.codes[i])])) for i in rows)


class GroupFacts(QWidget):
    """The count and the examples, below the rule."""

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.words.setAccessibleName("Groups found")
        self._lines = [ElidedLabel("dim") for _ in range(EXAMPLES)]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.words)
        for line in self._lines:
            column.addWidget(line)

    def show_groups(self, index: Index, groups: Groups, one: str, some: bool = False) -> None:
        """`index` are the samples the groups are of: all of them, or `some`."""
        mark(self.words, role="" if groups.names else "warning")
        self.words.setText(words_of(groups, one, some))
        self._show(tuple(f"{path}  →  {name}" for path, name in examples_of(index, groups)))

    def show_fault(self, words: str) -> None:
        """What is wrong with the rule as it is typed."""
        mark(self.words, role="dim")
        self.words.setText(words)
        self._show(())

    def _show(self, lines: tuple[str, ...]) -> None:
        for line, text in zip(self._lines, (*lines, *("",) * EXAMPLES), strict=False):
            line.setText(text)
            line.setToolTip(text)
            line.setVisible(bool(text))
