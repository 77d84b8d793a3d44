"""The graph of layers as an immutable value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Scalar = bool | int | float | str | None
Value = Scalar | tuple[int | float | str, ...]
"""What a parameter may hold: a JSON scalar or a flat tuple of them."""

ID_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,63}\Z", re.ASCII)
"""Node ids are ASCII identifiers, because they become attribute names in the generated source."""


def frozen(params: Mapping[str, Value] | None = None) -> Mapping[str, Value]:
    """A read-only copy of a parameter mapping."""
    return MappingProxyType(dict(params or {}))


@dataclass(frozen=True, slots=True)
class Node:
    """One layer on the canvas.

    `layer` is a catalogue id ("conv2d"); it may be unknown to this version, then the node is a placeholder that
    saves back unchanged. `name` is free text for people and never reaches generated code. `x`, `y` are whole
    pixels of the canvas (top left corner). `params` holds only what differs from the declaration's defaults or
    was set by hand. `extra` keeps what a newer version wrote and this one does not know.
    """

    id: str
    layer: str
    name: str = ""
    params: Mapping[str, Value] = field(default_factory=frozen)
    x: int = 0
    y: int = 0
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A wire from an output port to an input port. An input port takes one wire; an output port feeds many."""

    source: str
    source_port: str
    target: str
    target_port: str

    @property
    def id(self) -> str:
        return f"{self.source}.{self.source_port}->{self.target}.{self.target_port}"


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by id (in order of creation) and the wires between them. Edits live in `workbench.document.edits`."""

    nodes: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}))
    edges: frozenset[Edge] = frozenset()

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def __len__(self) -> int:
        return len(self.nodes)

    def incoming(self, node: str) -> tuple[Edge, ...]:
        """Wires into a node, in order of the target port's name."""
        return tuple(sorted((e for e in self.edges if e.target == node), key=lambda e: (e.target_port, e)))

    def outgoing(self, node: str) -> tuple[Edge, ...]:
        """Wires out of a node, sorted."""
        return tuple(sorted(e for e in self.edges if e.source == node))

    def into(self, node: str, port: str) -> Edge | None:
        """The wire that ends at an input port, if there is one."""
        return next((e for e in self.edges if e.target == node and e.target_port == port), None)
