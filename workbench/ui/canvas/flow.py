"""The thin moving lines on the wires while a run is live, going through the network level by level.

Cheap: few wires move at a time, and only around each line is anything repainted, a few times a second. (Lines at
both ends of the canvas at once would have all between them painted: a view paints what meets the rectangle around.)
"""

from __future__ import annotations

import time
from collections import deque

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from workbench.document.graph import Graph
from workbench.ui import motion
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.items.wire import WireItem
from workbench.ui.canvas.scene import CanvasScene

PERIOD = 0.4  # seconds from one end of a wire to the other
FRAME = 1 / 12  # seconds between two steps
MOST_WIRES = 150  # beyond these the lines would cost more than they tell


class Flow(QObject):
    """Driven by the display clock; stands still while paused, and does nothing where motion is not wanted."""

    def __init__(self, canvas: CanvasScene, bridge: Bridge, widget: QWidget) -> None:
        super().__init__(widget)
        self._canvas, self._bridge, self._widget = canvas, bridge, widget
        self._running = False
        self._shown = False
        self._last = 0.0
        self._phase = 0.0
        self._levels: tuple[object, list[list[WireItem]]] = (None, [])  # of this graph
        self._lit: set[WireItem] = set()
        bridge.runChanged.connect(self._run_changed)
        bridge.sessionChanged.connect(self._run_changed)
        bridge.tick.connect(self._tick)

    def _run_changed(self, _state: object = None) -> None:
        session = self._bridge.session
        run = session.run if session is not None else None
        self._running = run is not None and run.phase in ("starting", "running")
        if run is None or not run.is_live:
            self._clear()

    def _tick(self) -> None:
        now = time.monotonic()
        if not self._running or now - self._last < FRAME or not self._widget.isVisible():
            return
        if self._canvas.far or motion.duration(self._widget) == 0:
            self._clear()
            return
        levels = self._by_level()
        if sum(map(len, levels)) > MOST_WIRES or not levels:
            self._clear()
            return
        self._phase = (self._phase + min(0.25, now - self._last) / PERIOD) % len(levels)
        self._last = now
        if not self._shown:
            self._canvas.set_lively(True)
        level, along = divmod(self._phase, 1.0)
        lit = set(levels[int(level)])
        for wire in self._lit - lit:
            wire.set_flow(None)
        for wire in lit:
            wire.set_flow(along)
        self._lit = lit
        self._canvas.drawings.renew_now()
        self._shown = True

    def _by_level(self) -> list[list[WireItem]]:
        """The wires by how far their beginning is from an input, the nearest first."""
        graph, levels = self._levels
        if graph is not self._canvas.graph or any(wire.scene() is None for wires in levels for wire in wires):
            depth = depths(self._canvas.graph)
            found: dict[int, list[WireItem]] = {}
            for wire in self._canvas.wires():
                found.setdefault(depth.get(wire.edge.source, 0), []).append(wire)
            levels = [found[key] for key in sorted(found)]
            self._levels = self._canvas.graph, levels
        return levels

    def _clear(self) -> None:
        if self._shown:
            for wire in self._canvas.wires():
                wire.set_flow(None)
            self._canvas.set_lively(False)
            self._lit = set()
            self._levels = (None, [])
            self._shown = False


def depths(graph: Graph) -> dict[str, int]:
    """How many wires lie at most between each node and where it is fed from; nodes in circles count as if they were
    not wired."""
    waiting = {node: len({edge.source for edge in graph.incoming(node)}) for node in graph.nodes}
    depth = dict.fromkeys(graph.nodes, 0)
    ready = deque(node for node, count in waiting.items() if not count)
    followers: dict[str, set[str]] = {node: set() for node in graph.nodes}
    for node in graph.nodes:
        for edge in graph.incoming(node):
            followers[edge.source].add(node)
    while ready:
        node = ready.popleft()
        for follower in followers[node]:
            depth[follower] = max(depth[follower], depth[node] + 1)
            waiting[follower] -= 1
            if not waiting[follower]:
                ready.append(follower)
    return depth
