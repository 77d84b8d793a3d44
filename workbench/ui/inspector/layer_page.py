"""The settings of one selected layer or block: a form from its declaration, its facts, what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.catalogue.blocks import layer_of
from workbench.catalogue.declaration import Kind, Layer, Param
from workbench.catalogue.values import check
from workbench.compiler.naming import display_name
from workbench.compiler.receptive import fields_at
from workbench.core.diagnostic import Diagnostic, Fix
from workbench.document.binding import expressions_of
from workbench.document.edits import set_param
from workbench.document.expressions import GIVEN, ExpressionError, names_in
from workbench.document.graph import Graph, Node, Value
from workbench.session.session import Session
from workbench.ui import scopes
from workbench.ui.bridge import Bridge
from workbench.ui.inspector import facts
from workbench.ui.inspector.binding import written
from workbench.ui.inspector.block_actions import BlockActions
from workbench.ui.inspector.form import Form
from workbench.ui.inspector.layer_training import LayerTraining
from workbench.ui.parts.divider import divider
from workbench.ui.parts.problem_note import ProblemNote
from workbench.ui.problems.order import FOLLOWS
from workbench.ui.theme import GAP, MARGIN

STATE = Param(
    "state",
    "State",
    "Bypassed passes the input on, muted gives zeros; in a block an expression can say when it is bypassed.",
    Kind.CHOICE,
    "",
    choices=(("", "on"), ("bypassed", "bypassed"), ("muted", "muted")),
)


_GO = Fix("Go to it", "go_to")
"""Leads to what is wrong inside a block; it changes nothing, so the session does not know it."""


class LayerPage(QWidget):
    """Shows node `node`; the form is kept while the layer stays the same, so that typing is never interrupted.

    `wanted(command)` asks the window for a command of the canvas.
    """

    wanted = Signal(str)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._node = ""
        self._built: tuple[object, ...] = ()
        self._cause: Diagnostic | None = None  # what is wrong inside the block shown
        self.form: Form | None = None
        self.note = ProblemNote(bridge)
        self.note.fixChosen.connect(self._fix)
        self.of_block = BlockActions(bridge)
        self.of_block.wanted.connect(self.wanted)
        self._above_block = divider()
        self._line = divider()
        self.facts = facts.FactTable()
        self.training = LayerTraining(bridge)
        self.extra = QVBoxLayout()  # the window puts the filters here
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(MARGIN, GAP, MARGIN, MARGIN)
        self._column.setSpacing(GAP)
        self._column.addWidget(self.note)
        self._column.addWidget(self._line)
        self._column.addWidget(self.facts)
        self._column.addWidget(self.training)
        self._column.addWidget(self._above_block)
        self._column.addWidget(self.of_block)
        self._column.addLayout(self.extra)
        self._column.addStretch(1)

    def show_node(self, node: str) -> None:
        """Show a node of the graph in view as it is now."""
        session = self._bridge.session
        if session is None or node not in session.graph.nodes:
            return
        found = session.graph.nodes[node]
        declaration = layer_of(session.graph, found.layer)
        names = names_in_view(session)
        built = (node, found.layer, declaration.params if declaration is not None else (), names is None)
        if built != self._built:
            self._built = built
            self._rebuild(node, declaration, names)
        if declaration is not None and self.form is not None:
            if names is not None:
                self.form.set_names(names)
            self.form.show_values(values_of(found, declaration), bound_in_view(session, found))
            self.form.set_read_only(session.read_only)
        self.facts.show_facts(
            facts.of_node(
                node,
                session.inferred,
                session.project.recipe.batch_size,
                fields_at(session.whole, session.scope),
            )
        )
        self.training.show_node(session, node)
        self._show_use(session, found)
        self.show_problems(session.problems_here)

    def show_problems(self, problems: tuple[Diagnostic, ...]) -> None:
        """Problems of a parameter stand under its field, the first other one above the form."""
        own = [d for d in problems if d.node == self._node]
        fields = self.form.fields if self.form is not None else {}
        if self.form is not None:
            self.form.show_problems(own)
        general = next((d for d in own if d.param not in fields), None)
        self._cause = self._inside(general) if general is not None else None
        if general is not None and self._cause is not None:
            general = replace(general, fixes=(*general.fixes, _GO))
        self.note.show_diagnostic(general)

    def restyle(self) -> None:
        self.of_block.restyle()
        self.training.restyle()
        if self.form is not None:
            self.form.restyle()

    def _show_use(self, session: Session, node: Node) -> None:
        """What can be done with it, where it is a use of a block."""
        root = session.project.graph
        block = root.blocks.get(node.block) if node.block is not None else None
        self.of_block.setVisible(block is not None)
        self._above_block.setVisible(block is not None)
        if block is not None:
            uses = len(scopes.uses(root, block.id))
            self.of_block.show_use(uses, edit=not session.read_only, kept=session.library.has(block))

    def _rebuild(self, node: str, declaration: Layer | None, names: Mapping[str, Any] | None) -> None:
        if self.form is not None:
            self._column.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        self._node = node
        params = own_params(declaration)
        self._line.setVisible(bool(params))
        if params:
            self.form = Form(params, self._bridge.theme, names)
            self.form.edited.connect(self._edit)
            self.form.fixChosen.connect(self._fix)
            self.form.offer_search()
            self.form.varyAsked.connect(self._vary)
            self._column.insertWidget(1, self.form)
            self._training_last()

    def _training_last(self) -> None:
        """By keyboard too, how a layer learns comes after what it does: Qt asks in the order in which widgets came into
        the window, and a new form would come last."""
        place, shown = self._column.indexOf(self.training), not self.training.isHidden()
        self._column.removeWidget(self.training)
        self.training.setParent(None)
        self._column.insertWidget(place, self.training)
        self.training.setVisible(shown)

    def _vary(self, param: str) -> None:
        session = self._bridge.session
        if session is not None:
            self._bridge.vary(f"{session.path_id(self._node)}.{param}")

    def _edit(self, param: str, value: Any, gesture: str) -> None:
        session = self._bridge.session
        if session is None or self._node not in session.graph.nodes or self.form is None:
            return
        if param == STATE.id:
            refused = session.set_state([self._node], str(value or ""))
        else:
            title = self.form.fields[param].param.title.lower()
            label = f"Change {title} of {display_name(session.graph, self._node)}"
            refused = session.apply(label, _setting(self._node, param, value), gesture or None)
        if refused is not None:
            self.show_node(self._node)

    def _inside(self, problem: Diagnostic) -> Diagnostic | None:
        """What is wrong inside a block, where a problem of its use is only about that."""
        session = self._bridge.session
        if session is None or problem.code != FOLLOWS:
            return None
        here = tuple(scopes.node_of(step) for step in (*session.scope, self._node))
        for d in session.problems:
            if d.code != FOLLOWS and d.is_error and tuple(map(scopes.node_of, d.path[: len(here)])) == here:
                return d
        return None

    def _fix(self, fix: Fix) -> None:
        session = self._bridge.session
        if fix is _GO and self._cause is not None:
            scopes.go_to(self._bridge, self._cause.path, self._cause.node)
            return
        if session is not None and (refused := session.apply_fix(fix)) is not None:
            self._bridge.notify(refused)


def own_params(declaration: Layer | None) -> tuple[Param, ...]:
    """What the form of a layer has: its parameters, and whether it works, unless it is an end of the graph."""
    if declaration is None:
        return ()
    ends = declaration.is_input or declaration.is_output
    return declaration.params if ends else (*declaration.params, STATE)


def names_in_view(session: Session) -> dict[str, Any] | None:
    """The names that expressions may use in the block in view, with what they stand for in this use (None where that
    is not known); None in the network itself."""
    if session.block is None:
        return None
    known = session.inferred.names
    return {name: known.get(name) for name in (*(p.id for p in session.block.params), *GIVEN)}


def values_of(node: Node, declaration: Layer) -> dict[str, Any]:
    """What the fields show: checked values, and expressions and open values as they are written."""
    checked, _ = check(declaration, node.params)
    as_written = {k: v for k, v in node.params.items() if v is None or written(v) is not None}
    return {**checked, **as_written, STATE.id: node.state}


def bound_in_view(session: Session, node: Node) -> dict[str, Any]:
    """What the expressions of a node come to in the use in view; None for what is wrong or not known."""
    result = session.inferred.results.get(node.id)
    if result is None:
        return {}
    wrong = {d.param for d in session.problems_here if d.node == node.id}
    found: dict[str, Any] = dict(result.values)
    for param, value in node.params.items():
        text = written(value)
        if text is not None and (param in wrong or not _known(node, param, session)):
            found[param] = None
    found[STATE.id] = result.state or "on"
    return found


def _known(node: Node, param: str, session: Session) -> bool:
    """Whether all names in an expression stand for something here."""
    only = replace(node, params={param: node.params[param]}, state="")
    try:
        used = {name for text in expressions_of(only) for name in names_in(text)}
    except ExpressionError:
        return False
    return used <= session.inferred.names.keys()


def _setting(node: str, param: str, value: Value) -> Any:
    def edit(graph: Graph) -> Graph | Diagnostic:
        return set_param(graph, node, param, value)

    return edit
