"""What the inspector shows inside a block while nothing is selected: the block itself, its ports and its parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from workbench.catalogue.blocks import PORTS
from workbench.catalogue.declaration import Kind, Param
from workbench.core.diagnostic import Diagnostic
from workbench.core.words import compact, count, number
from workbench.document import edits
from workbench.document.block_edits import set_block
from workbench.document.block_params import fresh_param, moved_param, param_id
from workbench.document.blocks import ports
from workbench.document.graph import BLOCK_INPUT, BLOCK_OUTPUT, Block, Graph, Value
from workbench.document.port_edits import add_port, move_port
from workbench.ui import scopes
from workbench.ui.bridge import Bridge
from workbench.ui.inspector.facts import UNKNOWN, Fact, FactTable
from workbench.ui.inspector.field import FIELD_HEIGHT
from workbench.ui.inspector.own_params import OwnParams, changed
from workbench.ui.inspector.port_list import PortList
from workbench.ui.inspector.text_fields import TextField
from workbench.ui.parts.divider import divider
from workbench.ui.theme import GAP, MARGIN, mark

SUMMARY = Param("summary", "Summary", "One sentence that says what the block does.", Kind.TEXT, "")


class BlockPage(QWidget):
    """The open block. Every change is one undo step and shows in all its uses."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._places: tuple[scopes.Path, ...] = ()
        self._new_param = ""
        self.summary = TextField(SUMMARY)
        self.summary.edited.connect(self._summarise)
        words = QLabel(SUMMARY.title)
        words.setBuddy(self.summary)
        mark(words, role="strong")
        self.used = QLabel()
        self.used.setWordWrap(True)
        mark(self.used, role="dim")
        self.place = QComboBox()
        self.place.setFixedHeight(FIELD_HEIGHT)
        self.place.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.place.setAccessibleName("Shown with the values of")
        self.place.setToolTip("The use of this block whose shapes and values are shown.")
        self.place.activated.connect(self._visit)
        self.facts = FactTable()
        self.inputs = PortList(bridge, BLOCK_INPUT)
        self.outputs = PortList(bridge, BLOCK_OUTPUT)
        self.params = OwnParams(bridge)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, GAP, MARGIN, MARGIN)
        column.setSpacing(GAP)
        column.addWidget(self.used)
        column.addWidget(self.place)
        column.addWidget(self.facts)
        column.addWidget(divider())
        column.addWidget(words)
        column.addWidget(self.summary)
        for part in (self.inputs, self.outputs, self.params):
            column.addWidget(divider())
            column.addWidget(part)
        column.addStretch(1)
        for listed, layer in ((self.inputs, BLOCK_INPUT), (self.outputs, BLOCK_OUTPUT)):
            listed.setObjectName(layer)
            listed.named.connect(self._name_port)
            listed.moved.connect(self._move_port)
            listed.removed.connect(self._remove_port)
            listed.added.connect(self._add_port)
        self.params.named.connect(self._name_param)
        self.params.edited.connect(self._edit_param)
        self.params.moved.connect(self._move_param)
        self.params.removed.connect(self._remove_param)
        self.params.added.connect(self._add_param)

    @property
    def block(self) -> Block | None:
        """The open block."""
        session = self._bridge.session
        return session.block if session is not None else None

    def refresh(self) -> None:
        """Show the open block as it is now."""
        session, block = self._bridge.session, self.block
        if session is None or block is None:
            return
        self._show_places(block)
        inferred = session.inferred
        known = all(inferred.outputs.get(n.id) is not None for n in session.graph if n.layer == BLOCK_INPUT)
        self.facts.show_facts(
            (
                Fact("Parameters", number(inferred.parameters) if known else UNKNOWN, "Numbers one of it learns."),
                Fact(
                    "FLOPs a picture",
                    compact(inferred.flops_total) if known else UNKNOWN,
                    "Floating-point operations of one of it for one picture.",
                ),
            )
        )
        self.summary.show_value(block.summary)
        inputs, outputs = ports(block)
        self.inputs.show_ports(inputs)
        self.outputs.show_ports(outputs)
        self.params.show_params(block.params)
        for part in (self.summary, self.inputs, self.outputs, self.params):
            part.setEnabled(not session.read_only)
        if self._new_param:
            self.params.edit_name(self._new_param)
            self._new_param = ""

    def restyle(self) -> None:
        for part in (self.inputs, self.outputs, self.params):
            part.restyle()

    # --- which use ---------------------------------------------------------------------------------------------------

    def _show_places(self, block: Block) -> None:
        session = self._bridge.session
        if session is None:
            return
        root, here = session.project.graph, tuple(scopes.node_of(step) for step in session.scope)
        self._places = scopes.uses(root, block.id)
        words = [scopes.place_words(root, path) for path in self._places]
        several = len(self._places) > 1
        shown = [self.place.itemText(i) for i in range(self.place.count())]
        if shown != words:
            self.place.clear()
            self.place.addItems(words)
        if here in self._places:
            self.place.setCurrentIndex(self._places.index(here))
        self.place.setVisible(several)
        self.used.setText(
            f"Used in {count(len(self._places), 'place')}. Shapes and values are shown for:"
            if several
            else "Used in one place."
        )

    def _visit(self, place: int) -> None:
        if 0 <= place < len(self._places):
            scopes.go_to(self._bridge, self._places[place])

    # --- edits -------------------------------------------------------------------------------------------------------

    def _apply(self, label: str, edit: Callable[[Graph], Graph | Diagnostic], gesture: str = "") -> None:
        session = self._bridge.session
        if session is not None and session.apply(label, edit, gesture or None) is not None:
            self.refresh()

    def _set(self, label: str, gesture: str = "", **changes: Any) -> None:
        session, block = self._bridge.session, self.block
        if session is None or block is None:
            return
        new = replace(block, **changes)
        if session.apply_to_whole(label, lambda graph: set_block(graph, new), gesture or None) is not None:
            self.refresh()

    def rename(self, title: str) -> None:
        """Give the block another title."""
        if title.strip():
            self._set("Rename block", title=title.strip())

    def _summarise(self, value: Value, gesture: str) -> None:
        self._set("Change summary", gesture, summary=str(value or ""))

    def _name_port(self, node: str, name: str) -> None:
        self._apply("Rename port", lambda graph: edits.rename(graph, node, name))

    def _move_port(self, node: str, step: int) -> None:
        self._apply("Reorder ports", lambda graph: move_port(graph, node, step))

    def _remove_port(self, node: str) -> None:
        self._apply("Remove port", lambda graph: edits.remove(graph, [node]))

    def _add_port(self) -> None:
        sender = self.sender()
        layer = sender.objectName() if sender is not None else ""
        if layer in PORTS:
            self._apply(f"Add {PORTS[layer].title.lower()}", lambda graph: add_port(graph, layer))

    def _add_param(self, kind: str) -> None:
        block = self.block
        if block is not None:
            made = fresh_param(block, kind)
            self._new_param = made.id
            self._set("Add parameter", params=(*block.params, made))
            self.refresh()

    def _name_param(self, param: str, text: str) -> None:
        session, block = self._bridge.session, self.block
        if session is not None and block is not None:
            session.rename_block_param(block.id, param, param_id(text))
            self.refresh()

    def _edit_param(self, param: str, field: str, value: Value, gesture: str) -> None:
        block = self.block
        if block is not None:
            params = tuple(changed(p, field, value) if p.id == param else p for p in block.params)
            self._set(f"Change parameter {param}", gesture, params=params)

    def _move_param(self, param: str, step: int) -> None:
        block = self.block
        if block is not None:
            self._set("Reorder parameters", params=moved_param(block.params, param, step))

    def _remove_param(self, param: str) -> None:
        block = self.block
        if block is not None:
            self._set(f"Remove parameter {param}", params=tuple(p for p in block.params if p.id != param))
