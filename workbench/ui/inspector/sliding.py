"""Fields with a slider beside the number: for parameters whose effect is seen while they are moved."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QSlider, QSpinBox

from workbench.catalogue.declaration import Kind, Param
from workbench.document.graph import Value
from workbench.ui.inspector.field import FIELD_HEIGHT, Field
from workbench.ui.inspector.fields import field
from workbench.ui.inspector.number_fields import FloatField, IntField
from workbench.ui.theme import SPACE

BOX = 74  # pixels for the number
STEPS = 500
_SMALL_SHARE = 0.2
_WIDE = 50


class Scale:
    """Where a value stands on its slider: evenly, or with more room for small values where those are the usual ones."""

    def __init__(self, param: Param) -> None:
        self.low, self.high = float(param.minimum or 0.0), float(param.maximum or 1.0)
        usual = float(param.default) if isinstance(param.default, int | float) else self.low
        self._by_ratio = self.low > 0 and self.high / self.low >= _WIDE
        small = (usual - self.low) / (self.high - self.low) < _SMALL_SHARE
        self._power = 2.0 if small and not self._by_ratio else 1.0

    def value(self, place: float) -> float:
        """At a place from 0 to 1, rounded to what a person would write."""
        place = min(max(place, 0.0), 1.0)
        if self._by_ratio:
            value = self.low * (self.high / self.low) ** place
        else:
            value = self.low + (self.high - self.low) * place**self._power
        if place in (0.0, 1.0):
            return self.high if place else self.low
        magnitude = max(abs(value), (self.high - self.low) / 100)
        return round(value, max(0, 1 - math.floor(math.log10(magnitude))))

    def place(self, value: float) -> float:
        """From 0 to 1."""
        value = min(max(value, self.low), self.high)
        if self._by_ratio:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return float(((value - self.low) / (self.high - self.low)) ** (1 / self._power))


class Slider(QSlider):
    """A slider that leaves the wheel to the page until it has the focus."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _slider(param: Param, steps: int) -> Slider:
    slider = Slider(Qt.Orientation.Horizontal)
    slider.setRange(0, steps)
    slider.setSingleStep(max(1, steps // 50))
    slider.setPageStep(max(1, steps // 10))
    slider.setFixedHeight(FIELD_HEIGHT)
    slider.setAccessibleName(param.title)
    slider.setAccessibleDescription(param.help)
    slider.setToolTip(param.help)
    slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return slider


class SlidingFloat(FloatField):
    """A number within a range; the slider and the number move each other."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self._scale = Scale(param)
        self.slider = _slider(param, STEPS)
        _put_first(self, self.slider, self._box)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderReleased.connect(self._end_gesture)
        self._box.valueChanged.connect(self._follow)

    def show_value(self, value: Value) -> None:
        super().show_value(value)
        self._follow(self._box.value())

    def _slid(self, place: int) -> None:
        self._box.setValue(self._scale.value(place / STEPS))

    def _follow(self, value: float) -> None:
        if not self.slider.isSliderDown():  # under a person's hand it stays where the hand is
            with QSignalBlocker(self.slider):
                self.slider.setValue(round(self._scale.place(value) * STEPS))


class SlidingInt(IntField):
    """A whole number within a range; the slider and the number move each other."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self._low = int(param.minimum or 0)
        self.slider = _slider(param, int(param.maximum or 1) - self._low)
        self.slider.setSingleStep(1)
        _put_first(self, self.slider, self._box)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderReleased.connect(self._end_gesture)
        self._box.valueChanged.connect(self._follow)

    def show_value(self, value: Value) -> None:
        super().show_value(value)
        self._follow(self._box.value())

    def _slid(self, place: int) -> None:
        self._box.setValue(self._low + place)

    def _follow(self, value: int) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(value - self._low)


def _put_first(made: Field, slider: QSlider, box: QSpinBox | QDoubleSpinBox) -> None:
    made._row.insertWidget(0, slider, 1)
    made._row.setSpacing(2 * SPACE)
    box.setFixedWidth(BOX)


def sliding_field(param: Param) -> Field:
    """A field with a slider for a number within a range; the usual one for everything else."""
    ranged = param.minimum is not None and param.maximum is not None and not param.optional
    if ranged and param.kind is Kind.FLOAT:
        return SlidingFloat(param)
    if ranged and param.kind is Kind.INT:
        return SlidingInt(param)
    return field(param)
