"""Fields for what is written: words, several numbers in one field, a padding."""

from __future__ import annotations

import math
import re

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QLineEdit

from workbench.catalogue.declaration import Param
from workbench.document.graph import Value
from workbench.ui.inspector.field import AUTOMATIC, Field
from workbench.ui.inspector.number_fields import parse_float


class TextField(Field):
    """Free text, kept when the field is left or Enter is pressed. Escape puts back what was there."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self._shown: Value = None
        self._box = QLineEdit()
        if param.optional:
            self._box.setPlaceholderText(AUTOMATIC)
        self._take(self._box)
        self._box.editingFinished.connect(self._finished)

    def show_value(self, value: Value) -> None:
        self._shown = value
        if not (self._box.hasFocus() and self._box.isModified()):
            if self._box.text() != self.written(value):
                self._box.setText(self.written(value))
                self._box.setCursorPosition(0)
            self._box.setModified(False)

    def written(self, value: Value) -> str:
        return "" if value is None else str(value)

    def read(self, text: str) -> Value:
        """The value a text means; ValueError if it means none."""
        return text or (None if self.param.optional else "")

    def _finished(self) -> None:
        if not self._box.isModified():
            return
        self._box.setModified(False)
        try:
            value = self.read(self._box.text())
        except ValueError:
            self._box.setText(self.written(self._shown))
            return
        if value != self._shown:
            self._report(value)
        self._box.setText(self.written(self._shown))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self._box.setText(self.written(self._shown))
            self._box.setModified(False)
            return True
        return super().eventFilter(watched, event)


class OptionalFloatField(TextField):
    """A number that may be left empty, which means "automatic"."""

    def written(self, value: Value) -> str:
        return f"{value:.6g}" if isinstance(value, int | float) else ""

    def read(self, text: str) -> Value:
        if not text.strip():
            return None
        value = parse_float(text)
        if value is None:
            raise ValueError(f"{text!r} is not a number")
        return value


class IntsField(TextField):
    """Several whole numbers in one field: "3 × 3". One number stands for all; the arrow keys change all by one."""

    def written(self, value: Value) -> str:
        if isinstance(value, tuple):
            between = ", " if self.param.unit else " × "  # several moments, or the sides of one thing
            return between.join(f"{n:,}" if isinstance(n, int) else str(n) for n in value)
        return "" if value is None else str(value)

    def read(self, text: str) -> Value:
        if not text.strip() and self.param.optional:
            return None
        return parse_ints(text, self.param.length)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        step = 0
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        elif isinstance(event, QWheelEvent) and self.editor.hasFocus():
            step = (event.angleDelta().y() > 0) - (event.angleDelta().y() < 0)
        if step and isinstance(self._shown, tuple):
            low = -math.inf if self.param.minimum is None else self.param.minimum
            high = math.inf if self.param.maximum is None else self.param.maximum
            stepped = tuple(n + step if isinstance(n, int) else n for n in self._shown)
            if all(low <= n <= high for n in stepped if isinstance(n, int | float)):
                self._box.setModified(False)
                self._report(stepped)
            return True
        return super().eventFilter(watched, event)


class PaddingField(Field):
    """ "same", "valid", or whole numbers typed in."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self._shown: Value = None
        self._box = QComboBox()
        self._box.setEditable(True)
        self._box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._box.addItems(["same", "valid"])
        self._take(self._box)
        line = self._box.lineEdit()
        assert line is not None
        self._line = line
        line.setAccessibleName(param.title)
        self._box.activated.connect(self._finished)
        line.editingFinished.connect(self._finished)

    def show_value(self, value: Value) -> None:
        self._shown = value
        text = " × ".join(str(n) for n in value) if isinstance(value, tuple) else str(value)
        if not (self._line.hasFocus() and self._line.isModified()):
            self._box.setEditText(text)
            self._line.setModified(False)

    def _finished(self, _place: int = 0) -> None:
        text = self._box.currentText().strip().casefold()
        self._line.setModified(False)
        try:
            value: Value = text if text in ("same", "valid") else parse_ints(text, self.param.length)
        except ValueError:
            value = self._shown
        if value != self._shown:
            self._report(value)
        self.show_value(self._shown)


def parse_ints(text: str, length: int) -> tuple[int, ...]:
    """Numbers in a text such as "3 × 3", "3x3", "3, 3" or "3"; ValueError if there are none or the wrong number."""
    parts = re.split(r"\s*[×x*;]\s*|,\s+|\s+|,(?!\d{3}(?!\d))", text.strip())
    numbers = tuple(int(part.replace(",", "")) for part in parts)
    if len(numbers) == 1 and length:
        return numbers * length
    if length and len(numbers) != length:
        raise ValueError(f"{length} numbers are needed, not {len(numbers)}")
    return numbers
