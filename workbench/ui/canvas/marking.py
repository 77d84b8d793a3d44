"""Commands about how cards look: collapsed, in a colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from workbench.ui.parts.swatch import COLOUR_TITLES, swatch_icon

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView


class Marking(QObject):
    """For the selected layers; colours also for the chosen frame."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view

    def handlers(self) -> dict[str, Callable[..., None]]:
        return {"collapse": self.collapse}

    def collapse(self) -> None:
        """Show the selected cards as their titles alone; where all of them are collapsed, in full."""
        session, chosen = self._view.session, self._view.bridge.selection
        if session is not None and chosen:
            nodes = self._view.canvas.graph.nodes
            session.set_collapsed(chosen, not all(nodes[i].collapsed for i in chosen))

    def colour(self, name: str) -> None:
        """Give the selected layers, or the chosen frame, a colour ("" for none)."""
        session, bridge = self._view.session, self._view.bridge
        if session is None:
            return
        if bridge.frame is not None:
            session.change_frame(bridge.frame, colour=name)
        elif bridge.selection:
            session.set_colour(bridge.selection, name)

    def colour_menu(self, parent: QWidget) -> QMenu:
        """The palette as a menu, the present colour checked."""
        menu = QMenu("Colour", parent)
        menu.setObjectName("canvas_colours")
        present = self._present()
        for name, title in COLOUR_TITLES.items():
            action = menu.addAction(swatch_icon(name, self._view.theme), title)
            action.setObjectName(f"canvas_colour_{name or 'none'}")
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(present == name)
            action.setEnabled(self._view.session is not None)
            action.triggered.connect(self._coloured)
        return menu

    def _coloured(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.colour(action.data())

    def _present(self) -> str | None:
        """The colour of all that is selected; None where they differ."""
        bridge, graph = self._view.bridge, self._view.canvas.graph
        if bridge.frame is not None and bridge.frame in graph.frames:
            return graph.frames[bridge.frame].colour
        found = {graph.nodes[i].colour for i in bridge.selection if i in graph.nodes}
        return found.pop() if len(found) == 1 else None
