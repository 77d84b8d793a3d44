"""One entry of a catalogue with its parameters: which optimizer, which schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.catalogue.declaration import Declaration
from workbench.catalogue.values import check
from workbench.document.graph import frozen
from workbench.document.project import Chosen
from workbench.ui.inspector.field import FIELD_HEIGHT
from workbench.ui.inspector.form import FIELD_WIDTH, Form
from workbench.ui.theme import SPACE, Theme, mark


class ChosenEditor(QWidget):
    """A choice of declarations and, below it, the form of the one chosen. `edited(Chosen, gesture)`."""

    edited = Signal(object, str)

    def __init__(self, title: str, tip: str, catalogue: Mapping[str, Declaration], theme: Theme) -> None:
        super().__init__()
        self._catalogue, self._theme = catalogue, theme
        self._chosen = Chosen("")
        self._form: Form | None = None
        label = QLabel(title)
        label.setToolTip(tip)
        mark(label, role="dim")
        self.box = QComboBox()
        self.box.setFixedSize(FIELD_WIDTH, FIELD_HEIGHT)
        self.box.setAccessibleName(title)
        self.box.setToolTip(tip)
        for entry in catalogue.values():
            self.box.addItem(entry.title, entry.id)
            self.box.setItemData(self.box.count() - 1, entry.summary, 3)  # the tooltip of one entry
        label.setBuddy(self.box)
        self.box.activated.connect(self._pick)
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        row.addWidget(label, 1)
        row.addWidget(self.box)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        self._column.addLayout(row)

    @property
    def form(self) -> Form | None:
        return self._form

    def show_chosen(self, chosen: Chosen) -> None:
        """Show what is chosen; one this version does not know leaves the choice empty."""
        entry = self._catalogue.get(chosen.id)
        if chosen.id != self._chosen.id or (self._form is None and entry is not None):
            self._rebuild(entry)
        self._chosen = chosen
        self.box.setCurrentIndex(self.box.findData(chosen.id))
        if entry is not None and self._form is not None:
            values, problems = check(entry, chosen.params)
            self._form.show_values(values)
            self._form.show_problems(problems)
            self.box.setToolTip(entry.summary)

    def restyle(self) -> None:
        if self._form is not None:
            self._form.restyle()

    def _rebuild(self, entry: Declaration | None) -> None:
        if self._form is not None:
            self._column.removeWidget(self._form)
            self._form.hide()
            self._form.deleteLater()
            self._form = None
        if entry is not None and entry.params:
            self._form = Form(entry.params, self._theme)
            self._form.edited.connect(self._edit)
            self._column.addWidget(self._form)

    def _pick(self, place: int) -> None:
        identity = str(self.box.itemData(place))
        if identity != self._chosen.id:
            # What both entries know (the learning rate, as a rule) goes along.
            known = {p.id for p in self._catalogue[identity].params}
            kept = {k: v for k, v in self._chosen.params.items() if k in known}
            self.edited.emit(Chosen(identity, frozen(kept)), "")

    def _edit(self, param: str, value: Any, gesture: str) -> None:
        # Kept at once, so that a second edit before the next refresh does not lose this one.
        self._chosen = Chosen(self._chosen.id, frozen({**self._chosen.params, param: value}))
        self.edited.emit(self._chosen, gesture)
