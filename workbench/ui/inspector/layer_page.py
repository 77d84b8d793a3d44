"""The settings of one selected layer: a form from its declaration, its facts, what is wrong with it."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check
from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Diagnostic, Fix
from workbench.document.edits import set_param
from workbench.document.graph import Graph, Value
from workbench.ui.bridge import Bridge
from workbench.ui.inspector import facts
from workbench.ui.inspector.form import Form
from workbench.ui.parts.divider import divider
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.theme import GAP, MARGIN


class LayerPage(QWidget):
    """Shows node `node`; the form is kept while the layer stays the same, so that typing is never interrupted."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._node = ""
        self._layer = ""
        self.form: Form | None = None
        self.note = ProblemNote(bridge)
        self.note.fixChosen.connect(self._fix)
        self._line = divider()
        self.facts = facts.FactTable()
        self.extra = QVBoxLayout()  # the window puts the filters here
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(MARGIN, GAP, MARGIN, MARGIN)
        self._column.setSpacing(GAP)
        self._column.addWidget(self.note)
        self._column.addWidget(self._line)
        self._column.addWidget(self.facts)
        self._column.addLayout(self.extra)
        self._column.addStretch(1)

    def show_node(self, node: str) -> None:
        """Show a node of the open project as it is now."""
        session = self._bridge.session
        if session is None or node not in session.graph.nodes:
            return
        found = session.graph.nodes[node]
        declaration = LAYERS.get(found.layer)
        if node != self._node or found.layer != self._layer:
            self._rebuild(node, found.layer)
        if declaration is not None and self.form is not None:
            values, _ = check(declaration, found.params)
            self.form.show_values({**values, **{k: v for k, v in found.params.items() if v is None}})
            self.form.set_read_only(session.read_only)
        self.facts.show_facts(facts.of_node(node, session.inferred, session.project.recipe.batch_size))
        self.show_problems(session.problems)

    def show_problems(self, problems: tuple[Diagnostic, ...]) -> None:
        """Problems of a parameter stand under its field, the first other one above the form."""
        own = [d for d in problems if d.node == self._node]
        fields = self.form.fields if self.form is not None else {}
        if self.form is not None:
            self.form.show_problems(own)
        general = [d for d in own if d.param not in fields]
        self.note.show_diagnostic(general[0] if general else None)

    def restyle(self) -> None:
        if self.form is not None:
            self.form.restyle()

    def _rebuild(self, node: str, layer: str) -> None:
        if self.form is not None:
            self._column.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        self._node, self._layer = node, layer
        declaration = LAYERS.get(layer)
        has_params = declaration is not None and bool(declaration.params)
        self._line.setVisible(has_params)
        if declaration is not None and has_params:
            self.form = Form(declaration.params, self._bridge.theme)
            self.form.edited.connect(self._edit)
            self.form.fixChosen.connect(self._fix)
            self._column.insertWidget(1, self.form)

    def _edit(self, param: str, value: Any, gesture: str) -> None:
        session = self._bridge.session
        if session is None or self._node not in session.graph.nodes or self.form is None:
            return
        title = self.form.fields[param].param.title.lower()
        label = f"Change {title} of {display_name(session.graph, self._node)}"
        refused = session.apply(label, _setting(self._node, param, value), gesture or None)
        if refused is not None:
            self.show_node(self._node)

    def _fix(self, fix: Fix) -> None:
        session = self._bridge.session
        if session is not None and (refused := session.apply_fix(fix)) is not None:
            self._bridge.notify(refused)


def _setting(node: str, param: str, value: Value) -> Any:
    def edit(graph: Graph) -> Graph | Diagnostic:
        return set_param(graph, node, param, value)

    return edit
