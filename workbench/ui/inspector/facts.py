"""What is known about a layer or the whole network, as rows of "name, value"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from workbench.core.words import compact, file_size, number
from workbench.session.incoming import one_of
from workbench.ui.theme import SPACE, mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.compiler.inference import Inferred
    from workbench.compiler.receptive import Field
    from workbench.document.project import Project

UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Fact:
    """One row: a few words, the value with its unit, and a sentence that explains it."""

    name: str
    value: str
    help: str


def of_node(node: str, inferred: Inferred, batch: int, fields: Mapping[str, Field] | None = None) -> tuple[Fact, ...]:
    """What goes into a layer, what comes out, and what it costs; `fields` are the receptive fields where it stands."""
    from workbench.compiler.estimate import kept_bytes

    arriving = inferred.inputs.get(node, ())
    given = inferred.outputs.get(node)
    known = given is not None
    facts = []
    if arriving:
        takes = " and ".join(x.words if x is not None else UNKNOWN for x in arriving)
        facts.append(Fact("Takes", takes, "The shape of what arrives for one picture."))
    facts.append(Fact("Gives", given.words if given else UNKNOWN, "The shape of what leaves for one picture."))
    weights = number(inferred.weights.get(node, 0)) if known else UNKNOWN
    facts.append(Fact("Parameters", weights, "Numbers this layer learns."))
    flops = compact(inferred.flops.get(node, 0)) if known else UNKNOWN
    facts.append(
        Fact("FLOPs a picture", flops, "Floating-point operations for one picture; a multiply-add counts two.")
    )
    memory = file_size(kept_bytes(inferred).get(node, 0) * batch) if known else UNKNOWN
    kept = (
        f"What training keeps of this layer for its way back, at a batch of {batch:,}. A result that neither this "
        "layer nor the next one needs then is let go of and takes nothing."
    )
    facts.append(Fact("Activation memory", memory, kept))
    sees = (fields or {}).get(node)
    layer = inferred.results[node].layer
    if sees is not None and layer is not None and not layer.is_input:
        words = "whole picture" if sees.whole else f"{sees.size:,} × {sees.size:,} pixels"
        facts.append(Fact("Sees", words, "How much of the picture one value of this layer's result depends on."))
    return tuple(facts)


def of_project(project: Project, inferred: Inferred) -> tuple[Fact, ...]:
    """The network's totals."""
    from workbench.compiler.estimate import kept_bytes, layer_count, training_bytes
    from workbench.compiler.upkeep import of_recipe

    batch, one = project.recipe.batch_size, one_of(project.graph)
    memory = training_bytes(inferred, batch, of_recipe(project.recipe))
    held = batch * sum(kept_bytes(inferred).values())
    return (
        Fact("Layers", number(layer_count(inferred)), "Those inside of blocks count as often as they are used."),
        Fact("Parameters", number(inferred.parameters), "Numbers the network learns."),
        Fact(f"FLOPs a {one}", compact(inferred.flops_total), f"Floating-point operations to look at one {one}."),
        Fact("Activation memory", file_size(held), f"What training keeps of all layers at a batch of {batch:,}."),
        Fact(
            "Training memory",
            f"about {file_size(memory)}",
            f"Weights, gradients, optimizer and activations at a batch of {batch:,}.",
        ),
    )


class FactTable(QWidget):
    """Rows of facts; the values stand right in tabular figures and can be read by screen readers."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(SPACE)
        self._grid.setHorizontalSpacing(2 * SPACE)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[QLabel, QLabel]] = []
        self._facts: tuple[Fact, ...] = ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        return self._facts

    def show_facts(self, facts: Iterable[Fact]) -> None:
        """Show these rows; labels are kept from one time to the next."""
        self._facts = tuple(facts)
        while len(self._rows) < len(self._facts):
            name, value = QLabel(), QLabel()
            mark(name, role="dim")
            mark(value, role="number")
            value.setWordWrap(True)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(name, len(self._rows), 0)
            self._grid.addWidget(value, len(self._rows), 1)
            self._rows.append((name, value))
        for place, (name, value) in enumerate(self._rows):
            shown = place < len(self._facts)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                fact = self._facts[place]
                name.setText(fact.name)
                value.setText(fact.value)
                value.setAccessibleName(f"{fact.name}: {fact.value}")
                for label in (name, value):
                    label.setToolTip(fact.help)
