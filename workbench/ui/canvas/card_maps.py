"""The thumbnails on the cards: whose are asked for, what came, and what is from before an edit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer

from workbench.catalogue.blocks import layer_of
from workbench.document.graph import Graph
from workbench.session.session import Session
from workbench.session.state import ProjectChange, Views
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.scene import CanvasScene
from workbench.ui.canvas.thumbnails import NO_THUMBS, Thumbs, blank, picture_thumbs, room_for, score_thumbs, thumbs_of

MapsMode = Literal["off", "selected", "all"]

MOST_CARDS = 2000
"""Cards that are given thumbnails at once; of a larger graph those that are selected."""

GRACE = 0.3
"""Seconds a look has to follow an edit; only then is what an edit changed drawn as out of date. Dimming at once would
make the canvas flicker at every step of a slider."""

LIVE_EVERY = 1.0
"""Seconds between two times the cards are given the thumbnails of a live run. Painting all of them takes as long as a
frame; a layer that is looked at closely has its maps drawn as often as they come."""

SEEN_EVERY = 120
"""Milliseconds between two times a live run is told which cards are in view."""


class CardMaps(QObject):
    """Follows the session's views. Thumbnails are values until they are painted, so that a thousand are cheap."""

    def __init__(self, canvas: CanvasScene, bridge: Bridge, seen: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._canvas, self._bridge, self._seen = canvas, bridge, seen
        self._mode: MapsMode = "all"
        self._shown: dict[str, tuple[object, Thumbs]] = {}  # by path id: what it was made of
        self._given: dict[str, Thumbs] = {}  # by node: what the cards show
        self._superseded: dict[int, tuple[Graph, float]] = {}  # graphs before edits, and when these were made
        self._in_view: Callable[[], frozenset[str]] | None = None
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.timeout.connect(self.show)
        self._live = QTimer(self)
        self._live.setSingleShot(True)
        self._live.timeout.connect(self.show)
        self._shown_at = 0.0
        self._moved = QTimer(self)
        self._moved.setSingleShot(True)
        self._moved.setInterval(SEEN_EVERY)
        self._moved.timeout.connect(self.watch)
        bridge.viewsChanged.connect(self._views_changed)
        bridge.projectChanged.connect(self._project_changed)
        bridge.selectionChanged.connect(self._selection_changed)

    @property
    def mode(self) -> MapsMode:
        return self._mode

    def use(self, mode: MapsMode) -> None:
        self._mode = mode
        self.watch()
        self.show()

    def follow_view(self, in_view: Callable[[], frozenset[str]]) -> None:
        """How to ask which cards can be seen; call `view_moved` when that may have changed."""
        self._in_view = in_view

    def view_moved(self) -> None:
        """Another part of the canvas is shown: a live run renews the thumbnails there."""
        if not self._moved.isActive():
            self._moved.start()

    def watch(self) -> None:
        """Tell the session which nodes of the graph in view show thumbnails, and which of them can be seen."""
        session = self._bridge.session
        if session is None:
            return
        wanted = self._wanted(session)
        seen = None if self._in_view is None else [path_of(session, node) for node in self._in_view() & set(wanted)]
        session.looking.preview([path_of(session, node) for node in wanted], seen)

    def show(self) -> None:
        """Put the thumbnails of the session's views on the cards."""
        self._shown_at = time.monotonic()
        session = self._bridge.session
        found: dict[str, Thumbs] = {}
        kept: dict[str, tuple[object, Thumbs]] = {}
        if session is not None:
            current = self._current(session)
            for node in self._wanted(session):
                path = path_of(session, node)
                made = self._thumbs(session, node, path, stale=current is not None and node not in current)
                if made is not None:
                    kept[path] = made
                    found[node] = made[1]
                elif len(room := self._room(session, node)):
                    found[node] = room
        self._shown = kept
        self._given = found
        self._canvas.show_images(found)

    def make_room(self) -> None:
        """After an edit: room on cards that have none yet, so that they do not grow when their pictures come."""
        session = self._bridge.session
        if session is None:
            return
        nodes = session.graph.nodes
        new = {n: room for n in self._wanted(session) if n not in self._given and len(room := self._room(session, n))}
        if new or any(node not in nodes for node in self._given):
            self._given = {node: thumbs for node, thumbs in (self._given | new).items() if node in nodes}
            self._canvas.show_images(self._given)

    def forget(self) -> None:
        """Another project: nothing made so far holds."""
        self._shown.clear()
        self._given = {}
        self._superseded.clear()

    # --- following ---------------------------------------------------------------------------------------------------

    def _views_changed(self, views: Views | None) -> None:
        if not self._seen():
            return
        if views is not None and views.live and self._given:  # from a run: again and again, and of all cards at once
            if not self._live.isActive():
                self._live.start(max(0, round(1000 * (self._shown_at + LIVE_EVERY - time.monotonic()))))
            return
        self.show()

    def _selection_changed(self, _ids: tuple[str, ...]) -> None:
        if self._mode == "selected":
            self.watch()

    def _project_changed(self, change: ProjectChange) -> None:
        before = change.before.graph
        if change.after.graph is not before:
            self._superseded[id(before)] = (before, time.monotonic())
            while len(self._superseded) > 64:
                self._superseded.pop(next(iter(self._superseded)))
            self._late.start(round(GRACE * 1000))

    def _current(self, session: Session) -> frozenset[str] | None:
        """The nodes whose thumbnails are of the network as it is now; None while a newer look may still be coming."""
        views = session.views
        if views is None or views.graph is None or views.graph is session.project.graph:
            return None
        since = self._superseded.get(id(views.graph))
        if since is not None and since[0] is views.graph:
            left = since[1] + GRACE - time.monotonic()
            if left > 0:
                if not self._late.isActive():
                    self._late.start(max(1, round(left * 1000)))
                return None
        return session.looking.is_current(scope_of(session))

    # --- what to show ------------------------------------------------------------------------------------------------

    def _wanted(self, session: Session) -> tuple[str, ...]:
        if self._mode == "off":
            return ()
        nodes = session.graph.nodes
        if self._mode == "selected" or len(nodes) > MOST_CARDS:
            return tuple(node for node in self._bridge.selection if node in nodes)
        return tuple(node for node in nodes if not nodes[node].collapsed)

    def _thumbs(self, session: Session, node: str, path: str, stale: bool) -> tuple[object, Thumbs] | None:
        """What a card shows, from before if it is made of the same; None where nothing is known of the node."""
        views = session.views
        preview = views.previews.get(path) if views is not None else None
        kept = self._shown.get(path)
        if views is None or preview is None:
            if kept is None:
                return None
            return kept if kept[1].stale else (kept[0], replace(kept[1], stale=True))
        of, make = self._content(session, views, node, preview)
        if kept is not None and kept[0] is of:
            return kept if kept[1].stale == stale else (of, replace(kept[1], stale=stale))
        return of, make(stale)

    def _content(
        self, session: Session, views: Views, node: str, preview: Any
    ) -> tuple[object, Callable[[bool], Thumbs]]:
        """What a node's thumbnails are made of, and how: the picture, the classes' scores, or the layer's value."""
        layer = layer_of(session.graph, session.graph.nodes[node].layer)
        picture = views.picture
        if layer is not None and layer.is_input and picture is not None:
            height, width, channels = picture.shape  # a spectrogram has colours and one map
            if preview.shape in ((channels, height, width), (1, height, width)):
                return picture, lambda stale: picture_thumbs(picture, stale)
        if layer is not None and layer.is_output and not scope_of(session) and len(views.scores) == preview.shape[0]:
            return views.scores, lambda stale: score_thumbs(views.scores, views.classes, views.label, stale)
        return preview, lambda stale: thumbs_of(preview, stale)

    def _room(self, session: Session, node: str) -> Thumbs:
        """Room for what has not come yet, so that a card has its size from the beginning."""
        if session.looking.obstacle is not None or self._mode == "selected":
            return NO_THUMBS
        layer = layer_of(session.graph, session.graph.nodes[node].layer)
        room = room_for(session.inferred.outputs.get(node))
        return blank(1) if layer is not None and layer.is_input and len(room) in (1, 3) else room


def path_of(session: Session, node: str) -> str:
    """The path id of a node in view: from the root of the network, through the blocks gone into."""
    return session.path_id(node)


def scope_of(session: Session) -> tuple[str, ...]:
    """The blocks gone into, from the root."""
    return session.scope
