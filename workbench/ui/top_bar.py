"""The bar at the top: menus and project on the left, the five places in the middle, what comes next on the right."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMenuBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from workbench.ui.actions import Actions
from workbench.ui.bridge import PLACES, Bridge
from workbench.ui.icons import icon
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.primary import Next, what_comes_next
from workbench.ui.theme import GAP, ICON, Theme, mark

HEIGHT = 40
TITLES = {"data": "Data", "build": "Build", "train": "Train", "look": "Look inside", "export": "Export"}
TOOLS = ("undo", "redo", "arrange", "fit")
"""The first two are the window's, the others the canvas's."""


BADGES = {
    "done": ("good", "A run has ended."),
    "stopped": ("warning", "A run was stopped."),
    "failed": ("bad", "A run has failed."),
}
"""Colours and words of the badges."""


class PlaceButton(QPushButton):
    """The button of a place; it may carry a dot."""

    def __init__(self, text: str, theme: Theme) -> None:
        super().__init__(text)
        self._theme, self.badge = theme, ""

    def show_badge(self, badge: str, tip: str) -> None:
        """`tip` is what the button says without one."""
        self.badge = badge
        words = BADGES[badge][1] if badge else ""
        self.setToolTip(f"{tip} {words}".strip())
        self.setAccessibleName(f"{self.text()}. {words}" if badge else self.text())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.badge:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color(BADGES[self.badge][0]))
            painter.drawEllipse(QPointF(self.width() - 8.0, 8.0), 3.5, 3.5)
            painter.end()


class TopBar(QWidget):
    """`primaryClicked(what)` tells that the primary button was pressed: "train", "stop" or "export"."""

    primaryClicked = Signal(str)

    def __init__(self, bridge: Bridge, actions: Actions) -> None:
        super().__init__()
        self._bridge, self._actions = bridge, actions
        self._next: Next | None = None
        self.setObjectName("top")
        self.setFixedHeight(HEIGHT)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self, surface="panel")
        self.menus = QMenuBar(self)
        self.menus.setAccessibleName("Menus")
        self.name = ElidedLabel("strong")
        self.saved = QLabel()
        mark(self.saved, role="faint")
        self._left = QWidget(self)
        left = QHBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(GAP)
        left.addWidget(self.menus, 0, Qt.AlignmentFlag.AlignVCenter)
        self.name.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        left.addWidget(self.name)
        left.addWidget(self.saved)
        left.addStretch(1)
        self._middle = self._places()
        self._right = self._tools()
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(GAP)
        row.addWidget(self._left, 1)
        row.addWidget(self._middle)
        row.addWidget(self._right, 1)
        bridge.placeChanged.connect(self._show_place)
        bridge.sessionChanged.connect(self.refresh)
        bridge.projectChanged.connect(self.refresh)
        bridge.savedChanged.connect(self.refresh)
        bridge.runChanged.connect(self.refresh)
        bridge.placeChanged.connect(self.refresh)
        bridge.themeChanged.connect(self._restyle)
        self._restyle()
        self.refresh()

    def _places(self) -> QWidget:
        middle = QWidget(self)
        middle.setAccessibleName("Places")
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.places = QButtonGroup(self)
        self._buttons: dict[str, PlaceButton] = {}
        for number, place in enumerate(PLACES):
            button = PlaceButton(TITLES[place], self._bridge.theme)
            button.setObjectName(f"place_{place}")
            button.setCheckable(True)
            button.setToolTip(self._actions[f"place_{place}"].toolTip())
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            mark(button, role="segment")
            # The bold form is wider; keeping its width stops the row from moving.
            font = self._bridge.theme.font(bold=True)
            button.setFont(font)
            button.setMinimumWidth(button.fontMetrics().horizontalAdvance(TITLES[place]) + 28)
            self.places.addButton(button, number)
            self._buttons[place] = button
            row.addWidget(button)
        self.places.idClicked.connect(self._go)
        return middle

    def _tools(self) -> QWidget:
        right = QWidget(self)
        row = QHBoxLayout(right)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addStretch(1)
        self.tools: dict[str, QToolButton] = {}
        for name in TOOLS:
            button = QToolButton()
            button.setObjectName(f"tool_{name}")
            button.setIconSize(QSize(ICON, ICON))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            mark(button, role="quiet")
            self.tools[name] = button
            row.addWidget(button)
        for name in ("undo", "redo"):
            self.set_tool(name, self._actions[name])
        row.addSpacing(GAP)
        self.primary = QPushButton()
        self.primary.setObjectName("primary")
        self.primary.setMinimumWidth(88)
        self.primary.setIconSize(QSize(ICON + 4, ICON))
        mark(self.primary, role="primary")
        self.primary.clicked.connect(self._press)
        row.addWidget(self.primary)
        return right

    def show_badge(self, place: str, badge: str) -> None:
        """A dot on a place where something is to be seen: "done", "stopped" or "failed"; "" takes it away."""
        self._buttons[place].show_badge(badge, self._actions[f"place_{place}"].toolTip())

    def set_tool(self, name: str, action: QAction) -> None:
        """Give one of the `TOOLS` what it does."""
        button = self.tools[name]
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setAccessibleName(action.text())

    def refresh(self, _changed: object = None) -> None:
        """Show the project's name, whether it is saved, and what comes next."""
        session = self._bridge.session
        there = session is not None
        for part in (self.name, self.saved, self._middle, self.primary, *self.tools.values()):
            part.setVisible(there)
        if session is None:
            return
        self.name.setText(session.project.name)
        self.saved.setText("read only" if session.read_only else "saved" if session.is_saved else "not saved")
        self.saved.setToolTip(str(session.folder))
        following = what_comes_next(session, self._bridge.place)
        if following != self._next:
            self._next = following
            self.primary.setText(following.text)
            self.primary.setToolTip(following.tip)
            self.primary.setAccessibleName(following.text)
            self.primary.setIcon(icon(following.icon, self._bridge.theme, "on_accent", gap=4))
        self.primary.setEnabled(following.enabled)

    def _go(self, number: int) -> None:
        self._bridge.go_to(PLACES[number])

    def _show_place(self, place: str) -> None:
        self.places.button(PLACES.index(place)).setChecked(True)

    def _press(self) -> None:
        if self._next is not None:
            self.primaryClicked.emit(self._next.id)

    def _restyle(self, _theme: object = None) -> None:
        if self._next is not None:
            self.primary.setIcon(icon(self._next.icon, self._bridge.theme, "on_accent", gap=4))
        self._show_place(self._bridge.place)
