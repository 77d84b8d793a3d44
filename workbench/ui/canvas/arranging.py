"""Where cards stand: nudged by arrow keys, lined up, spread evenly, laid out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF

from workbench.core.diagnostic import Diagnostic
from workbench.core.words import count
from workbench.document import edits
from workbench.document.graph import Graph
from workbench.ui.background import Background
from workbench.ui.canvas.aligning import Axis, Line, Places, aligned, distributed
from workbench.ui.canvas.framing import Layout, content, lay_out, put
from workbench.ui.canvas.geometry import GRID, snapped
from workbench.ui.canvas.gliding import Gliding
from workbench.ui.canvas.placing import COLUMN_GAP, clear_of

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView

STEP, LEAP, HAIR = GRID, 10 * GRID, 1
"""How far an arrow key moves a card: plainly, with Shift, and with Alt (free of the grid)."""

NUDGE_PAUSE = 1.0
"""Arrow keys pressed within so many seconds of each other are one undo step."""

MANY = 400
"""From so many layers on the layout is worked out in the background (it takes longer than a frame of the screen)."""

LINES: Mapping[str, Line] = {
    "align_left": "left",
    "align_centre": "centre",
    "align_right": "right",
    "align_top": "top",
    "align_middle": "middle",
    "align_bottom": "bottom",
}
AXES: Mapping[str, Axis] = {"distribute_across": "across", "distribute_down": "down"}
"""Actions by name, and what they line up or spread."""

_NARROWEST = 900.0


@dataclass(frozen=True, slots=True)
class _Order:
    """A layout that was asked for: of what, and how."""

    graph: Graph  # all that shall be laid out: the whole graph, or the selected part of it
    sizes: Mapping[str, tuple[int, int]]
    still: tuple[QRectF, ...]  # cards that stay where they are
    corner: tuple[int, int] | None  # where the top left corner shall come to be
    width: float
    down: bool


class Arranging(QObject):
    """Moves cards and nothing else; each command is one undo step."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._nudged_at = 0.0
        self._nudges = 0
        self._down = False
        self.gliding = Gliding(view)
        self._work = Background("layout", self)
        self._work.done.connect(self._laid_out)
        self._work.failed.connect(view.bridge.notify)
        view.bridge.projectChanged.connect(self._changed)
        view.bridge.sessionChanged.connect(self._session_changed)

    def _changed(self, _what: object) -> None:
        self.gliding.settle()
        self._work.forget()  # it was for a graph that is no more

    def _session_changed(self, _session: object) -> None:
        self.gliding.settle()
        self._work.close()

    # --- by keys -----------------------------------------------------------------------------------------------------

    def nudge(self, dx: int, dy: int) -> None:
        """Move the selected cards by a few pixels; presses in quick succession are one undo step."""
        session, chosen = self._view.session, self._view.bridge.selection
        if session is None or not chosen:
            return
        now = time.monotonic()
        if now - self._nudged_at > NUDGE_PAUSE:
            self._nudges += 1
        self._nudged_at = now
        nodes = session.graph.nodes
        places = {i: (nodes[i].x + dx, nodes[i].y + dy) for i in chosen if i in nodes}
        gesture = f"nudge {self._nudges} {' '.join(chosen)}"
        session.apply(_moved(places), lambda graph: edits.move(graph, places), gesture=gesture)

    # --- lining up ---------------------------------------------------------------------------------------------------

    def align(self, line: Line) -> None:
        """Line the selected cards up."""
        self._put("Align", lambda cards: aligned(cards, line))

    def distribute(self, axis: Axis) -> None:
        """Make the gaps between the selected cards equal."""
        self._put("Distribute", lambda cards: distributed(cards, axis))

    def line_up(self) -> None:
        """What the action says that was triggered: one of `LINES` or `AXES`."""
        action = self.sender()
        name = action.objectName().removeprefix("canvas_") if action is not None else ""
        if name in LINES:
            self.align(LINES[name])
        elif name in AXES:
            self.distribute(AXES[name])

    def _put(self, what: str, place: Callable[[Mapping[str, QRectF]], Places]) -> None:
        session, canvas = self._view.session, self._view.canvas
        cards = {i: item.rect for i in self._view.bridge.selection if (item := canvas.node(i)) is not None}
        if session is None or len(cards) < 2:
            return
        places = place(cards)
        before = self._standing(places)
        if session.apply(f"{what} {count(len(cards), 'layer')}", lambda graph: edits.move(graph, places)) is None:
            self.gliding.start_from(before)

    # --- laying out --------------------------------------------------------------------------------------------------

    def run_down(self, down: bool) -> None:
        """Whether layouts run from top to bottom, rather than from left to right."""
        self._down = down

    def arrange(self) -> None:
        """Lay out what is selected, and leave the rest where it is; of nothing (or one card) selected, everything."""
        canvas, selection = self._view.canvas, self._view.bridge.selection
        if self._view.session is None or not canvas.graph.nodes:
            return
        order = self._part(selection) if 1 < len(selection) < len(canvas.graph) else self._whole()
        if len(order.graph) >= MANY:
            self._work.start(lambda: (order, _solve(order)))
        else:
            self._laid_out((order, _solve(order)))

    def _whole(self) -> _Order:
        canvas = self._view.canvas
        seen = self._view.viewport().width() / max(0.5, min(1.0, self._view.zoom)) - 2 * COLUMN_GAP
        return _Order(canvas.graph, self._sizes(), (), None, max(_NARROWEST, seen), self._down)

    def _part(self, selection: tuple[str, ...]) -> _Order:
        canvas, chosen, sizes = self._view.canvas, frozenset(selection), self._sizes()
        graph = canvas.graph
        frames = {i: graph.frames[i] for i, inside in content(graph, sizes).items() if inside and inside <= chosen}
        part = replace(
            graph,
            nodes={i: node for i, node in graph.nodes.items() if i in chosen},
            edges=frozenset(e for e in graph.edges if e.source in chosen and e.target in chosen),
            frames=frames,
        )
        still = tuple(item.rect for item in canvas.nodes() if item.id not in chosen)
        left = min([part.nodes[i].x for i in part.nodes] + [f.x for f in frames.values()])
        top = min([part.nodes[i].y for i in part.nodes] + [f.y for f in frames.values()])
        width = max(_NARROWEST, canvas.bounds(selection).width())
        return _Order(part, sizes, still, (snapped(left), snapped(top)), width, self._down)

    def _laid_out(self, answer: tuple[_Order, Layout]) -> None:
        order, layout = answer
        session, canvas = self._view.session, self._view.canvas
        if session is None:
            return
        before = self._standing(layout.nodes)

        def edit(graph: Graph) -> Graph | Diagnostic:
            moved = edits.move(graph, layout.nodes)
            return moved if isinstance(moved, Diagnostic) else put(moved, layout)

        label = "Arrange layers" if order.corner is None else f"Arrange {count(len(layout.nodes), 'layer')}"
        if session.apply(label, edit) is not None:
            return
        if order.corner is None:
            self._view.fit(canvas.bounds())
        self.gliding.start_from(before)

    def _sizes(self) -> dict[str, tuple[int, int]]:
        return {item.id: (item.frame.width, item.frame.height) for item in self._view.canvas.nodes()}

    def _standing(self, nodes: Mapping[str, object]) -> dict[str, QPointF]:
        """Where these cards are seen now."""
        canvas = self._view.canvas
        return {i: item.pos() for i in nodes if (item := canvas.node(i)) is not None}


def _solve(order: _Order) -> Layout:
    """Work a layout out. Pure, so that it may run on another thread."""
    layout = lay_out(order.graph, order.sizes, order.width, down=order.down)
    if order.corner is None or not layout.nodes:
        return layout
    corners = [*layout.nodes.values(), *((x, y) for x, y, _, _ in layout.frames.values())]
    layout = layout.shifted(order.corner[0] - min(x for x, _ in corners), order.corner[1] - min(y for _, y in corners))
    cards = [QRectF(x, y, *order.sizes[i]) for i, (x, y) in layout.nodes.items()]
    return layout.shifted(0, clear_of(cards, order.still))


def _moved(places: Mapping[str, object]) -> str:
    return "Move layer" if len(places) == 1 else f"Move {count(len(places), 'layer')}"
