"""A recipe as JSON data and back, for run records and checkpoints (the project file has its own writer)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from workbench.document.graph import Value, frozen
from workbench.document.project import Chosen, Recipe

_PLAIN: dict[str, type] = {f.name: type(f.default) for f in fields(Recipe) if isinstance(f.default, int | float | str)}
"""The entries that are one number or word. What a later version added (`extra`) has no meaning to a run of this one."""

_CHOSEN = ("optimizer", "schedule", "initialisation")


def recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    """Plain JSON values only; tuples become lists."""
    plain = {name: getattr(recipe, name) for name in _PLAIN}
    chosen = {name: _chosen_to_json(getattr(recipe, name)) for name in _CHOSEN}
    return plain | chosen | {"metrics": list(recipe.metrics)}


def recipe_from_json(data: Mapping[str, Any]) -> Recipe:
    """The recipe; raises `ValueError` or `TypeError` with what is wrong. Unknown entries are left out.

    Records of runs from before `decay` was a choice pulled at all weights.
    """
    plain = {name: _typed(name, data[name], kind) for name, kind in _PLAIN.items() if name in data}
    chosen = {name: _chosen_from_json(data[name]) for name in _CHOSEN if name in data}
    values: dict[str, Any] = {"decay": "all"} | plain | chosen | {"metrics": _metrics(data.get("metrics", []))}
    return Recipe(**values)


def _metrics(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise TypeError("metrics are a list of names")
    return tuple(value)


def _typed(name: str, value: Any, kind: type) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{name} is a {type(value).__name__} where a {kind.__name__} belongs")
    return value


def _chosen_to_json(chosen: Chosen) -> dict[str, Any]:
    return {"id": chosen.id, "params": {k: list(v) if isinstance(v, tuple) else v for k, v in chosen.params.items()}}


def _chosen_from_json(data: Any) -> Chosen:
    if not isinstance(data, Mapping) or not isinstance(data.get("id"), str):
        raise TypeError("an entry chosen from the catalogue needs an id")
    params = data.get("params", {})
    if not isinstance(params, Mapping):
        raise TypeError("the parameters of a chosen entry are no table")
    return Chosen(data["id"], frozen({str(k): _value(v) for k, v in params.items()}))


def _value(value: Any) -> Value:
    if isinstance(value, list):
        if not all(isinstance(v, int | float | str) for v in value):
            raise TypeError("a list of a parameter holds numbers or words only")
        return tuple(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a parameter cannot be a {type(value).__name__}")
