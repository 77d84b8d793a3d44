"""A form made from a declaration: a row for each parameter, the advanced ones folded, problems under their field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from workbench.catalogue.declaration import Param
from workbench.core.diagnostic import Diagnostic, Severity
from workbench.ui.icons import icon
from workbench.ui.inspector.field import Field
from workbench.ui.inspector.fields import field
from workbench.ui.parts.link_row import LinkRow
from workbench.ui.theme import SPACE, Theme, mark

FIELD_WIDTH = 124


class FieldNote(QWidget):
    """What is wrong with the field above, and the remedies as links; hidden while all is well."""

    fixChosen = Signal(object)  # Fix

    def __init__(self) -> None:
        super().__init__()
        self._problem: Diagnostic | None = None
        self._links: LinkRow | None = None
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, SPACE)
        self._column.setSpacing(0)
        self._column.addWidget(self.words)
        self.hide()

    def show_problem(self, problem: Diagnostic | None) -> None:
        if problem == self._problem:
            return
        self._problem = problem
        self.setVisible(problem is not None)
        if self._links is not None:
            self._column.removeWidget(self._links)
            self._links.hide()
            self._links.deleteLater()
            self._links = None
        if problem is None:
            return
        self.words.setText(problem.message)
        mark(self.words, role="bad" if problem.is_error else "warning")
        if problem.fixes:
            self._links = LinkRow([(fix.label, fix.label) for fix in problem.fixes])
            self._links.chosen.connect(self._choose)
            self._column.addWidget(self._links)

    def _choose(self, place: int) -> None:
        if self._problem is not None:
            self.fixChosen.emit(self._problem.fixes[place])


class Form(QWidget):
    """Rows of "name: field". `edited(param, value, gesture)` reports a change; nothing is stored here."""

    edited = Signal(str, object, str)
    fixChosen = Signal(object)  # Fix

    def __init__(self, params: Iterable[Param], theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._fields: dict[str, Field] = {}
        self._labels: dict[str, QLabel] = {}
        self._notes: dict[str, FieldNote] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        ordered = tuple(params)
        plain = [p for p in ordered if not p.advanced]
        advanced = [p for p in ordered if p.advanced]
        column.addLayout(self._grid(plain))
        self._fold = QToolButton()
        self._more = QWidget()
        self._more.setLayout(self._grid(advanced))
        if advanced:
            self._make_fold()
            column.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
            column.addWidget(self._more)
        else:
            self._fold.setParent(self)
            self._fold.hide()
            self._more.setParent(self)
            self._more.hide()

    def _make_fold(self) -> None:
        self._fold.setText("Advanced")
        self._fold.setAccessibleName("Show advanced settings")
        self._fold.setToolTip("Settings that are seldom needed.")
        self._fold.setCheckable(True)
        self._fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        mark(self._fold, role="fold")
        self._fold.toggled.connect(self._unfold)
        self._more.hide()
        self._unfold(False)

    def _grid(self, params: Iterable[Param]) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * SPACE)
        grid.setVerticalSpacing(SPACE)
        grid.setColumnStretch(0, 1)
        for row, param in enumerate(params):
            label = QLabel(param.title)
            label.setWordWrap(True)
            label.setToolTip(param.help)
            mark(label, role="dim")
            made = field(param)
            wide = made.natural_width > FIELD_WIDTH  # it gets a line of its own below its label
            if not wide:
                made.setFixedWidth(FIELD_WIDTH)
            made.edited.connect(self._changed)
            label.setBuddy(made)
            note = FieldNote()
            note.fixChosen.connect(self.fixChosen)
            grid.addWidget(label, 3 * row, 0, 1, 2 if wide else 1)
            grid.addWidget(made, 3 * row + (1 if wide else 0), 0 if wide else 1, 1, 2 if wide else 1)
            grid.addWidget(note, 3 * row + 2, 0, 1, 2)
            self._fields[param.id], self._labels[param.id], self._notes[param.id] = made, label, note
        return grid

    @property
    def fields(self) -> Mapping[str, Field]:
        return self._fields

    def show_values(self, values: Mapping[str, Any]) -> None:
        for name, made in self._fields.items():
            if name in values:
                made.show_value(values[name])

    def show_problems(self, problems: Iterable[Diagnostic]) -> None:
        """Put each problem under the field it names; those that name none are left to the caller."""
        of_param: dict[str, Diagnostic] = {}
        for problem in problems:
            if problem.param in self._fields and (problem.param not in of_param or problem.is_error):
                of_param[problem.param] = problem
        for name, made in self._fields.items():
            found = of_param.get(name)
            self._notes[name].show_problem(found)
            if found is None:
                made.show_state("")
                made.editor.setToolTip(made.param.help)
                continue
            state = "error" if found.is_error else "warning" if found.severity is Severity.WARNING else ""
            made.show_state(state)
            made.editor.setToolTip(found.message)
            if made.param.advanced and not self._fold.isChecked():
                self._fold.setChecked(True)

    def note(self, param: str) -> FieldNote:
        """What stands under a field."""
        return self._notes[param]

    def set_read_only(self, read_only: bool) -> None:
        for made in self._fields.values():
            made.setEnabled(not read_only)

    def restyle(self) -> None:
        self._unfold(self._fold.isChecked())

    def _changed(self, value: object, gesture: str) -> None:
        sender = self.sender()
        if isinstance(sender, Field):
            self.edited.emit(sender.param.id, value, gesture)

    def _unfold(self, open_: bool) -> None:
        self._fold.setIcon(icon("chevron-down" if open_ else "chevron-right", self._theme, "dim"))
        self._more.setVisible(open_)
