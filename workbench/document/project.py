"""What a project file holds: the graph, where the pictures are, and the recipe to train it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from workbench.document.graph import Graph, Value, frozen


@dataclass(frozen=True, slots=True)
class Chosen:
    """One entry chosen from a catalogue (an optimizer, a schedule, an augmentation) with its parameters."""

    id: str
    params: Mapping[str, Value] = field(default_factory=frozen)


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Where the labelled pictures are and how they are split and prepared.

    `source` is "" (none yet), "sample:digits" or "sample:scenes" (built in), or a folder: relative to the project
    folder or absolute. The picture size and the number of channels belong to the graph's input node.
    """

    source: str = ""
    fit: str = "crop"  # "crop" | "pad" | "stretch": how a picture is brought to the network's size
    validation: float = 0.2
    test: float = 0.0
    seed: int = 0
    normalise: str = "measured"  # "measured" (from the training split) | "unit" (0..1) | "symmetric" (-1..1)
    augmentations: tuple[Chosen, ...] = ()
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))  # from a later version, kept


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the network is trained. The objective stands in the graph's output node."""

    epochs: int = 10
    batch_size: int = 64
    optimizer: Chosen = Chosen("adam")
    schedule: Chosen = Chosen("constant")
    device: str = "auto"  # "auto" | "cpu" | "cuda" | "mps"
    seed: int = 0
    threads: int = 0  # 0: adaptive; a fixed number makes runs bit-exact
    deterministic: bool = False
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))  # from a later version, kept


@dataclass(frozen=True, slots=True)
class Project:
    """The whole document. Every edit makes a new one; history keeps the values."""

    name: str = "Untitled"
    graph: Graph = field(default_factory=Graph)
    data: DataSettings = field(default_factory=DataSettings)
    recipe: Recipe = field(default_factory=Recipe)
    notes: str = ""  # Markdown, for people
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
