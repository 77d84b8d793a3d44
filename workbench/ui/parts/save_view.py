"""Taking a view along: any widget as a PNG picture or an SVG drawing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.core.diagnostic import Problem
from workbench.core.files import write_atomic
from workbench.ui.bridge import Bridge

PNG_SCALE = 2.0


def ask_and_save(widget: QWidget, bridge: Bridge, name: str, *, svg: bool = True) -> None:
    """Ask where to, and write the view there; a failure is shown as a notice."""
    kinds = "PNG picture (*.png)" + (";;SVG drawing (*.svg)" if svg else "")
    chosen, kind = QFileDialog.getSaveFileName(widget.window(), "Save view", f"{name}.png", kinds)
    if not chosen:
        return
    path = Path(chosen)
    if not path.suffix:
        path = path.with_suffix(".svg" if "svg" in kind else ".png")
    try:
        save(widget, path)
    except Problem as problem:
        bridge.notify(problem.diagnostics[0])


def save(widget: QWidget, path: Path) -> None:
    """Write a widget as it looks: SVG by that ending, else PNG at twice its size. Raises `Problem` if it cannot."""
    write_atomic(path, as_svg(widget) if path.suffix.lower() == ".svg" else as_png(widget))


def as_png(widget: QWidget) -> bytes:
    image = QImage(widget.size() * PNG_SCALE, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(PNG_SCALE)
    image.fill(widget.palette().color(widget.backgroundRole()))
    widget.render(image)
    return png_bytes(image)


def png_bytes(image: QImage) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    buffer.close()
    return bytes(data.data())


def as_svg(widget: QWidget) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    drawing = QSvgGenerator()
    drawing.setOutputDevice(buffer)
    drawing.setSize(widget.size())
    drawing.setViewBox(widget.rect())
    drawing.setTitle(widget.accessibleName())
    painter = QPainter(drawing)
    widget.render(painter, QPoint(0, 0))
    painter.end()
    return bytes(data.data())
