"""How the docks stand in each of the five places, at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

VERSION = 1
"""Raised when the docks change, so that what was remembered before is not taken for the new ones."""

H, V = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


@dataclass(frozen=True, slots=True)
class Split:
    """Docks or further splits beside (H) or above (V) each other, with their shares of the room in pixels."""

    way: Qt.Orientation
    parts: tuple[Part, ...]
    sizes: tuple[int, ...]


Part = str | Split

PLACES: Mapping[str, Part] = {
    "data": Split(H, ("data", "inspector"), (1172, 268)),
    "build": Split(
        H,
        (
            "palette",
            Split(V, ("canvas", "problems", Split(H, ("training", "viewers"), (565, 412))), (560, 120, 275)),
            "inspector",
        ),
        (194, 977, 268),
    ),
    "train": Split(
        H,
        (Split(V, ("training", "problems"), (760, 120)), Split(V, ("viewers", "canvas"), (440, 380)), "inspector"),
        (640, 532, 268),
    ),
    "look": Split(H, (Split(V, ("canvas", "training"), (520, 320)), "viewers", "inspector"), (470, 702, 268)),
    "export": Split(H, ("export", Split(V, ("canvas", "problems"), (560, 260))), (860, 580)),
}
"""At 1440 × 900; other sizes share in proportion. Problems start closed and open in their place."""

CLOSED_AT_FIRST = frozenset({"problems"})


def arrange(window: QMainWindow, docks: Mapping[str, QDockWidget], place: str) -> None:
    """Put the docks of a place where they stand at first, and close all others."""
    for dock in docks.values():
        dock.setFloating(False)
        window.removeDockWidget(dock)
    whole = PLACES[place]
    window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, docks[_first(whole)])
    _split(window, docks, whole)
    shown = _names(whole)
    for name, dock in docks.items():
        if name not in shown:
            window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock)
        dock.setVisible(name in shown and name not in CLOSED_AT_FIRST)
    _size(window, docks, whole)


def _split(window: QMainWindow, docks: Mapping[str, QDockWidget], part: Part) -> None:
    """Each part's first dock stands already; put its neighbours beside it, then divide the parts themselves."""
    if isinstance(part, str):
        return
    for before, after in zip(part.parts, part.parts[1:], strict=False):
        window.splitDockWidget(docks[_first(before)], docks[_first(after)], part.way)
    for inner in part.parts:
        _split(window, docks, inner)


def _size(window: QMainWindow, docks: Mapping[str, QDockWidget], part: Part) -> None:
    if isinstance(part, str):
        return
    pairs = [(_first_open(p), s) for p, s in zip(part.parts, part.sizes, strict=True)]
    there = [(docks[name], size) for name, size in pairs if name is not None]
    window.resizeDocks([d for d, _ in there], [s for _, s in there], part.way)
    for inner in part.parts:
        _size(window, docks, inner)


def _first(part: Part) -> str:
    return part if isinstance(part, str) else _first(part.parts[0])


def _first_open(part: Part) -> str | None:
    return next((name for name in _names(part) if name not in CLOSED_AT_FIRST), None)


def _names(part: Part) -> list[str]:
    return [part] if isinstance(part, str) else [name for inner in part.parts for name in _names(inner)]
