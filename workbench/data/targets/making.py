"""From what outputs ask for to the targets of all samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.core.diagnostic import Diagnostic, Fix, Problem
from workbench.core.words import count, number
from workbench.data.index import Index, natural, printable
from workbench.data.inputs import Input, Target
from workbench.data.kinds.columns import MISSING, number_in
from workbench.data.kinds.tables import text_of_cell
from workbench.data.targets.against import Against, Kept, kept_in
from workbench.data.targets.columns import Cells, Columns
from workbench.data.targets.several import label_names, label_table, labels_in
from workbench.document.project import DataSettings

Indices = npt.NDArray[np.int64]
Cancelled = Callable[[], bool]

MOST_CLASSES = 1000

KINDS_IN_WORDS = {"classes": "classes", "labels": "labels", "values": "numbers"}


class Making:
    """What all outputs' targets are made of: `used` are the samples in any split, `train` those that may be
    measured."""

    def __init__(
        self,
        index: Index,
        columns: Columns,
        settings: DataSettings,
        train: Indices,
        used: Indices,
        cancelled: Cancelled | None = None,
    ) -> None:
        self._index = index
        self._columns = columns
        self._settings = settings
        self._train = train
        self._used = used
        self._cancelled = cancelled

    def against(
        self, wanted: Input, values: Mapping[str, Any] | None
    ) -> tuple[tuple[Against, ...], dict[int, Diagnostic]]:
        """The targets of each output, and for each output that has none why. `values` is the preparation a run kept."""
        kept = kept_in(values)
        made: list[Against] = []
        problems: dict[int, Diagnostic] = {}
        for k, target in enumerate(wanted.targets):
            try:
                made.append(self._one(target, wanted, kept[k] if k < len(kept) else None))
            except Problem as problem:
                if problem.diagnostics[0].code == "data.cancelled":
                    raise
                problems[k] = problem.diagnostics[0]
                made.append(Against(target))
        return tuple(made), problems

    def _one(self, target: Target, wanted: Input, kept: Kept | None) -> Against:
        if target.source == "input":
            if wanted.layer == "tokens":
                raise Problem.of(
                    "data.target",
                    "The input is tokens, which are names and no amounts, so an output cannot be held against them. "
                    "Choose another target.",
                    param="target",
                )
            return Against(target)
        if target.source == "columns":
            if not target.columns:
                raise Problem.of(
                    "data.target",
                    "The output is to be held against columns, and none is named. Name a column of the table or list.",
                    param="columns",
                )
            return self._of_columns(target, target.columns, kept)
        self._check_label(target)
        if target.kind == "values":
            return self._of_columns(target, (self._columns.label_column(self._settings),), kept)
        if target.kind == "labels" and self._settings.target == "labels":
            names = kept.names if kept is not None else label_names(self._index.classes)
            return Against(target, names, table=label_table(self._index.classes, names))
        return Against(target, tuple(self._index.classes))

    def _check_label(self, target: Target) -> None:
        """The labels must be what the objective asks for."""
        labelled = self._settings.target
        if (target.kind == "values") == (labelled == "numbers"):
            return
        if labelled == "numbers":
            fixes = (Fix("Take the labels as classes", "set_data", {"name": "target", "value": "class"}),)
            raise Problem(
                Diagnostic(
                    "data.target",
                    f"The samples are labelled with numbers, and the objective asks for {KINDS_IN_WORDS[target.kind]}. "
                    "Choose Mean squared error as the objective, or take the labels as classes under Data.",
                    param="objective",
                    fixes=fixes,
                )
            )
        raise Problem(
            Diagnostic(
                "data.target",
                "The objective asks for numbers, and the samples are labelled with "
                f"{'classes' if labelled == 'class' else 'several labels at once'}. Take the labels as numbers under "
                "Data, choose other columns or what came in as the target, or Cross-entropy as the objective.",
                param="target",
                fixes=(Fix("Take the labels as numbers", "set_data", {"name": "target", "value": "numbers"}),),
            )
        )

    # --- columns -----------------------------------------------------------------------------------------------------

    def _of_columns(self, target: Target, names: Sequence[str], kept: Kept | None) -> Against:
        cells = self._columns.read(names, self._settings, self._cancelled)
        if target.kind == "values":
            return self._values(target, cells, kept)
        if target.kind == "labels":
            return self._labels(target, cells, kept)
        if len(cells) != 1:
            raise Problem.of(
                "data.target",
                f"An output for classes is held against one column, and {len(cells)} are named. Give each an output of "
                "its own.",
                param="columns",
            )
        return self._classes(target, cells[0], kept)

    def _values(self, target: Target, cells: Sequence[Cells], kept: Kept | None) -> Against:
        values = np.stack([self._numbers(one) for one in cells], axis=1)
        if kept is not None and len(kept.mean) == len(cells):
            mean, std = np.array(kept.mean), np.array(kept.std)
        else:
            known = values[self._train] if len(self._train) else values[self._used]
            mean = known.mean(0)
            largest = np.maximum(np.abs(known).max(0), 1e-300)
            std = (known / largest).std(0) * largest
            std = np.where(std > 1e-12 * np.maximum(1.0, np.abs(mean)), std, 1.0)  # the training samples are all alike
        rows = ((values - mean) / std).astype(np.float32)
        return Against(
            target, tuple(one.name for one in cells), rows, mean=tuple(mean.tolist()), std=tuple(std.tolist())
        )

    def _numbers(self, cells: Cells) -> npt.NDArray[np.float64]:
        """The column as numbers, NaN for samples that are in no split. Raises `Problem` where a sample has none."""
        found = [number_in(cell, cells.decimal_comma) for cell in cells.cells]
        table = np.array([np.nan if value is None else value for value in found] + [np.nan], np.float64)
        values = table[cells.codes]
        self._check_there(cells, ~np.isfinite(values), "number")
        return values

    def _classes(self, target: Target, cells: Cells, kept: Kept | None) -> Against:
        texts = [" ".join(text_of_cell(cell).split()) for cell in cells.cells]
        missing = np.array([cell.strip().lower() in MISSING for cell in cells.cells] + [True])
        self._check_there(cells, missing[cells.codes], "class")
        there = set(np.unique(cells.codes[self._used]).tolist())
        names = tuple(sorted({text for k, text in enumerate(texts) if k in there}, key=natural))
        if kept is not None:
            self._check_known(cells, names, kept.names)
            names = kept.names
        elif not 2 <= len(names) <= MOST_CLASSES:
            raise Problem.of(
                "data.target",
                f"The column “{cells.name}” has {count(len(names), 'different value')}, so it is no column of classes. "
                "Choose another one, or an objective for numbers.",
                param="columns",
            )
        place = {name: k for k, name in enumerate(names)}
        table = np.array([*(place.get(text, 0) for text in texts), 0], np.int64)
        return Against(target, names, table[cells.codes])

    def _labels(self, target: Target, cells: Sequence[Cells], kept: Kept | None) -> Against:
        """One column with several labels in a cell, or a column of 0 and 1 for each label."""
        if len(cells) > 1 or _is_flag(cells[0]):
            values = np.stack([self._numbers(one) for one in cells], axis=1)
            odd = np.argwhere(~np.isin(values[self._used], (0.0, 1.0)))
            if len(odd):
                row, column = odd[0]
                sample, name = int(self._used[row]), cells[int(column)].name
                raise Problem.of(
                    "data.target",
                    f"The column “{name}” has {number(float(values[sample, column]))} at "
                    f"“{printable(self._index.path(sample))}”, where a label is 1 (there) or 0 (not there).",
                    param="columns",
                )
            return Against(target, tuple(one.name for one in cells), np.nan_to_num(values).astype(np.float32))
        (one,) = cells
        texts = [text_of_cell(cell) for cell in one.cells]
        names = label_names(texts)
        if kept is not None:
            self._check_known(one, names, kept.names)
            names = kept.names
        if not names:
            raise Problem.of("data.target", f"The column “{one.name}” names no label at all.", param="columns")
        table = np.concatenate(
            [label_table(["; ".join(labels_in(text)) for text in texts], names), np.zeros((1, len(names)), np.float32)]
        )
        return Against(target, names, table[one.codes])

    def _check_there(self, cells: Cells, missing: npt.NDArray[np.bool_], what: str) -> None:
        lacking = self._used[missing[self._used]]
        if len(lacking):
            first = int(lacking[0])
            seen = "" if cells.codes[first] < 0 else text_of_cell(cells.cells[int(cells.codes[first])])[:40]
            words = f"it says “{seen}”" if seen else "its cell is empty"
            have = "has" if len(lacking) == 1 else "have"
            raise Problem.of(
                "data.target",
                f"{count(len(lacking), 'sample')} {have} no {what} in the column “{cells.name}”, the first: "
                f"“{printable(self._index.path(first))}”, where {words}. Complete the column, or exclude these "
                "samples.",
                param="columns",
            )

    def _check_known(self, cells: Cells, names: Sequence[str], known: Sequence[str]) -> None:
        others = [name for name in names if name not in known]
        if others:
            raise Problem.of(
                "data.target",
                f"The column “{cells.name}” has “{others[0]}”, which the run was not trained on. It knows "
                f"{', '.join(known[:12])}.",
                param="columns",
            )


def _is_flag(cells: Cells) -> bool:
    """Whether a column holds nothing but 0 and 1."""
    return bool(cells.cells) and all(number_in(cell) in (0.0, 1.0) for cell in cells.cells)
