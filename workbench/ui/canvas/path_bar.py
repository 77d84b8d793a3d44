"""The path bar: which block is open, as buttons from the network inwards, at the top left of the canvas."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from workbench.ui import scopes
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import mark

WIDEST = 180  # of one part
HEIGHT = 28
_UP_TIP = "Back to what this block stands in"


class PathBar(QFrame):
    """Hidden in the network itself. `left(levels)` asks to go up so many levels, 0 is a click on the open block;
    `repeated(k)` asks for another repetition of it."""

    left = Signal(int)
    repeated = Signal(int)

    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._shown: tuple[object, ...] = ()
        self.setObjectName("canvas_path")
        self.setAccessibleName("Path to the open block")
        self.setFixedHeight(HEIGHT)
        mark(self, role="path")
        self.up = IconButton(bridge, "arrow-up", "Go up", f"{_UP_TIP} (Page up).", quiet=True, small=True, parent=self)
        mark(self.up, role="swatch")  # room for the arrow at its full size
        self.up.clicked.connect(self._up)
        self.parts: list[QPushButton] = []
        self.repetition = QPushButton(self)
        self.repetition.setAccessibleName("Repetition")
        self.repetition.setToolTip("Which of the repeated blocks is shown with its values.")
        mark(self.repetition, role="path")
        self._menu = QMenu(self.repetition)
        self._menu.triggered.connect(self._repeat)
        self.repetition.setMenu(self._menu)
        self.repetition.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow stands behind the words
        self.repetition.setIconSize(QSize(12, 12))
        bridge.themeChanged.connect(self._tint)
        self._tint()
        self._group: QButtonGroup | None = None
        self._signs: list[QLabel] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 2, 4, 2)
        self._row.setSpacing(0)
        self._row.addWidget(self.up)
        self.hide()

    def refresh(self) -> None:
        """Show the session's scope."""
        session = self._bridge.session
        path = session.scope if session is not None else ()
        if session is None or not path:
            self._shown = ()
            self.hide()
            return
        root = session.project.graph
        words = (scopes.NETWORK, *scopes.titles(root, path))
        times = _times(self._bridge, path)
        shown = (words, scopes.repetition_of(path[-1]), times)
        if shown != self._shown:
            self._shown = shown
            self._rebuild(words, scopes.repetition_of(path[-1]), times)
        self.show()

    def fit(self, room: int) -> None:
        """Take no more than so many pixels: parts in the middle give way first, then words are cut."""
        for part, sign in zip(self.parts, self._signs, strict=True):
            part.setVisible(True)
            sign.setVisible(True)
        self.adjustSize()
        for part, sign in list(zip(self.parts, self._signs, strict=True))[1:-1]:
            if self.sizeHint().width() <= room:
                break
            part.setVisible(False)
            sign.setVisible(False)
        self.resize(min(self.sizeHint().width(), max(room, 120)), HEIGHT)

    def _rebuild(self, words: tuple[str, ...], repetition: int, times: int) -> None:
        had = self.isAncestorOf(self.window().focusWidget()) if self.window().focusWidget() is not None else False
        for old in (*self.parts, *self._signs):
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._row.removeWidget(self.repetition)
        if self._group is not None:
            self._group.deleteLater()
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._group.idClicked.connect(self.left)
        self.parts, self._signs = [], []
        for place, text in enumerate(words):
            levels = len(words) - 1 - place
            button = QPushButton(self)
            button.setMaximumWidth(WIDEST)
            button.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, WIDEST - 24))
            button.setText(button.text().replace("&", "&&"))
            button.setAccessibleName(f"{text}, open" if levels == 0 else f"Go to {text}")
            button.setToolTip("The settings of this block" if levels == 0 else f"Go to {text}")
            button.setProperty("open", levels == 0)
            mark(button, role="path")
            self._group.addButton(button, levels)
            sign = QLabel("›" if levels else "", self)
            mark(sign, role="dim")
            self._row.addWidget(button)
            self._row.addWidget(sign)
            self.parts.append(button)
            self._signs.append(sign)
        self.repetition.setVisible(times > 1)
        self.repetition.setText(f"{repetition + 1} of {times}")
        self._menu.clear()
        for k in range(times if times > 1 else 0):
            action = self._menu.addAction(f"{k + 1} of {times}")
            action.setData(k)
            action.setCheckable(True)
            action.setChecked(k == repetition)
        self._row.addWidget(self.repetition)
        if had:
            self.parts[-1].setFocus(Qt.FocusReason.OtherFocusReason)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    def _tint(self, _theme: object = None) -> None:
        self.repetition.setIcon(icon("chevron-down", self._bridge.theme, "dim", 12))

    def _up(self) -> None:
        self.left.emit(1)

    def _repeat(self, action: QAction) -> None:
        self.repeated.emit(int(action.data()))


def _times(bridge: Bridge, path: scopes.Path) -> int:
    """How often the open block stands in a row here."""
    session = bridge.session
    outer = scopes.inferred_at(session.whole, path[:-1]) if session is not None else None
    result = outer.results.get(scopes.node_of(path[-1])) if outer is not None else None
    return max(len(result.inside), 1) if result is not None else 1
