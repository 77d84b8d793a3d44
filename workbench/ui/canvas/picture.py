"""The whole canvas as a picture or a drawing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from workbench.core.diagnostic import Problem
from workbench.core.files import write_atomic
from workbench.ui.canvas.scene import CanvasScene
from workbench.ui.parts.save_view import png_bytes

MARGIN = 32
PNG_SCALE = 2.0
LARGEST = 16_000  # pixels on a side, for PNG


def save_canvas(canvas: CanvasScene, path: Path) -> None:
    """Write the network, all of it, at its own size: SVG by that ending, else PNG at twice its size.

    Raises `Problem` if there is nothing to draw or the file cannot be written.
    """
    if canvas.bounds().isEmpty():
        raise Problem.of("canvas.empty", "There is nothing on the canvas to save. Add a layer first.")
    write_atomic(path, svg(canvas) if path.suffix.lower() == ".svg" else png(canvas))


def png(canvas: CanvasScene, scale: float = PNG_SCALE) -> bytes:
    """PNG bytes, `scale` pixels for a scene pixel (less where the picture would be larger than 16,000 pixels)."""
    area = _area(canvas)
    scale = min(scale, LARGEST / max(area.width(), area.height()))
    image = QImage(
        QSize(round(area.width() * scale), round(area.height() * scale)), QImage.Format.Format_ARGB32_Premultiplied
    )
    image.fill(canvas.look.canvas)
    painter = QPainter(image)
    _render(canvas, painter, QRectF(image.rect()), area)
    painter.end()
    return png_bytes(image)


def svg(canvas: CanvasScene) -> bytes:
    """SVG bytes, one unit for a scene pixel."""
    area = _area(canvas)
    data = QByteArray()
    buffer = QBuffer(data)
    drawing = QSvgGenerator()
    drawing.setOutputDevice(buffer)
    drawing.setSize(area.size().toSize())
    drawing.setViewBox(QRectF(0, 0, area.width(), area.height()))
    drawing.setTitle("Network")
    drawing.setResolution(96)
    painter = QPainter(drawing)
    painter.fillRect(QRectF(0, 0, area.width(), area.height()), canvas.look.canvas)
    _render(canvas, painter, QRectF(0, 0, area.width(), area.height()), area)
    painter.end()
    return bytes(data.data())


def _area(canvas: CanvasScene) -> QRectF:
    """All cards and wires, with a margin."""
    area = canvas.bounds()
    for wire in canvas.wires():
        area = area.united(wire.path.boundingRect())
    return area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)


def _render(canvas: CanvasScene, painter: QPainter, target: QRectF, area: QRectF) -> None:
    """Draw everything near and unselected, whatever the view shows at the moment."""
    far, selection, chosen = canvas.far, canvas.selection, canvas.chosen_wire
    canvas.set_far(False)
    canvas.select(())
    canvas.choose_wire(None)
    kept = canvas.keeps_drawings
    canvas.keep_drawings(False)
    try:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        canvas.render(painter, target, area)
    finally:
        canvas.keep_drawings(kept)
        canvas.set_far(far)
        canvas.select(selection)
        canvas.choose_wire(chosen)
