"""The sheet for a picture of the canvas: what it shows, how large, in which colours; then a file or the clipboard."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.diagnostic import Problem
from workbench.core.words import count
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.picture import Wish, image, save_canvas
from workbench.ui.canvas.scene import CanvasScene
from workbench.ui.theme import GAP, MARGIN, mark

PREVIEW = QSize(420, 220)
_MOST_SHOWN = 400
"""Layers up to which a preview is drawn; of more it would take too long to be one."""


class PictureSheet(QDialog):
    """Stays open beside the canvas and follows what is selected there; deletes itself when it is closed."""

    def __init__(self, canvas: CanvasScene, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._canvas, self._bridge = canvas, bridge
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("canvas_picture_sheet")
        self.setWindowTitle("Export canvas as picture")
        self.preview = QLabel()
        self.preview.setAccessibleName("Preview")
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setFixedSize(PREVIEW)
        mark(self.preview, role="dim", surface="raised")
        self.what = _combo("What", (("whole", "Whole network"), ("selection", "Selected layers")))
        self.scale = _combo("Size", (("1", "1 ×"), ("2", "2 ×"), ("3", "3 ×")))
        self.scale.setCurrentIndex(1)
        self.colours = _combo("Colours", (("", "As on the screen"), ("light", "Light"), ("dark", "Dark")))
        self.transparent = QCheckBox("Transparent background")
        self.copy_button = QPushButton("Copy")
        self.copy_button.setToolTip("Put the picture on the clipboard.")
        self.save_button = QPushButton("Save…")
        self.save_button.setToolTip("Write a PNG picture or an SVG drawing.")
        self.save_button.setDefault(True)
        mark(self.save_button, role="primary")
        form = QFormLayout()
        form.setVerticalSpacing(GAP)
        form.addRow("Show", self.what)
        form.addRow("Size", self.scale)
        form.addRow("Colours", self.colours)
        form.addRow("", self.transparent)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.save_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(MARGIN)
        column.addWidget(self.preview)
        column.addLayout(form)
        column.addLayout(buttons)
        for combo in (self.what, self.scale, self.colours):
            combo.currentIndexChanged.connect(self.refresh)
        self.transparent.toggled.connect(self.refresh)
        self.copy_button.clicked.connect(self.copy)
        self.save_button.clicked.connect(self.ask_and_save)
        bridge.selectionChanged.connect(self._selection_changed)
        bridge.sessionChanged.connect(self.close)
        self._selection_changed(bridge.selection)
        if len(bridge.selection) > 1:
            self.what.setCurrentIndex(1)
        self.refresh()

    @property
    def wish(self) -> Wish:
        """What is set in the sheet."""
        part = self._bridge.selection if self.what.currentData() == "selection" else None
        theme = cast(Literal["", "dark", "light"], self.colours.currentData())
        return Wish(part, float(self.scale.currentData()), theme, self.transparent.isChecked())

    def refresh(self, _why: object = None) -> None:
        """Draw the preview anew."""
        if len(self._canvas.graph.nodes) > _MOST_SHOWN:
            self.preview.setText(f"{count(len(self._canvas.graph.nodes), 'layer')}: too many for a preview.")
            return
        try:
            made = image(self._canvas, self.wish)
        except Problem as problem:
            self.preview.setText(problem.diagnostics[0].message)
            return
        ratio = self.devicePixelRatioF()
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        shown = QPixmap.fromImage(made.scaled(PREVIEW * ratio, keep, smooth))
        shown.setDevicePixelRatio(ratio)
        self.preview.setPixmap(shown)
        self.preview.setAccessibleDescription(f"{made.width():,} × {made.height():,} pixels")

    def copy(self) -> None:
        """Put the picture on the clipboard."""
        try:
            QGuiApplication.clipboard().setImage(image(self._canvas, self.wish))
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])

    def ask_and_save(self) -> None:
        """Ask where to, write the file there and close; a failure is shown as a notice."""
        session = self._bridge.session
        name = session.project.name if session is not None else "network"
        chosen, kind = QFileDialog.getSaveFileName(
            self, "Save canvas", f"{name}.png", "PNG picture (*.png);;SVG drawing (*.svg)"
        )
        if not chosen:
            return
        path = Path(chosen)
        path = path if path.suffix else path.with_suffix(".svg" if "svg" in kind else ".png")
        try:
            save_canvas(self._canvas, path, self.wish)
        except Problem as problem:
            self._bridge.notify(problem.diagnostics[0])
            return
        self.close()

    def _selection_changed(self, ids: tuple[str, ...]) -> None:
        if not ids:
            self.what.setCurrentIndex(0)
        self.what.model().item(1).setEnabled(bool(ids))  # type: ignore[attr-defined]
        if self.what.currentData() == "selection":
            self.refresh()


def _combo(name: str, entries: tuple[tuple[str, str], ...]) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    for key, words in entries:
        made.addItem(words, key)
    return made
