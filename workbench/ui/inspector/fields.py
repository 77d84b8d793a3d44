"""One field for each kind of parameter. A field only shows and reports values; what they mean is checked elsewhere."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from workbench.catalogue.declaration import Kind, Param
from workbench.document.graph import Value
from workbench.ui.theme import mark

FIELD_HEIGHT = 26
PAUSE = 800  # milliseconds without a change after which a further one is a new undo step
LARGEST = 2**31 - 2
AROUND = 36  # pixels that the outline and the arrow of a choice take
_NONE = "automatic"
_INSET = 8
_SERIALS = itertools.count()


class Field(QWidget):
    """Shows the value of one parameter. `edited(value, gesture)`: changes of one gesture belong to one undo step."""

    edited = Signal(object, str)

    def __init__(self, param: Param) -> None:
        super().__init__()
        self.param = param
        self._editor: QWidget | None = None
        self._serial = next(_SERIALS)
        self._gesture = 0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._end_gesture)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)

    @property
    def editor(self) -> QWidget:
        """The widget a person types into."""
        if self._editor is None:
            raise RuntimeError(f"{type(self).__name__} has not taken an editor yet")
        return self._editor

    @property
    def natural_width(self) -> int:
        """The width that shows every value it may hold, as far as that is known; 0 where any width does."""
        return 0

    def show_value(self, value: Value) -> None:
        """Show a value without reporting it. Leaves alone what is being typed if it means the same."""
        raise TypeError(f"{type(self).__name__} shows no value")

    def show_state(self, state: str) -> None:
        """Mark the field: "" (fine), "warning" or "error"."""
        if (self.editor.property("state") or "") != state:
            mark(self.editor, state=state)

    def _take(self, editor: QWidget) -> None:
        editor.setFixedHeight(FIELD_HEIGHT)
        editor.setAccessibleName(self.param.title)
        editor.setAccessibleDescription(self.param.help)
        editor.setToolTip(self.param.help)
        editor.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the wheel scrolls the page, not an unfocused field
        editor.installEventFilter(self)
        if isinstance(editor, QAbstractSpinBox):
            editor.lineEdit().setTextMargins(_INSET, 0, 0, 0)  # style sheets do not reach this line edit
        self.setFocusProxy(editor)
        self._editor = editor
        self._row.addWidget(editor)

    def _report(self, value: Value) -> None:
        self._pause.start()
        self.edited.emit(value, f"field {self._serial}/{self.param.id}/{self._gesture}")

    def _end_gesture(self) -> None:
        self._gesture += 1

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and watched is self._editor and not self._editor.hasFocus():
            event.ignore()
            return True
        if event.type() == QEvent.Type.FocusOut:
            self._end_gesture()
        return super().eventFilter(watched, event)


class IntField(Field):
    """A whole number with separators; the arrow keys and the wheel count it up and down."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        low = -LARGEST if param.minimum is None else max(math.ceil(param.minimum), -LARGEST)
        high = LARGEST if param.maximum is None else min(math.floor(param.maximum), LARGEST)
        self._none = low - 1 if param.optional else None
        self._box = QSpinBox()
        self._box.setRange(low if self._none is None else self._none, high)
        if self._none is not None:
            self._box.setSpecialValueText(_NONE)
        self._box.setGroupSeparatorShown(True)
        self._box.setKeyboardTracking(False)
        if param.unit:
            self._box.setSuffix(f" {param.unit}")
        self._take(self._box)
        self._box.valueChanged.connect(self._changed)

    def show_value(self, value: Value) -> None:
        if value is None and self._none is not None:
            shown = self._none
        elif isinstance(value, int | float) and not isinstance(value, bool):
            shown = int(value)
        else:
            return
        if self._box.value() != shown:
            with QSignalBlocker(self._box):
                self._box.setValue(shown)

    def _changed(self, value: int) -> None:
        self._report(None if value == self._none else value)


