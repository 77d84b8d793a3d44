"""Places inside blocks: what they are called, what stands there, and going there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from workbench.document.graph import Block, Graph

if TYPE_CHECKING:
    from workbench.compiler.inference import Inferred
    from workbench.ui.bridge import Bridge

Path = tuple[str, ...]
"""The nodes gone into, from the network inwards; "stage_1:2" is the third of a repeated block."""

MOST, DEEPEST = 2_000, 32
"""Places that are listed, and blocks within each other: a few nested blocks can stand for more than anybody reads."""

NETWORK = "Network"
STEP = " › "


def node_of(step: str) -> str:
    """The node of one step of a path, without the repetition."""
    return step.partition(":")[0]


def repetition_of(step: str) -> int:
    """Which of a repeated block a step means, from 0."""
    number = step.partition(":")[2]
    return int(number) if number.isdigit() else 0


def split(path_id: str) -> tuple[Path, str]:
    """A path id ("stage_1:2/conv2d_1") as the path and the node at its end."""
    *path, node = path_id.split("/")
    return tuple(path), node


def joined(path: Iterable[str], node: str) -> str:
    """The path id of a node."""
    return "/".join((*path, node))


def block_at(root: Graph, path: Path) -> Block | None:
    """The block whose inside a path leads to; None for the network itself, and where the path leads nowhere."""
    block: Block | None = None
    graph: Graph | None = root
    for step in path:
        node = graph.nodes.get(node_of(step)) if graph is not None else None
        block = root.blocks.get(node.block) if node is not None and node.block is not None else None
        graph = block.graph if block is not None else None
    return block


def graph_at(root: Graph, path: Path) -> Graph | None:
    """The graph a path leads to, with all blocks at hand; None where it leads nowhere."""
    if not path:
        return root
    block = block_at(root, path)
    return root.inside(block.id) if block is not None else None


def inferred_at(whole: Inferred, path: Path) -> Inferred | None:
    """What was inferred inside, with the values of this use; None where that is not known."""
    found: Inferred | None = whole
    for step in path:
        result = found.results.get(node_of(step)) if found is not None else None
        inside = result.inside if result is not None else ()
        at = repetition_of(step)
        found = inside[at] if at < len(inside) else None
    return found


def titles(root: Graph, path: Path) -> tuple[str, ...]:
    """What each step of a path is called, as far as it leads somewhere."""
    from workbench.compiler.naming import display_name  # with the whole catalogue, which the first window does without

    words: list[str] = []
    for depth, step in enumerate(path):
        graph = graph_at(root, path[:depth])
        if graph is None or node_of(step) not in graph.nodes:
            break
        words.append(display_name(graph, node_of(step)))
    return tuple(words)


def place_words(root: Graph, path: Path) -> str:
    """A path in words: "Stage 1 › Block 2"; "" for the network itself."""
    return STEP.join(titles(root, path))


def name_of(root: Graph, path_id: str) -> str:
    """What people call a node anywhere in the network: "Conv 1", "Stage 1 › Conv 1"."""
    from workbench.compiler.naming import display_name

    path, node = split(path_id)
    graph = graph_at(root, path)
    if graph is None:
        return path_id
    return STEP.join((*titles(root, path), display_name(graph, node)))


def is_there(root: Graph, path_id: str) -> bool:
    """Whether a path id leads to a node."""
    path, node = split(path_id)
    graph = graph_at(root, path)
    return graph is not None and node in graph.nodes


def uses(root: Graph, block: str) -> tuple[Path, ...]:
    """Every path that leads into a block, a repeated one once; in order of the nodes on it."""
    return tuple(path for path, found, _ in every_place(root) if found is not None and found.id == block)


def every_place(root: Graph) -> Iterator[tuple[Path, Block | None, Graph]]:
    """The network and the inside of every use of a block, outer ones first: path, block, graph. At most `MOST`."""
    waiting: deque[tuple[Path, Block | None]] = deque([((), None)])
    for _ in range(MOST):
        if not waiting:
            return
        path, block = waiting.popleft()
        graph = root if block is None else block.graph
        yield path, block, graph if block is None else root.inside(block.id)
        if len(path) < DEEPEST:
            for node in graph:
                if node.block is not None and node.block in root.blocks:
                    waiting.append(((*path, node.id), root.blocks[node.block]))


def go_to(bridge: Bridge, path: Path, node: str | None = None) -> None:
    """Show the inside of a block (() for the network), and there a node, selected."""
    session = bridge.session
    if session is None:
        return
    if session.scope != path:
        session.go_to_scope(path)
    if node is not None:
        bridge.select([node])
        bridge.reveal(node)
