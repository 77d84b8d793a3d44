"""A dock with a quiet handle: a slim strip while docked, a titled bar while it floats."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QMainWindow, QSizePolicy, QToolButton, QWidget

from workbench.ui.icons import icon
from workbench.ui.theme import Theme, mark

SLIM, TITLED = 14, 26
WIDEST = 460  # of a dock at the side
_DOTS = 5


class DockTitle(QWidget):
    """Drag it to move the dock; double-click floats it. Its buttons show when the pointer or the focus is there."""

    def __init__(self, dock: QDockWidget, theme: Theme) -> None:
        super().__init__(dock)
        self._dock, self._theme = dock, theme
        self._lit = False
        mark(self, surface="panel")
        self.setToolTip(f"{dock.windowTitle()}: drag to move this panel, double-click to float it.")
        self._label = QLabel(dock.windowTitle())
        mark(self._label, role="group")
        self.float_button = self._button("Float", "Take this panel out of the window, or put it back.")
        self.close_button = self._button("Close", "Close this panel; View, Panels brings it back.")
        self.float_button.clicked.connect(self._float)
        self.close_button.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 4, 0)
        row.setSpacing(2)
        row.addWidget(self._label)
        row.addStretch(1)
        row.addWidget(self.float_button)
        row.addWidget(self.close_button)
        dock.topLevelChanged.connect(self._shape)
        self._shape(dock.isFloating())
        self.restyle()

    def _button(self, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(f"{name} {self._dock.windowTitle()}")
        button.setToolTip(tip)
        button.installEventFilter(self)
        mark(button, role="handle")
        return button

    def restyle(self) -> None:
        """Tint the buttons; they keep their place while unlit, so that Tab reaches them and nothing moves."""
        for button, name in ((self.float_button, "float"), (self.close_button, "close")):
            button.setIcon(icon(name, self._theme, "dim", 12))
            button.setIconSize(QSize(10, 10) if self._lit else QSize(0, 0))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._lit and not self._dock.isFloating():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("outline"))
            start = self.width() / 2 - 6.0 * (_DOTS - 1) / 2
            for place in range(_DOTS):
                painter.drawEllipse(QPointF(start + 6.0 * place, self.height() / 2), 1.2, 1.2)
            painter.end()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._light(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._light(False)
        super().leaveEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._light(event.type() == QEvent.Type.FocusIn)
        return super().eventFilter(watched, event)

    def _light(self, lit: bool) -> None:
        self._lit = lit or self._dock.isFloating()
        self.restyle()

    def _shape(self, floating: bool) -> None:
        self._label.setVisible(floating)
        self.setFixedHeight(TITLED if floating else SLIM)
        edge = 20 if floating else SLIM
        for button in (self.float_button, self.close_button):
            button.setFixedSize(edge, edge)
        self._light(False)

    def _float(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())


class SideDock(QDockWidget):
    """A dock that keeps its width when the window's changes, up to `WIDEST`; the docks beside it take the difference.

    Qt gives room to docks whose policy may grow, and takes a dock's hint for its largest size where it may not.
    """

    def __init__(self, title: str, window: QMainWindow) -> None:
        super().__init__(title, window)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        return QSize(WIDEST, super().sizeHint().height())


def dock(
    name: str, title: str, panel: QWidget, theme: Theme, window: QMainWindow, *, handle: bool, side: bool = False
) -> QDockWidget:
    """Wrap a panel. `name` is the object name that saved arrangements and tests know; `handle` makes it movable."""
    made = SideDock(title, window) if side else QDockWidget(title, window)
    made.setObjectName(name)
    made.setAccessibleName(title)
    made.setAllowedAreas(Qt.DockWidgetArea.AllDockWidgetAreas)
    made.setWidget(panel)
    if handle:
        made.setTitleBarWidget(DockTitle(made, theme))
    else:
        bare = QWidget(made)
        bare.setFixedHeight(0)
        made.setTitleBarWidget(bare)
    return made
