"""The frames of the graph in view, as items of the scene kept in step with the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from workbench.document.graph import Graph
from workbench.ui.canvas.items.frame import FrameItem
from workbench.ui.canvas.look import Look

if TYPE_CHECKING:
    from workbench.ui.canvas.overview import Overview
    from workbench.ui.canvas.scene import CanvasScene


class Frames:
    """One item a frame, by id; one of them may be chosen."""

    def __init__(self, canvas: CanvasScene, overview: Overview) -> None:
        self._canvas, self._overview = canvas, overview
        self._items: dict[str, FrameItem] = {}
        self.chosen: str | None = None

    def __iter__(self) -> Iterator[FrameItem]:
        return iter(self._items.values())

    def item(self, identity: str | None) -> FrameItem | None:
        return self._items.get(identity) if identity is not None else None

    def ids(self) -> frozenset[str]:
        return frozenset(self._items)

    def show(self, graph: Graph) -> bool:
        """Bring the items in step with a graph; gives whether anything differed."""
        differs = False
        for identity in [i for i in self._items if i not in graph.frames]:
            self._canvas.removeItem(self._items.pop(identity))
            self._overview.drop_frame(identity)
            differs = True
        for identity, frame in graph.frames.items():
            item = self._items.get(identity)
            if item is None:
                item = self._items[identity] = FrameItem(frame, self._canvas.look)
                item.set_chosen(identity == self.chosen)
                self._canvas.addItem(item)
            elif item.frame is frame:
                continue
            else:
                item.set_frame(frame)
            self.follow(item)
            differs = True
        return differs

    def restore(self, identity: str) -> None:
        """Put a frame that was in somebody's hand back where the document has it."""
        if (item := self._items.get(identity)) is not None:
            item.set_frame(item.frame)
            self.follow(item)

    def follow(self, item: FrameItem) -> None:
        """A frame stands elsewhere or looks different: tell the overview."""
        self._overview.put_frame(item.id, item.rect, item.colour, item.title)

    def set_look(self, look: Look) -> None:
        for item in self:
            item.set_frame(item.frame, look)
            self.follow(item)

    def choose(self, identity: str | None) -> None:
        """Mark one frame, or none."""
        before, self.chosen = self.chosen, identity
        for name, on in ((before, False), (identity, True)):
            if (item := self.item(name)) is not None:
                item.set_chosen(on)
        if before != identity:
            self._canvas.seen_from_afar()

    def at(self, point: QPointF, zoom: float) -> tuple[str, str] | None:
        """The frame whose rim or title is at a scene point, and which sides of it ("" for the title).

        Of several the smallest: it lies on top.
        """
        for item in sorted(self, key=FrameItem.zValue, reverse=True):
            rim = item.rim_at(point, zoom)
            if rim or item.is_title_at(point, zoom):
                return item.id, rim
        return None

    def rects(self) -> dict[str, QRectF]:
        return {item.id: item.rect for item in self}
