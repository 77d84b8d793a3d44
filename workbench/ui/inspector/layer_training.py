"""How one layer, or all that is inside of a block, takes part in training: frozen, and at which rate."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from workbench.catalogue.recipe import FROZEN, RATE
from workbench.compiler.naming import display_name
from workbench.document.graph import Graph
from workbench.document.marking import set_frozen, set_rate
from workbench.session.session import Session
from workbench.ui.bridge import Bridge
from workbench.ui.inspector.form import Form
from workbench.ui.parts.divider import divider
from workbench.ui.theme import GAP, mark


class LayerTraining(QWidget):
    """Hidden for layers that learn nothing and are not marked. Every change is one undo step."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._node = ""
        title = QLabel("Training")
        mark(title, role="strong")
        self.form = Form((FROZEN, RATE), bridge.theme)
        self.form.edited.connect(self._edit)
        self._around = QLabel()
        self._around.setWordWrap(True)
        mark(self._around, role="dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(divider())
        column.addWidget(title)
        column.addWidget(self.form)
        column.addWidget(self._around)

    def show_node(self, session: Session, node: str) -> None:
        """Show a node of the graph in view as it is now."""
        self._node = node
        found = session.graph.nodes[node]
        marked = found.frozen or found.rate != RATE.default
        self.setVisible(bool(session.inferred.weights.get(node, 0)) or marked)
        self.form.show_values({FROZEN.id: found.frozen, RATE.id: found.rate})
        self.form.fields[RATE.id].setEnabled(not found.frozen and not session.read_only)
        self.form.fields[FROZEN.id].setEnabled(not session.read_only)
        self._around.setText(_around(session))
        self._around.setVisible(bool(self._around.text()))

    def restyle(self) -> None:
        self.form.restyle()

    def _edit(self, param: str, value: Any, gesture: str) -> None:
        session, node = self._bridge.session, self._node
        if session is None or node not in session.graph.nodes:
            return
        name = display_name(session.graph, node)
        if param == FROZEN.id:
            label = f"{'Freeze' if value else 'Let'} {name}{'' if value else ' learn'}"
        else:
            label = f"Change the rate of {name}"

        def change(graph: Graph) -> Any:
            return set_frozen(graph, [node], bool(value)) if param == FROZEN.id else set_rate(graph, [node], value)

        if session.apply(label, change, gesture or None) is not None:
            self.show_node(session, node)


def _around(session: Session) -> str:
    """What the uses of blocks around say, where they say anything: it holds for this layer too."""
    graph, frozen, rate = session.project.graph, False, 1.0
    for part in session.scope:
        use = graph.nodes.get(part.partition(":")[0])
        if use is None or use.block is None:
            return ""
        frozen, rate = frozen or use.frozen, rate * use.rate
        graph = graph.inside(use.block)
    if frozen:
        return "The block around it is frozen here, and so is this layer."
    return f"The block around it learns at {rate:g} times the rate here, and so does this layer." if rate != 1.0 else ""
