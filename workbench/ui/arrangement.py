"""How the docks stand in each of the five places, at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QHoverEvent, QMouseEvent
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

SIDES = frozenset({"palette", "inspector", "help"})
"""These keep their width whatever the window's."""

CLOSED_AT_FIRST = frozenset({"problems"})


def arrange(window: QMainWindow, docks: Mapping[str, QDockWidget], place: str) -> None:
    """Put the docks of a place where they stand at first, and close all others."""
    forget_separator(window)
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


def sizes(docks: Mapping[str, QDockWidget]) -> dict[str, tuple[int, int]]:
    """How large the docks are that stand in the window now."""
    there = {name: dock for name, dock in docks.items() if dock.isVisible() and not dock.isFloating()}
    return {name: (dock.width(), dock.height()) for name, dock in there.items()}


def restore(
    window: QMainWindow, docks: Mapping[str, QDockWidget], state: QByteArray, kept: Mapping[str, tuple[int, int]]
) -> bool:
    """Put the docks back as they were; gives whether they stand so now.

    Qt takes the sizes of docks that were closed from their hints, until they have been laid out once: call this again
    when the event loop has turned, a few times at most. Raises ValueError if the state is not of this version.
    """
    forget_separator(window)
    if not window.restoreState(state, VERSION):
        raise ValueError("an arrangement of another version")
    return sizes(docks) == kept


def forget_separator(window: QMainWindow) -> None:
    """Let go of the separator under the pointer, or in the hand; to be called before docks change their neighbours.

    Qt keeps the way to it through the nested docks, and follows that at the next move of the mouse, into nothing if
    they stand otherwise by then: the program would crash.
    """
    nowhere = QPointF(-1, -1)
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    release = QMouseEvent(QEvent.Type.MouseButtonRelease, nowhere, nowhere, left, none, Qt.KeyboardModifier.NoModifier)
    QCoreApplication.sendEvent(window, release)
    QCoreApplication.sendEvent(window, QHoverEvent(QEvent.Type.HoverLeave, nowhere, nowhere, nowhere))


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
    pairs = [(_first_open(p), s) for p, s in zip(part.parts, _shared(part, window.width()), strict=True)]
    there = [(docks[name], size) for name, size in pairs if name is not None]
    window.resizeDocks([d for d, _ in there], [s for _, s in there], part.way)
    for inner in part.parts:
        _size(window, docks, inner)


def _shared(split: Split, width: int) -> list[int]:
    """The sizes for a window of this width: docks at the sides keep theirs, the others share the rest."""
    if split.way == V or not any(part in SIDES for part in split.parts):
        return list(split.sizes)
    fixed = sum(size for part, size in zip(split.parts, split.sizes, strict=True) if part in SIDES)
    scale = max(width - fixed, 1) / max(sum(split.sizes) - fixed, 1)
    return [size if part in SIDES else round(size * scale) for part, size in zip(split.parts, split.sizes, strict=True)]


def _first(part: Part) -> str:
    return part if isinstance(part, str) else _first(part.parts[0])


def _first_open(part: Part) -> str | None:
    return next((name for name in _names(part) if name not in CLOSED_AT_FIRST), None)


def _names(part: Part) -> list[str]:
    return [part] if isinstance(part, str) else [name for inner in part.parts for name in _names(inner)]
