"""What every field of the inspector has: a value shown, changes reported, a mark when it is wrong."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QWidget

from workbench.catalogue.declaration import Param
from workbench.document.graph import Value
from workbench.ui.theme import mark

FIELD_HEIGHT = 26
PAUSE = 800  # milliseconds without a change after which a further one is a new undo step
AUTOMATIC = "automatic"
"""Shown where an optional value is left open."""
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
