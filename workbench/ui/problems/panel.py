"""The problem list: every problem in words, worst first, with its remedies. A click goes to the layer, in its block."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.core.words import count
from workbench.ui import scopes
from workbench.ui.bridge import Bridge
from workbench.ui.icons import pixmap
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.link_row import LinkRow
from workbench.ui.problems.order import Cause, causes
from workbench.ui.theme import GAP, Theme, mark

SHOWN = 200  # rows; beyond that the list says how many more there are
_LOOK = {Severity.ERROR: ("error", "bad"), Severity.WARNING: ("warning", "warning"), Severity.INFO: ("info", "accent")}


def _key(problem: Diagnostic) -> tuple[str, ...]:
    """A problem's identity as something a dict takes (its remedies hold mappings)."""
    place = "/".join(problem.path)
    return problem.code, problem.message, place, problem.node or "", problem.param or "", problem.port or ""


class ProblemRow(QFrame):
    """One problem: where it is, what it is, what can be done. Click or Enter goes to the layer."""

    chosen = Signal(object)  # Diagnostic
    fixChosen = Signal(object, object)  # Fix, the path it is meant for

    def __init__(self, bridge: Bridge, problem: Diagnostic, where: str) -> None:
        super().__init__()
        self._bridge = bridge
        self.problem, self.where = problem, where
        mark(self, role="row")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{problem.severity.capitalize()}: {problem.message}")
        self.setCursor(Qt.CursorShape.PointingHandCursor if problem.node else Qt.CursorShape.ArrowCursor)
        self._icon = QLabel()
        self._icon.setFixedWidth(16)
        self._icon.setAlignment(Qt.AlignmentFlag.AlignTop)
        words = QLabel(problem.message)
        words.setWordWrap(True)
        column = QVBoxLayout()
        column.setSpacing(2)
        if where:
            place = QLabel(where)
            mark(place, role="group")
            column.addWidget(place)
        column.addWidget(words)
        if problem.fixes:
            links = LinkRow([(fix.label, fix.label) for fix in problem.fixes])
            links.chosen.connect(self._fix)
            column.addWidget(links)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(GAP)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        self.restyle()

    def restyle(self) -> None:
        name, token = _LOOK[self.problem.severity]
        self._icon.setPixmap(pixmap(name, self._bridge.theme.color(token), 16, self.devicePixelRatioF()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self.problem)
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self.problem)
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def _fix(self, place: int) -> None:
        self.fixChosen.emit(self.problem.fixes[place], self.problem.path)


class ProblemsPanel(QWidget):
    """Follows the session's problems. Rows that stay the same are kept, so that nothing flickers while editing."""

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self._rows: list[ProblemRow] = []
        self._stale = True
        self.setAccessibleName("Problems")
        mark(self, surface="panel")
        self.summary = QLabel()
        self.summary.setContentsMargins(12, 4, 12, 4)
        mark(self.summary, role="dim")
        self._empty = EmptyState(
            bridge, "check", "No problems", "Mistakes in wiring, settings and data are listed here."
        )
        inside = QWidget()
        mark(inside, surface="panel")
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 0, GAP)
        self._list.setSpacing(0)
        self._list.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(inside)
        self._full = QWidget()
        column = QVBoxLayout(self._full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.summary)
        column.addWidget(area, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._full)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        bridge.problemsChanged.connect(self._changed)
        bridge.sessionChanged.connect(self._changed)
        bridge.themeChanged.connect(self._restyle)

    @property
    def rows(self) -> tuple[ProblemRow, ...]:
        return tuple(self._rows)

    def sizeHint(self) -> QSize:
        return QSize(360, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 80)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and self._stale:
            self.refresh()
        return super().event(event)

    def refresh(self) -> None:
        """Show the problems as they are now."""
        self._stale = False
        session = self._bridge.session
        found = causes(session.problems) if session is not None else ()
        problems = tuple(cause.problem for cause in found)
        shown = found[:SHOWN]
        kept = {_key(row.problem): row for row in self._rows}
        for row in self._rows:
            self._list.removeWidget(row)
        self._rows = []
        for place, cause in enumerate(shown):
            old = kept.get(_key(cause.problem))
            where = self._where(cause)
            if old is not None and old.problem == cause.problem and old.where == where:
                del kept[_key(cause.problem)]
                row = old
            else:
                row = self._made(cause.problem, where)
            self._rows.append(row)
            self._list.insertWidget(place, row)
        for row in kept.values():
            row.hide()
            row.deleteLater()
        errors = sum(d.is_error for d in problems)
        words = ["Problems"] + ([count(errors, "error")] if errors else [])
        if len(problems) > errors:
            words.append(count(len(problems) - errors, "hint"))
        if len(problems) > len(shown):
            words.append(f"the first {SHOWN:,} are shown")
        self.summary.setText("  ·  ".join(words))
        self._stack.setCurrentWidget(self._full if problems else self._empty)

    def _where(self, cause: Cause) -> str:
        """The layer a problem is about, with the way to it, and in how many other uses of its block it is too."""
        session, problem = self._bridge.session, cause.problem
        if session is None or not problem.node:
            return ""
        words = scopes.name_of(session.project.graph, scopes.joined(problem.path, problem.node))
        others = cause.places - 1 if problem.path else 0
        return f"{words}, and in {count(others, 'other place')}" if others else words

    def _made(self, problem: Diagnostic, where: str) -> ProblemRow:
        row = ProblemRow(self._bridge, problem, where)
        row.chosen.connect(self._choose)
        row.fixChosen.connect(self._fix)
        return row

    def _choose(self, problem: Diagnostic) -> None:
        if problem.node is not None:
            scopes.go_to(self._bridge, problem.path, problem.node)

    def _fix(self, fix: Fix, path: scopes.Path) -> None:
        session = self._bridge.session
        if session is not None and (refused := session.apply_fix(fix, path)) is not None:
            self._bridge.notify(refused)

    def _changed(self, _what: object = None) -> None:
        if self.isVisible():
            self.refresh()
        else:
            self._stale = True

    def _restyle(self, _theme: Theme) -> None:
        for row in self._rows:
            row.restyle()
