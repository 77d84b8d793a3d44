"""Feature maps on the cards: whose are wanted, and the thumbnails of those that came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from workbench.catalogue.declaration import Category
from workbench.catalogue.registry import LAYERS
from workbench.compiler.inference import Inferred
from workbench.document.graph import Graph
from workbench.session.state import Views
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.scene import CanvasScene
from workbench.ui.canvas.thumbnails import picture_image, thumbnails

MapsMode = Literal["off", "selected", "all"]
MOST_WATCHED = 48
MOST_NUMBERS = 6_000_000
"""How many layers, and how many numbers in their maps (24 MB), are asked for at once."""


class CardMaps(QObject):
    """Follows the session's views. Images are made once for each array, and only while the canvas can be seen."""

    def __init__(self, canvas: CanvasScene, bridge: Bridge, seen: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._canvas, self._bridge, self._seen = canvas, bridge, seen
        self._mode: MapsMode = "all"
        self._made: dict[str, tuple[Any, tuple[QImage, ...]]] = {}
        bridge.viewsChanged.connect(self._views_changed)

    @property
    def mode(self) -> MapsMode:
        return self._mode

    def use(self, mode: MapsMode) -> None:
        self._mode = mode
        self.watch()
        self.show()

    def watch(self) -> None:
        """Tell the session whose maps the cards show, beside those that the viewers watch."""
        session = self._bridge.session
        if session is None:
            return
        session.watch(_worth_watching(session.graph, session.inferred) if self._mode == "all" else (), by="canvas")

    def show(self) -> None:
        """Put the thumbnails of the session's views on the cards."""
        session = self._bridge.session
        views = session.views if session is not None else None
        images: dict[str, tuple[QImage, ...]] = {}
        if session is not None and views is not None and self._mode != "off":
            chosen = frozenset(self._bridge.selection)
            for node in session.graph.nodes.values():
                if self._mode == "all" or node.id in chosen:
                    array = views.picture if node.layer == "pictures" else views.maps.get(node.id)
                    if array is not None and (made := self._images(node.id, array)):
                        images[node.id] = made
        self._made = {node: kept for node, kept in self._made.items() if node in images}
        self._canvas.show_images(images)

    def forget(self) -> None:
        """Another project: nothing made so far holds."""
        self._made.clear()

    def _views_changed(self, _views: Views | None) -> None:
        if self._seen():
            self.show()

    def _images(self, node: str, array: Any) -> tuple[QImage, ...]:
        """The thumbnails of an array, from before if it is the same one. A picture (bytes) is shown as it is."""
        kept = self._made.get(node)
        if kept is not None and kept[0] is array:
            return kept[1]
        made: tuple[QImage, ...]
        if array.dtype.kind == "u":
            image = picture_image(array)
            made = (image,) if image is not None else ()
        else:
            made = thumbnails(array)
        self._made[node] = (array, made)
        return made


def _worth_watching(graph: Graph, inferred: Inferred) -> tuple[str, ...]:
    """Layers that make feature maps, in the order of computation, as many as can be looked at in passing.

    Of a large network only the convolutions.
    """
    found: list[tuple[str, int, bool]] = []
    for node in inferred.order:
        layer, given = LAYERS.get(graph.nodes[node].layer), inferred.outputs.get(node)
        if layer is not None and not layer.is_input and given is not None and len(given.shape) == 3:
            found.append((node, given.size, layer.category is Category.CONVOLUTION))
    if len(found) > MOST_WATCHED:
        found = [f for f in found if f[2]][:MOST_WATCHED]
    watched, numbers = [], 0
    for node, size, _ in found:
        if numbers + size <= MOST_NUMBERS:
            watched.append(node)
            numbers += size
    return tuple(watched)
