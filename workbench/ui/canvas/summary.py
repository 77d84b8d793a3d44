"""The line at the bottom left: what the network is made of, in numbers."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from workbench.compiler.estimate import training_bytes
from workbench.compiler.inference import Inferred
from workbench.core.words import compact, count, file_size, number
from workbench.document.project import Recipe
from workbench.ui.theme import Theme, mark

_SEPARATOR = "   ·   "


class SummaryLine(QLabel):
    """ "9 layers · 94,602 parameters · 61.4 MFLOPs a picture · about 0.3 GB at batch 64"."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._facts: list[str] = []
        self.setContentsMargins(8, 4, 8, 4)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setObjectName("canvas_summary")
        self.setAccessibleName("Size of the network")
        mark(self, role="dim")

    def show_totals(self, inferred: Inferred | None, recipe: Recipe | None) -> None:
        self._facts = facts(inferred, recipe) if inferred is not None else []
        self.setAccessibleDescription(", ".join(self._facts))
        self.setToolTip(_SEPARATOR.join(self._facts))

    def fit(self, width: int) -> None:
        """Say as much as there is room for, in whole facts."""
        for said in range(len(self._facts), -1, -1):
            self.setText(_SEPARATOR.join(self._facts[:said]))
            if self.sizeHint().width() <= width:
                break
        self.adjustSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The words on a veil of the canvas's colour, so that they can be read over cards."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("canvas", 0.88))
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        painter.end()
        super().paintEvent(event)


def facts(inferred: Inferred, recipe: Recipe | None) -> list[str]:
    """What is known of the network's size; nothing is said of what is not known yet."""
    if not inferred.graph.nodes:
        return []
    said = [count(len(inferred.graph), "layer")]
    if inferred.parameters:
        said.append(f"{number(inferred.parameters)} {'parameter' if inferred.parameters == 1 else 'parameters'}")
    if inferred.flops_total:
        said.append(f"{flops(inferred.flops_total)} a picture")
    if recipe is not None and inferred.flops_total and recipe.batch_size > 0:
        needed = training_bytes(inferred, recipe.batch_size, recipe.optimizer.id)
        said.append(f"about {file_size(needed)} at batch {number(recipe.batch_size)}")
    return said


def flops(operations: int) -> str:
    """61_400_000 -> "61.4 MFLOPs"."""
    figure, _, magnitude = compact(operations).partition(" ")
    return f"{figure} {magnitude}FLOPs"
