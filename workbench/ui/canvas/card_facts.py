"""The line of facts on cards: FLOPs, memory or receptive field of every layer, for the network as it is now."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QTimer

from workbench.compiler.estimate import fields_at, kept_bytes
from workbench.compiler.inference import Inferred
from workbench.core.words import compact, file_size
from workbench.ui.bridge import Bridge
from workbench.ui.canvas.scene import CanvasScene
from workbench.ui.facts_choice import FactsChoice

UNKNOWN = "?"


class CardFacts(QObject):
    """Follows the choice and the session; many changes in one turn of the event loop are worked out once."""

    def __init__(self, canvas: CanvasScene, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas, self._bridge = canvas, bridge
        self.choice = FactsChoice.of(bridge)
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(0)
        self._due.timeout.connect(self.show)
        for signal in (self.choice.changed, bridge.sessionChanged, bridge.scopeChanged, bridge.projectChanged):
            signal.connect(self._later)

    def _later(self, _what: object = None) -> None:
        if self.choice.name != "off" or self._canvas.facts:
            self._due.start()

    def show(self) -> None:
        """Work the facts out and put them on the cards."""
        self._due.stop()
        session = self._bridge.session
        if session is None or self.choice.name == "off":
            self._canvas.show_facts({})
        elif self.choice.name == "flops":
            self._canvas.show_facts(flops_words(session.inferred))
        elif self.choice.name == "memory":
            self._canvas.show_facts(memory_words(session.inferred, session.project.recipe.batch_size))
        else:
            self._canvas.show_facts(field_words(session.whole, session.scope))


def flops_words(inferred: Inferred) -> Mapping[str, str]:
    """ "3.5 MFLOPs"; "?" where that is not known."""
    known = inferred.flops
    return {node: flops(known[node]) if node in known else UNKNOWN for node in inferred.graph.nodes}


def memory_words(inferred: Inferred, batch: int) -> Mapping[str, str]:
    """ "1.2 MB kept"; "?" where that is not known."""
    kept = kept_bytes(inferred)
    words = {node: f"{file_size(size * batch)} kept" if size else "nothing kept" for node, size in kept.items()}
    words |= dict.fromkeys((*inferred.input_nodes, *inferred.output_nodes), "nothing kept")
    return {node: words.get(node, UNKNOWN) for node in inferred.graph.nodes}


def field_words(whole: Inferred, scope: tuple[str, ...]) -> Mapping[str, str]:
    """ "sees 11 × 11 px"; nothing where there is no picture."""
    fields = fields_at(whole, scope)
    return {
        node: "sees the whole picture" if field.whole else f"sees {field.size:,} × {field.size:,} px"
        for node, field in fields.items()
    }


def flops(operations: int) -> str:
    """61_400_000 -> "61.4 MFLOPs"."""
    figure, _, magnitude = compact(operations).partition(" ")
    return f"{figure} {magnitude}FLOPs"
