"""One sample large, with its facts: walked through by the arrow keys, decoded beside the window's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from workbench.data.index import printable
from workbench.ui.bridge import Bridge
from workbench.ui.datasets.browser.columns import EXCLUDED, Columns
from workbench.ui.datasets.browser.spoken import facts
from workbench.ui.datasets.thumbnails import Thumbnails, thumbnail_of
from workbench.ui.parts.header import ElidedLabel, dotted
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import GAP, RADIUS, mark
from workbench.ui.viewers.picture_view import image_of

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

LARGEST = 4096
"""Pixels of the longer side that are kept of a picture; no screen shows more."""
MOST_TEXT = 50_000
"""Characters of a text that are shown."""
_KEPT_BYTES = 256 * 10**6
TAB = 240  # pixels to the values of a row
_SHARP = 3
"""From this enlargement on pixels are drawn as squares."""


def original_of(dataset: Dataset, number: int, edge: int) -> QImage | str:
    """A picture at its own size, `edge` pixels at most; another kind of sample as large as it is shown. Raises
    `Problem`."""
    match dataset.index.kind:
        case "pictures":
            pass
        case "text":
            from workbench.data.kinds.text import text_of

            return text_of(dataset.index, number)[:MOST_TEXT]
        case "table":
            from workbench.data.kinds.table import row_of

            return "\n".join(f"{name}\t{value}" for name, value in row_of(dataset.index, number))
        case _:
            return thumbnail_of(dataset, number, 1200)
    image = image_of(dataset.original(number))
    if max(image.width(), image.height()) > edge:
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        image = image.scaled(edge, edge, keep, smooth)
    return image.convertToFormat(QImage.Format.Format_RGB32)


class _Stage(QWidget):
    """The picture, as large as it fits."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.picture: QPixmap | None = None
        self.excluded = False

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._bridge.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("canvas"))
        painter.drawRoundedRect(self.rect(), RADIUS, RADIUS)
        room = QRectF(self.rect()).adjusted(12, 12, -12, -12)
        if self.picture is not None:
            width, height = self.picture.width(), self.picture.height()
            scale = min(room.width() / width, room.height() / height)
            target = QRectF(0, 0, width * scale, height * scale)
            target.moveCenter(room.center())
            sharp = scale * self.devicePixelRatioF() >= _SHARP
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not sharp)
            painter.drawPixmap(target, self.picture, QRectF(self.picture.rect()))
        if self.excluded:
            self._paint_note(painter, "Excluded")

    def _paint_note(self, painter: QPainter, words: str) -> None:
        """In the corner, not over the picture: it is here to be seen."""
        theme = self._bridge.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font())
        room = QRectF(12, 12, painter.fontMetrics().horizontalAdvance(words) + 20, 26)
        painter.setPen(theme.color("line"))
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(room, RADIUS, RADIUS)
        painter.setPen(theme.color("text"))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), words)


class Preview(QWidget):
    """Shows sample after sample; `stepped` asks for the next, `left` goes back to the grid."""

    left = Signal()
    stepped = Signal(int)  # -1, 1: the one before, the next; other numbers: as many on

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.number: int | None = None
        self._columns: Columns | None = None
        self.pictures = Thumbnails(LARGEST, self, make=original_of, most_bytes=_KEPT_BYTES)
        self.destroyed.connect(self.pictures.close)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Sample")
        self.back = IconButton(bridge, "grid", "Back to the grid", "Esc or Space does the same.", quiet=True)
        self.before = IconButton(bridge, "chevron-left", "The one before", "Left arrow key.", quiet=True)
        self.next = IconButton(bridge, "chevron-right", "The next one", "Right arrow key.", quiet=True)
        self._name = ElidedLabel("strong", Qt.TextElideMode.ElideMiddle)
        self._place = ElidedLabel("dim")
        self._place.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._facts = ElidedLabel("dim")
        self._stage = _Stage(bridge)
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setAccessibleName("Text of the sample")
        self._text.setTabStopDistance(TAB)
        self._text.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys walk from sample to sample
        shown = QWidget()
        self._shown = QStackedLayout(shown)
        self._shown.addWidget(self._stage)
        self._shown.addWidget(self._text)
        top = QHBoxLayout()
        top.setSpacing(GAP)
        top.addWidget(self.back)
        top.addWidget(self._name, 1)
        top.addWidget(self._place)
        top.addWidget(self.before)
        top.addWidget(self.next)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(top)
        column.addWidget(shown, 1)
        column.addWidget(self._facts)
        mark(self, surface="panel")
        self.back.clicked.connect(self.left)
        self.before.clicked.connect(self._step_back)
        self.next.clicked.connect(self._step_on)
        self.pictures.arrived.connect(self._arrived)
        bridge.themeChanged.connect(self._restyle)

    @property
    def facts(self) -> str:
        return self._facts.text()

    @property
    def name(self) -> str:
        return self._name.text()

    @property
    def words(self) -> str:
        """What stands in place of a picture; "" where there is one."""
        return self._text.toPlainText() if self._shown.currentWidget() is self._text else ""

    @property
    def has_picture(self) -> bool:
        return self._stage.picture is not None

    def show_sample(self, columns: Columns, number: int, place: str, near: tuple[int, ...] = ()) -> None:
        """Show a sample; `place` says where it is ("3 of 120"), those `near` are decoded ahead."""
        self._columns, self.number = columns, number
        self._name.setText(printable(columns.names[number]))
        self._place.setText(place)
        self._facts.setText(dotted(facts(columns, number)))
        self._stage.excluded = int(columns.splits[number]) == EXCLUDED
        for ahead in near:  # the newest wish is served first, so the one that is shown comes last
            self.pictures.get(ahead)
        self._show()
        self.setAccessibleDescription(f"{self._name.text()}, {self._facts.text()}")

    def _show(self) -> None:
        if self.number is None:
            return
        self._stage.picture = self.pictures.get(self.number)
        words = self.pictures.words(self.number)
        if self.pictures.failed(self.number):
            words = "This file cannot be read any more."
        if words != self._text.toPlainText():
            self._text.setPlainText(words)
        self._shown.setCurrentWidget(self._text if words else self._stage)
        self._stage.update()

    def _arrived(self, number: int) -> None:
        if number == self.number:
            self._show()

    def _restyle(self, _theme: object = None) -> None:
        self._stage.update()

    def _step_back(self) -> None:
        self.stepped.emit(-1)

    def _step_on(self) -> None:
        self.stepped.emit(1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
        steps |= {Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10, Qt.Key.Key_Home: -(10**9), Qt.Key.Key_End: 10**9}
        if key in (Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        elif Qt.Key(key) in steps:
            self.stepped.emit(steps[Qt.Key(key)])
        else:
            super().keyPressEvent(event)
