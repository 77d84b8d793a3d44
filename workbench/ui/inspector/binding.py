"""A field of a layer inside a block: a plain value, or an expression over the block's parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from workbench.catalogue.declaration import Kind, Param
from workbench.document.graph import Value
from workbench.ui.inspector.expression_line import ExpressionLine
from workbench.ui.inspector.field import FIELD_HEIGHT, Field
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.theme import SPACE, mark

BUTTON = 22
BINDABLE = frozenset({Kind.INT, Kind.FLOAT, Kind.INTS, Kind.PADDING, Kind.BOOL, Kind.CHOICE})
"""The kinds of parameters that an expression may stand for."""


class Binding(QObject):
    """Puts a field and its "=" button into `cell`, and the line for the expression into `line`, shown when it is one.

    `edited(value, gesture)` reports an expression ("=channels * 2"), or the plain value that takes its place.
    """

    edited = Signal(object, str)

    def __init__(self, made: Field, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = made
        self.param: Param = made.param
        self._value: Value = None
        self._bound: Value = None
        self._names: dict[str, Value] = {}
        self.cell = QWidget()
        self.button = QToolButton()
        self.button.setText("=")
        self.button.setCheckable(True)
        self.button.setFixedSize(QSize(BUTTON, FIELD_HEIGHT))
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setAccessibleName(f"Expression for {self.param.title.lower()}")
        self.button.setToolTip("Work it out from the block's parameters. Typing = in the field does the same.")
        mark(self.button, role="equals")
        self.shown = ElidedLabel("number")
        self.shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self.cell)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(made, 1)
        row.addWidget(self.shown, 1)
        row.addWidget(self.button)
        self.line = ExpressionLine()
        self.line.setAccessibleName(self.param.title)
        self.line.finished.connect(self._entered)
        self.line.dropped.connect(self._back)
        self.button.clicked.connect(self._switch)
        made.editor.installEventFilter(self)
        self.line.installEventFilter(self)
        self._look = QTimer(self)  # once the focus has settled
        self._look.setSingleShot(True)
        self._look.setInterval(0)
        self._look.timeout.connect(self._settle)
        self._show_expression(False)

    @property
    def is_expression(self) -> bool:
        """Whether the line for an expression is shown."""
        return not self.line.isHidden()

    def set_names(self, names: Mapping[str, Value]) -> None:
        """The names an expression may use, with what they stand for (None where that is not known)."""
        if names != self._names:
            self._names = dict(names)
            self.line.set_names(names)
            known = (name if value is None else f"{name} = {in_words(value)}" for name, value in names.items())
            self.line.setToolTip(f"{self.param.help}\nNames: {', '.join(known)}.")
            self.line.setAccessibleDescription(self.line.toolTip())

    def show_value(self, value: Value, bound: Value) -> None:
        """Show what the file says (`value`) and, for an expression, what it comes to in this use (`bound`)."""
        self._value, self._bound = value, bound
        text = written(value)
        if text is None:
            self.field.show_value(value)
            if not self.line.hasFocus():
                self._show_expression(False)
            return
        self.line.show_text(text)
        self.shown.setText(in_words(bound))
        self.shown.setAccessibleName(f"{self.param.title} in this use: {in_words(bound)}")
        self._show_expression(True)

    def show_state(self, state: str) -> None:
        """Mark the line: "" (fine), "warning" or "error"."""
        if (self.line.property("state") or "") != state:
            mark(self.line, state=state)

    def set_read_only(self, read_only: bool) -> None:
        for widget in (self.field, self.button, self.line):
            widget.setEnabled(not read_only)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and watched is self.field.editor:
            if event.text() == "=":
                self._begin("=")
                return True
        elif event.type() == QEvent.Type.FocusOut and watched is self.line:
            self._look.start()
        return super().eventFilter(watched, event)

    def _switch(self, on: bool) -> None:
        if on:
            self._begin(f"={_plain(self._value)}")
        elif written(self._value) is None:
            self._back()
        else:
            self.edited.emit(self._bound if self._bound is not None else self.param.default, "")

    def _begin(self, text: str) -> None:
        self.shown.setText("")
        self._show_expression(True)
        self.line.begin(text)

    def _entered(self, text: str) -> None:
        value = read(text, self.param)
        if value is None or (written(value) is None and value == self._value):
            self._back()
        else:
            self.edited.emit(value, "")

    def _back(self) -> None:
        """Show again what holds; the keyboard stays where the value is."""
        had = self.line.hasFocus()
        self.line.setModified(False)
        is_expression = written(self._value) is not None
        self._show_expression(is_expression)
        if had and not is_expression:
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.show_value(self._value, self._bound)

    def _settle(self) -> None:
        if not self.line.hasFocus() and written(self._value) is None:
            self._show_expression(False)

    def _show_expression(self, on: bool) -> None:
        self.field.setVisible(not on)
        self.shown.setVisible(on)
        self.line.setVisible(on)
        with QSignalBlocker(self.button):
            self.button.setChecked(on)


def written(value: Value) -> str | None:
    """An expression as a person writes it, with its "="; None for a plain value. Of several, parts may be plain."""
    if isinstance(value, str):
        return value if value.startswith("=") else None
    if isinstance(value, tuple) and any(isinstance(part, str) and part.startswith("=") for part in value):
        if len(set(value)) == 1:
            return str(value[0])
        return "=" + ", ".join(str(part).removeprefix("=").strip() for part in value)
    return None


def read(text: str, param: Param) -> Value:
    """The value an entered line means: an expression, or a plain number, word or switch; None where it is empty."""
    body = text.strip().removeprefix("=").strip()
    if not body:
        return None
    if text.strip().startswith("="):
        parts = _split(body)
        if len(parts) > 1 and param.kind in (Kind.INTS, Kind.PADDING):
            return tuple(int(part) if re.fullmatch(r"-?\d+", part) else f"={part}" for part in parts)
        return f"={body}"
    return _number(body) if _number(body) is not None else f"={body}"


def in_words(value: Value) -> str:
    """A value as the field would show it: "3 × 3", "1,024", "on"."""
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " × ".join(in_words(part) for part in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _plain(value: Value) -> str:
    """A plain value as the beginning of an expression."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return str(value[0]) if len(set(value)) == 1 else ", ".join(str(part) for part in value)
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _number(text: str) -> int | float | None:
    bare = text.replace(",", "")
    try:
        return int(bare)
    except ValueError:
        try:
            return float(bare)
        except ValueError:
            return None


def _split(text: str) -> list[str]:
    """The parts of "kernel, max(1, stride)" or "3 × kernel": cut at commas and × outside brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and letter in ",×":
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]
