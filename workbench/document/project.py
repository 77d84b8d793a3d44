"""What a project file holds: the graph, where the labelled data are, and the recipe to train it."""

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
class Change:
    """What a person decided about one sample, kept in the project; the file itself stays as it is.

    None leaves what the folder says: its class, its split (or the one that is drawn for it).
    """

    label: str | None = None
    split: str | None = None  # "train" | "val" | "test"
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Where the labelled samples are and how they are split and prepared.

    `source` is "" (none yet), "sample:digits" or another one that is built in, a folder, or a CSV or TSV file: relative
    to the project folder or absolute. `more` are further ones, merged with it. What a sample is to be like (the size of
    a picture, the length of a text) belongs to the graph's input node.

    Fields that say nothing about a kind of data are kept and not used for it.
    """

    source: str = ""
    fit: str = "crop"  # "crop" | "pad" | "stretch": how a picture is brought to the network's size
    validation: float = 0.2
    test: float = 0.0
    seed: int = 0
    normalise: str = "measured"  # "measured" (from the training split) | "unit" (0..1) | "symmetric" (-1..1)
    augmentations: tuple[Chosen, ...] = ()
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))  # from a later version, kept
    more: tuple[str, ...] = ()
    kind: str = "auto"  # one of `KINDS`
    path_column: str = ""  # of a CSV of paths and labels; "": recognised
    label_column: str = ""  # of a CSV of paths and labels, or the target of a table; "": recognised
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # name -> one of `COLUMN_USES`
    tokeniser: str = "words"  # one of `TOKENISERS`
    lowercase: bool = True
    group_by: str = ""  # one of `GROUPINGS`: samples of one group stay on one side of every split
    group_level: int = 1  # by folder: which folder below the class folder names the group, counted from 1
    group_pattern: str = ""  # by name: "{group}" is what names it, "*" is anything: "{group}_*"
    folds: int = 0  # 0: none; else validation is fold `fold` (from 0) of as many
    fold: int = 0
    balance: str = "none"  # one of `BALANCES`: what is done about classes with few samples
    changes: Mapping[str, Change] = field(default_factory=lambda: MappingProxyType({}))  # by the sample's path
    target: str = "class"  # one of `TARGETS`: what the labels are


KINDS = ("auto", "pictures", "text", "audio", "table")
COLUMN_USES = ("number", "category", "leave_out")
TOKENISERS = ("characters", "words", "byte_pair")
GROUPINGS = ("", "folder", "name")
TARGETS = ("class", "labels", "numbers")
"""What the column of labels holds: a class, any number of labels parted by ";" or "|", or numbers."""
BALANCES = ("none", "sampling", "weights")
SPLIT_NAMES = ("train", "val", "test")


DECAYS = ("all", "weights")
PRECISIONS = ("full", "bf16", "fp16", "auto")
LAYOUTS = ("auto", "channels_last", "plain")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the network is trained. The objectives stand in the graph's output nodes, what is frozen in its nodes."""

    epochs: int = 10
    batch_size: int = 64
    optimizer: Chosen = Chosen("adam")
    schedule: Chosen = Chosen("constant")
    device: str = "auto"  # "auto" | "cpu" | "cuda" | "mps"
    seed: int = 0
    threads: int = 0  # 0: adaptive; a fixed number makes runs bit-exact
    deterministic: bool = False
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))  # from a later version, kept
    clip: float = 0.0  # the largest norm of all gradients together; 0: not clipped
    accumulate: int = 1  # batches whose gradients are added up for one step
    decay: str = "weights"  # one of `DECAYS`: what weight decay pulls at; "weights" spares norms and biases
    average: float = 0.0  # decay of the moving average of the weights, a step; 0: none
    patience: int = 0  # epochs without a better value after which training stops; 0: never
    watch: str = "auto"  # what "best" means: "auto" (accuracy, then loss), "val_loss" or a metric's key ("val_f1")
    precision: str = "full"  # one of `PRECISIONS`
    layout: str = "auto"  # one of `LAYOUTS`: how pictures lie in memory
    compile: bool = False  # whether torch.compile fuses the network's operations
    initialisation: Chosen = Chosen("default")
    metrics: tuple[str, ...] = ()  # further metrics, counted after each epoch
    keep: int = 1  # newest checkpoints that are kept beside the best
    processes: int = 1  # that learn together on this machine
    shard: bool = False  # whether each process holds only its part of the weights (FSDP2)


@dataclass(frozen=True, slots=True)
class Project:
    """The whole document. Every edit makes a new one; history keeps the values."""

    name: str = "Untitled"
    graph: Graph = field(default_factory=Graph)
    data: DataSettings = field(default_factory=DataSettings)
    recipe: Recipe = field(default_factory=Recipe)
    notes: str = ""  # Markdown, for people
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
