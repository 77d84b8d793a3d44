"""Keeps shortcuts of the canvas quiet while a person types in a field."""

from __future__ import annotations

from collections.abc import Iterable

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from workbench.ui.actions import Actions


def is_typing(widget: QWidget | None) -> bool:
    """Whether keys typed into this widget are text."""
    if isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit):
        return not widget.isReadOnly()
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, QAbstractSpinBox)


class TypingGuard(QObject):
    """Watches only the field that has the focus, and claims for it the keys that would otherwise change the canvas."""

    def __init__(self, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._actions = actions
        self._near: tuple[QAction, ...] = ()
        self._field: QWidget | None = None
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._moved)

    def keep_quiet(self, actions: Iterable[QAction]) -> None:
        """Further actions whose keys belong to the field: those of a panel that has fields of its own."""
        near = Qt.ShortcutContext.WidgetWithChildrenShortcut
        self._near = tuple(a for a in actions if a.shortcutContext() == near)

    def _claims(self, keys: QKeySequence) -> bool:
        exact = QKeySequence.SequenceMatch.ExactMatch
        return self._actions.belongs_to_field(keys) or any(
            s.matches(keys) == exact for action in self._near for s in action.shortcuts()
        )

    def _moved(self, _before: QWidget | None, now: QWidget | None) -> None:
        field, self._field = self._field, None
        if field is not None and shiboken6.isValid(field):  # a field that is being destroyed gives the focus on as well
            field.removeEventFilter(self)
            field.destroyed.disconnect(self._gone)
        if now is not None and is_typing(now):
            self._field = now
            now.installEventFilter(self)
            now.destroyed.connect(self._gone)

    def _gone(self) -> None:
        self._field = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and self._claims(QKeySequence(event.keyCombination()))
        ):
            event.accept()
            return True
        return super().eventFilter(watched, event)
