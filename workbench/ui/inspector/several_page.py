"""What the inspector shows for several selected layers: how many, what they cost, what can be done with all."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.catalogue.blocks import layer_of
from workbench.core.words import compact, number
from workbench.ui.bridge import Bridge
from workbench.ui.icons import icon
from workbench.ui.inspector.facts import Fact, FactTable
from workbench.ui.parts.divider import divider
from workbench.ui.theme import GAP, MARGIN, mark

COMMANDS = (
    ("group", "group", "Make a block", "Put these layers into a block of their own (Ctrl+G)."),
    ("freeze", "freeze", "Freeze", "Let these layers keep their weights while the others learn, or learn again (F)."),
    ("duplicate", "duplicate", "Duplicate", "Copy these layers with the wires among them."),
    ("copy", "copy", "Copy", "Copy these layers to the clipboard."),
    ("delete", "trash", "Delete", "Remove these layers; what fed them feeds what they fed."),
)


class SeveralPage(QWidget):
    """`wanted(command)` asks for one of the commands of the canvas, by its id."""

    wanted = Signal(str)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._kinds = QLabel()
        self._kinds.setWordWrap(True)
        mark(self._kinds, role="dim")
        self.facts = FactTable()
        self._buttons: dict[str, QPushButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, GAP, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addWidget(self._kinds)
        column.addWidget(self.facts)
        column.addWidget(divider())
        for command, _, title, tip in COMMANDS:
            button = QPushButton(title)
            button.setObjectName(command)
            button.setToolTip(tip)
            button.clicked.connect(self._want)
            self._buttons[command] = button
            column.addWidget(button)
        column.addStretch(1)
        self.restyle()

    def show_nodes(self, nodes: tuple[str, ...]) -> None:
        session = self._bridge.session
        if session is None:
            return
        graph, inferred = session.graph, session.inferred
        kinds = Counter(graph.nodes[n].layer for n in nodes if n in graph.nodes)
        layers = {kind: layer_of(graph, kind) for kind in kinds}
        words = (f"{n} × {a.title if (a := layers[k]) is not None else k}" for k, n in kinds.most_common())
        self._kinds.setText(", ".join(words))
        self.facts.show_facts(
            (
                Fact(
                    "Parameters", number(sum(inferred.weights.get(n, 0) for n in nodes)), "Numbers they learn together."
                ),
                Fact("FLOPs a picture", compact(sum(inferred.flops.get(n, 0) for n in nodes)), "Operations together."),
            )
        )
        for button in self._buttons.values():
            button.setEnabled(not session.read_only or button.objectName() == "copy")

    def restyle(self) -> None:
        for command, name, _, _ in COMMANDS:
            self._buttons[command].setIcon(icon(name, self._bridge.theme))

    def _want(self) -> None:
        button = self.sender()
        if isinstance(button, QPushButton):
            self.wanted.emit(button.objectName())
