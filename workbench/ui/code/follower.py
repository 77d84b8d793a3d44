"""The network's source after every edit, written in the background, and which of its lines belong to which node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.compiler.emit import Source, emit
from workbench.compiler.inference import Inferred
from workbench.compiler.paths import find, parted
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.graph import Graph
from workbench.ui import scopes
from workbench.ui.background import Background
from workbench.ui.bridge import Bridge

PAUSE = 80
"""Milliseconds without an edit before the source is written anew: while a value is typed, once is enough."""


@dataclass(frozen=True, slots=True)
class Written:
    """A source as its viewers need it. `lines` are without their ends; `nodes` gives the lines (from 0) of each path id
    in reading order, `places` the path id of each line. `problem` says why the newest network has no source; the lines
    are then those of the last one that had."""

    lines: tuple[str, ...] = ()
    nodes: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: MappingProxyType({}))
    places: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    graph: Graph = field(default_factory=Graph)
    whole: Inferred | None = None
    problem: Diagnostic | None = None

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    def of(self, path: str) -> tuple[int, ...]:
        """The lines of a node. Uses of a block that are built alike share a class, and with it the lines."""
        own = self.nodes.get(path)
        if own is not None or "/" not in path or self.whole is None:
            return own or ()
        through, node = parted(path)
        here, block = find(self.whole, path), scopes.block_at(self.graph, through)
        alike: tuple[int, ...] = ()
        for other, lines in self.nodes.items():
            beside, name = parted(other)
            if name != node or not beside or block is None or scopes.block_at(self.graph, beside) is not block:
                continue
            there = find(self.whole, other)
            if here is not None and there is not None and there.level is here.level:
                return lines
            alike = alike or lines
        return alike


class SourceFollower(QObject):
    """Keeps `written` up to date while somebody looks. `changed` tells that it is another one."""

    changed = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self._bridge = bridge
        self._watching: set[str] = set()
        self._stale = True
        self.written = Written()
        self._background = Background("source", self)
        self._background.done.connect(self._take)
        self._background.failed.connect(self._refused)
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(PAUSE)
        self._due.timeout.connect(self._begin)
        bridge.sessionChanged.connect(self._session_changed)
        bridge.projectChanged.connect(self._edited)

    @staticmethod
    def of(bridge: Bridge) -> SourceFollower:
        """The one follower of a bridge."""
        found = bridge.findChild(SourceFollower)
        return found if isinstance(found, SourceFollower) else SourceFollower(bridge)

    def watch(self, viewer: str, looks: bool) -> None:
        """A viewer begins to look, or looks away; nothing is written for nobody."""
        if looks:
            self._watching.add(viewer)
            if self._stale:
                self._begin()
        else:
            self._watching.discard(viewer)

    def _session_changed(self, _session: object) -> None:
        self._background.forget()
        self.written = Written()
        self._stale = True
        self.changed.emit()
        if self._watching:
            self._begin()

    def _edited(self, _change: object) -> None:
        self._stale = True
        if self._watching:
            self._due.start()

    def _begin(self) -> None:
        self._due.stop()
        session = self._bridge.session
        if session is None:
            return
        self._stale = False
        self._background.start(partial(_write, session.project.graph, session.whole, session.project.name))

    def _take(self, written: Written) -> None:
        self.written = written
        self.changed.emit()

    def _refused(self, problem: Diagnostic) -> None:
        self.written = replace(self.written, problem=problem)
        self.changed.emit()


def _write(graph: Graph, whole: Inferred, name: str) -> Written:
    """Runs in the background. Raises `Problem` with the first error of a network that has some."""
    errors = whole.errors
    try:
        source: Source = emit(graph, whole, name=name)
    except Problem as problem:
        raise Problem(*(errors or problem.diagnostics)) from None
    places = {line - 1: node for line, node in source.lines.items()}
    nodes: dict[str, list[int]] = {}
    for line, node in sorted(places.items()):
        nodes.setdefault(node, []).append(line)
    return Written(
        tuple(source.text.splitlines()),
        MappingProxyType({node: tuple(lines) for node, lines in nodes.items()}),
        MappingProxyType(places),
        graph,
        whole,
    )
