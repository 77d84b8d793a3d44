"""A block's own parameters: what can be set at each use of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from workbench.catalogue.declaration import Kind, Param
from workbench.document.graph import BlockParam, Value
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.inspector.field import FIELD_HEIGHT
from workbench.ui.inspector.form import Form
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import SPACE, mark

KINDS = (
    ("int", "Whole number", "Counts such as channels, kernel or stride."),
    ("float", "Number", "A rate or a factor, such as dropout."),
    ("bool", "On or off", "A switch, such as whether there is a bias."),
    ("choice", "Choice", "One of a few words."),
)
_LARGEST = 2**31 - 2


def fields_of(param: BlockParam) -> tuple[Param, ...]:
    """The form of one parameter: its default, and folded away what it is called, its kind and its range."""
    kinds = tuple((kind, words.lower()) for kind, words, _ in KINDS)
    choices = tuple((choice, choice) for choice in param.choices)
    default = Param(
        "default",
        "Default",
        "What a use of the block has until it is set there.",
        Kind(param.kind),
        param.default,
        param.minimum,
        param.maximum,
        choices,
    )
    listed = Param("choices", "Choices", "The words to choose from, with commas between them.", Kind.TEXT, "")
    number = Kind.INT if param.kind == "int" else Kind.FLOAT
    low = Param("minimum", "Smallest", "The least it may be; empty for any.", number, None, -_LARGEST, optional=True)
    high = Param("maximum", "Largest", "The most it may be; empty for any.", number, None, -_LARGEST, optional=True)
    label = Param("title", "Label", "What it is called in the settings of each use.", Kind.TEXT, "", advanced=True)
    kind = Param("kind", "Kind", "What it can hold.", Kind.CHOICE, "int", choices=kinds, advanced=True)
    note = Param("help", "Help", "One sentence that says what turning it does.", Kind.TEXT, "", advanced=True)
    ranged = (replace(low, advanced=True), replace(high, advanced=True)) if param.kind in ("int", "float") else ()
    return (*((listed,) if param.kind == "choice" else ()), default, label, kind, *ranged, note)


def changed(param: BlockParam, field: str, value: Value) -> BlockParam:
    """The parameter with one of its fields set, and the others made to fit: another kind has another default."""
    if field == "choices":
        words = tuple(dict.fromkeys(w.strip() for w in str(value).split(",") if w.strip())) or param.choices
        return replace(param, choices=words, default=param.default if param.default in words else words[0])
    if field == "kind":
        return _of_kind(param, str(value))
    if field == "default":
        return replace(param, default=value)
    if field in ("minimum", "maximum"):
        limit = None if value is None else float(value) if param.kind == "float" else int(value)  # type: ignore[arg-type]
        ranged = replace(param, minimum=limit) if field == "minimum" else replace(param, maximum=limit)
        return _within(ranged)
    text = "" if value is None else str(value)
    return replace(param, title=text or param.id) if field == "title" else replace(param, help=text)


def _of_kind(param: BlockParam, kind: str) -> BlockParam:
    default: Value = param.default
    bare = replace(param, kind=kind, choices=(), minimum=None, maximum=None)
    if kind == "choice":
        return replace(bare, choices=("first", "second"), default="first")
    if kind == "bool":
        return replace(bare, default=bool(default))
    number = float(default) if isinstance(default, int | float) else 1.0
    if kind == "int":
        return _within(replace(bare, default=round(number), minimum=param.minimum, maximum=param.maximum))
    return _within(replace(bare, default=number, minimum=param.minimum, maximum=param.maximum))


def _within(param: BlockParam) -> BlockParam:
    """A default beyond a limit moves to the limit."""
    default = param.default
    if isinstance(default, bool) or not isinstance(default, int | float):
        return param
    low, high = param.minimum, param.maximum
    if low is not None and default < low:
        default = low
    if high is not None and default > high:
        default = high
    return replace(param, default=int(default) if param.kind == "int" else float(default))


class OwnParam(QFrame):
    """One parameter: the name expressions use, buttons to move and remove it, its form below."""

    named = Signal(str)
    edited = Signal(str, object, str)  # field, value, gesture
    moved = Signal(int)
    removed = Signal()

    def __init__(self, bridge: Bridge, param: BlockParam, place: int, count: int) -> None:
        super().__init__()
        self.param = param
        mark(self, role="card")
        self.name = QLineEdit()
        self.name.setFixedHeight(FIELD_HEIGHT)
        self.name.setMaxLength(64)
        self.name.setAccessibleName(f"Name of parameter {place + 1}")
        self.name.setToolTip("What expressions in this block call it; they follow when it changes.")
        mark(self.name, role="name")
        self.name.editingFinished.connect(self._finished)
        self.name.installEventFilter(self)
        self.earlier = IconButton(bridge, "chevron-up", f"Move {param.id} up", quiet=True)
        self.later = IconButton(bridge, "chevron-down", f"Move {param.id} down", quiet=True)
        tip = "What uses give for it goes too."
        self.remove = IconButton(bridge, "close", f"Remove {param.id}", tip, quiet=True)
        self.earlier.setEnabled(place > 0)
        self.later.setEnabled(place < count - 1)
        self.earlier.clicked.connect(self._earlier)
        self.later.clicked.connect(self._later)
        self.remove.clicked.connect(self.removed)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.name, 1)
        row.addSpacing(SPACE)
        for button in (self.earlier, self.later, self.remove):
            button.setFixedSize(24, 24)
            row.addWidget(button)
        self.form = Form(fields_of(param), bridge.theme)
        self.form.edited.connect(self.edited)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 5, 6, 6)
        column.setSpacing(SPACE)
        column.addLayout(row)
        column.addWidget(self.form)
        self.show_param(param)

    def show_param(self, param: BlockParam) -> None:
        """Show another state of the same parameter (same kind, range and choices)."""
        self.param = param
        if self.name.text() != param.id and not (self.name.hasFocus() and self.name.isModified()):
            self.name.setText(param.id)
            self.name.setModified(False)
        values: dict[str, Any] = {name: getattr(param, name) for name in self.form.fields}
        if "choices" in values:
            values["choices"] = ", ".join(param.choices)
        self.form.show_values(values)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self.name.setText(self.param.id)
            self.name.setModified(False)
            return True
        return super().eventFilter(watched, event)

    def _finished(self) -> None:
        if self.name.isModified():
            self.name.setModified(False)
            text = self.name.text().strip()
            self.name.setText(self.param.id)
            if text and text != self.param.id:
                self.named.emit(text)

    def _earlier(self) -> None:
        self.moved.emit(-1)

    def _later(self) -> None:
        self.moved.emit(1)


class OwnParams(QWidget):
    """All of a block's parameters. The signals carry the parameter's id first."""

    named = Signal(str, str)
    edited = Signal(str, str, object, str)  # id, field, value, gesture
    moved = Signal(str, int)
    removed = Signal(str)
    added = Signal(str)  # the kind

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._rows: list[OwnParam] = []
        self._forms: tuple[object, ...] = ()
        title = QLabel("Parameters")
        mark(title, role="strong")
        self.add_button = QPushButton("Add parameter")
        self.add_button.setToolTip("Something to set at each use of this block; fields in it use it by its name.")
        mark(self.add_button, role="small")
        self.menu = QMenu(self.add_button)
        self.menu.setToolTipsVisible(True)
        for kind, words, tip in KINDS:
            action = QAction(words, self.menu)
            action.setData(kind)
            action.setToolTip(tip)
            action.setStatusTip(tip)
            self.menu.addAction(action)
        self.menu.triggered.connect(self._add)
        self.add_button.setMenu(self.menu)
        self._none = QLabel("None yet. A parameter such as channels makes one block serve in many places.")
        self._none.setWordWrap(True)
        mark(self._none, role="dim")
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.add_button)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2 * SPACE)
        self._column.addLayout(head)
        self._column.addWidget(self._none)
        self.restyle()

    @property
    def rows(self) -> tuple[OwnParam, ...]:
        return tuple(self._rows)

    def show_params(self, params: Sequence[BlockParam]) -> None:
        """Show these; a row is rebuilt only when another form is needed."""
        forms = tuple((p.id, p.kind, p.minimum, p.maximum, p.choices) for p in params)
        if forms != self._forms:
            self._forms = forms
            unfolded = {row.param.id for row in self._rows if row.form.is_unfolded}
            for row in self._rows:
                self._column.removeWidget(row)
                row.hide()
                row.deleteLater()
            self._rows = [OwnParam(self._bridge, p, place, len(params)) for place, p in enumerate(params)]
            for row in self._rows:
                row.named.connect(self._name)
                row.edited.connect(self._edit)
                row.moved.connect(self._move)
                row.removed.connect(self._remove)
                row.form.unfold(row.param.id in unfolded)
                self._column.addWidget(row)
        for row, param in zip(self._rows, params, strict=True):
            row.show_param(param)
        self._none.setVisible(not params)

    def edit_name(self, param: str) -> None:
        """Put the cursor into the name of a parameter, all of it selected."""
        for row in self._rows:
            if row.param.id == param:
                row.name.setFocus(Qt.FocusReason.OtherFocusReason)
                row.name.selectAll()

    def restyle(self) -> None:
        self.add_button.setIcon(icon("plus", self._bridge.theme))
        for row in self._rows:
            row.form.restyle()

    def _add(self, action: QAction) -> None:
        self.added.emit(str(action.data()))

    def _name(self, text: str) -> None:
        row = self.sender()
        if isinstance(row, OwnParam):
            self.named.emit(row.param.id, text)

    def _edit(self, field: str, value: object, gesture: str) -> None:
        row = self.sender()
        if isinstance(row, OwnParam):
            self.edited.emit(row.param.id, field, value, gesture)

    def _move(self, step: int) -> None:
        row = self.sender()
        if isinstance(row, OwnParam):
            self.moved.emit(row.param.id, step)

    def _remove(self) -> None:
        row = self.sender()
        if isinstance(row, OwnParam):
            self.removed.emit(row.param.id)
