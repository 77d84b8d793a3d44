"""The line at the bottom left: what the network, or the block in view, is made of and needs, in numbers."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from workbench.compiler.estimate import kept_bytes, largest_batch, layer_count, training_bytes
from workbench.compiler.inference import Inferred
from workbench.compiler.upkeep import of_recipe
from workbench.core.diagnostic import Fix
from workbench.core.words import count, file_size, number
from workbench.document.project import Recipe
from workbench.session.incoming import one_of
from workbench.session.room import Room
from workbench.ui.canvas.card_facts import flops
from workbench.ui.theme import Theme, mark

_SEPARATOR = "   ·   "
LINES = 2


class SummaryLine(QLabel):
    """ "9 layers · 94,602 parameters · 61.4 MFLOPs a picture · about 0.3 GB to train at batch 64 of 7.9 GB free"."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._facts: list[str] = []
        self._fitted: tuple[int, tuple[str, ...], str] | None = None
        self.setContentsMargins(8, 4, 8, 4)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setObjectName("canvas_summary")
        self.setAccessibleName("Size of the network")
        mark(self, role="dim")

    @property
    def facts(self) -> tuple[str, ...]:
        """All that is known, said or not."""
        return tuple(self._facts)

    def show_totals(
        self, inferred: Inferred | None, recipe: Recipe | None, room: Room | None = None, *, inside: str = ""
    ) -> None:
        """Say what the network needs; of a block in view (`inside` is its name) what this use of it does."""
        self._facts = facts(inferred, recipe, room, inside=inside) if inferred is not None else []
        self.setAccessibleDescription(", ".join(self._facts))
        self.setToolTip(_SEPARATOR.join(self._facts))

    def fit(self, width: int) -> None:
        """Say as much as there is room for, in whole facts, on two lines where one is too short."""
        wish = (width, tuple(self._facts), self.font().key())
        if wish == self._fitted:  # asked at every step of a scroll
            return
        self._fitted = wish
        margins, metrics = self.contentsMargins(), self.fontMetrics()
        room = width - margins.left() - margins.right()
        lines = [""]
        for fact in self._facts:
            longer = f"{lines[-1]}{_SEPARATOR}{fact}" if lines[-1] else fact
            if metrics.horizontalAdvance(longer) <= room:
                lines[-1] = longer
            elif lines[-1] and len(lines) < LINES and metrics.horizontalAdvance(fact) <= room:
                lines.append(fact)
            else:
                break
        self.setText("\n".join(lines))
        self.adjustSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The words on a veil of the canvas's colour, so that they can be read over cards."""
        _veil(self, self._theme.color("canvas", 0.88))
        super().paintEvent(event)


class MemoryWarning(QWidget):
    """Says that training does not fit into memory, and offers the batch size that does. `fixChosen(Fix)`."""

    fixChosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._fix: Fix | None = None
        self.setObjectName("canvas_memory")
        self._words = QLabel()
        mark(self._words, role="bad")
        self.button = QPushButton()
        mark(self.button, role="link")
        self.button.clicked.connect(self._choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(12)
        row.addWidget(self._words)
        row.addWidget(self.button)
        self.hide()

    @property
    def words(self) -> str:
        return self._words.text()

    def show_need(self, inferred: Inferred | None, recipe: Recipe | None, room: Room | None) -> None:
        """Look whether a step of training fits; gives way where it does, or where nothing is known."""
        self._fix = None
        if inferred is None or recipe is None or room is None or room.free is None or recipe.batch_size < 1:
            self.hide()
            return
        upkeep = of_recipe(recipe)
        needed = training_bytes(inferred, recipe.batch_size, upkeep)
        if needed <= room.free:
            self.hide()
            return
        fitting = largest_batch(inferred, upkeep, room.free, recipe.batch_size)
        where = f" {room.words}" if room.words else ""
        words = f"Training needs about {file_size(needed)}; {file_size(room.free)} are free{where}."
        if fitting is None:
            words += " Not even a batch of 2 fits: make the pictures or the layers smaller."
        else:
            label = f"Set the batch size to {number(fitting)}"
            self._fix = Fix(label, "set_batch_size", {"value": fitting})
            self.button.setText(label)
        self.button.setVisible(self._fix is not None)
        self._words.setText(words)
        self.setAccessibleName(words)
        self.adjustSize()
        self.show()

    def fit(self, width: int) -> None:
        """Take no more than so many pixels; the words wrap where that is too little."""
        self._words.setWordWrap(False)
        natural = self.sizeHint().width()
        self._words.setWordWrap(natural > width)
        wide = min(natural, width)
        layout = self.layout()
        high = layout.heightForWidth(wide) if layout is not None and layout.hasHeightForWidth() else 0
        self.resize(wide, max(high, self.sizeHint().height() if natural <= width else 0))

    def _choose(self) -> None:
        if self._fix is not None:
            self.fixChosen.emit(self._fix)

    def paintEvent(self, event: QPaintEvent) -> None:
        _veil(self, self._theme.color("panel"), self._theme.color("bad"))


def facts(inferred: Inferred, recipe: Recipe | None, room: Room | None = None, *, inside: str = "") -> list[str]:
    """What is known of the size of a network, or of a block; nothing is said of what is not known yet."""
    if not inferred.graph.nodes:
        return []
    layers = layer_count(inferred)
    said = [f"{inside}: {count(layers, 'layer')}" if inside else count(layers, "layer")]
    if inferred.parameters:
        said.append(count(inferred.parameters, "parameter"))
    if inferred.flops_total:
        said.append(f"{flops(inferred.flops_total)} a {one_of(inferred.graph)}")
    if recipe is None or recipe.batch_size < 1 or not inferred.flops_total:
        return said
    batch = f"at batch {number(recipe.batch_size)}"
    held = recipe.batch_size * sum(kept_bytes(inferred).values())
    if inside:
        return [*said, f"{file_size(held)} of activations {batch}"]
    needed = training_bytes(inferred, recipe.batch_size, of_recipe(recipe))
    free = f" of {file_size(room.free)} free" if room is not None and room.free is not None else ""
    where = f" {room.words}" if room is not None and room.words else ""
    return [*said, f"about {file_size(needed)} to train {batch}{free}{where}", f"{file_size(held)} of activations"]


def _veil(widget: QWidget, ground: QColor, edge: QColor | None = None) -> None:
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen if edge is None else QPen(edge, 1.0))
    painter.setBrush(ground)
    inset = 0.5 if edge is not None else 0.0
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(inset, inset, -inset, -inset), 6, 6)
    painter.end()
