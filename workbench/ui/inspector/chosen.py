"""One entry of a catalogue with its parameters: which optimizer, which schedule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QComboBox, QLabel, QVBoxLayout, QWidget

from workbench.catalogue.declaration import Declaration
from workbench.catalogue.values import check
from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import frozen
from workbench.document.project import Chosen
from workbench.ui.inspector.field import FIELD_HEIGHT
from workbench.ui.inspector.fields import AROUND
from workbench.ui.inspector.form import FIELD_WIDTH, FieldNote, Form
from workbench.ui.theme import SPACE, Theme, mark

LARGEST = (1 << 24) - 1
"""Qt's own limit on the size of a widget."""


class ChosenEditor(QWidget):
    """A choice of declarations and, below it, the form of the one chosen. `edited(Chosen, gesture)`.

    `name` is what problems call it: "schedule" for the choice itself, "schedule.warmup" for a parameter.
    """

    edited = Signal(object, str)
    fixChosen = Signal(object)  # Fix
    varyAsked = Signal(str)  # "optimizer.lr": a search is to vary it

    def __init__(self, title: str, tip: str, catalogue: Mapping[str, Declaration], theme: Theme, name: str) -> None:
        super().__init__()
        self._name = name
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
        widest = max((self.box.fontMetrics().horizontalAdvance(e.title) for e in catalogue.values()), default=0)
        row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        row.setSpacing(2 * SPACE)
        row.addWidget(label, 1)
        row.addWidget(self.box)
        if widest + AROUND > FIELD_WIDTH:  # a line of its own below its label, as in forms
            row.setDirection(QBoxLayout.Direction.TopToBottom)
            row.setSpacing(SPACE)
            self.box.setMinimumWidth(FIELD_WIDTH)
            self.box.setMaximumWidth(LARGEST)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        self._column.addLayout(row)
        self.note = FieldNote()
        self.note.fixChosen.connect(self.fixChosen)
        self._column.addWidget(self.note)

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
            values, _problems = check(entry, chosen.params)
            self._form.show_values(values)
        if entry is not None:
            self.box.setToolTip(entry.summary)

    def show_problems(self, problems: Iterable[Diagnostic]) -> None:
        """Put problems of the choice under it, and those of its parameters under their fields."""
        own, inner = None, []
        for problem in problems:
            name, _dot, param = (problem.param or "").partition(".")
            if name == self._name and param:
                inner.append(replace(problem, param=param))
            elif name == self._name and (own is None or problem.is_error):
                own = problem
        self.note.show_problem(own)
        if self._form is not None:
            self._form.show_problems(inner)

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
            self._form.fixChosen.connect(self.fixChosen)
            self._form.offer_search()
            self._form.varyAsked.connect(self._vary)
            self._column.addWidget(self._form)

    def _vary(self, param: str) -> None:
        self.varyAsked.emit(f"{self._name}.{param}")

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
