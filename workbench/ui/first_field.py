"""The first place within a widget where the keyboard can go."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget


def first_field(panel: QWidget) -> QWidget | None:
    """The first thing in a panel's visible page that Tab would reach; of a panel without one, the first of all."""
    page = next((a.widget() for a in panel.findChildren(QScrollArea) if a.isVisible() and a.widget() is not None), None)
    return (_first(page) if page is not None else None) or _first(panel)


def _first(within: QWidget) -> QWidget | None:
    widget = within.nextInFocusChain()
    while widget is not None and widget is not within:
        reached = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isVisible() and widget.isEnabled()
        if reached and within.isAncestorOf(widget):
            return widget
        widget = widget.nextInFocusChain()
    return None
