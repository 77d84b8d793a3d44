"""A button that shows only an icon, and says in words what it does to everyone who asks."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QToolButton, QWidget

from workbench.ui.actions import SPECS
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.theme import ICON, ROW, mark


class IconButton(QToolButton):
    """`name` is the accessible name and the tooltip's first words. `action` names the window's action that does the
    same: its keys stand in the tooltip (a shortcut of the button's own would make the window's ambiguous)."""

    def __init__(
        self,
        bridge: Bridge,
        icon_name: str,
        name: str,
        tip: str = "",
        *,
        action: str = "",
        quiet: bool = False,
        small: bool = False,
        checkable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge, self._icon = bridge, icon_name
        self.setCheckable(checkable)
        self.setIconSize(QSize(ICON, ICON))
        self.setFixedSize(*((24, 22) if small else (ROW + 2, ROW)))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if quiet:
            mark(self, role="quiet")
        self._keys = keys_of(action) if action else ""
        self.describe(icon_name, name, tip)
        bridge.themeChanged.connect(self._tint)

    def describe(self, icon_name: str, name: str, tip: str = "") -> None:
        """Change what the button does in the eyes of a person (pause becomes go on)."""
        self._icon = icon_name
        keys = self._keys
        self.setAccessibleName(name)
        self.setToolTip(f"{name}{f' ({keys})' if keys else ''}{f'. {tip}' if tip else ''}")
        self._tint()

    def _tint(self, _theme: object = None) -> None:
        self.setIcon(icon(self._icon, self._bridge.theme))


def keys_of(action: str) -> str:
    """The keys of a window's action as this system writes them; "" if it has none."""
    keys = next(spec.keys for spec in SPECS if spec.id == action)
    return QKeySequence(keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""
