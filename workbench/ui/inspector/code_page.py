"""The generated source: of the selected layer, or of the whole network."""

from __future__ import annotations

from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from workbench.compiler.emit import Source, emit
from workbench.core.diagnostic import Problem
from workbench.ui.bridge import Bridge
from workbench.ui.inspector.highlight import spans
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.theme import GAP, MARGIN, Theme, mark


class CodeView(QPlainTextEdit):
    """Read-only source in colours; the lines in `marked` (from 0) stand on a tinted ground."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.marked: frozenset[int] = frozenset()
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setAccessibleName("Generated source")
        mark(self, role="mono")
        self._colours = _Colours(self, theme)

    def restyle(self) -> None:
        self._colours.restyle()
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.marked:
            painter = QPainter(self.viewport())
            ground = QColor(self._theme.color("selection"))
            block = self.firstVisibleBlock()
            while block.isValid():
                box = self.blockBoundingGeometry(block).translated(self.contentOffset())
                if box.top() > self.viewport().height():
                    break
                if block.blockNumber() in self.marked:
                    box.setWidth(max(box.width(), self.viewport().width()))
                    painter.fillRect(box, ground)
                block = block.next()
            painter.end()
        super().paintEvent(event)


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


class CodePage(QWidget):
    """Writes the source only while it is shown, since every edit changes it."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._title = ElidedLabel("dim")
        copy = IconButton(bridge, "copy", "Copy the source", "The whole file, ready to run.", quiet=True)
        copy.clicked.connect(self._copy)
        self.copy_button = copy
        self.view = CodeView(theme)
        self._refusal = QLabel()
        self._refusal.setWordWrap(True)
        mark(self._refusal, role="dim")
        row = QHBoxLayout()
        row.addWidget(self._title, 1)
        row.addWidget(copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, GAP, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addLayout(row)
        column.addWidget(self._refusal)
        column.addWidget(self.view, 1)

    def show_source(self, nodes: tuple[str, ...]) -> None:
        """The network's source with the lines of these nodes marked and brought into view."""
        session = self._bridge.session
        if session is None:
            return
        try:
            source = emit(session.graph, session.inferred, name=session.project.name)
        except Problem as problem:
            self.view.hide()
            self.copy_button.setEnabled(False)
            self._title.setText("No source yet")
            self._refusal.setText(
                "The source is written once the network has no errors. " + problem.diagnostics[0].message
            )
            self._refusal.show()
            return
        self._refusal.hide()
        self.view.show()
        self.copy_button.setEnabled(True)
        self._title.setText(f"{source.text.count(chr(10)):,} lines of PyTorch")
        self._show(source, nodes)

    def _show(self, source: Source, nodes: tuple[str, ...]) -> None:
        bar = self.view.verticalScrollBar()
        before = bar.value()
        if self.view.toPlainText() != source.text:
            self.view.setPlainText(source.text)
            bar.setValue(before)
        own = sorted(line - 1 for line, node in source.lines.items() if node in nodes)
        self.view.marked = frozenset(own)
        if own:
            cursor = self.view.textCursor()
            cursor.setPosition(self.view.document().findBlockByNumber(own[0]).position())
            self.view.setTextCursor(cursor)
            self.view.ensureCursorVisible()
        self.view.viewport().update()

    def restyle(self) -> None:
        self.view.restyle()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.view.toPlainText())
