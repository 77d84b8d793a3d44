"""All panels of an open project, each in its dock. Built when the first project opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from workbench.ui.arrangement import SIDES
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.panel import CanvasPanel
from workbench.ui.datasets.panel import DataPanel
from workbench.ui.docks import dock
from workbench.ui.exporting.panel import ExportPanel
from workbench.ui.finder import Finder
from workbench.ui.help.panel import HelpPanel
from workbench.ui.inspector.panel import InspectorPanel
from workbench.ui.palette.panel import PalettePanel
from workbench.ui.problems.panel import ProblemsPanel
from workbench.ui.theme import Theme
from workbench.ui.training.panel import TrainingPanel
from workbench.ui.viewers.panel import ViewersPanel


class Panels:
    """The panels by name, and their docks by object name."""

    def __init__(self, bridge: Bridge, theme: Theme, window: QMainWindow) -> None:
        self.palette = PalettePanel(bridge, theme)
        self.canvas = CanvasPanel(bridge, theme)
        self.inspector = InspectorPanel(bridge, theme)
        self.problems = ProblemsPanel(bridge, theme)
        self.data = DataPanel(bridge, theme)
        self.training = TrainingPanel(bridge, theme)
        self.viewers = ViewersPanel(bridge, theme)
        self.export = ExportPanel(bridge, theme)
        self.finder = Finder(bridge, self.canvas)
        self.help = HelpPanel(bridge, theme)
        rows = (
            ("palette", "Layers", self.palette, True),
            ("canvas", "Canvas", self.canvas, False),
            ("inspector", "Inspector", self.inspector, True),
            ("problems", "Problems", self.problems, True),
            ("data", "Data", self.data, False),
            ("training", "Training", self.training, True),
            ("viewers", "Look inside", self.viewers, True),
            ("export", "Export", self.export, False),
            ("help", "Help", self.help, True),
        )
        self.docks: dict[str, QDockWidget] = {
            name: dock(name, title, panel, theme, window, handle=handle, side=name in SIDES)
            for name, title, panel, handle in rows
        }

    def of_place(self, place: str) -> QWidget:
        """The panel that a place is about; it takes the focus when the place is shown."""
        main = {"data": self.data, "train": self.training, "look": self.viewers, "export": self.export}
        return main.get(place, self.canvas)

    def canvas_actions(self) -> Mapping[str, Sequence[QAction]]:
        """The canvas's own actions by the menu they belong in."""
        groups: dict[str, list[QAction]] = {}
        for action in self.canvas.actions():
            groups.setdefault(str(action.property("group")), []).append(action)
        return groups
