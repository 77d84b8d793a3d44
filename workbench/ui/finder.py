"""Find a layer of the open project by a few letters of its name."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QWidget

from workbench.catalogue.registry import LAYERS
from workbench.compiler.naming import display_name
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.chooser import WIDTH, Chooser, Entry


class Finder(QObject):
    """Opens a searchable list of the project's layers; the chosen one is selected and brought into view."""

    def __init__(self, bridge: Bridge, over: QWidget) -> None:
        super().__init__(over)
        self._bridge, self._over = bridge, over

    def open(self) -> Chooser | None:
        """Show the list at the top of the canvas; None where no project is open."""
        session = self._bridge.session
        if session is None:
            return None
        graph, outputs = session.graph, session.inferred.outputs
        entries = []
        for node in session.inferred.order:
            layer, given = LAYERS.get(graph.nodes[node].layer), outputs.get(node)
            entries.append(
                Entry(
                    key=node,
                    title=display_name(graph, node),
                    hint=given.words if given is not None else "?",
                    category=str(layer.category) if layer is not None else "",
                    keywords=(layer.title, node) if layer is not None else (node,),
                )
            )
        chooser = Chooser("Find a layer", entries, self._bridge.theme, self._over, "No layer here is called that.")
        chooser.chosen.connect(self._choose)
        chooser.open_at(self._over.mapToGlobal(QPoint(max(0, (self._over.width() - WIDTH) // 2), 24)))
        return chooser

    def _choose(self, node: str) -> None:
        self._bridge.select([node])
        self._bridge.reveal(node)
