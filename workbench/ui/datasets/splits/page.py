"""The splits page: shares, groups, folds and balance on the left, what comes of them on the right."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QSplitter, QVBoxLayout, QWidget

from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.words import count
from workbench.document.project import DataSettings
from workbench.session.data_edits import changed_words
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.nouns import noun
from workbench.ui.datasets.split_bar import SplitBar
from workbench.ui.datasets.splits import settings
from workbench.ui.datasets.splits.columns import column_params
from workbench.ui.datasets.splits.group_facts import GroupFacts, found_by
from workbench.ui.datasets.splits.outcome import OutcomeTable, outcome_of
from workbench.ui.datasets.splits.section import Section
from workbench.ui.parts.divider import divider
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.theme import GAP, MARGIN, Theme, mark

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

NOTES = (
    "data.no_training", "data.one_class", "data.divided_groups", "data.untaught", "data.unchecked", "data.changes_gone",
)  # fmt: skip
"""What is told above the classes, the first of them: it is about the split as a whole."""

LISTS = (".csv", ".tsv")
NARROWEST = 316


class SplitsPage(QWidget):
    """Follows the project and its data; what it changes goes through the session, one undo step each."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge, self._theme = bridge, theme
        self._columns: tuple[tuple[str, str], ...] = ()
        self._lines: dict[Section, QWidget] = {}  # above each section but the first
        self.shares = Section("Shares", settings.SHARES)
        self.groups = Section("Groups", settings.GROUPS)
        self.folds = Section("Folds", settings.FOLDS)
        self.balance = Section("Balance", settings.BALANCE)
        self.kind = Section("Kind of data", settings.KIND)
        self.columns = Section("Columns of the table", ())
        self.facts = GroupFacts()
        self.groups.add(self.facts)
        self.table = OutcomeTable(bridge)
        self.bar = SplitBar(bridge)
        self.note = ProblemNote(bridge)
        self.summary = ElidedLabel("dim")
        self._sections = (self.shares, self.groups, self.folds, self.balance, self.kind, self.columns)
        body = QSplitter(Qt.Orientation.Horizontal)
        body.setChildrenCollapsible(False)
        body.addWidget(self._build_left())
        body.addWidget(self._build_right())
        body.setStretchFactor(0, 0)
        body.setStretchFactor(1, 1)
        body.setSizes([360, 760])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(body)
        self._connect()
        self._refresh()

    # --- building ----------------------------------------------------------------------------------------------------

    def _build_left(self) -> QWidget:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, GAP, MARGIN, MARGIN)
        column.setSpacing(MARGIN)
        for k, section in enumerate(self._sections):
            if k:
                self._lines[section] = divider()
                column.addWidget(self._lines[section])
            column.addWidget(section)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumWidth(NARROWEST)
        area.setWidget(inner)
        return area

    def _build_right(self) -> QWidget:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(MARGIN, GAP, 0, 0)
        column.setSpacing(GAP)
        title = QLabel("What comes of it")
        mark(title, role="strong")
        heading = QHBoxLayout()
        heading.setSpacing(GAP)
        heading.addWidget(title)
        heading.addWidget(self.summary, 1)
        column.addLayout(heading)
        column.addWidget(self.bar)
        column.addWidget(self.note)
        column.addWidget(self.table, 1)
        right.setMinimumWidth(380)
        return right

    def _connect(self) -> None:
        bridge = self._bridge
        bridge.sessionChanged.connect(self._refresh)
        bridge.projectChanged.connect(self._refresh)
        bridge.dataChanged.connect(self._refresh)
        bridge.problemsChanged.connect(self._show_problems)
        for section in self._sections:
            section.edited.connect(self._edit)
            section.fixChosen.connect(self._fix)
        self.note.fixChosen.connect(self._fix)
        for name in ("path_column", "label_column"):
            column = self.kind.fields[name].editor
            if isinstance(column, QLineEdit):
                column.setPlaceholderText("recognised")
        editor = self.groups.fields["group_pattern"].editor
        if isinstance(editor, QLineEdit):
            editor.setPlaceholderText("{group}_*")
            editor.textEdited.connect(self._try_pattern)
            editor.editingFinished.connect(self._show_groups)

    # --- following ---------------------------------------------------------------------------------------------------

    @property
    def _dataset(self) -> Dataset | None:
        session = self._bridge.session
        return session.data.dataset if session is not None else None

    def _refresh(self, _what: object = None) -> None:
        session = self._bridge.session
        if session is None:
            return
        data, dataset = session.project.data, self._dataset
        self._make_columns(dataset, data)
        facts = _facts(dataset, data)
        values = settings.values_of(data)
        for section in self._sections:
            section.show_values(values)
            section.set_read_only(session.read_only)
        for section in (self.shares, self.groups, self.folds, self.balance, self.kind):
            section.show_which(lambda name: settings.applies(name, data, facts))
        self.columns.show_values({name: data.columns.get(name, "") for name, _words in self._columns})
        self.columns.setVisible(bool(self._columns))
        for section, line in self._lines.items():
            line.setVisible(not section.isHidden())
        self._show_groups()
        self._show_outcome(dataset)
        self._show_problems(session.problems)

    def _show_groups(self) -> None:
        dataset = self._dataset
        groups = dataset.groups if dataset is not None and dataset.settings.group_by else None
        found = groups is not None and bool(groups.names)  # else a note below the rule says so
        self.facts.setVisible(found)
        if dataset is not None and groups is not None and found:
            self.facts.show_groups(dataset.index, groups, noun(dataset))

    def _try_pattern(self, pattern: str) -> None:
        """What is being typed is tried at once; it counts when the field is left."""
        session = self._bridge.session
        dataset = session.pictures.newest if session is not None else None  # the pattern before may have failed
        if dataset is None:
            return
        self.facts.show()
        found = found_by(dataset, pattern)
        if isinstance(found, str):
            self.facts.show_fault(found)
        else:
            groups, index = found
            self.facts.show_groups(index, groups, noun(dataset), len(index) < len(dataset.index))

    def _show_outcome(self, dataset: Dataset | None) -> None:
        self.table.setVisible(dataset is not None)
        self.bar.setVisible(dataset is not None)
        if dataset is None:
            self.table.show_outcome(None)
            self.summary.setText("")
            return
        self.table.show_outcome(outcome_of(dataset))
        self.bar.show_sizes(*dataset.splits.counts.values())
        parts = [count(len(dataset.splits["all"]), noun(dataset)), changed_words(dataset.settings.changes)]
        self.summary.setText(" · ".join(part for part in parts if part))

    def _show_problems(self, problems: tuple[Diagnostic, ...]) -> None:
        for section in self._sections[:-1]:
            section.show_problems([d for d in problems if d.node is None and d.severity is not Severity.INFO])
        told = sorted((d for d in problems if d.code in NOTES), key=lambda d: NOTES.index(d.code))
        self.note.show_diagnostic(told[0] if told else None)

    def _make_columns(self, dataset: Dataset | None, data: DataSettings) -> None:
        """One choice for each column of a table."""
        params = column_params(dataset, data)
        told = tuple((param.id, param.help) for param in params)
        if told != self._columns:
            self._columns = told
            self.columns.set_rows(params)

    # --- what a person does ------------------------------------------------------------------------------------------

    def _edit(self, param: str, value: Any, gesture: str) -> None:
        session = self._bridge.session
        if session is None:
            return
        data = session.project.data
        if self.sender() is self.columns:
            columns = {name: use for name, use in data.columns.items() if name != param}
            after = replace(data, columns=MappingProxyType({**columns, **({param: value} if value else {})}))
        else:
            after = settings.changed(data, param, value)
        session.change(settings.edit_words(param), data=after, gesture=gesture or None)
        self._refresh()  # a value that was put right is shown

    def _fix(self, fix: Fix) -> None:
        session = self._bridge.session
        if session is not None and (refused := session.apply_fix(fix)) is not None:
            self._bridge.notify(refused)


def _facts(dataset: Dataset | None, data: DataSettings) -> settings.Facts:
    kind = dataset.kind.id if dataset is not None else data.kind if data.kind != "auto" else ""
    sources = (data.source, *data.more)
    return settings.Facts(kind, any(source.casefold().endswith(LISTS) for source in sources))
