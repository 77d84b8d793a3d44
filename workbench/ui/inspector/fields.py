"""The field for each kind of parameter. A field only shows and reports; what a value means is checked elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QComboBox

from workbench.catalogue.declaration import Kind, Param
from workbench.document.graph import Value
from workbench.ui.inspector.field import AUTOMATIC, Field
from workbench.ui.inspector.number_fields import FloatField, IntField
from workbench.ui.inspector.text_fields import IntsField, OptionalFloatField, PaddingField, TextField

AROUND = 36  # pixels that the outline and the arrow of a choice take


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
            self._box.addItem(AUTOMATIC, None)
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
