"""A dock with a quiet title: a small word, and buttons that show when the pointer or the focus is there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QMainWindow, QSizePolicy, QToolButton, QWidget

from workbench.ui.icons import icon
from workbench.ui.theme import Theme, mark

TITLE_HEIGHT = 22


class DockTitle(QWidget):
    """Drag it to move the dock; double-click floats it; the buttons float and close it."""

    def __init__(self, dock: QDockWidget, theme: Theme) -> None:
        super().__init__(dock)
        self._dock, self._theme = dock, theme
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self, surface="panel")
        self.setFixedHeight(TITLE_HEIGHT)
        self._label = QLabel(dock.windowTitle())
        mark(self._label, role="group")
        self.float_button = self._button("Float", "Take this panel out of the window, or put it back.")
        self.close_button = self._button("Close", "Close this panel; View, Panels brings it back.")
        self.float_button.clicked.connect(self._float)
        self.close_button.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 4, 0)
        row.setSpacing(0)
        row.addWidget(self._label, 1)
        row.addWidget(self.float_button)
        row.addWidget(self.close_button)
        self._show_buttons(False)
        self.restyle()

    def _button(self, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setFixedSize(20, 20)
        button.setIconSize(QSize(12, 12))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(f"{name} {self._dock.windowTitle()}")
        button.setToolTip(tip)
        button.installEventFilter(self)
        mark(button, role="quiet")
        return button

    def restyle(self) -> None:
        self.float_button.setIcon(icon("float", self._theme, "dim", 12))
        self.close_button.setIcon(icon("close", self._theme, "dim", 12))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, TITLE_HEIGHT)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._show_buttons(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._show_buttons(False)
        super().leaveEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._show_buttons(event.type() == QEvent.Type.FocusIn)
        return super().eventFilter(watched, event)

    def _show_buttons(self, show: bool) -> None:
        """Kept in place while hidden, so that Tab still reaches them and nothing moves."""
        for button in (self.float_button, self.close_button):
            button.setIconSize(QSize(12, 12) if show else QSize(0, 0))

    def _float(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())


def dock(
    name: str, title: str, panel: QWidget, theme: Theme, window: QMainWindow, *, titled: bool = True
) -> QDockWidget:
    """Wrap a panel. `name` is the object name that saved arrangements and tests know; untitled docks show no bar."""
    made = QDockWidget(title, window)
    made.setObjectName(name)
    made.setAccessibleName(title)
    made.setAllowedAreas(Qt.DockWidgetArea.AllDockWidgetAreas)
    made.setWidget(panel)
    if titled:
        made.setTitleBarWidget(DockTitle(made, theme))
    else:
        bare = QWidget(made)
        bare.setFixedHeight(0)
        made.setTitleBarWidget(bare)
    made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    return made
