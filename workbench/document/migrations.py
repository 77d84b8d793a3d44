"""Old project files are brought to the present format one version at a time, before they are read.

To change the format: raise `VERSION`, append a `Migration` from the version before, and put files of the old version
into `tests/document/corpus/`. A migration works on plain dicts and lists and never on today's classes, so that it
stays right when those change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from workbench.core.diagnostic import Problem
from workbench.core.json_text import read_only

VERSION = 4
"""The version of the project format this program writes."""


@dataclass(frozen=True, slots=True)
class Migration:
    """The step from `version` to the next one. `change` gets the whole document and alters it in place."""

    version: int
    words: str  # what it does, for the log
    change: Callable[[dict[str, Any]], None]


def _make_room_for_blocks(document: dict[str, Any]) -> None:
    """Fields of these names meant nothing to version 1; what somebody kept there is kept under another name."""
    for thing, names in ((document, ("blocks", "frames")), *((n, ("state", "collapsed")) for n in _nodes(document))):
        for name in names:
            if name in thing:
                thing[f"v1_{name}"] = thing.pop(name)


def _nodes(document: dict[str, Any]) -> list[dict[str, Any]]:
    nodes = document.get("nodes", [])
    return [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []


_DATA_SINCE_3 = (
    "more", "kind", "path_column", "label_column", "columns", "tokeniser", "lowercase", "group_by", "group_level",
    "group_pattern", "folds", "fold", "balance", "changes",
)  # fmt: skip


def _make_room_for_data(document: dict[str, Any]) -> None:
    """Data settings of these names meant nothing to version 2; what somebody kept there is kept under another name."""
    data = document.get("data", {})
    for name in _DATA_SINCE_3 if isinstance(data, dict) else ():
        if name in data:
            data[f"v2_{name}"] = data.pop(name)


_RECIPE_SINCE_4 = (
    "clip", "accumulate", "decay", "average", "patience", "watch", "precision", "layout", "compile", "initialisation",
    "metrics", "keep", "processes", "shard",
)  # fmt: skip
_DATA_SINCE_4: tuple[str, ...] = ()


def _make_room_for_recipes(document: dict[str, Any]) -> None:
    """Fields of these names meant nothing to version 3; what somebody kept there is kept under another name.

    Weight decay pulled at norms and biases too, and goes on doing so.
    """
    recipe = document.setdefault("recipe", {})
    blocks = document.get("blocks", [])
    inside = [n for b in blocks if isinstance(b, dict) for n in _nodes(b)] if isinstance(blocks, list) else []
    for thing, names in (
        (recipe, _RECIPE_SINCE_4),
        (document.get("data", {}), _DATA_SINCE_4),
        *((node, ("frozen", "rate")) for node in (*_nodes(document), *inside)),
    ):
        for name in names if isinstance(thing, dict) else ():
            if name in thing:
                thing[f"v3_{name}"] = thing.pop(name)
    if isinstance(recipe, dict):
        recipe["decay"] = "all"


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "blocks, frames and states of layers", _make_room_for_blocks),
    Migration(2, "kinds of data, groups, folds and changes to samples", _make_room_for_data),
    Migration(3, "more of the recipe, and frozen layers", _make_room_for_recipes),
)
"""Every step there ever was, oldest first. Never reordered, never removed."""


def migrate(
    document: Mapping[str, Any],
    version: int,
    *,
    target: int = VERSION,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> Mapping[str, Any]:
    """The document as the `target` version writes it; the one given is not changed.

    Raises `Problem` for a version newer than the target, for one no step leads from, and for a document too damaged
    for its step.
    """
    if version > target:
        raise Problem.of(
            "project.newer",
            f"This project was written by a newer version of Workbench (format {version:,}; this one reads up to "
            f"{target}). Update Workbench to open it.",
        )
    if version == target:
        return document
    steps = {m.version: m for m in migrations}
    result: dict[str, Any] = _plain(document)
    for at in range(version, target):
        step = steps.get(at)
        if step is None:
            raise Problem.of(
                "project.version",
                f"The project file has format version {version:,}, which never was; restore it from a copy.",
            )
        try:
            step.change(result)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Problem(
                *Problem.of(
                    "project.migration",
                    f"The project file of format {version:,} is damaged: it could not be brought to format {at + 1:,} "
                    "and was left as it is. Restore it from a copy.",
                    details=f"{step.words}: {error!r}",
                ).diagnostics
            ) from error
        result["version"] = at + 1
    return cast("Mapping[str, Any]", read_only(result))


def _plain(value: Any) -> Any:
    """Read-only mappings and tuples as dicts and lists that a step may alter."""
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, tuple | list) else value