class NumberBox(QDoubleSpinBox):
    """A number of any magnitude, written as people write it: 0.001, 3e-5. Steps change its leading digit."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(12)
        self.setKeyboardTracking(False)

    def textFromValue(self, value: float) -> str:
        return f"{value:.6g}"

    def valueFromText(self, text: str) -> float:
        return parse_float(text.removesuffix(self.suffix())) or 0.0

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        bare = text.removesuffix(self.suffix()).strip()
        value = parse_float(bare)
        if value is not None and self.minimum() <= value <= self.maximum():
            return QValidator.State.Acceptable, text, position
        partial = re.fullmatch(r"[-+]?[\d.,]*(e[-+]?\d*)?", bare, re.IGNORECASE)
        return (QValidator.State.Intermediate if partial else QValidator.State.Invalid), text, position

    def stepBy(self, steps: int) -> None:
        value = self.value()
        size = abs(value)
        if size == 0.0:
            step = 0.01 if self.maximum() <= 1 or math.isinf(self.maximum()) else 0.1
        else:
            exponent = math.floor(math.log10(size) + 1e-9)
            leading = size / 10**exponent
            shrinking = (steps < 0) == (value > 0)
            step = 10.0 ** (exponent - 1 if shrinking and leading < 1.0 + 1e-9 else exponent)
        self.setValue(round(value + steps * step, 12))


class FloatField(Field):
    """A number of any magnitude."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self._box = NumberBox()
        self._box.setRange(
            -1e9 if param.minimum is None else param.minimum, 1e9 if param.maximum is None else param.maximum
        )
        if param.unit:
            self._box.setSuffix(f" {param.unit}")
        self._take(self._box)
        self._box.valueChanged.connect(self._report)

    def show_value(self, value: Value) -> None:
        if isinstance(value, int | float) and not isinstance(value, bool) and self._box.value() != value:
            with QSignalBlocker(self._box):
                self._box.setValue(float(value))


class BoolField(Field):
    """On or off."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self._box = QCheckBox("off")
        self._take(self._box)
        self._row.addStretch(1)
        self._box.toggled.connect(self._changed)

    def show_value(self, value: Value) -> None:
        with QSignalBlocker(self._box):
            self._box.setChecked(bool(value))
        self._box.setText("on" if value else "off")

    def _changed(self, value: bool) -> None:
        self._box.setText("on" if value else "off")
        self._report(value)


class ChoiceField(Field):
    """One of a few words."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self._box = QComboBox()
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(6)
        if param.optional:
            self._box.addItem(_NONE, None)
        for value, words in param.choices:
            self._box.addItem(words, value)
        self._take(self._box)
        self._box.activated.connect(self._changed)

    @property
    def natural_width(self) -> int:
        words = [self._box.itemText(place) for place in range(self._box.count())]
        return max(map(self._box.fontMetrics().horizontalAdvance, words), default=0) + AROUND

    def show_value(self, value: Value) -> None:
        self._box.setCurrentIndex(self._box.findData(value))

    def _changed(self, place: int) -> None:
        self._report(self._box.itemData(place))


class TextField(Field):
    """Free text, kept when the field is left or Enter is pressed. Escape puts back what was there."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self._shown: Value = None
        self._box = QLineEdit()
        if param.optional:
            self._box.setPlaceholderText(_NONE)
        self._take(self._box)
        self._box.editingFinished.connect(self._finished)

    def show_value(self, value: Value) -> None:
        self._shown = value
        if not (self._box.hasFocus() and self._box.isModified()):
            self._box.setText(self.written(value))
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
            return " × ".join(f"{n:,}" if isinstance(n, int) else str(n) for n in value)
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


def parse_float(text: str) -> float | None:
    """The number a text means, with a point or a comma before the fraction; None if it means none."""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


_FIELDS: Mapping[Kind, Callable[[Param], Field]] = {
    Kind.INT: IntField,
    Kind.FLOAT: FloatField,
    Kind.BOOL: BoolField,
    Kind.CHOICE: ChoiceField,
    Kind.INTS: IntsField,
    Kind.PADDING: PaddingField,
    Kind.TEXT: TextField,
}


def field(param: Param) -> Field:
    """The field for a parameter's kind."""
    if param.kind is Kind.FLOAT and param.optional:
        return OptionalFloatField(param)
    return _FIELDS[param.kind](param)
