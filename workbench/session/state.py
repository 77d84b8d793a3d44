"""The values a session hands out: what changed, the state of data, run and views. All frozen; views compare them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Diagnostic
from workbench.document.diff import GraphDiff
from workbench.document.graph import Graph
from workbench.document.project import Project

if TYPE_CHECKING:
    import numpy as np

    from workbench.data.dataset import Dataset
    from workbench.inspection.previews import Preview
    from workbench.training.layer_log import LayerLog
    from workbench.training.messages import EpochEnd, ThreadsChanged, Validated
    from workbench.training.scalars import ScalarLog


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """An edit, an undo or a redo: the project before and after, and which nodes and wires differ."""

    before: Project
    after: Project
    label: str
    diff: GraphDiff
    origin: str = "edit"  # "edit" | "undo" | "redo"


@dataclass(frozen=True, slots=True)
class DataState:
    """Where the pictures stand. `phase` is "none", "working", "ready" or "failed"."""

    phase: str = "none"
    dataset: Dataset | None = None
    diagnostic: Diagnostic | None = None
    done: int = 0
    total: int | None = None
    rate: float = 0.0
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class RunState:
    """The live (or last) run of this session.

    `phase` is "starting", "running", "paused", "stopping", "done", "stopped" or "failed". `scalars` is read by
    position and grows while the run lives, and so are the norms of `layers` (None before there is a run).
    `images_per_second`, `memory` (bytes in use on the device, by this process where that is the CPU), `learning_rate`
    and `seconds_left` are 0 and None while unknown. `validated` are the validations that were asked for in between.
    """

    id: str
    phase: str
    epochs: int
    steps: int
    steps_per_epoch: int
    scalars: ScalarLog
    epoch: int = 0
    step: int = 0
    epochs_log: tuple[EpochEnd, ...] = ()
    images_per_second: float = 0.0
    seconds_left: float | None = None
    best_val_accuracy: float | None = None
    device: str = "cpu"
    threads: int = 0  # 0: adaptive, and it has not changed yet
    thread_changes: tuple[ThreadsChanged, ...] = ()
    parameters: int = 0
    train_pictures: int = 0
    val_pictures: int = 0
    diagnostic: Diagnostic | None = None  # why it failed, the first reason
    diagnostics: tuple[Diagnostic, ...] = ()  # all reasons
    series: str = ""  # the search or the folds it is part of
    is_saved: bool = True  # False: it ended, and its weights could not be written (a notice said why)
    layers: LayerLog | None = None
    learning_rate: float = 0.0  # of the last step
    memory: int = 0
    last_epoch: bool = False  # it ends after the epoch under way, as was asked for
    validated: tuple[Validated, ...] = ()
    notes: tuple[Diagnostic, ...] = ()  # "advice.*": what the run's course gives reason to say, oldest first

    @property
    def is_live(self) -> bool:
        return self.phase in ("starting", "running", "paused", "stopping")


@dataclass(frozen=True, slots=True)
class Views:
    """What the network makes of the chosen sample: newest wins.

    `picture` is what people see of it, uint8 H × W × C: a picture at the network's size, a sound's spectrogram; None
    for texts and rows, which `words` say, and `short` in a line. `maps` holds, for each watched node, float32
    C × H × W (feature maps), L × D (sequences) or N (plain numbers); `filters` uint8 N × h × w × 3 of the first
    convolutions; `scores` are class probabilities in the order of `classes`. `previews` holds what fits on a card of
    each node that was asked for, by path id, and `graph` the whole graph that was looked at.
    """

    picture: np.ndarray[Any, Any] | None
    picture_name: str
    label: str | None = None
    maps: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=lambda: MappingProxyType({}))
    filters: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=lambda: MappingProxyType({}))
    scores: tuple[float, ...] = ()
    classes: tuple[str, ...] = ()
    trained: bool = False  # False: the weights are fresh, nothing was learned yet
    live: bool = False
    epoch: int = 0
    step: int = 0
    previews: Mapping[str, Preview] = field(default_factory=lambda: MappingProxyType({}))
    graph: Graph | None = None
    which: int | Path | None = None  # the sample: an index of the data set, a file, or the one made up
    words: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The network's answer for one picture: the likeliest class and the probability of each; for outputs of other kinds
    the labels found and the probability of each, or values. `others` are the answers of further outputs, by name."""

    path: str
    label: str
    scores: Mapping[str, float]
    kind: str = "classes"
    others: Mapping[str, Prediction] = field(default_factory=lambda: MappingProxyType({}))
