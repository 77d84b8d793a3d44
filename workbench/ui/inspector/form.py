"""A form made from a declaration: a row for each parameter, the advanced ones folded, problems under their field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from workbench.catalogue.declaration import Param
from workbench.core.diagnostic import Diagnostic, Severity
from workbench.document.graph import Value
from workbench.ui.icons import icon
from workbench.ui.inspector.binding import BINDABLE, BUTTON, Binding
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
    """Rows of "name: field". `edited(param, value, gesture)` reports a change; nothing is stored here.

    With `names`, the form is of a layer inside a block: each field can hold an expression over these names. `make` is
    what makes the field of a parameter, and `room` how wide it may be beside its label, in pixels.
    """

    edited = Signal(str, object, str)
    fixChosen = Signal(object)  # Fix
    varyAsked = Signal(str)  # a parameter that a search is to vary; asked for where `offer_search` was called

    def __init__(
        self,
        params: Iterable[Param],
        theme: Theme,
        names: Mapping[str, Value] | None = None,
        *,
        make: Callable[[Param], Field] = field,
        room: int = FIELD_WIDTH,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._make, self._room = make, room
        self._names = names
        self._fields: dict[str, Field] = {}
        self._bindings: dict[str, Binding] = {}
        self._labels: dict[str, QLabel] = {}
        self._cells: dict[str, QWidget] = {}
        self._notes: dict[str, FieldNote] = {}
        self._offered = ""  # the parameter whose label was right-clicked
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        ordered = tuple(params)
        plain = [p for p in ordered if not p.advanced]
        advanced = [p for p in ordered if p.advanced]
        column.addLayout(self._grid(plain))
        self._fold = QToolButton()
        self._fold.setAccessibleName("Show advanced settings")
        self._fold.setToolTip("Settings that are seldom needed.")
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

    def offer_search(self) -> None:
        """Let a person right-click a label to vary its setting in a search."""
        for name, label in self._labels.items():
            label.setObjectName(name)
            label.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            label.customContextMenuRequested.connect(self._offer)

    def _offer(self, place: QPoint) -> None:
        label = self.sender()
        if isinstance(label, QLabel):
            self._offered = label.objectName()
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.addAction("Vary in a search").triggered.connect(self._vary)
            menu.popup(label.mapToGlobal(place))

    def _vary(self) -> None:
        self.varyAsked.emit(self._offered)

    def _make_fold(self) -> None:
        self._fold.setText("Advanced")
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
            made = self._make(param)
            made.edited.connect(self._changed)
            cell = self._cell(made)
            room = self._room if cell is made else self._room - BUTTON - SPACE
            wide = made.natural_width > room  # it gets a line of its own below its label
            if not wide:
                cell.setFixedWidth(self._room)
            label.setBuddy(made)
            note = FieldNote()
            note.fixChosen.connect(self.fixChosen)
            grid.addWidget(label, 4 * row, 0, 1, 2 if wide else 1)
            grid.addWidget(cell, 4 * row + (1 if wide else 0), 0 if wide else 1, 1, 2 if wide else 1)
            if param.id in self._bindings:
                grid.addWidget(self._bindings[param.id].line, 4 * row + 2, 0, 1, 2)
            grid.addWidget(note, 4 * row + 3, 0, 1, 2)
            self._fields[param.id], self._labels[param.id], self._notes[param.id] = made, label, note
            self._cells[param.id] = cell
        return grid

    def _cell(self, made: Field) -> QWidget:
        """The field itself, or, inside a block, the field with the button that makes it an expression."""
        if self._names is None or made.param.kind not in BINDABLE:
            return made
        binding = Binding(made, self)
        binding.set_names(self._names)
        binding.edited.connect(self._bound)
        self._bindings[made.param.id] = binding
        return binding.cell

    @property
    def fields(self) -> Mapping[str, Field]:
        return self._fields

    @property
    def bindings(self) -> Mapping[str, Binding]:
        """Inside a block, the fields that can hold an expression."""
        return self._bindings

    def set_names(self, names: Mapping[str, Value]) -> None:
        """The names for expressions, and what they stand for now."""
        self._names = names
        for binding in self._bindings.values():
            binding.set_names(names)

    def show_values(self, values: Mapping[str, Any], bound: Mapping[str, Any] | None = None) -> None:
        """Show what the file says; `bound` is what expressions among it come to. A parameter that says nothing beside
        the others' values is hidden."""
        for name, made in self._fields.items():
            if made.param.only is not None:
                applies = made.param.applies(bound or values)
                self._labels[name].setVisible(applies)
                self._cells[name].setVisible(applies)
        for name, made in self._fields.items():
            if name not in values:
                continue
            if name in self._bindings:
                self._bindings[name].show_value(values[name], (bound or values).get(name))
            else:
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
            binding = self._bindings.get(name)
            if found is None:
                made.show_state("")
                made.editor.setToolTip(made.param.help)
                if binding is not None:
                    binding.show_state("")
                continue
            state = "error" if found.is_error else "warning" if found.severity is Severity.WARNING else ""
            made.show_state(state)
            if binding is not None:
                binding.show_state(state)
            made.editor.setToolTip(found.message)
            if made.param.advanced and not self._fold.isChecked():
                self._fold.setChecked(True)

    @property
    def is_unfolded(self) -> bool:
        """Whether the advanced settings are shown."""
        return self._fold.isChecked()

    def unfold(self, open_: bool) -> None:
        """Show the advanced settings, or fold them away."""
        self._fold.setChecked(open_)

    def note(self, param: str) -> FieldNote:
        """What stands under a field."""
        return self._notes[param]

    def set_read_only(self, read_only: bool) -> None:
        for name, made in self._fields.items():
            made.setEnabled(not read_only)
            if name in self._bindings:
                self._bindings[name].set_read_only(read_only)

    def restyle(self) -> None:
        self._unfold(self._fold.isChecked())

    def _changed(self, value: object, gesture: str) -> None:
        sender = self.sender()
        if isinstance(sender, Field):
            self.edited.emit(sender.param.id, value, gesture)

    def _bound(self, value: object, gesture: str) -> None:
        sender = self.sender()
        if isinstance(sender, Binding):
            self.edited.emit(sender.param.id, value, gesture)

    def _unfold(self, open_: bool) -> None:
        self._fold.setIcon(icon("chevron-down" if open_ else "chevron-right", self._theme, "dim"))
        self._more.setVisible(open_)
