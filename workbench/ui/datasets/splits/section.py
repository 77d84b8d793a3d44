"""A heading and its settings: name, field, and below each the sentence that says what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from workbench.catalogue.declaration import Param
from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import Value
from workbench.ui.inspector.field import Field
from workbench.ui.inspector.fields import field
from workbench.ui.inspector.form import FieldNote
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.theme import GAP, MARGIN, SPACE, mark

NAME_WIDTH = 124
FIELD_WIDTH = 156


class _Row(QWidget):
    """One setting."""

    def __init__(self, param: Param) -> None:
        super().__init__()
        self.field: Field = field(param)
        self.field.setFixedWidth(FIELD_WIDTH)
        self.note = FieldNote()
        name = ElidedLabel("", Qt.TextElideMode.ElideMiddle)
        name.setText(param.title)
        name.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        name.setFixedWidth(NAME_WIDTH)
        name.setBuddy(self.field)
        self.help = QLabel(param.help)
        self.help.setWordWrap(True)
        self.help.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        mark(self.help, role="label")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(SPACE)
        grid.setColumnMinimumWidth(0, NAME_WIDTH)
        grid.setColumnStretch(2, 1)
        grid.addWidget(name, 0, 0)
        grid.addWidget(self.field, 0, 1)
        grid.addWidget(self.help, 1, 0, 1, 3)
        grid.addWidget(self.note, 2, 0, 1, 3)


class Section(QWidget):
    """Settings that belong together. `edited(param, value, gesture)` reports a change; nothing is stored here."""

    edited = Signal(str, object, str)
    fixChosen = Signal(object)  # Fix

    def __init__(self, title: str, params: Iterable[Param]) -> None:
        super().__init__()
        self._rows: dict[str, _Row] = {}
        self.heading = QLabel(title)
        mark(self.heading, role="strong")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(MARGIN - SPACE)
        self._column.addWidget(self.heading)
        self.add_rows(params)

    @property
    def fields(self) -> Mapping[str, Field]:
        return {name: row.field for name, row in self._rows.items()}

    def add(self, widget: QWidget) -> None:
        """Something below the settings."""
        self._column.addWidget(widget)

    def add_rows(self, params: Iterable[Param]) -> None:
        for param in params:
            row = self._rows[param.id] = _Row(param)
            row.field.edited.connect(self._changed)
            row.note.fixChosen.connect(self.fixChosen)
            self._column.addWidget(row)

    def set_rows(self, params: Iterable[Param]) -> None:
        """Other settings in place of those there were. A field that has the keyboard gives it to the new one."""
        held = next((name for name, row in self._rows.items() if row.field.editor.hasFocus()), None)
        for row in self._rows.values():
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows.clear()
        self.add_rows(params)
        if held in self._rows:
            self._rows[held].field.setFocus()

    def show_values(self, values: Mapping[str, Value]) -> None:
        for name, row in self._rows.items():
            if name in values:
                row.field.show_value(values[name])

    def show_which(self, applies: Callable[[str], bool]) -> None:
        """Show the settings that have an effect; nothing at all where none has."""
        for name, row in self._rows.items():
            row.setVisible(applies(name))
        self.setVisible(any(applies(name) for name in self._rows))

    def show_problems(self, problems: Iterable[Diagnostic]) -> None:
        """Put each problem under the field it names, errors first."""
        found: dict[str, Diagnostic] = {}
        for problem in problems:
            if problem.param in self._rows and (problem.param not in found or problem.is_error):
                found[problem.param] = problem
        for name, row in self._rows.items():
            told = found.get(name)
            row.note.show_problem(told)
            row.field.show_state("" if told is None else "error" if told.is_error else "warning")

    def set_read_only(self, read_only: bool) -> None:
        for row in self._rows.values():
            row.field.setEnabled(not read_only)

    def _changed(self, value: object, gesture: str) -> None:
        sender = self.sender()
        if isinstance(sender, Field):
            self.edited.emit(sender.param.id, value, gesture)
