"""Blocks, frames and marks of the open project, in the place in view: one undo step each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

from workbench.catalogue.blocks import layer_of
from workbench.compiler.binding import ARRIVING, Names
from workbench.compiler.inference import Inferred
from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Diagnostic
from workbench.document import block_edits, clipboard, frame_edits
from workbench.document.blocks import needed
from workbench.document.graph import BLOCK_PREFIX, Block, Edge, Frame, Graph
from workbench.session import adding
from workbench.session.editing import Editing
from workbench.session.library import Library

T = TypeVar("T")


class BlockEditing(Editing):
    """What `Session` does with blocks. A refused edit sends its sentence to `notice` and gives None."""

    @cached_property
    def library(self) -> Library:
        """The person's own blocks, kept beside the program's settings."""
        return Library()

    # --- blocks ------------------------------------------------------------

    def group(self, ids: Iterable[str], title: str = "") -> str | None:
        """Make a block of layers in view; gives the id of the node that uses it. See `block_edits.group`."""
        chosen = tuple(dict.fromkeys(ids))
        if refusal := self._ends(chosen, "go into a block"):
            self._refused(refusal)
            return None
        own = self.block.params if self.block is not None else ()
        loose = self._loose(chosen)
        made: list[str] = []

        def edit(graph: Graph) -> Graph | Diagnostic:
            result = block_edits.group(graph, chosen, title, own=own, loose=loose)
            return result if isinstance(result, Diagnostic) else _kept(result, made)

        self.apply(f"Group {self._words(chosen)}", edit)
        return made[0] if made else None

    def dissolve(self, node: str) -> tuple[str, ...] | None:
        """Put a block's layers in its place; gives their ids. See `block_edits.dissolve`."""
        names = _arriving(self.whole, self.inferred, self.block, node)
        made: list[tuple[str, ...]] = []

        def edit(graph: Graph) -> Graph | Diagnostic:
            taken_apart = block_edits.dissolve(graph, node, names)
            return taken_apart if isinstance(taken_apart, Diagnostic) else _kept(taken_apart, made)

        self.apply("Dissolve block", edit)
        return made[0] if made else None

    def add_block(
        self,
        block: Block,
        x: int = 0,
        y: int = 0,
        after: str | None = None,
        onto: Edge | None = None,
        needed: Iterable[Block] | None = None,
    ) -> str | None:
        """Add a use of a block, ready-made, of the library or of the project; gives the node's id.

        `needed` are the blocks it uses; they are looked for in those three places where it is not given.
        """
        wanted = self._needed(block) if needed is None else tuple(needed)
        made: list[str] = []

        def edit(graph: Graph) -> Graph | Diagnostic:
            brought = block_edits.add_block(graph, block, wanted)
            if isinstance(brought, Diagnostic):
                return brought
            node = adding.new_node(brought[0], BLOCK_PREFIX + brought[1], x, y)
            result = adding.placed(node, after=after, onto=onto)(brought[0])
            return result if isinstance(result, Diagnostic) else _kept((result, node.id), made)

        return made[0] if self.apply(f"Add {block.title}", edit) is None and made else None

    def set_block(self, block: Block, label: str = "Change block", gesture: str | None = None) -> Diagnostic | None:
        """Change the title, summary or parameters of a definition; every use follows."""
        return self.apply_to_whole(label, lambda graph: block_edits.set_block(graph, block), gesture)

    def rename_block_param(self, block: str, old: str, new: str) -> Diagnostic | None:
        """Give a block's parameter another id; expressions and uses follow."""
        return self.apply_to_whole(
            "Rename parameter", lambda graph: block_edits.rename_block_param(graph, block, old, new)
        )

    def make_unique(self, node: str) -> Diagnostic | None:
        """Give one use of a block a definition of its own."""
        return self.apply("Make block unique", lambda graph: block_edits.make_unique(graph, node))

    @property
    def has_unused_blocks(self) -> bool:
        """Whether the project has definitions that nothing in it uses."""
        graph = self.project.graph
        return len(block_edits.drop_unused_blocks(graph).blocks) < len(graph.blocks)

    def drop_unused_blocks(self) -> None:
        """Forget the definitions nothing uses."""
        self.apply_to_whole("Remove unused blocks", block_edits.drop_unused_blocks)

    def keep_block(self, block: str) -> Diagnostic | None:
        """Put a definition of the project into the library, with the blocks it uses."""
        blocks = self.project.graph.blocks
        if block not in blocks:
            return self._refused(Diagnostic("block.none", f"There is no block “{block[:80]}” in this project."))
        refused = self.library.keep(blocks[block], [blocks[i] for i in needed(blocks, [block]) if i != block])
        return self._refused(refused) if refused is not None else None

    # --- what a card shows ------------------------------------------------------------

    def set_state(self, ids: Iterable[str], state: str) -> Diagnostic | None:
        """Let layers work (""), be "bypassed" or "muted", or be bypassed where "=an expression" is true."""
        chosen = tuple(ids)
        if state and (refusal := self._ends(chosen, "be bypassed or muted")):
            return self._refused(refusal)
        label = {"": "Switch on", "muted": "Mute"}.get(state, "Bypass")
        return self.apply(f"{label} {self._words(chosen)}", lambda graph: block_edits.set_state(graph, chosen, state))

    def set_frozen(self, ids: Iterable[str], frozen: bool) -> Diagnostic | None:
        """Let layers keep their weights and statistics while the others learn, or learn again."""
        chosen = tuple(ids)
        label = f"Freeze {self._words(chosen)}" if frozen else f"Let {self._words(chosen)} learn"
        return self.apply(label, lambda graph: block_edits.set_frozen(graph, chosen, frozen))

    def set_colour(self, ids: Iterable[str], colour: str) -> Diagnostic | None:
        """Give layers a colour, or none ("")."""
        chosen = tuple(ids)
        return self.apply(f"Colour {self._words(chosen)}", lambda graph: block_edits.set_colour(graph, chosen, colour))

    def set_collapsed(self, ids: Iterable[str], collapsed: bool) -> Diagnostic | None:
        """Show cards as titles alone, or in full."""
        chosen = tuple(ids)
        return self.apply(
            f"{'Collapse' if collapsed else 'Expand'} {self._words(chosen)}",
            lambda graph: block_edits.set_collapsed(graph, chosen, collapsed),
        )

    # --- frames ------------------------------------------------------------

    def add_frame(self, x: int, y: int, width: int, height: int, title: str = "") -> str | None:
        """Put a frame behind the layers; gives its id."""
        made = frame_edits.new_frame_id(self.graph)
        frame = Frame(made, title, "", int(x), int(y), int(width), int(height))
        refused = self.apply("Add frame", lambda graph: frame_edits.add_frame(graph, frame))
        return made if refused is None else None

    def change_frame(self, frame: str, gesture: str | None = None, **changes: Any) -> Diagnostic | None:
        """Give a frame another title, note, place, size or colour."""
        return self.apply("Change frame", lambda graph: frame_edits.change_frame(graph, frame, **changes), gesture)

    def remove_frames(self, ids: Iterable[str]) -> Diagnostic | None:
        """Take frames away; layers on them stay."""
        gone = tuple(ids)
        label = "Delete frame" if len(gone) == 1 else f"Delete {len(gone)} frames"
        return self.apply(label, lambda graph: frame_edits.remove_frames(graph, gone))

    def move_frames(
        self,
        positions: Mapping[str, tuple[float, float]],
        sizes: Mapping[str, tuple[float, float]],
        gesture: str | None = None,
    ) -> Diagnostic | None:
        """Move frames with what lies wholly within them; `sizes` are those of the cards, in pixels."""
        return self.apply("Move frame", lambda graph: frame_edits.move_frames(graph, positions, sizes), gesture)

    # --- clipboard ------------------------------------------------------------

    def copy(self, ids: Iterable[str]) -> str:
        """Layers in view as text, with the blocks they use; empty when there are none."""
        return clipboard.copy(self.graph, ids)

    def paste(self, text: str, x: float, y: float, *, keep_wires: bool = False) -> tuple[str, ...] | None:
        """Put copied layers into the place in view; gives their ids. See `clipboard.paste`."""
        made: list[tuple[str, ...]] = []
        in_block = self.block is not None

        def edit(graph: Graph) -> Graph | Diagnostic:
            result = clipboard.paste(graph, text, x, y, keep_wires=keep_wires, in_block=in_block)
            return result if isinstance(result, Diagnostic) else _kept(result, made)

        return made[0] if self.apply("Paste", edit) is None and made else None

    # ------------------------------------------------------------

    def _ends(self, ids: tuple[str, ...], words: str) -> Diagnostic | None:
        """Why inputs and outputs of the network among nodes cannot do something ("go into a block")."""
        for node_id in ids:
            node = self.graph.nodes.get(node_id)
            layer = layer_of(self.graph, node.layer) if node is not None else None
            if layer is not None and (layer.is_input or layer.is_output):
                what = "an input" if layer.is_input else "an output"
                return Diagnostic(
                    "block.end",
                    f"“{display_name(self.graph, node_id)}” is {what} of the {'block' if self.block else 'network'} "
                    f"and cannot {words}. Leave it out of the selection.",
                    node=node_id,
                )
        return None

    def _loose(self, ids: tuple[str, ...]) -> block_edits.Loose:
        """The ports of layers in view; `group` takes those that no wire touches."""
        results = self.inferred.results
        known = [(i, results[i]) for i in ids if i in results]
        return block_edits.Loose(
            tuple((i, port.id) for i, result in known for port in result.ports),
            tuple((i, port.id) for i, result in known if result.layer is not None for port in result.layer.outputs),
        )

    def _needed(self, block: Block) -> tuple[Block, ...]:
        """What a block uses, from where the block itself is: the project, the ready-made ones or the library."""
        from workbench.catalogue.ready import READY, needed_by

        if READY.get(block.id) is block:
            return needed_by(block)
        own = self.project.graph.blocks
        if own.get(block.id) is block:
            return tuple(own[i] for i in needed(own, [block.id]) if i != block.id)
        return self.library.needed_by(block)


