"""The settings of the splits page: what each is called, one sentence on what it does, and when it applies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from workbench.catalogue.declaration import Kind, Param
from workbench.catalogue.parameters import choice, integer, real, switch
from workbench.document.data_format import DEEPEST_GROUP, MOST_FOLDS
from workbench.document.graph import Value
from workbench.document.project import DataSettings

SHARES = (
    real(
        "validation",
        "Validation",
        "The share of samples that measure progress; nothing is learned from them.",
        0.2,
        0.0,
        0.9,
    ),
    real(
        "test", "Test", "The share kept for the last word: look at it once, when everything is decided.", 0.0, 0.0, 0.9
    ),
    integer("seed", "Seed", "Another seed draws other samples for each part.", 0, 0, 2**31 - 2),
)
GROUPS = (
    choice(
        "group_by",
        "Keep together",
        "Samples of one patient, video or place are alike: on both sides of a split they make results look too good.",
        "",
        (("", "Nothing"), ("folder", "Folders"), ("name", "Names")),
    ),
    integer(
        "group_level",
        "Folder",
        "Which folder below the class names the group: in cats/video 7/001.jpg the first one is “video 7”.",
        1,
        1,
        DEEPEST_GROUP,
    ),
    Param(
        "group_pattern",
        "Name",
        "{group} stands where the name has the group, * for anything: {group}_* takes “p12” from p12_003.jpg.",
        Kind.TEXT,
        "",
    ),
)
FOLDS = (
    integer(
        "folds",
        "Folds",
        "Validates on one of so many equal parts in place of the share; 0 switches this off.",
        0,
        0,
        MOST_FOLDS,
    ),
    integer(
        "fold",
        "Validate on",
        "Which part validates. Train once on each, and every sample has validated once.",
        1,
        1,
        MOST_FOLDS,
    ),
)
BALANCE = (
    choice(
        "balance",
        "Rare classes",
        "Shown as often as the others, or each of their samples weighed more in the objective.",
        "none",
        (("none", "As they are"), ("sampling", "Shown more often"), ("weights", "Weighed more")),
    ),
)
KIND = (
    choice(
        "kind",
        "Kind",
        "What the samples are; it is recognised by the files, and can be said where that is wrong.",
        "auto",
        (("auto", "Recognised"), ("pictures", "Pictures"), ("text", "Texts"), ("audio", "Sounds"), ("table", "Table")),
    ),
    Param(
        "path_column", "Column of paths", "Which column of the list names the files; empty: recognised.", Kind.TEXT, ""
    ),
    Param(
        "label_column",
        "Column of classes",
        "Which column is what the network learns to tell; empty: recognised.",
        Kind.TEXT,
        "",
    ),
    choice(
        "target",
        "Labels",
        "What that column holds: one class, several labels with semicolons between them, or numbers to predict.",
        "class",
        (("class", "One class"), ("labels", "Several labels"), ("numbers", "Numbers")),
    ),
    choice(
        "tokeniser",
        "Tokens",
        "What a text is cut into: characters need little vocabulary, words carry meaning, byte pairs lie between.",
        "words",
        (("words", "Words"), ("characters", "Characters"), ("byte_pair", "Byte pairs")),
    ),
    switch("lowercase", "Small letters", "Takes “The” and “the” for one word.", True),
)
ALL = {param.id: param for param in (*SHARES, *GROUPS, *FOLDS, *BALANCE, *KIND)}


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides which settings apply: the kind of the data ("" while unknown), and whether they come from a list."""

    kind: str = ""
    from_list: bool = False


def values_of(data: DataSettings) -> dict[str, Value]:
    """What the fields show; folds are counted from 1."""
    shown: dict[str, Any] = {name: getattr(data, name) for name in ALL}
    return {**shown, "fold": data.fold + 1}


def changed(data: DataSettings, param: str, value: Value) -> DataSettings:
    """The settings with one field as a person set it. What no longer fits goes along: no fold stays beyond the last."""
    if param == "fold":
        return replace(data, fold=max(0, int(str(value)) - 1))
    after = replace(data, **{param: value})  # type: ignore[arg-type]
    if param == "folds":
        if after.folds == 1:  # between none and two
            after = replace(after, folds=0 if data.folds > 1 else 2)
        after = replace(after, fold=min(after.fold, max(0, after.folds - 1)))
    return after


def applies(param: str, data: DataSettings, facts: Facts) -> bool:
    """Whether a setting has any effect now."""
    table, text = facts.kind == "table", facts.kind == "text"
    return {
        "validation": not data.folds,
        "group_by": not table,
        "group_level": data.group_by == "folder" and not table,
        "group_pattern": data.group_by == "name" and not table,
        "fold": data.folds > 0,
        "path_column": (facts.from_list and not table) or bool(data.path_column),
        "label_column": facts.from_list or table or bool(data.label_column),
        "target": facts.from_list or table or data.target != "class",
        "tokeniser": text,
        "lowercase": text,
    }.get(param, True)


def edit_words(param: str) -> str:
    """What an undo step is called."""
    return f"Change {ALL[param].title[0].lower()}{ALL[param].title[1:]}" if param in ALL else "Change a column"
