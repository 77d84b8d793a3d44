"""The canvas as a picture or a drawing: all of it or a part, in either theme, for files and for the clipboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QBuffer, QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from workbench.core.diagnostic import Problem
from workbench.core.files import write_atomic
from workbench.document.graph import Graph
from workbench.ui.canvas.framing import content
from workbench.ui.canvas.look import Look
from workbench.ui.canvas.scene import CanvasScene
from workbench.ui.parts.save_view import png_bytes
from workbench.ui.theme import Theme

MARGIN = 32
LARGEST = 16_000  # pixels on a side, for PNG
_INCH = 96  # scene pixels to an inch, so that a printed picture is as large as one on a plain screen
_METRE = _INCH / 0.0254


@dataclass(frozen=True, slots=True)
class Wish:
    """What a picture shall show and how. `nodes` None means all; `theme` "" means as on the screen."""

    nodes: tuple[str, ...] | None = None
    scale: float = 2.0  # pixels for a scene pixel; an SVG drawing has no pixels
    theme: Literal["", "dark", "light"] = ""
    transparent: bool = False


def save_canvas(canvas: CanvasScene, path: Path, wish: Wish = Wish()) -> None:
    """Write the network: SVG by that ending, else PNG.

    Raises `Problem` if there is nothing to draw or the file cannot be written.
    """
    write_atomic(path, svg(canvas, wish) if path.suffix.lower() == ".svg" else png(canvas, wish))


def png(canvas: CanvasScene, wish: Wish = Wish()) -> bytes:
    """PNG bytes. Raises `Problem` if there is nothing to draw."""
    return png_bytes(image(canvas, wish))


def image(canvas: CanvasScene, wish: Wish = Wish()) -> QImage:
    """The picture (at a smaller scale where it would be more than 16,000 pixels wide or high)."""
    with _drawing(canvas, wish) as (drawn, area):
        scale = min(wish.scale, LARGEST / max(area.width(), area.height()))
        size = QSize(max(1, round(area.width() * scale)), max(1, round(area.height() * scale)))
        made = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        made.fill(Qt.GlobalColor.transparent if wish.transparent else drawn.look.canvas)
        made.setDotsPerMeterX(round(_METRE * scale))
        made.setDotsPerMeterY(round(_METRE * scale))
        painter = QPainter(made)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        drawn.render(painter, QRectF(made.rect()), area)
        painter.end()
        return made


def svg(canvas: CanvasScene, wish: Wish = Wish()) -> bytes:
    """SVG bytes, one unit for a scene pixel. Raises `Problem` if there is nothing to draw."""
    with _drawing(canvas, wish) as (drawn, area):
        data = QByteArray()
        buffer = QBuffer(data)
        drawing = QSvgGenerator()
        drawing.setOutputDevice(buffer)
        drawing.setSize(area.size().toSize())
        drawing.setViewBox(QRectF(0, 0, area.width(), area.height()))
        drawing.setTitle("Network")
        drawing.setResolution(_INCH)
        painter = QPainter(drawing)
        page = QRectF(0, 0, area.width(), area.height())
        if not wish.transparent:
            painter.fillRect(page, drawn.look.canvas)
        drawn.render(painter, page, area)
        painter.end()
        return bytes(data.data())


@contextmanager
def _drawing(canvas: CanvasScene, wish: Wish) -> Iterator[tuple[CanvasScene, QRectF]]:
    """A scene of its own with what the picture shows, unselected and near whatever the view shows, and its area."""
    graph = canvas.graph if wish.nodes is None else _part(canvas, frozenset(wish.nodes))
    if canvas.inferred is None or not graph.nodes:
        raise Problem.of("canvas.empty", "There is nothing on the canvas to draw. Add a layer first.")
    drawn = CanvasScene(Look(Theme(wish.theme)) if wish.theme else canvas.look)
    shown = {item.id: item for item in canvas.nodes()}
    problems = [problem for identity in graph.nodes for problem in shown[identity].card.problems]
    try:
        drawn.show_graph(graph, canvas.inferred, problems)
        drawn.show_images({identity: shown[identity].images for identity in graph.nodes})
        drawn.keep_drawings(False)  # copies of pixels would not be sharp at another scale
        area = drawn.bounds()
        for wire in drawn.wires():
            area = area.united(wire.path.boundingRect())
        yield drawn, area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
    finally:
        drawn.clear_graph()
        drawn.deleteLater()


def _part(canvas: CanvasScene, chosen: frozenset[str]) -> Graph:
    """The chosen nodes, the wires among them, and the frames that hold nothing else."""
    graph = canvas.graph
    sizes = {item.id: (item.frame.width, item.frame.height) for item in canvas.nodes()}
    whole = {i for i, inside in content(graph, sizes).items() if inside and inside <= chosen}
    return replace(
        graph,
        nodes={i: node for i, node in graph.nodes.items() if i in chosen},
        edges=frozenset(e for e in graph.edges if e.source in chosen and e.target in chosen),
        frames={i: frame for i, frame in graph.frames.items() if i in whole},
    )
