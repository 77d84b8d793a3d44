"""Read-only source in colours, with marked lines; a new text touches only the lines that differ."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QSyntaxHighlighter,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit

from workbench.ui.code.highlight import spans
from workbench.ui.theme import Theme, mark

CHUNK = 80
"""Lines that are put in at a time: a long source comes in pieces, so that the window never waits for it."""

COMPARED = 300
"""Up to so many lines are compared one by one; of more, what differs is replaced as a whole."""


class CodeView(QPlainTextEdit):
    """`marked` lines (from 0) stand on a tinted ground. `lineChosen(line)` tells of a click, or Enter, on a line.

    `settled` follows `show_lines` once all lines are there, which for long texts takes a few turns of the event loop.
    """

    lineChosen = Signal(int)
    settled = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._lines: list[str] = []
        self._coming: deque[str] = deque()
        self._at = 0
        self._faded = False
        self.marked: frozenset[int] = frozenset()
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName("Generated source")
        mark(self, role="mono")
        self.document().setDocumentMargin(8)
        self._colours = _Colours(self, theme)
        self._more = QTimer(self)
        self._more.setInterval(0)
        self._more.timeout.connect(self._go_on)

    @property
    def is_settled(self) -> bool:
        """Whether all lines of the last text are there."""
        return not self._coming

    # --- the text ----------------------------------------------------------------------------------------------------

    def show_lines(self, lines: Sequence[str]) -> None:
        """Show this text. Lines that stay are not touched, and the place in view stays."""
        self._more.stop()
        self._coming.clear()
        old, new = self._lines, list(lines)
        first = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        same = zip(reversed(old[first:]), reversed(new[first:]), strict=False)
        last = next((i for i, (a, b) in enumerate(same) if a != b), min(len(old), len(new)) - first)
        before, after = old[first : len(old) - last], new[first : len(new) - last]
        if len(before) <= COMPARED and len(after) <= COMPARED:
            changes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
            for kind, a, b, c, d in reversed(changes):
                if kind != "equal":
                    self._replace(first + a, first + b, after[c:d])
            self.settled.emit()
            return
        self._replace(first, first + len(before), after[:CHUNK])
        self._coming.extend(after[CHUNK:])
        self._at = first + min(CHUNK, len(after))
        if self._coming:
            self._more.start()
        else:
            self.settled.emit()

    def _go_on(self) -> None:
        some = [self._coming.popleft() for _ in range(min(CHUNK, len(self._coming)))]
        self._replace(self._at, self._at, some)
        self._at += len(some)
        if not self._coming:
            self._more.stop()
            self.settled.emit()

    def _replace(self, start: int, end: int, lines: Sequence[str]) -> None:
        """Put lines in the place of those from `start` up to `end`."""
        if start == end and not lines:
            return
        bar = self.verticalScrollBar()
        top = bar.value()
        document = self.document()
        cursor = QTextCursor(document)
        whole = end >= len(self._lines)  # there is no line after it, so the break before it goes or comes
        text = "\n".join(lines)
        if start > 0 and whole:
            cursor.setPosition(_end(document.findBlockByNumber(start - 1)))
            text = "\n" + text if lines else ""
        else:
            cursor.setPosition(document.findBlockByNumber(start).position())
            text = text + "\n" if lines and not whole else text
        until = document.characterCount() - 1 if whole else document.findBlockByNumber(end).position()
        cursor.setPosition(until, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text)
        self._lines[start:end] = lines
        bar.setValue(top)

    # --- marks -------------------------------------------------------------------------------------------------------

    def mark_lines(self, lines: Iterable[int], *, reveal: bool = True) -> None:
        """Tint these lines; with `reveal`, bring the first of them into view if none is."""
        self.marked = frozenset(lines)
        if self.marked and reveal and not self._in_view(self.marked):
            first = min(self.marked)
            cursor = QTextCursor(self.document().findBlockByNumber(first))
            self.setTextCursor(cursor)
            bar = self.verticalScrollBar()
            bar.setValue(max(0, first - max(1, self._rows() // 4)))
            self.horizontalScrollBar().setValue(0)
        self.viewport().update()

    def fade(self, faded: bool) -> None:
        """Grey the text out: it is not that of the network as it is now."""
        if faded != self._faded:
            self._faded = faded
            self.viewport().update()

    @property
    def is_faded(self) -> bool:
        return self._faded

    def restyle(self) -> None:
        self._colours.restyle()
        self.viewport().update()

    def _rows(self) -> int:
        return max(1, self.viewport().height() // max(1, self.fontMetrics().lineSpacing()))

    def _in_view(self, lines: Iterable[int]) -> bool:
        top = self.firstVisibleBlock().blockNumber()
        return any(top <= line < top + self._rows() - 1 for line in lines)

    # --- events ------------------------------------------------------------------------------------------------------

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            block = self.cursorForPosition(event.position().toPoint())
            self.lineChosen.emit(block.blockNumber())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.lineChosen.emit(self.textCursor().blockNumber())
            event.accept()
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Enter is this view's, not a shortcut of the window's."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                event.accept()
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.marked:
            self._paint_marks()
        super().paintEvent(event)
        if self._faded:
            painter = QPainter(self.viewport())
            painter.fillRect(self.viewport().rect(), self._theme.color("panel", 0.6))
            painter.end()

    def _paint_marks(self) -> None:
        painter = QPainter(self.viewport())
        ground, edge = self._theme.color("selection"), self._theme.color("accent")
        block = self.firstVisibleBlock()
        while block.isValid():
            box = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if box.top() > self.viewport().height():
                break
            if block.blockNumber() in self.marked:
                wide = QRectF(0, box.top(), self.viewport().width(), box.height())
                painter.fillRect(wide, ground)
                painter.fillRect(QRectF(0, box.top(), 2, box.height()), edge)
            block = block.next()
        painter.end()


class _Colours(QSyntaxHighlighter):
    """Keywords, texts, numbers and comments in quiet colours of the theme."""

    def __init__(self, view: CodeView, theme: Theme) -> None:
        super().__init__(view.document())
        self._theme = theme
        self._formats: dict[str, QTextCharFormat] = {}
        self.restyle()

    def restyle(self) -> None:
        tokens = {"keyword": "category:block", "text": "category:pooling", "number": "category:activation"}
        for kind, token in {**tokens, "comment": "dim", "name": "accent"}.items():
            style = QTextCharFormat()
            style.setForeground(self._theme.color(token))
            self._formats[kind] = style
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        state, found = spans(text, self.previousBlockState() == 1)
        for kind, start, length in found:
            self.setFormat(start, length, self._formats[kind])
        self.setCurrentBlockState(1 if state else 0)


def _end(block: QTextBlock) -> int:
    """Where the last line's text ends."""
    return block.position() + block.length() - 1
