"""One augmentation of the list: its switch, its name, buttons to move and remove it, its settings below."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QShortcut
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from workbench.catalogue.augmentations import CHANCE, ON
from workbench.catalogue.declaration import Augmentation, Kind, Values
from workbench.catalogue.registry import AUGMENTATIONS
from workbench.catalogue.values import check
from workbench.document.graph import frozen
from workbench.document.project import Chosen
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon, pixmap
from workbench.ui.inspector.form import Form
from workbench.ui.inspector.sliding import sliding_field
from workbench.ui.parts.header import ElidedLabel, dotted
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import ICON, SPACE, mark

_ROOM = 180
"""Pixels for a slider and its number beside the parameter's name."""


class Grip(QLabel):
    """The dots by which a row is dragged. Tells where the mouse is; what that means is the list's affair."""

    dragged = Signal(QPoint)  # global
    dropped = Signal()
    cancelled = Signal()

    def __init__(self, bridge: Bridge, title: str) -> None:
        super().__init__()
        self._bridge = bridge
        self._from: QPoint | None = None
        self._dragging = False
        self.setFixedSize(QSize(ICON, 24))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(f"Drag {title} to another place; or Alt with the up and down keys")
        bridge.themeChanged.connect(self._tint)
        self._tint()

    def _tint(self, _theme: object = None) -> None:
        self.setPixmap(pixmap("drag", self._bridge.theme.color("dim"), ICON, self.devicePixelRatioF()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._from = event.globalPosition().toPoint()
            self.grabKeyboard()  # for Esc

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is None:
            return
        at = event.globalPosition().toPoint()
        self._dragging = self._dragging or (at - self._from).manhattanLength() >= 4
        if self._dragging:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.dragged.emit(at)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        if self._let_go():
            self.dropped.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._let_go():
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)

    def _let_go(self) -> bool:
        """Whether there was a drag."""
        was, self._from, self._dragging = self._dragging, None, False
        self.releaseKeyboard()
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        return was


class AugmentationRow(QFrame):
    """A card for one entry of the list. `place` is where it stands; the list keeps it up to date."""

    edited = Signal(object, str, str)  # Chosen, what was done to it, gesture
    moved = Signal(int)  # -1 earlier, 1 later
    removed = Signal()
    unfolded = Signal()

    def __init__(self, bridge: Bridge, chosen: Chosen) -> None:
        super().__init__()
        self._bridge = bridge
        self.chosen = chosen
        self.place = 0
        entry = AUGMENTATIONS.get(chosen.id)
        self.title = entry.title if entry is not None else chosen.id
        mark(self, role="card")
        self.setAccessibleName(self.title)
        self.grip = Grip(bridge, self.title)
        self.switch = QCheckBox()
        self.switch.setFixedWidth(24)  # without words it would keep room for them
        self.switch.setAccessibleName(f"Use {self.title}")
        self.switch.setToolTip("Switched off it stays in the list and does nothing")
        self.switch.toggled.connect(self._switch)
        self.fold = QToolButton()
        self.fold.setText(self.title)
        self.fold.setCheckable(True)
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.fold.setToolTip(entry.summary if entry is not None else "This version does not know this augmentation.")
        self.fold.setAccessibleName(f"Settings of {self.title}")
        mark(self.fold, role="heading-fold")
        self.fold.toggled.connect(self._unfold)
        self.earlier = IconButton(bridge, "chevron-up", f"Apply {self.title} earlier", quiet=True, small=True)
        self.later = IconButton(bridge, "chevron-down", f"Apply {self.title} later", quiet=True, small=True)
        self.remove = IconButton(bridge, "close", f"Remove {self.title}", quiet=True, small=True)
        self.earlier.clicked.connect(self._earlier)
        self.later.clicked.connect(self._later)
        self.remove.clicked.connect(self.removed)
        self.words = ElidedLabel("label")
        for keys, slot in (("Alt+Up", self._earlier), ("Alt+Down", self._later)):  # buttons take plain key events
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)
        self._form = self._make_form(entry)
        self._lay_out()
        bridge.themeChanged.connect(self._tint)
        self._tint()
        self.show_chosen(chosen)

    def _make_form(self, entry: Augmentation | None) -> Form | None:
        if entry is None:
            return None
        params = [p for p in entry.params if p.id != ON]
        form = Form(params, self._bridge.theme, make=sliding_field, room=_ROOM)
        form.edited.connect(self._edit)
        form.fixChosen.connect(self._fix)
        return form

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self.grip)
        top.addWidget(self.switch)
        top.addWidget(self.fold, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for button in (self.earlier, self.later, self.remove):
            buttons.addWidget(button)
        top.addLayout(buttons)
        self._below = QWidget()
        below = QVBoxLayout(self._below)
        below.setContentsMargins(6, 0, 8, 6)
        below.setSpacing(SPACE)
        if self._form is not None:
            below.addWidget(self._form)
        self._below.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(0)
        column.addLayout(top)
        words = QHBoxLayout()
        words.setContentsMargins(56, 0, 8, 4)
        words.addWidget(self.words)
        column.addLayout(words)
        column.addWidget(self._below)

    @property
    def form(self) -> Form | None:
        return self._form

    @property
    def is_unfolded(self) -> bool:
        return self.fold.isChecked()

    def set_unfolded(self, open_: bool) -> None:
        self.fold.setChecked(open_ and self._form is not None)

    def show_chosen(self, chosen: Chosen) -> None:
        """Show the entry as it is now."""
        self.chosen = chosen
        entry = AUGMENTATIONS.get(chosen.id)
        if entry is None:
            self.switch.setEnabled(False)
            self.words.setText("Not known to this version. Remove it.")
            mark(self.words, role="warning")
            return
        values, problems = check(entry, chosen.params)
        with QSignalBlocker(self.switch):
            self.switch.setChecked(values.on)
        self.words.setText(words_of(entry, values))
        mark(self.fold, state="" if values.on else "off")
        if self._form is not None:
            self._form.show_values(values)
            self._form.show_problems(problems)
        if any(d.is_error for d in problems):
            self.set_unfolded(True)

    def show_place(self, place: int, count: int) -> None:
        self.place = place
        self.earlier.setEnabled(place > 0)
        self.later.setEnabled(place < count - 1)

    def _tint(self, _theme: object = None) -> None:
        down = "chevron-down" if self.fold.isChecked() else "chevron-right"
        self.fold.setIcon(icon(down, self._bridge.theme, "dim"))
        if self._form is not None:
            self._form.restyle()

    # --- what a person does ------------------------------------------------------------------------------------------

    def _edit(self, param: str, value: Any, gesture: str) -> None:
        self.chosen = Chosen(self.chosen.id, frozen({**self.chosen.params, param: value}))
        self.edited.emit(self.chosen, f"Change {self.title}", gesture)

    def _fix(self, fix: Any) -> None:
        """The one remedy a form offers here: the parameter's default."""
        if fix.action == "set_param":
            self._edit(str(fix.arguments["param"]), fix.arguments["value"], "")

    def _switch(self, on: bool) -> None:
        rest = {name: value for name, value in self.chosen.params.items() if name != ON}
        self.chosen = Chosen(self.chosen.id, frozen(rest if on else {**rest, ON: False}))
        self.edited.emit(self.chosen, f"Switch {self.title} {'on' if on else 'off'}", "")

    def _unfold(self, open_: bool) -> None:
        self._below.setVisible(open_)
        self.words.setVisible(not open_)
        self._tint()
        if open_:
            self.unfolded.emit()

    def _earlier(self) -> None:
        self.moved.emit(-1)

    def _later(self) -> None:
        self.moved.emit(1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)


def words_of(entry: Augmentation, values: Values) -> str:
    """The settings in a few words: "angle 10° · 50 % of pictures"."""
    if not values.on:
        return "switched off"
    parts = []
    for param in entry.params:
        if param.id in (CHANCE, ON) or param.advanced:
            continue
        value = values[param.id]
        if param.kind is Kind.CHOICE:
            parts.append(next((words for own, words in param.choices if own == value), str(value)).lower())
        else:
            unit = param.unit if param.unit == "°" else f" {param.unit}".rstrip()
            parts.append(f"{param.title.lower()} {value:g}{unit}")
    if values.chance < 1:
        parts.append(f"{values.chance:.0%}".replace("%", " %") + " of pictures")
    if entry.mix is not None:
        parts.append("after all others")
    return dotted(parts) or "all pictures"
