"""A quiet line between two parts of a panel."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame

from workbench.ui.theme import mark


def divider() -> QFrame:
    """A 1-px horizontal line in the theme's line colour."""
    line = QFrame()
    line.setFixedHeight(1)
    mark(line, role="line")
    return line
