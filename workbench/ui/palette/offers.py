"""What can be added where a person is: the layers of the catalogue, the ports of a block, and blocks from three places.

A layer's key is its catalogue id; a block's says where it comes from: "block:stage" is one of this project,
"block:ready/basic" one that comes with the program, "block:library/3f2a" one that the person kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.catalogue.blocks import PORTS, layer_of
from workbench.catalogue.declaration import Category, Layer
from workbench.catalogue.registry import LAYERS
from workbench.core.diagnostic import Diagnostic
from workbench.document.block_edits import add_block
from workbench.document.blocks import needed
from workbench.document.diff import same_block
from workbench.document.graph import BLOCK_PREFIX, Block, Graph
from workbench.ui import scopes

if TYPE_CHECKING:
    from workbench.session.session import Session

READY, KEPT = f"{BLOCK_PREFIX}ready/", f"{BLOCK_PREFIX}library/"
BLOCKS, OWN_BLOCKS, LIBRARY, BLOCK_PORTS = "Blocks", "Blocks of this project", "My library", "Ports of this block"

Source = tuple[Block, tuple[Block, ...]]
"""A definition from outside the project, with the further ones it uses."""


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under one heading. Those of blocks are layers whose id is the key."""

    title: str
    layers: tuple[Layer, ...]


TITLES: Mapping[Category, str] = {
    Category.IO: "Input and output",
    Category.CONVOLUTION: "Convolution",
    Category.POOLING: "Pooling",
    Category.ACTIVATION: "Activation",
    Category.NORMALISATION: "Normalisation",
    Category.DENSE: "Dense",
    Category.SEQUENCE: "Sequence",
    Category.SHAPE: "Shape",
    Category.MERGE: "Merge",
    Category.REGULARISATION: "Regularisation",
    Category.BLOCK: "Block",
}


def of_catalogue(layers: Iterable[Layer]) -> tuple[Section, ...]:
    """Layers by category, in the order of the catalogue."""
    known = tuple(layers)
    found = (Section(title, tuple(a for a in known if a.category is category)) for category, title in TITLES.items())
    return tuple(section for section in found if section.layers)


def sections(session: Session | None) -> tuple[Section, ...]:
    """Everything that can be added in the graph in view, by heading; empty headings are left out."""
    inside = session is not None and bool(session.scope)
    layers = of_catalogue(a for a in LAYERS.values() if not (inside and a.category is Category.IO))
    ports = (Section(BLOCK_PORTS, tuple(PORTS.values())),) if inside else ()
    own = Section(OWN_BLOCKS, _own(session))
    library = Section(LIBRARY, _declared(KEPT, _kept(session)))
    ready = Section(BLOCKS, _declared(READY, _ready()))
    return tuple(section for section in (*ports, own, *layers, library, ready) if section.layers)


def offered(session: Session | None, key: str) -> Layer | None:
    """What a key stands for; None where nothing of that kind is there."""
    if key in LAYERS or key in PORTS:
        return LAYERS.get(key) or PORTS.get(key)
    source = source_of(session, key)
    if source is not None:
        return next(iter(_declared(key[: key.index("/") + 1], {key[key.index("/") + 1 :]: source[0]})), None)
    return layer_of(session.graph, key) if session is not None else None


def wanted(session: Session | None, key: str) -> Layer:
    """What a key stands for. KeyError where nothing of that kind is there."""
    found = offered(session, key)
    if found is None:
        raise KeyError(key)
    return found


def brought(session: Session, key: str) -> Callable[[Graph], tuple[Graph, str] | Diagnostic]:
    """The edit that brings in what a key stands for; gives the graph and the layer that a node of it has."""
    source = source_of(session, key)

    def edit(graph: Graph) -> tuple[Graph, str] | Diagnostic:
        if source is None:
            return graph, key
        added = add_block(graph, *source)
        return added if isinstance(added, Diagnostic) else (added[0], f"{BLOCK_PREFIX}{added[1]}")

    return edit


def is_known(sections_: Iterable[Section], layer: Layer) -> bool:
    """Whether a block from elsewhere is one of this project already, so that a search shows it once."""
    if layer.block is None or not layer.id.startswith((READY, KEPT)):
        return False
    own = next((section.layers for section in sections_ if section.title == OWN_BLOCKS), ())
    return any(a.block is not None and same_block(a.block, replace(layer.block, id=a.block.id)) for a in own)


def source_of(session: Session | None, key: str) -> Source | None:
    """The definition behind a key from outside the project; None for what is in it, and for layers."""
    if key.startswith(READY):
        from workbench.catalogue.ready import needed_by

        block = _ready().get(key.removeprefix(READY))
        return None if block is None else (block, needed_by(block))
    if key.startswith(KEPT) and session is not None:
        kept = session.library.get(key.removeprefix(KEPT))
        return None if kept is None else (kept.block, kept.needed)
    return None


def _own(session: Session | None) -> tuple[Layer, ...]:
    """The project's blocks that may stand in the graph in view: not the open one, nor one that uses it."""
    if session is None:
        return ()
    root = session.project.graph
    opened = scopes.block_at(root, session.scope)
    found = []
    for block in root.blocks:
        if opened is not None and opened.id in needed(root.blocks, [block]):
            continue
        layer = layer_of(root, f"{BLOCK_PREFIX}{block}")
        found += [layer] if layer is not None else []
    return tuple(found)


def _declared(prefix: str, blocks: Mapping[str, Block]) -> tuple[Layer, ...]:
    """Blocks as layers, under their keys."""
    found = []
    for key, block in blocks.items():
        layer = layer_of(Graph(blocks={block.id: block}), f"{BLOCK_PREFIX}{block.id}")
        if layer is not None:
            found.append(replace(layer, id=f"{prefix}{key}"))
    return tuple(found)


def _ready() -> Mapping[str, Block]:
    from workbench.catalogue.ready import READY as MADE

    return MADE


def _kept(session: Session | None) -> Mapping[str, Block]:
    return {} if session is None else {key: kept.block for key, kept in session.library.items()}
