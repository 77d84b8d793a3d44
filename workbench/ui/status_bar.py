"""The line at the bottom: the first problem in words on the left; the run and the machine on the right."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QStatusBar, QWidget

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import count, duration, file_size
from workbench.ui import scopes
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.parts.header import dotted
from workbench.ui.problems.order import causes
from workbench.ui.theme import GAP, Theme, mark

if TYPE_CHECKING:
    from workbench.session.state import RunState

HEIGHT = 26
MEMORY_EVERY = 2000  # milliseconds
_DEVICES = {"cpu": "CPU", "cuda": "CUDA", "mps": "Apple GPU"}


class StatusBar(QStatusBar):
    """`problemsWanted` when a person clicks the count; a click on the sentence goes to the layer.

    While a run goes on it is told here, whatever panels are open.
    """

    problemsWanted = Signal()
    runWanted = Signal()  # a person wants to see the run that goes on
    _torch_loaded = Signal()

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._first: Diagnostic | None = None
        self._zoom = 1.0
        self._memory = 0
        self._automatic = ""  # the device that "automatic" means here, once torch could be asked
        self.setSizeGripEnabled(False)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Status")
        self.count = QPushButton()
        self.count.setObjectName("problem_count")
        self.count.setIconSize(QSize(14, 14))
        self.count.setToolTip("Show all problems.")
        mark(self.count, role="status")
        self.count.clicked.connect(self.problemsWanted)
        self.sentence = QPushButton()
        self.sentence.setObjectName("first_problem")
        self.sentence.setToolTip("Go to the layer.")
        mark(self.sentence, role="status")
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.sentence.clicked.connect(self._go)
        self.run = QPushButton()
        self.run.setObjectName("run")
        self.run.setIconSize(QSize(14, 14))
        self.run.setToolTip("Show the run.")
        mark(self.run, role="status")
        self.run.clicked.connect(self.runWanted)
        self.run.hide()
        self.machine = QLabel()
        self.machine.setObjectName("machine")
        mark(self.machine, role="dim")
        self.machine.setContentsMargins(GAP, 0, 12, 0)
        self.addWidget(self.count)
        self.addWidget(self.sentence, 1)
        self.addPermanentWidget(self.run)
        self.addPermanentWidget(self.machine)
        self._clock = QTimer(self)
        self._clock.setInterval(MEMORY_EVERY)
        self._clock.timeout.connect(self._measure)
        self._torch_loaded.connect(self._ask_torch, Qt.ConnectionType.QueuedConnection)
        bridge.problemsChanged.connect(self._refresh)
        bridge.sessionChanged.connect(self._refresh)
        bridge.runChanged.connect(self._run_changed)
        bridge.projectChanged.connect(self._show_machine)
        bridge.zoomChanged.connect(self._zoomed)
        bridge.themeChanged.connect(self._refresh)
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._clock.stop()

    def _refresh(self, _changed: object = None) -> None:
        session = self._bridge.session
        theme: Theme = self._bridge.theme
        problems = tuple(c.problem for c in causes(session.problems)) if session is not None else ()
        self._first = problems[0] if problems else None
        self._show_run(session.run if session is not None else None)
        self.count.setVisible(session is not None)
        self.sentence.setVisible(self._first is not None)
        if self._first is None:
            self.count.setText("No problems")
            self.count.setIcon(icon("check", theme, "good"))
        else:
            worst = self._first.severity
            name, token = ("error", "bad") if worst is Severity.ERROR else ("warning", "warning")
            self.count.setText(count(len(problems), "problem"))
            self.count.setIcon(icon(name, theme, token))
            self.sentence.setAccessibleName(self._first.message)
            self._elide()
        self._show_machine()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._elide()

    def _elide(self) -> None:
        if self._first is not None:
            taken = [self.count, self.machine, *([] if self.run.isHidden() else [self.run])]
            room = max(self.width() - sum(widget.sizeHint().width() for widget in taken) - 48, 80)
            text = self.sentence.fontMetrics().elidedText(self._first.message, Qt.TextElideMode.ElideRight, room)
            self.sentence.setText(text.replace("&", "&&"))
            self.sentence.setToolTip(self._first.message)

    def _go(self) -> None:
        if self._first is None:
            return
        if self._first.node is None:
            self.problemsWanted.emit()
        else:
            scopes.go_to(self._bridge, self._first.path, self._first.node)

    def _run_changed(self, run: RunState | None) -> None:
        self._show_run(run)
        self._show_machine()

    def _show_run(self, run: RunState | None) -> None:
        """The run while it goes on: how far it is, and how long still."""
        live = run is not None and run.is_live
        words = status_words(run) if run is not None and live else ""
        if words == self.run.text() and live != self.run.isHidden():
            return
        self.run.setText(words)
        self.run.setAccessibleName(f"The run: {words}")
        if live:
            self.run.setIcon(icon("chart", self._bridge.theme, "accent"))
        self.run.setVisible(live)
        if (layout := self.layout()) is not None:
            layout.activate()
        self._elide()

    def _zoomed(self, zoom: float) -> None:
        self._zoom = zoom
        self._show_machine()

    def _measure(self) -> None:
        import psutil

        self._memory = psutil.Process().memory_info().rss
        self._show_machine()

    def torch_loaded(self) -> None:
        """torch can be asked what devices there are. May be called from the thread that loaded it."""
        self._torch_loaded.emit()

    def _ask_torch(self) -> None:
        from workbench.training.device import choose

        self._automatic = choose("auto")[0].type
        self._show_machine()

    def _show_machine(self, _state: object = None) -> None:
        session = self._bridge.session
        parts: list[str] = []
        if session is not None:
            recipe, run = session.project.recipe, session.run
            asked = self._automatic if recipe.device == "auto" else recipe.device
            device = device_words(run.device if run is not None and run.is_live else asked)
            live = run is not None and run.is_live
            threads = count((run.threads if live and run is not None else 0) or recipe.threads or _cores(), "thread")
            parts = [device, threads if device in ("", "CPU") else ""]
        parts.append(file_size(self._memory) if self._memory else "")
        if session is not None:
            parts.append(f"{round(self._zoom * 100)} %")
        text = dotted(parts)
        if text != self.machine.text():
            self.machine.setText(text)
            self.machine.setToolTip(_explained(session.run if session is not None else None))
            if (layout := self.layout()) is not None:
                layout.activate()  # now, not at the next turn of the loop: a longer text would be cut off until then
            self._elide()


def _cores() -> int:
    return os.cpu_count() or 1


def _explained(run: RunState | None) -> str:
    """What the figures mean, and why a live run computes with another number of threads than it began with."""
    words = "What computes, the memory this program holds, and the canvas's zoom."
    if run is not None and run.is_live and run.thread_changes:
        last = run.thread_changes[-1]
        words += f" {count(last.threads, 'thread')} since step {last.step:,}: {last.why}"
    return words


def status_words(run: RunState) -> str:
    """A live run in a few words: "Training, epoch 3 of 20, 0:42 left"."""
    if run.phase in ("starting", "stopping"):
        return "Preparing a run" if run.phase == "starting" else "Stopping the run"
    parts = ["Paused" if run.phase == "paused" else "Training", f"epoch {max(run.epoch, 1):,} of {run.epochs:,}"]
    if run.phase == "running" and run.seconds_left is not None:
        parts.append(f"{duration(run.seconds_left)} left")
    return ", ".join(parts)


def device_words(device: str) -> str:
    """A device as people call it: "cuda:1 (NVIDIA …)" is CUDA; nothing for one that is not known yet."""
    kind = device.split(" ")[0].partition(":")[0]
    return _DEVICES.get(kind, kind.upper())
