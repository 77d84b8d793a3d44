"""Where in the network a person is: the network itself, or the inside of a block, reached through its uses."""

from __future__ import annotations

from workbench.compiler.inference import Inferred, infer
from workbench.core.diagnostic import Diagnostic
from workbench.document.graph import Block, Graph

Scope = tuple[str, ...]
"""Block nodes gone into, from the outermost: "stage_1", or "stage_1:2" for its repetition 2 (they count from 0)."""


def parted(step: str) -> tuple[str, int]:
    """The node and the repetition of one step of a path: ``parted("stage_1:2")`` gives ``("stage_1", 2)``."""
    node, _, repetition = step.partition(":")
    return node, int(repetition) if repetition.isdecimal() and len(repetition) < 6 else 0


def plain(step: str) -> str:
    """The step as it is always written: without ":0"."""
    node, repetition = parted(step)
    return f"{node}:{repetition}" if repetition else node


def path_id(scope: Scope, node: str) -> str:
    """The id of a node from the outside: ``path_id(("stage_1",), "conv2d_1")`` gives ``"stage_1/conv2d_1"``."""
    return "/".join((*scope, node))


def from_path_id(path: str) -> tuple[Scope, str]:
    """The scope a path id leads through, and the node there: `path_id` turned round."""
    *steps, node = path.split("/")
    return tuple(plain(step) for step in steps), node


def block_at(graph: Graph, scope: Scope) -> Block | None:
    """The definition a scope leads into; None for the network itself. KeyError if there is no such block."""
    here, block = graph, None
    for step in scope:
        used = here.nodes[parted(step)[0]].block
        if used is None:
            raise KeyError(step)
        block = graph.blocks[used]
        here = block.graph
    return block


def reachable(graph: Graph, whole: Inferred, scope: Scope) -> Scope:
    """As much of a scope as leads somewhere in the network; a repetition that is gone becomes the first."""
    found: list[str] = []
    here, inferred = graph, whole
    for step in scope:
        node, repetition = parted(step)
        use = here.nodes.get(node)
        block = graph.blocks.get(use.block) if use is not None and use.block is not None else None
        if block is None:
            break
        inside = _inside(inferred, node)
        repetition = repetition if repetition < max(1, len(inside)) else 0
        found.append(f"{node}:{repetition}" if repetition else node)
        here = block.graph
        inferred = inside[repetition] if repetition < len(inside) else infer(graph.inside(block.id))
    return tuple(found)


class View:
    """One scope of one version of the network: its graph with raw expressions, and what is known of it there."""

    def __init__(self, graph: Graph, whole: Inferred, scope: Scope, before: View | None = None) -> None:
        self.scope, self.whole = scope, whole
        self.block = block_at(graph, scope)
        self.graph = graph if self.block is None else graph.inside(self.block.id)
        self.inferred = self._inferred(before)

    def _inferred(self, before: View | None) -> Inferred:
        here = self.whole
        for step in self.scope:
            node, repetition = parted(step)
            inside = _inside(here, node)
            if repetition >= len(inside):  # nothing is known of it, say because it stands within itself
                return infer(self.graph, before.inferred if before is not None and before.scope == self.scope else None)
            here = inside[repetition]
        return here

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """What is wrong at this place, as far as inference tells; without what is wrong further inside."""
        return tuple(d for d in self.inferred.diagnostics if not d.path)


def _inside(inferred: Inferred, node: str) -> tuple[Inferred, ...]:
    result = inferred.results.get(node)
    return result.inside if result is not None else ()
