"""The columns of a table: what was made of each, and what a person may make of it instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.catalogue.declaration import Param
from workbench.catalogue.parameters import choice
from workbench.core.words import count, number
from workbench.document.project import DataSettings

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

USES = (("", "Recognised"), ("number", "Number"), ("category", "Category"), ("leave_out", "Left out"))
MOST = 60
_EXAMPLES = 4


def column_params(dataset: Dataset | None, data: DataSettings) -> tuple[Param, ...]:
    """A choice for each column of a table that can be used, whether it is or not; none for other kinds."""
    if dataset is None or dataset.kind.id != "table":
        return ()
    values = dataset.preparation
    words = {str(column["name"]): _words(column) for column in values.get("columns", ())}
    words |= {str(column["name"]): str(column["why"]) for column in values.get("left_out", ())}
    names = tuple(dict.fromkeys((*words, *data.columns)))[:MOST]
    return tuple(choice(name, name, words.get(name, "This column is not in the table."), "", USES) for name in names)


def _words(column: Mapping[str, Any]) -> str:
    if column.get("use") == "category":
        categories = [str(name) for name in column.get("categories", ())]
        shown = ", ".join(f"“{name}”" for name in categories[:_EXAMPLES])
        more = " and others" if len(categories) > _EXAMPLES else ""
        return f"{count(len(categories), 'category')}: {shown}{more}."
    missing = ", sometimes missing" if column.get("missing") else ""
    mean, std = float(column.get("mean", 0)), float(column.get("std", 0))
    return f"Numbers around {number(mean)}, spread {number(std)}{missing}."
