"""Find a layer of the open project, inside blocks too, by a few letters of its name."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QWidget

from workbench.catalogue.blocks import layer_of
from workbench.compiler.naming import display_name
from workbench.session.session import Session
from workbench.ui import scopes
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.chooser import WIDTH, Chooser, Entry

LONGEST = 28
"""Characters of a place that stand beside a name."""

MOST = 5_000
"""Entries of the list; a network of many nested blocks has more places than anybody looks through."""


class Finder(QObject):
    """Opens a searchable list of the project's layers; the chosen one is gone to, selected and brought into view."""

    def __init__(self, bridge: Bridge, over: QWidget) -> None:
        super().__init__(over)
        self._bridge, self._over = bridge, over

    def open(self) -> Chooser | None:
        """Show the list at the top of the canvas; None where no project is open."""
        session = self._bridge.session
        if session is None:
            return None
        entries = entries_of(session)
        chooser = Chooser("Find a layer", entries, self._bridge.theme, self._over, "No layer here is called that.")
        chooser.chosen.connect(self._choose)
        chooser.open_at(self._over.mapToGlobal(QPoint(max(0, (self._over.width() - WIDTH) // 2), 24)))
        return chooser

    def _choose(self, key: str) -> None:
        path, node = scopes.split(key)
        scopes.go_to(self._bridge, path, node)


def entries_of(session: Session) -> list[Entry]:
    """Every layer of the network and, under the use they stand in, those inside blocks; the place in view comes first.

    Of a repeated block the first one is listed, unless another is in view.
    """
    root = session.project.graph
    here = tuple(scopes.node_of(step) for step in session.scope)
    places = [path for path, _, _ in scopes.every_place(root)]
    found: list[Entry] = []
    for path in sorted(places, key=lambda p: p != here):
        found += _inside(session, session.scope if path == here else path, near=path == here)
        if len(found) >= MOST:
            break
    return found[:MOST]


def _inside(session: Session, path: scopes.Path, *, near: bool) -> list[Entry]:
    root = session.project.graph
    graph, inferred = scopes.graph_at(root, path), scopes.inferred_at(session.whole, path)
    if graph is None:
        return []
    place = scopes.place_words(root, path)
    entries = []
    for node in inferred.order if inferred is not None else graph.nodes:
        layer = layer_of(graph, graph.nodes[node].layer)
        given = inferred.outputs.get(node) if inferred is not None else None
        entries.append(
            Entry(
                key=scopes.joined(path, node),
                title=display_name(graph, node),
                hint=_short(place) if place and not near else given.words if given is not None else "?",
                category=str(layer.category) if layer is not None else "",
                group=place,
                tip=scopes.STEP.join((place, display_name(graph, node))) if place else "",
                keywords=((layer.title, node) if layer is not None else (node,)) + tuple(place.split()),
            )
        )
    return entries


def _short(place: str) -> str:
    """The end of a long place: it tells neighbours apart."""
    return place if len(place) <= LONGEST else f"…{place[-LONGEST:]}"
