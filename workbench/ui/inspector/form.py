"""A form made from a declaration: a row for each parameter, the advanced ones folded, problems under their field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from workbench.catalogue.declaration import Param
from workbench.core.diagnostic import Diagnostic, Severity
from workbench.ui.icons import icon
from workbench.ui.inspector.fields import Field, field
from workbench.ui.theme import SPACE, Theme, mark

FIELD_WIDTH = 124


class Form(QWidget):
    """Rows of "name: field". `edited(param, value, gesture)` reports a change; nothing is stored here."""

    edited = Signal(str, object, str)

    def __init__(self, params: Iterable[Param], theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._fields: dict[str, Field] = {}
        self._labels: dict[str, QLabel] = {}
        self._notes: dict[str, QLabel] = {}
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
            label.setToolTip(param.help)
            mark(label, role="dim")
            made = field(param)
            made.setFixedWidth(FIELD_WIDTH)
            made.edited.connect(self._changed)
            label.setBuddy(made)
            note = QLabel()
            note.setWordWrap(True)
            note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            note.hide()
            grid.addWidget(label, 2 * row, 0)
            grid.addWidget(made, 2 * row, 1)
            grid.addWidget(note, 2 * row + 1, 0, 1, 2)
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
            note = self._notes[name]
            note.setVisible(found is not None)
            if found is None:
                made.show_state("")
                made.editor.setToolTip(made.param.help)
                continue
            state = "error" if found.is_error else "warning" if found.severity is Severity.WARNING else ""
            made.show_state(state)
            made.editor.setToolTip(found.message)
            note.setText(found.message)
            mark(note, role="bad" if found.is_error else "warning")
            if made.param.advanced and not self._fold.isChecked():
                self._fold.setChecked(True)

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
