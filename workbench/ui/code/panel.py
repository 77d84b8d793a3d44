"""The generated source with its head: how long it is, a button to copy it, and why there is no newer one."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.compiler.paths import parted
from workbench.core.diagnostic import Fix
from workbench.core.words import count
from workbench.ui import scopes
from workbench.ui.bridge import Bridge
from workbench.ui.code.follower import SourceFollower
from workbench.ui.code.view import CodeView
from workbench.ui.parts.header import ElidedLabel
from workbench.ui.parts.icon_button import IconButton
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.theme import GAP, MARGIN, Theme, mark


class CodePanel(QWidget):
    """Follows the selection, and leads it: the lines of what is selected are marked, and a click on a line selects its
    node, in its block. `name` tells the viewers of one bridge apart; `closeAsked` comes from the button of a panel that
    can be closed."""

    closeAsked = Signal()

    def __init__(self, bridge: Bridge, theme: Theme, name: str, *, closable: bool = False) -> None:
        super().__init__()
        self._bridge, self._name = bridge, name
        self._leading = False
        self.setAccessibleName("Python source")
        mark(self, surface="panel")
        self._follower = SourceFollower.of(bridge)
        self._title = ElidedLabel("dim")
        self.copy_button = IconButton(bridge, "copy", "Copy the source", "The whole file, ready to run.", quiet=True)
        self.copy_button.clicked.connect(self._copy)
        self.close_button = IconButton(bridge, "close", "Close the source", quiet=True)
        if not closable:  # never shown here: without a parent yet it would be a window for a moment
            self.close_button.hide()
        self.close_button.clicked.connect(self.closeAsked)
        self.view = CodeView(theme)
        self.note = ProblemNote(bridge)
        self.note.fixChosen.connect(self._fix)
        row = QHBoxLayout()
        row.setSpacing(GAP // 2)
        row.addWidget(self._title, 1)
        row.addWidget(self.copy_button)
        row.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, GAP, MARGIN if not closable else GAP, MARGIN if not closable else GAP)
        column.setSpacing(GAP)
        column.addLayout(row)
        column.addWidget(self.note)
        column.addWidget(self.view, 1)
        self._follower.changed.connect(self._show)
        self.view.settled.connect(self._mark)
        self.view.lineChosen.connect(self._choose)
        bridge.selectionChanged.connect(self._mark)
        bridge.scopeChanged.connect(self._mark)
        bridge.themeChanged.connect(self._restyle)

    @property
    def title(self) -> str:
        return self._title.text()

    def sizeHint(self) -> QSize:
        return QSize(420, 400)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follower.watch(self._name, True)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._follower.watch(self._name, False)

    def restyle(self) -> None:
        self.view.restyle()

    def _restyle(self, _theme: object = None) -> None:
        self.restyle()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """The newest source; greyed, with the first problem, where the network has none of its own."""
        if not self.isVisible():
            return
        written = self._follower.written
        self.note.show_diagnostic(written.problem)
        there = bool(written.lines)
        if written.problem is not None:
            self._title.setText("The last source without problems" if there else "No source yet")
        else:
            self._title.setText(f"{count(len(written.lines), 'line')} of PyTorch" if there else "")
        self.copy_button.setEnabled(there)
        self.view.setVisible(there)
        self.view.fade(written.problem is not None)
        self.view.show_lines(written.lines)

    def _mark(self, _what: object = None) -> None:
        session = self._bridge.session
        if session is None or not self.isVisible() or not self.view.is_settled:
            return
        written = self._follower.written
        lines = [line for node in self._bridge.selection for line in written.of(session.path_id(node))]
        self.view.mark_lines(lines, reveal=not self._leading)

    # --- what is done ------------------------------------------------------------------------------------------------

    def _choose(self, line: int) -> None:
        """Select the node of a line. Where its block is in view already, in whatever use, nobody is led away."""
        session = self._bridge.session
        path = self._follower.written.places.get(line)
        if session is None or path is None:
            return
        through, node = parted(path)
        block = scopes.block_at(session.project.graph, through)
        here = session.block
        if block is not None and here is not None and block.id == here.id:
            through = session.scope
        self._leading = True
        try:
            scopes.go_to(self._bridge, through, node)
        finally:
            self._leading = False
        self._mark_chosen(line)

    def _mark_chosen(self, line: int) -> None:
        if line not in self.view.marked:  # another use's, say: the click shall be seen all the same
            self.view.mark_lines((*self.view.marked, line), reveal=False)

    def _fix(self, fix: Fix) -> None:
        session, problem = self._bridge.session, self._follower.written.problem
        if session is None or problem is None:
            return
        if (refused := session.apply_fix(fix, problem.path)) is not None:
            self._bridge.notify(refused)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._follower.written.text)
