"""What the inspector shows of a chosen frame: its note, in Markdown, and how much lies on it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from workbench.ui.bridge import Bridge
from workbench.ui.theme import GAP, MARGIN, mark

NOTE_HINT = "Read on the frame, below its title. **bold**, *italic*, `code`, lists and # headings are understood."


class FramePage(QWidget):
    """The note of one frame. What is typed without leaving the field is one undo step."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._frame: str | None = None
        self._visit = 0
        self.note = QPlainTextEdit()
        self.note.setObjectName("frame_note")
        self.note.setAccessibleName("Note")
        self.note.setAccessibleDescription(NOTE_HINT)
        self.note.setPlaceholderText("What happens here, and why.")
        self.note.setTabChangesFocus(True)
        self.note.setMinimumHeight(120)
        self.note.textChanged.connect(self._typed)
        self.note.installEventFilter(self)
        words = QLabel("Note")
        words.setBuddy(self.note)
        mark(words, role="strong")
        hint = QLabel(NOTE_HINT)
        hint.setWordWrap(True)
        mark(hint, role="dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, GAP, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addWidget(words)
        column.addWidget(self.note)
        column.addWidget(hint)
        column.addStretch(1)

    def show_frame(self, frame: str) -> None:
        session = self._bridge.session
        if session is None or frame not in session.graph.frames:
            return
        if frame != self._frame:
            self._frame = frame
            self._visit += 1
        note = session.graph.frames[frame].note
        self.note.setReadOnly(session.read_only)
        if self.note.toPlainText() != note:  # not while it is typed: the cursor would jump
            self.note.blockSignals(True)
            self.note.setPlainText(note)
            self.note.blockSignals(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self._visit += 1
        return super().eventFilter(watched, event)

    def _typed(self) -> None:
        session, frame = self._bridge.session, self._frame
        if session is None or session.read_only or frame is None or frame not in session.graph.frames:
            return
        gesture = f"note of {frame}, visit {self._visit}"
        session.change_frame(frame, gesture=gesture, note=self.note.toPlainText())
