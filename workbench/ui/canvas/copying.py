"""The clipboard and duplicates: layers as text that every window, and every text editor, can take and give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from workbench.core.diagnostic import Diagnostic
from workbench.core.words import count
from workbench.document import clipboard, edits
from workbench.session.healing import removed
from workbench.ui.canvas.geometry import snapped
from workbench.ui.canvas.placing import ROW_GAP

if TYPE_CHECKING:
    from workbench.ui.canvas.view import CanvasView


class Copying(QObject):
    """Cut, copy, paste and duplicate what is selected; each change is one undo step."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view

    def copy(self) -> None:
        """Put the selected layers and the wires among them on the clipboard."""
        if self._view.bridge.selection:
            text = clipboard.copy(self._view.canvas.graph, self._view.bridge.selection)
            QGuiApplication.clipboard().setText(text)

    def cut(self) -> None:
        """Copy, then take away; what fed the layers then feeds what they fed, where that fits."""
        session, chosen = self._view.session, self._view.bridge.selection
        if session is not None and chosen:
            self.copy()
            inferred = session.inferred
            session.apply(f"Cut {count(len(chosen), 'layer')}", lambda graph: removed(graph, chosen, known=inferred))

    def paste(self) -> None:
        """Put the layers on the clipboard at the pointer."""
        self._paste(keep_wires=False)

    def paste_with_wires(self) -> None:
        """Paste, and feed the layers by what fed the copied ones, as far as that is here."""
        self._paste(keep_wires=True)

    def _paste(self, *, keep_wires: bool) -> None:
        session = self._view.session
        if session is None:
            return
        at = self._view.pointer_place()
        text, inside = QGuiApplication.clipboard().text(), bool(session.scope)
        result = clipboard.paste(
            session.graph, text, snapped(at.x()), snapped(at.y()), keep_wires=keep_wires, in_block=inside
        )
        if isinstance(result, Diagnostic):
            self._view.bridge.notify(result)
            return
        graph, ids = result
        session.apply(f"Paste {count(len(ids), 'layer')}", lambda _graph: graph)
        self._view.bridge.select(ids)

    def duplicate(self) -> None:
        """Make a second one of each selected layer, with the wires among them."""
        self._duplicate(keep_wires=False)

    def duplicate_with_wires(self) -> None:
        """Duplicate, and feed the copies by what feeds the originals."""
        self._duplicate(keep_wires=True)

    def _duplicate(self, *, keep_wires: bool) -> None:
        session, chosen = self._view.session, self._view.bridge.selection
        if session is None or not chosen:
            return
        down = snapped(self._view.canvas.bounds(chosen).height() + ROW_GAP)
        result = edits.duplicate(session.graph, chosen, (0, down), keep_wires=keep_wires)
        if isinstance(result, Diagnostic):
            self._view.bridge.notify(result)
            return
        graph, ids = result
        session.apply(f"Duplicate {count(len(chosen), 'layer')}", lambda _graph: graph)
        self._view.bridge.select(ids.values())
