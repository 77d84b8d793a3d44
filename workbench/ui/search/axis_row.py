"""One setting of a search: its name, what is tried of it, and a way to leave it out again."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QMenu, QSizePolicy, QToolButton, QWidget

from workbench.catalogue.declaration import Kind
from workbench.core.diagnostic import Problem
from workbench.document.graph import Value
from workbench.session.searching.ranges import Range, Values, read_range
from workbench.session.searching.setting import Setting
from workbench.session.searching.variants import Axis
from workbench.ui.bridge import Bridge
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import GAP, ROW, SPACE, mark

SYNTAX = (
    "A range (0.001..0.1), on a logarithmic scale (0.001..0.1:log), in steps (16..64:step=16), or the values to try "
    "(16, 32, 64)."
)


class ChoiceButton(QToolButton):
    """Which of a few words are tried: a menu in which each can be ticked."""

    changed = Signal()

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self._setting = setting
        self._actions: list[tuple[QAction, Value]] = []
        menu = QMenu(self)
        known: tuple[tuple[Value, str], ...] = setting.param.choices or ((False, "off"), (True, "on"))
        tried = setting.wanted.values if isinstance(setting.wanted, Values) else ()
        for value, words in known:
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(value in tried)
            action.toggled.connect(self._toggled)
            self._actions.append((action, value))
        self.setMenu(menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(ROW)
        self.setAccessibleName(f"Values of {setting.name}")
        self._tell()

    @property
    def wanted(self) -> Values:
        return Values(tuple(value for action, value in self._actions if action.isChecked()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell()

    def _toggled(self, _on: bool) -> None:
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        words = ", ".join(action.text() for action, _value in self._actions if action.isChecked())
        room = max(self.width() - 3 * GAP, 40)
        self.setText(self.fontMetrics().elidedText(words or "choose…", Qt.TextElideMode.ElideRight, room))
        self.setToolTip(f"{self._setting.param.help} Tried: {words or 'nothing yet'}.")


class AxisRow(QWidget):
    """`changed` when what is tried is another, `removed` when the setting is to be left out."""

    changed = Signal()
    removed = Signal()

    def __init__(self, bridge: Bridge, setting: Setting) -> None:
        super().__init__()
        self.setting = setting
        self.name = ElidedLabel("dim", Qt.TextElideMode.ElideMiddle)
        self.name.setText(setting.name)
        self.name.setToolTip(f"{setting.param.help} ({setting.group}; {setting.id})")
        self.field: QLineEdit | ChoiceButton
        if setting.param.kind in (Kind.CHOICE, Kind.BOOL):
            self.field = ChoiceButton(setting)
            self.field.changed.connect(self._edited)
        else:
            self.field = QLineEdit(setting.wanted.words)
            self.field.setCursorPosition(0)
            self.field.setToolTip(f"{setting.param.help} {SYNTAX}")
            self.field.setAccessibleName(f"Values of {setting.name}")
            self.field.setFixedHeight(ROW)
            self.field.setMinimumWidth(60)
            self.field.textEdited.connect(self._edited)
        self.log = IconButton(
            bridge,
            "log-axis",
            "Logarithmic",
            "Tries as many values from 0.001 to 0.01 as from 0.01 to 0.1.",
            quiet=True,
            small=True,
            checkable=True,
        )
        self.log.clicked.connect(self._turn_log)
        self.remove = IconButton(bridge, "close", f"Leave {setting.name} as it is", quiet=True, small=True)
        self.remove.clicked.connect(self.removed)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        mark(self.note, role="bad")
        self.note.hide()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(SPACE // 2)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(1, 6)
        grid.addWidget(self.name, 0, 0)
        grid.addWidget(self.field, 0, 1)
        if setting.is_number:
            grid.addWidget(self.log, 0, 2)
        else:
            self.log.setParent(self)
            self.log.hide()
            grid.setColumnMinimumWidth(2, 24)
        grid.addWidget(self.remove, 0, 3)
        grid.addWidget(self.note, 1, 0, 1, 4)
        grid.setColumnMinimumWidth(0, 10 * GAP)
        self._check()

    def axis(self) -> Axis:
        """Raises `Problem` where what was typed does not fit."""
        if isinstance(self.field, ChoiceButton):
            return Axis(self.setting, self.setting.fitting(self.field.wanted))
        return Axis(self.setting, self.setting.read(self.field.text()))

    def set_enabled(self, on: bool) -> None:
        for widget in (self.field, self.log, self.remove):
            widget.setEnabled(on)

    def _edited(self, _text: object = None) -> None:
        self._check()
        self.changed.emit()

    def _check(self) -> None:
        """Say at once what does not fit."""
        try:
            wanted = self.axis().wanted
        except Problem as problem:
            self.note.setText(problem.diagnostics[0].message)
            self.note.show()
            mark(self.field, state="error")
            return
        self.note.hide()
        mark(self.field, state="")
        self.log.setChecked(isinstance(wanted, Range) and wanted.log)

    def _turn_log(self, on: bool) -> None:
        """Write or take away the word; what cannot be logarithmic says so below."""
        if isinstance(self.field, ChoiceButton):
            return
        try:
            wanted = read_range(self.field.text())
        except Problem:
            wanted = None
        if wanted is not None and wanted.log != on:
            text = self.field.text()
            self.field.setText(f"{text.strip()}:log" if on else text.replace(":log", ""))
        self._edited()