def _arriving(whole: Inferred, view: Inferred, block: Block | None, node: str) -> list[Names]:
    """What `in_channels` and the like are in each repetition of a use of a block, as far as something inside asks.

    In a block, only what is the same wherever that block is used: the layers put there serve all of its uses.
    """
    places = [view] if block is None else list(_uses(whole, block.id))
    each = [[_arrives(inner) for inner in place.results[node].inside] for place in places if node in place.results]
    if not each:
        return []
    first = each[0]
    return [
        {n: v for n, v in names.items() if all(k < len(other) and other[k].get(n) == v for other in each)}
        for k, names in enumerate(first)
    ]


def _arrives(inner: Inferred) -> Names:
    return {name: value for name, value in inner.names.items() if name in ARRIVING}


def _uses(inferred: Inferred, block: str) -> Iterator[Inferred]:
    """The inside of every use of a block, every repetition, at any depth."""
    for result in inferred.results.values():
        for inner in result.inside:
            if result.layer is not None and result.layer.block is not None and result.layer.block.id == block:
                yield inner
            yield from _uses(inner, block)


def _kept(result: tuple[Graph, T], made: list[T]) -> Graph:
    """The graph of a result; the rest goes to `made`, for an edit gives a graph alone."""
    made[:] = [result[1]]
    return result[0]
