"""The thin moving line on the wires while a run is live. Cheap: only around each line is anything repainted."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from workbench.ui import motion
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.scene import CanvasScene

PERIOD = 1.6  # seconds from one end of a wire to the other
FRAME = 1 / 16  # seconds between two steps
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
        self._phase = (self._phase + min(0.25, now - self._last) / PERIOD) % 1.0
        self._last = now
        wires = list(self._canvas.wires())
        if len(wires) > MOST_WIRES:
            self._clear()
            return
        if not self._shown:
            self._canvas.set_lively(True)
        for wire in wires:
            wire.set_flow(self._phase)
        self._shown = True

    def _clear(self) -> None:
        if self._shown:
            for wire in self._canvas.wires():
                wire.set_flow(None)
            self._canvas.set_lively(False)
            self._shown = False
