"""The list of changes made to training pictures: add, remove, put in order, set."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from workbench.catalogue.registry import AUGMENTATIONS
from workbench.catalogue.values import check
from workbench.document.graph import frozen
from workbench.document.project import Chosen
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.inspector.form import Form
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import SPACE, mark


class AugmentationRow(QFrame):
    """One augmentation: its name, buttons to move and remove it, its settings below."""

    edited = Signal(object, str)  # Chosen, gesture
    moved = Signal(int)  # -1 earlier, 1 later
    removed = Signal()

    def __init__(self, bridge: Bridge, chosen: Chosen, place: int, count: int) -> None:
        super().__init__()
        self._chosen = chosen
        self.place = place
        entry = AUGMENTATIONS.get(chosen.id)
        title = entry.title if entry is not None else chosen.id
        mark(self, role="card")
        label = QLabel(title)
        label.setToolTip(entry.summary if entry is not None else "This version does not know this augmentation.")
        earlier = IconButton(bridge, "chevron-up", f"Apply {title} earlier", quiet=True)
        later = IconButton(bridge, "chevron-down", f"Apply {title} later", quiet=True)
        remove = IconButton(bridge, "close", f"Remove {title}", quiet=True)
        for button in (earlier, later, remove):
            button.setFixedSize(24, 24)
        earlier.setEnabled(place > 0)
        later.setEnabled(place < count - 1)
        earlier.clicked.connect(self._earlier)
        later.clicked.connect(self._later)
        remove.clicked.connect(self.removed)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(label, 1)
        for button in (earlier, later, remove):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 4, 6, 6)
        column.setSpacing(SPACE)
        column.addLayout(row)
        self._form: Form | None = None
        if entry is not None and entry.params:
            self._form = Form(entry.params, bridge.theme)
            self._form.edited.connect(self._edit)
            column.addWidget(self._form)
        self.show_chosen(chosen)

    def show_chosen(self, chosen: Chosen) -> None:
        self._chosen = chosen
        entry = AUGMENTATIONS.get(chosen.id)
        if entry is not None and self._form is not None:
            values, problems = check(entry, chosen.params)
            self._form.show_values(values)
            self._form.show_problems(problems)

    def _edit(self, param: str, value: Any, gesture: str) -> None:
        self._chosen = Chosen(self._chosen.id, frozen({**self._chosen.params, param: value}))
        self.edited.emit(self._chosen, gesture)

    def _earlier(self) -> None:
        self.moved.emit(-1)

    def _later(self) -> None:
        self.moved.emit(1)


class AugmentationList(QWidget):
    """All augmentations in the order they are applied. `edited(label, tuple[Chosen, ...], gesture)`."""

    edited = Signal(str, object, str)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._shown: tuple[Chosen, ...] = ()
        self._rows: list[AugmentationRow] = []
        self._none = QLabel("None. Shifting, turning or mirroring training pictures a little often helps.")
        self._none.setWordWrap(True)
        mark(self._none, role="dim")
        self.add_button = QPushButton("Add augmentation")
        self.add_button.setToolTip("Change training pictures a little each time they are shown.")
        self.menu = QMenu(self.add_button)
        self.menu.setToolTipsVisible(True)
        for entry in AUGMENTATIONS.values():
            action = QAction(entry.title, self.menu)
            action.setData(entry.id)
            action.setToolTip(entry.summary)
            action.setStatusTip(entry.summary)
            self.menu.addAction(action)
        self.menu.triggered.connect(self._add)
        self.add_button.setMenu(self.menu)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2 * SPACE)
        self._column.addWidget(self._none)
        self._column.addWidget(self.add_button)
        self.restyle()

    @property
    def rows(self) -> tuple[AugmentationRow, ...]:
        return tuple(self._rows)

    def show_list(self, chosen: tuple[Chosen, ...]) -> None:
        """Show these; rows are rebuilt only when the list itself changed, not a setting."""
        if [c.id for c in chosen] == [c.id for c in self._shown]:
            for row, entry in zip(self._rows, chosen, strict=True):
                row.show_chosen(entry)
        else:
            for row in self._rows:
                self._column.removeWidget(row)
                row.hide()
                row.deleteLater()
            self._rows = [AugmentationRow(self._bridge, c, place, len(chosen)) for place, c in enumerate(chosen)]
            for place, row in enumerate(self._rows):
                row.edited.connect(self._edit)
                row.moved.connect(self._move)
                row.removed.connect(self._remove)
                self._column.insertWidget(1 + place, row)
        self._shown = chosen
        self._none.setVisible(not chosen)

    def restyle(self) -> None:
        self.add_button.setIcon(icon("plus", self._bridge.theme))

    def _add(self, action: QAction) -> None:
        identity = str(action.data())
        title = AUGMENTATIONS[identity].title
        self.edited.emit(f"Add {title}", (*self._shown, Chosen(identity)), "")

    def _edit(self, chosen: Chosen, gesture: str) -> None:
        row = self.sender()
        if isinstance(row, AugmentationRow):
            self._shown = tuple(chosen if i == row.place else c for i, c in enumerate(self._shown))
            self.edited.emit("Change augmentation", self._shown, gesture)

    def _move(self, step: int) -> None:
        row = self.sender()
        if isinstance(row, AugmentationRow) and 0 <= row.place + step < len(self._shown):
            after = list(self._shown)
            after.insert(row.place + step, after.pop(row.place))
            self.edited.emit("Reorder augmentations", tuple(after), "")

    def _remove(self) -> None:
        row = self.sender()
        if isinstance(row, AugmentationRow):
            after = tuple(c for i, c in enumerate(self._shown) if i != row.place)
            self.edited.emit("Remove augmentation", after, "")
