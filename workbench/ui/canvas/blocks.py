"""Blocks on the canvas: grouping and dissolving, going in and out, and where one was looking in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QAction

from workbench.document.project import Project
from workbench.ui import scopes
from workbench.ui.canvas.path_bar import PathBar

if TYPE_CHECKING:
    from workbench.ui.canvas.panel import CanvasPanel

_EDGE, _BESIDE = 12, 4
"""From the canvas's edge, and from the outline's button."""


class Blocks(QObject):
    """The canvas's commands about blocks, and the path bar over it.

    A new block asks for its name in its card. Entered there, the grouping is done again under that name, so that the
    name of its class and of its parts come from it and one undo takes everything back.
    """

    def __init__(self, panel: CanvasPanel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._bridge = panel.view.bridge
        self._scope: scopes.Path = ()
        self._seen: dict[scopes.Path, tuple[float, QPointF]] = {}
        self._grouped: tuple[tuple[str, ...], Project] | None = None
        self.bar = PathBar(self._bridge, panel.view)
        self._fitted: int | None = None  # the width the bar was fitted to
        panel.view.moved.connect(self.place)
        self.bar.left.connect(self._go_up)
        self.bar.repeated.connect(self._repeat)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the canvas's actions about blocks do."""
        return {
            "group": self.group,
            "dissolve": self.dissolve,
            "unique": self.make_unique,
            "keep": self.keep,
            "drop_unused": self.drop_unused,
            "open_block": self.open_selected,
            "leave_block": self.up,
        }

    def enable(self, actions: Mapping[str, QAction]) -> None:
        """Grey out what cannot be done with this selection, here."""
        session = self._bridge.session
        edit, use = self._panel.view.session is not None, self._use() is not None
        for name, possible in (
            ("dissolve", edit and use),
            ("unique", edit and use),
            ("keep", use),
            ("drop_unused", edit and session is not None and session.has_unused_blocks),
            ("open_block", use),
            ("leave_block", session is not None and bool(session.scope)),
        ):
            actions[name].setEnabled(possible)

    # --- making and taking apart -------------------------------------------------------------------------------------

    def group(self) -> None:
        """Make a block of the selected layers, and ask for its name in its card."""
        session, chosen = self._panel.view.session, self._bridge.selection
        if session is None or not chosen:
            return
        made = session.group(chosen)
        if made is None:
            return
        self._bridge.select((made,))
        self._grouped = (chosen, session.project)
        self._panel.name_field.open(made, "", self._named)

    def dissolve(self) -> None:
        """Put the layers of the selected blocks in their places, and select them."""
        session = self._panel.view.session
        if session is None:
            return
        graph, chosen = session.graph, self._bridge.selection
        blocks = [i for i in chosen if i in graph.nodes and graph.nodes[i].block is not None]
        left = [i for i in chosen if i not in blocks]
        for node in blocks:
            left += session.dissolve(node) or ()
        if blocks:
            self._bridge.select(left)

    def make_unique(self) -> None:
        """Give the selected use of a block a definition of its own."""
        session, node = self._panel.view.session, self._use()
        if session is not None and node is not None:
            session.make_unique(node)

    def keep(self) -> None:
        """Put the definition of the selected block into the personal library."""
        session, node = self._bridge.session, self._use()
        block = session.graph.nodes[node].block if session is not None and node is not None else None
        if session is not None and block is not None and session.keep_block(block) is None:
            self._bridge.libraryChanged.emit()

    def drop_unused(self) -> None:
        """Forget the definitions that nothing in the project uses."""
        session = self._panel.view.session
        if session is not None:
            session.drop_unused_blocks()

    def _named(self, node: str, title: str) -> None:
        """The name for a block just made was entered."""
        session, grouped, self._grouped = self._panel.view.session, self._grouped, None
        if session is None or grouped is None or not title or session.project is not grouped[1]:
            return
        session.undo()
        made = session.group(grouped[0], title)
        if made is not None:
            self._bridge.select((made,))

    # --- going in and out --------------------------------------------------------------------------------------------

    def can_open(self, node: str) -> bool:
        """Whether a node is a use of a block that is there."""
        session = self._bridge.session
        found = session.graph.nodes.get(node) if session is not None else None
        return session is not None and found is not None and found.block in session.project.graph.blocks

    def open(self, node: str | None = None) -> bool:
        """Go into a block, the selected one by default; gives whether it was one."""
        session = self._bridge.session
        wanted = self._use() if node is None else node
        if session is None or wanted is None or not self.can_open(wanted):
            return False
        session.enter(wanted)
        return True

    def open_selected(self) -> None:
        """Go into the selected block."""
        self.open()

    def up(self) -> None:
        """Go out of the open block, which is then selected."""
        self._go_up(1)

    def scope_changed(self, scope: scopes.Path) -> None:
        """The session shows another place; called while the canvas still shows the one before."""
        view = self._panel.view
        self._seen[_plain(self._scope)] = (view.zoom, view.mapToScene(view.viewport().rect().center()))
        self._scope = scope
        self._grouped = None

    def look(self) -> None:
        """Show what was seen here last; the whole where nobody looked yet."""
        seen = self._seen.get(_plain(self._scope))
        if seen is None:
            self._panel.show_network()
            return
        self._panel.view.set_zoom(seen[0])
        self._panel.view.show_centred(seen[1])

    def forget(self) -> None:
        """Another project is shown."""
        session = self._bridge.session
        self._scope = session.scope if session is not None else ()
        self._seen.clear()
        self._grouped = None

    def refresh(self) -> None:
        """The session, its scope or its graph changed: show the path anew."""
        self.bar.refresh()
        self._fitted = None
        self.place()

    def place(self) -> None:
        """Put the path bar where it belongs, no wider than the canvas."""
        width = self._panel.view.width()
        if self._fitted != width and not self.bar.isHidden():
            self._fitted = width
            button = self._panel.overlays.outline_button
            left = button.geometry().right() + 1 + _BESIDE
            self.bar.fit(width - left - _EDGE)
            self.bar.move(left, button.y())

    def _use(self) -> str | None:
        """The leading node of the selection, if it is a use of a block."""
        selection = self._bridge.selection
        return selection[-1] if selection and self.can_open(selection[-1]) else None

    def _go_up(self, levels: int) -> None:
        session = self._bridge.session
        if session is None:
            return
        if levels == 0 or not session.scope:
            self._bridge.select(())
        else:
            came_from = session.scope[-levels]
            session.leave(levels)
            self._bridge.select((scopes.node_of(came_from),))
        self._panel.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _repeat(self, repetition: int) -> None:
        session = self._bridge.session
        if session is not None and session.scope:
            *outer, last = session.scope
            step = scopes.node_of(last)
            session.go_to_scope((*outer, f"{step}:{repetition}" if repetition else step))


def _plain(scope: scopes.Path) -> scopes.Path:
    """A place whatever the repetition: all of them look alike."""
    return tuple(scopes.node_of(step) for step in scope)
