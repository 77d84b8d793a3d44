"""What lies over the view: minimap, totals, the outline's button, and the words shown while there is nothing else."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSize, Qt, QTimer
from PySide6.QtGui import QAction

from workbench.core.diagnostic import Fix
from workbench.session.room import free_on
from workbench.ui import scopes
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.effect_note import EffectNote
from workbench.ui.canvas.file_drop import FileDrop
from workbench.ui.canvas.minimap import Minimap
from workbench.ui.canvas.picture_chip import WIDTH, PictureChip
from workbench.ui.canvas.summary import MemoryWarning, SummaryLine
from workbench.ui.canvas.view import CanvasView
from workbench.ui.parts.empty_state import EmptyState
from workbench.ui.parts.icon_button import IconButton

_EDGE = 12  # from the canvas's edge
_MINIMAP_FROM = QSize(560, 360)  # smaller canvases have no room for it

AT_ONCE = 200
"""Layers up to which the totals follow an edit at once."""
PAUSE = 100
"""Milliseconds without an edit after which those of larger networks do."""


class Overlays(QObject):
    """Children of the view beside its viewport, so that scrolling leaves them where they are."""

    def __init__(self, view: CanvasView, bridge: Bridge, minimap: QAction, outline: QAction) -> None:
        super().__init__(view)
        self._view, self._bridge, self._minimap_wanted = view, bridge, minimap
        self.minimap = Minimap(view, view)
        self.summary = SummaryLine(bridge.theme, view)
        self.memory = MemoryWarning(bridge.theme, view)
        self.memory.fixChosen.connect(self._fix)
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(PAUSE)
        self._due.timeout.connect(self._show_totals)
        self.empty = EmptyState(
            bridge, "build", "No layers yet", "Drag a layer here from the palette, or press Space to search for one."
        )
        self.empty.setParent(view)
        self.empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.outline_button = IconButton(
            bridge, "list", "Outline", "The layers as a list, in order", checkable=True, parent=view
        )
        self.outline_button.setObjectName("canvas_outline_button")
        self.outline_button.setChecked(outline.isChecked())
        self.outline_button.toggled.connect(outline.setChecked)
        outline.toggled.connect(self.outline_button.setChecked)
        self.chip = PictureChip(bridge, view)
        self.effect = EffectNote(bridge, view)
        self.files = FileDrop(view, bridge)
        self.files.dropped.connect(self.chip.take_file)
        bridge.viewsChanged.connect(self._place_chip)
        minimap.toggled.connect(self.place)
        self.minimap.released.connect(self.place)
        view.moved.connect(self.place)
        view.canvas.boundsChanged.connect(self.place)

    def refresh(self) -> None:
        """The session or its graph changed. The totals of a large network wait until nothing changes for a moment."""
        session = self._bridge.session
        if session is not None and session.whole.layers > AT_ONCE:
            self._due.start()
        else:
            self._show_totals()
        self.place()

    def _show_totals(self) -> None:
        self._due.stop()
        session = self._bridge.session
        if session is None:
            self.summary.show_totals(None, None)
            self.memory.show_need(None, None, None)
        else:
            recipe, room = session.project.recipe, free_on(session.project.recipe.device)
            inside = scopes.place_words(session.project.graph, session.scope)
            self.summary.show_totals(session.inferred, recipe, room, inside=inside)
            self.memory.show_need(session.whole, recipe, room)
        self.place()

    def _fix(self, fix: Fix) -> None:
        session = self._bridge.session
        if session is not None and (refused := session.apply_fix(fix)) is not None:
            self._bridge.notify(refused)

    def place(self, _why: object = None) -> None:
        """Put everything where it belongs, and show what has room and something to say."""
        room = self._view.size()
        has_cards = bool(self._view.canvas.graph.nodes)
        fits = room.width() >= _MINIMAP_FROM.width() and room.height() >= _MINIMAP_FROM.height()
        seen_whole = self._view.visible_rect().contains(self._view.canvas.bounds())
        needed = not seen_whole or self.minimap.is_held
        shown = has_cards and fits and needed and self._minimap_wanted.isChecked()
        self.minimap.setVisible(shown)
        self.minimap.move(room.width() - self.minimap.width() - _EDGE, room.height() - self.minimap.height() - _EDGE)
        taken = self.minimap.width() + _EDGE if shown else 0
        self.summary.fit(room.width() - 2 * _EDGE - taken)
        self.summary.setVisible(has_cards and bool(self.summary.text()))
        self.summary.move(_EDGE - 6, room.height() - self.summary.height() - _EDGE + 6)
        if not self.memory.isHidden():
            self.memory.fit(room.width() - 2 * _EDGE - taken)
        self.memory.move(_EDGE, self.summary.y() - self.memory.height() - _EDGE // 2)
        self.empty.setVisible(not has_cards and self._bridge.session is not None)
        self.empty.setGeometry(self._view.rect())
        self.outline_button.move(_EDGE - 4, _EDGE - 4)
        self._place_chip()

    def _place_chip(self, _views: object = None) -> None:
        """The chosen picture at the top right; narrow where it would take more than a third of the canvas."""
        self.chip.fit(self._view.width() // 3 if self._view.width() < 3 * WIDTH else WIDTH)
        self.chip.setVisible(self.chip.is_wanted)
        self.chip.move(self._view.width() - self.chip.width() - _EDGE, _EDGE - 4)
        below = self.chip.geometry().bottom() + 9 if self.chip.isVisibleTo(self._view) else _EDGE - 4
        self.effect.move(self._view.width() - self.effect.width() - _EDGE, below)
