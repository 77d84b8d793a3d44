"""Fields for one number, whole or of any magnitude."""

from __future__ import annotations

import math
import re

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox

from workbench.catalogue.declaration import Param
from workbench.document.graph import Value
from workbench.ui.inspector.field import AUTOMATIC, Field

LARGEST = 2**31 - 2


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
            self._box.setSpecialValueText(AUTOMATIC)
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


def parse_float(text: str) -> float | None:
    """The number a text means, with a point or a comma before the fraction; None if it means none."""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
