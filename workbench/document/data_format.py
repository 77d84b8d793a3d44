"""Data settings in files: JSON values, and back with a sentence for what is not sound.

    {
      "augmentations": [{"id": "flip_horizontal", "params": {"chance": 0.5}}, …],
      "changes":       [{"path": "cats/1.jpg", "label": "dogs"}, {"path": "cats/2.jpg", "excluded": true}, …],
      "columns":       {"age": "number", "name": "leave_out"},
      "source":        "photos",
      …
    }

Changes are sorted by path, each on one line, so that two people's changes merge. A change that changes nothing is left
out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from workbench.core.json_text import OneLine
from workbench.document.fields import Fields, refuse
from workbench.document.graph_format import write_params
from workbench.document.project import (
    BALANCES,
    COLUMN_USES,
    GROUPINGS,
    KINDS,
    SPLIT_NAMES,
    TARGETS,
    TOKENISERS,
    Change,
    Chosen,
    DataSettings,
)
from workbench.document.rules import LARGEST_SEED, LONGEST_NAME, LONGEST_PATH, text_fault

FITS = ("crop", "pad", "stretch")
NORMALISATIONS = ("measured", "unit", "symmetric")

MOST_AUGMENTATIONS = 100
MOST_SOURCES = 100
MOST_COLUMNS = 10_000
MOST_CHANGES = 500_000
MOST_FOLDS = 1_000
DEEPEST_GROUP = 64


def write_chosen(chosen: Chosen) -> dict[str, Any]:
    """An entry of a catalogue with its parameters."""
    return {"id": chosen.id, "params": write_params(chosen.params)}


def read_chosen(value: Any, where: str) -> Chosen:
    """What `write_chosen` wrote; `where` names it in messages."""
    fields = Fields(value, where)
    chosen = Chosen(fields.text("id", None, LONGEST_NAME), fields.params("params"))
    fields.none_left()
    return chosen


def change_fault(path: str, change: Change) -> str | None:
    """Why a change cannot be kept in a project ("has a path that …"), or None when it can."""
    if not path or (fault := text_fault(path, LONGEST_PATH)):
        return f"has a path that {fault if path else 'is empty'}"
    if change.label is not None and (not change.label.strip() or (fault := text_fault(change.label, LONGEST_NAME))):
        return f"has a class name that {fault if change.label.strip() else 'is empty'}"
    if change.split is not None and change.split not in SPLIT_NAMES:
        return f"names the split “{change.split[:40]}”; there are {', '.join(SPLIT_NAMES)}"
    return None


def write_data(data: DataSettings) -> dict[str, Any]:
    """The data settings as plain JSON values."""
    return {
        **data.extra,
        "source": data.source,
        "more": list(data.more),
        "kind": data.kind,
        "path_column": data.path_column,
        "label_column": data.label_column,
        "columns": dict(data.columns),
        "target": data.target,
        "tokeniser": data.tokeniser,
        "lowercase": data.lowercase,
        "fit": data.fit,
        "validation": float(data.validation),
        "test": float(data.test),
        "seed": data.seed,
        "group_by": data.group_by,
        "group_level": data.group_level,
        "group_pattern": data.group_pattern,
        "folds": data.folds,
        "fold": data.fold,
        "balance": data.balance,
        "normalise": data.normalise,
        "augmentations": [write_chosen(a) for a in data.augmentations],
        "changes": [_write_change(path, data.changes[path]) for path in sorted(data.changes)],
    }


def read_data(fields: Fields) -> DataSettings:
    """What `write_data` wrote; what is missing has its default. Raises `Problem` for what is not sound."""
    default = DataSettings()
    validation = fields.fraction("validation", default.validation, 0.0, 1.0)
    test = fields.fraction("test", default.test, 0.0, 1.0)
    if validation + test >= 1.0:
        refuse(
            f"the data settings leave no pictures to train on (validation {validation:.0%} and test {test:.0%}); "
            "together they must be less than 100 %"
        )
    return DataSettings(
        source=fields.text("source", default.source),
        fit=fields.choice("fit", default.fit, FITS),
        validation=validation,
        test=test,
        seed=fields.whole("seed", default.seed, high=LARGEST_SEED),
        normalise=fields.choice("normalise", default.normalise, NORMALISATIONS),
        augmentations=tuple(
            read_chosen(a, f"augmentation {i + 1}")
            for i, a in enumerate(fields.items("augmentations", MOST_AUGMENTATIONS))
        ),
        more=_read_more(fields),
        kind=fields.choice("kind", default.kind, KINDS),
        path_column=fields.text("path_column", default.path_column, LONGEST_PATH),
        label_column=fields.text("label_column", default.label_column, LONGEST_PATH),
        columns=_read_columns(fields.take("columns", {})),
        target=fields.choice("target", default.target, TARGETS),
        tokeniser=fields.choice("tokeniser", default.tokeniser, TOKENISERS),
        lowercase=fields.truth("lowercase", default.lowercase),
        group_by=fields.choice("group_by", default.group_by, GROUPINGS),
        group_level=fields.whole("group_level", default.group_level, 1, DEEPEST_GROUP),
        group_pattern=fields.text("group_pattern", default.group_pattern, LONGEST_NAME),
        folds=fields.whole("folds", default.folds, high=MOST_FOLDS),
        fold=fields.whole("fold", default.fold, high=MOST_FOLDS),
        balance=fields.choice("balance", default.balance, BALANCES),
        changes=_read_changes(fields),
        extra=fields.rest(),
    )


def _read_more(fields: Fields) -> tuple[str, ...]:
    more = fields.items("more", MOST_SOURCES)
    for i, source in enumerate(more):
        if not isinstance(source, str) or not source:
            refuse(f"further source {i + 1} of the data settings is no name of a folder or file")
        if fault := text_fault(source):
            refuse(f"further source {i + 1} of the data settings {fault}")
    return more


def _read_columns(value: Any) -> Mapping[str, str]:
    fields = Fields(value, "“columns” of the data settings")
    if len(value) > MOST_COLUMNS:
        refuse(f"“columns” has {len(value):,} entries; at most {MOST_COLUMNS:,} are read", "project.too_many")
    for name in value:
        if fault := text_fault(name, LONGEST_PATH):
            refuse(f"a name in “columns” of the data settings {fault}")
    return MappingProxyType({name: fields.choice(name, "", COLUMN_USES) for name in value})


def _write_change(path: str, change: Change) -> OneLine:
    written = OneLine(path=path)
    if change.label is not None:
        written["label"] = change.label
    if change.split is not None:
        written["split"] = change.split
    if change.excluded:
        written["excluded"] = True
    return written


def _read_changes(fields: Fields) -> Mapping[str, Change]:
    changes: dict[str, Change] = {}
    for i, value in enumerate(fields.items("changes", MOST_CHANGES)):
        path, change = _sound(value) or _read_change(value, f"change {i + 1:,} of the data settings")
        if path in changes:
            refuse(f"two changes of the data settings are for “{path[:80]}”", "project.same_id")
        if change != NO_CHANGE:
            changes[path] = change
    return MappingProxyType(changes)


NO_CHANGE = Change()
_FIELDS_OF_A_CHANGE = frozenset(("path", "label", "split", "excluded"))


def _sound(value: Any) -> tuple[str, Change] | None:
    """A change that is as it should be, seen quickly (there may be very many); None where words must be found."""
    if not isinstance(value, Mapping) or not value.keys() <= _FIELDS_OF_A_CHANGE:
        return None
    path, label, split = value.get("path"), value.get("label"), value.get("split")
    excluded = value.get("excluded", False)
    if not isinstance(path, str) or not isinstance(label, str | None) or not isinstance(split, str | None):
        return None
    if not isinstance(excluded, bool):
        return None
    change = Change(label, split, excluded)
    return (path, change) if change_fault(path, change) is None else None


def _read_change(value: Any, where: str) -> tuple[str, Change]:
    """A change field by field, with a sentence for what is not as it should be."""
    entry = Fields(value, where)
    path = entry.text("path", None, LONGEST_PATH)
    label, split = entry.take("label", None), entry.take("split", None)
    for name, given in (("label", label), ("split", split)):
        if not isinstance(given, str | None):
            refuse(f"“{name}” of {entry.where} is no text")
    change = Change(label, split, entry.truth("excluded", False))
    entry.none_left()
    if fault := change_fault(path, change):
        refuse(f"{entry.where} {fault}")
    return path, change
