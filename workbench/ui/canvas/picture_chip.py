"""The chip at the canvas's top right: the picture that runs through the network, and the way to another one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from workbench.inspection.samples import DRAWN, MADE_UP
from workbench.session.state import Views
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.picture_picker import PicturePicker
from workbench.ui.canvas.thumbnails import picture_image
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.viewers.words import file_filter, noun

WIDTH, NARROW, HEIGHT = 248, 124, 44
EDGE = 32  # of the picture


class PictureChip(QWidget):
    """Shows the chosen picture with its name and label. Click, Enter or Space opens the picker."""

    opened = Signal()

    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._picture: NDArray[np.uint8] | None = None
        self._image: QImage | None = None
        self._kind: str | None = None
        self._wide = True
        self._picker: PicturePicker | None = None
        self.setObjectName("canvas_picture_chip")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.name = ElidedLabel("strong")
        self.words = ElidedLabel("dim")
        for label in (self.name, self.words):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.before = IconButton(bridge, "chevron-left", "Picture before", "Shift+N", quiet=True, small=True)
        self.next = IconButton(bridge, "chevron-right", "Next picture", "N", quiet=True, small=True)
        for button in (self.before, self.next):
            button.setCursor(Qt.CursorShape.ArrowCursor)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.name)
        words.addWidget(self.words)
        row = QHBoxLayout(self)
        self._row = row
        row.setSpacing(0)
        row.addLayout(words, 1)
        row.addWidget(self.before)
        row.addWidget(self.next)
        self.before.clicked.connect(self.step_back)
        self.next.clicked.connect(self.step_on)
        bridge.viewsChanged.connect(self._refresh)
        bridge.dataChanged.connect(self._refresh)
        bridge.sessionChanged.connect(self._refresh)
        bridge.themeChanged.connect(self._restyle)
        self._refresh()

    def fit(self, room: int) -> None:
        """Take the width there is: with words, or the picture (else the beginning of the words) and the buttons."""
        wide = self._wide = room >= WIDTH
        self.name.setVisible(wide or self._picture is None)
        self.words.setVisible(wide)
        self.setFixedSize(QSize(WIDTH if wide else NARROW, HEIGHT))

    @property
    def is_wanted(self) -> bool:
        """Whether there is a picture, or something to say about there being none."""
        session = self._bridge.session
        return session is not None and bool(session.project.graph.nodes) and session.views is not None

    # --- doing -------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Let a person choose among the validation pictures."""
        session = self._bridge.session
        if session is None:
            return
        if self._picker is None:
            self._picker = PicturePicker(self._bridge, self)
            self._picker.picked.connect(self._choose)
            self._picker.fileAsked.connect(self.ask_for_file)
        views = session.views
        present = views.which if views is not None and isinstance(views.which, int) else None
        below = self.mapToGlobal(QPoint(self.width(), self.height() + 4))
        self._picker.open_at(below, session.data.dataset, session.looking.choices(), present)
        self.opened.emit()

    def step_on(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.looking.step_picture(1)

    def step_back(self) -> None:
        if self._bridge.session is not None:
            self._bridge.session.looking.step_picture(-1)

    def take_file(self, path: Path) -> None:
        """Let the network look at a picture file."""
        if self._bridge.session is not None:
            self._bridge.session.choose_picture(path)

    def ask_for_file(self) -> None:
        session = self._bridge.session
        name, _ = QFileDialog.getOpenFileName(self.window(), f"Look at a {noun(session)}", "", file_filter(session))
        if name:
            self.take_file(Path(name))

    def _choose(self, number: int) -> None:
        if self._bridge.session is not None:
            self._bridge.session.choose_picture(number)

    def shut(self) -> None:
        """The window closes."""
        if self._picker is not None:
            self._picker.shut()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _refresh(self, _what: object = None) -> None:
        session = self._bridge.session
        views = session.views if session is not None else None
        picture = views.picture if views is not None else None
        if picture is not self._picture:
            self._picture = picture
            self._image = picture_image(picture) if picture is not None else None
            self.update()
            self.name.setVisible(self._wide or picture is None)
        self._row.setContentsMargins(6 + EDGE + 8 if picture is not None else 12, 4, 4, 4)
        obstacle = session.looking.obstacle if session is not None else None
        choices = len(session.looking.choices()) if session is not None else 0
        for button in (self.before, self.next):
            button.setVisible(choices > 1)
        if views is None:
            return
        name, said = words_for(views)
        self.name.setText(name)
        self.words.setText(said if obstacle is None else "Too large to look at")
        one = noun(session)
        about = f"{views.short}\n{views.picture_name}" if views.short else views.picture_name
        tip = f"{about}. Click to look at another {one}, or drop a file on the canvas."
        self.setToolTip(tip if obstacle is None else obstacle.message)
        self.setAccessibleName(f"{one.capitalize()} that runs through the network: {name}")
        if one != self._kind:
            self._kind = one
            self.before.setToolTip(f"{one.capitalize()} before (Shift+N)")
            self.next.setToolTip(f"Next {one} (N)")
        self.setAccessibleDescription(self.words.text())

    def _restyle(self, _theme: object = None) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setBrush(theme.color("panel"))
        painter.setPen(QPen(theme.color("accent"), 2) if self.hasFocus() else QPen(theme.color("line"), 1))
        painter.drawRoundedRect(body, 8, 8)
        place = QRectF(6, (self.height() - EDGE) / 2, EDGE, EDGE)
        clip = QPainterPath()
        clip.addRoundedRect(place, 4, 4)
        if self._image is None:  # a text or a row: its words stand there
            return
        painter.setClipPath(clip)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._image.width() > EDGE // 2)
        side = min(self._image.width(), self._image.height())
        left, top = (self._image.width() - side) / 2, (self._image.height() - side) / 2
        painter.drawImage(place, self._image, QRectF(left, top, side, side))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.open()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # the canvas below must not begin a rubber band

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.open()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            (self.step_back if event.key() == Qt.Key.Key_Left else self.step_on)()
        else:
            super().keyPressEvent(event)


def words_for(views: Views) -> tuple[str, str]:
    """(what the sample is, what the network says of it): "“cat”, 12.png" and "recognised, 98 %".

    A text or a row is said by its own words rather than by the name of its file.
    """
    if views.which is None:
        made_up = views.picture_name if views.picture_name in MADE_UP.values() else DRAWN
        name = made_up[0].upper() + made_up[1:]
    elif views.picture is None:
        name = f"“{views.label}”, {views.short}" if views.label is not None else views.short
    else:
        file = Path(views.picture_name).name
        name = f"“{views.label}”, {file}" if views.label is not None else file
    if not views.trained:
        return name, "nothing learned yet"
    if not views.scores:
        return name, ""
    best = max(range(len(views.scores)), key=views.scores.__getitem__)
    share = f"{round(100 * views.scores[best])} %"
    if views.classes[best] == views.label:
        return name, f"recognised, {share}"
    return name, f"taken for “{views.classes[best]}”, {share}"
