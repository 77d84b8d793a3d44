"""The inputs of a network after its first: the same samples at another size or in grey, or columns of their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.catalogue.registry import LAYERS
from workbench.core.diagnostic import Problem
from workbench.data.crew import Progress
from workbench.data.feed import Preparation
from workbench.data.inputs import PICTURES, Input
from workbench.data.kinds.columns import Column, Gathering
from workbench.data.kinds.table import TABLE, TableFeed, TablePreparation, measured
from workbench.data.scanned import Held, Scanned
from workbench.document.project import DataSettings

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Further:
    """One more input: its feed over the same index, and what makes its raw samples fit for the network."""

    input: Input
    held: Held
    preparation: Preparation

    @property
    def is_changed(self) -> bool:
        """Whether augmentation changes it, as it changes the first input: with the same draws."""
        return self.input.layer == PICTURES

    @property
    def asks_of_input(self) -> Mapping[str, Any]:
        """What the input layer's parameters must be, as `DataKind.asks_of_input`."""
        return {"features": self.preparation.features} if isinstance(self.preparation, TablePreparation) else {}

    def one(self, i: int) -> npt.NDArray[Any]:
        """A sample as the network takes it, with the axis of the batch. Raises `Problem`."""
        return self.preparation.apply(np.asarray(self.held.feed.one(i))[None])


def open_further(
    scanned: Scanned,
    wanted: Input,
    settings: DataSettings,
    train: Indices,
    values: Mapping[str, Any] | None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Further, ...]:
    """All inputs of `wanted` after the first; `values` is the preparation kept with a run, where there is one.

    Raises `Problem` for an input these samples cannot feed; nothing is left open then.
    """
    kept: Sequence[Any] = () if values is None else values.get("more", ())
    opened: list[Further] = []
    try:
        for k, one in enumerate(wanted.more):
            own = kept[k] if k < len(kept) and isinstance(kept[k], Mapping) else None
            opened.append(_open(scanned, one, wanted.target_columns, settings, train, own, progress, cancelled))
    except BaseException:
        for further in opened:
            further.held.let_go()
        raise
    return tuple(opened)


def _open(
    scanned: Scanned,
    one: Input,
    apart: tuple[str, ...],
    settings: DataSettings,
    train: Indices,
    values: Mapping[str, Any] | None,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> Further:
    kind = scanned.kind
    if scanned.index.stream is not None:
        raise Problem.of(
            "data.input",
            "The samples are streamed from shards, one after another, and feed one input only. Keep one input, or read "
            "the samples from a folder or a list.",
        )
    asked = scanned.asked(train, settings, one, apart)
    if one.layer in kind.layers:
        feed, preparation = kind.open(asked, values=values, progress=progress, cancelled=cancelled)
        feed.on_bad = scanned.found_bad
        return Further(one, Held(feed), preparation)
    if one.layer not in TABLE.layers:
        title = LAYERS[one.layer].title if one.layer in LAYERS else one.layer
        raise Problem.of(
            "data.input",
            f"The data are {kind.title.lower()}, which cannot enter the network by its input {title}. Put "
            f"{LAYERS[kind.layers[0]].title} in its place, or Numbers for the columns of a list.",
        )
    loaded = _loaded(scanned, settings, apart, values, cancelled)
    made = measured(asked, loaded) if values is None else TABLE.restored(one, settings, values)
    return Further(one, Held(TableFeed(scanned.index, loaded, made)), made)


def _loaded(
    scanned: Scanned,
    settings: DataSettings,
    apart: tuple[str, ...],
    values: Mapping[str, Any] | None,
    cancelled: Callable[[], bool] | None,
) -> tuple[Column, ...]:
    """The columns of the list that the samples are named by: all that are not the file, the label, the split or any
    output's own."""
    uses = dict(settings.columns)
    names = [name for name in scanned.columns.other_names(settings) if name not in apart]
    if values is not None:
        kept = TABLE.restored(Input.usual("numbers"), settings, values).columns
        uses, names = {column.name: column.use for column in kept}, [column.name for column in kept]
    if not names:
        raise Problem.of(
            "data.columns",
            "The list has no further columns that could enter the network as numbers. Remove that input, or add "
            "columns.",
            param="columns",
        )
    rows = len(scanned.index)
    loaded: list[Column] = []
    for cells in scanned.columns.read(names, settings, cancelled):
        gathering = Gathering(cells.name, rows)
        there = np.flatnonzero(cells.codes >= 0)
        gathering.add(there, [cells.cells[code] for code in cells.codes[there].tolist()], cells.decimal_comma)
        loaded.append(gathering.column(uses.get(cells.name, ""), len(names)))
    return tuple(loaded)
