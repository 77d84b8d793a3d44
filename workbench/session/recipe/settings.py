"""Settings of a recipe by name: "clip", "optimizer", "lr", "schedule.warmup"; read from words, checked, and put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.catalogue.declaration import Declaration, Kind, Param
from workbench.catalogue.metrics import for_kind, of_key
from workbench.catalogue.recipe import SETTINGS
from workbench.catalogue.registry import INITIALISATIONS, LAYERS, LOSSES, METRICS, OPTIMIZERS, SCHEDULES
from workbench.catalogue.values import check, expected, shown
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.graph import Graph, Value, frozen
from workbench.document.project import Chosen, Recipe

CATALOGUES: Mapping[str, Mapping[str, Declaration]] = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "initialisation": INITIALISATIONS,
}
"""The fields of a recipe that are one entry of a catalogue."""

_ALIASES = {"learning_rate": "lr"}
_ON, _OFF = ("on", "true", "yes", "1"), ("off", "false", "no", "0")


def with_settings(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """The recipe with settings put in; texts are read as a person types them.

    What is chosen comes first, so that "lr" is that of the optimizer asked for beside it. Raises `Problem` with all
    that are unknown or do not fit, each with what fits.
    """
    problems: list[Diagnostic] = []
    for name in sorted(settings, key=lambda name: name not in CATALOGUES):
        try:
            recipe = with_setting(recipe, name, settings[name])
        except Problem as problem:
            problems += problem.diagnostics
    if problems:
        raise Problem(*problems)
    return recipe


def with_setting(recipe: Recipe, name: str, value: Any) -> Recipe:
    """The recipe with one setting put in. Raises `Problem` where it is unknown or does not fit."""
    if name in CATALOGUES:
        entry: dict[str, Any] = {name: _chosen(getattr(recipe, name), name, value)}
        return replace(recipe, **entry)
    if name == "metrics":
        return replace(recipe, metrics=_metrics(value))
    if name in SETTINGS:
        changed: dict[str, Any] = {name: fit(SETTINGS[name], value, name)}
        return replace(recipe, **changed)
    field, param = _param(recipe, _ALIASES.get(name, name))
    chosen: Chosen = getattr(recipe, field)
    given = frozen({**chosen.params, param.id: fit(param, value, name)})
    put: dict[str, Any] = {field: Chosen(chosen.id, given)}
    return replace(recipe, **put)


def names_of(recipe: Recipe) -> tuple[str, ...]:
    """The name of every setting there is, those of what is chosen among them."""
    inner = (
        f"{field}.{param.id}" if field != "optimizer" else param.id
        for field, catalogue in CATALOGUES.items()
        if (entry := catalogue.get(getattr(recipe, field).id)) is not None
        for param in entry.params
    )
    return (*SETTINGS, *CATALOGUES, "metrics", *inner)


def _param(recipe: Recipe, name: str) -> tuple[str, Param]:
    """A parameter of what is chosen: "optimizer.lr", or "lr" where one alone has it (the optimizer first)."""
    field, dot, bare = name.partition(".")
    for asked in (field,) if dot else CATALOGUES:
        entry = CATALOGUES.get(asked, {}).get(getattr(recipe, asked).id) if asked in CATALOGUES else None
        for param in entry.params if entry is not None else ():
            if param.id == (bare if dot else name):
                return asked, param
    raise Problem.of(
        "recipe.no_setting",
        f"A recipe with {_words_of(recipe)} has no setting “{name[:60]}”. It has: {', '.join(names_of(recipe))}.",
        param=name[:60],
    )


def _words_of(recipe: Recipe) -> str:
    titles = [
        CATALOGUES[field][chosen.id].title if chosen.id in CATALOGUES[field] else chosen.id[:60]
        for field, chosen in (("optimizer", recipe.optimizer), ("schedule", recipe.schedule))
    ]
    return f"the optimizer {titles[0]} and the schedule {titles[1]}"


def _chosen(before: Chosen, field: str, value: Any) -> Chosen:
    """Another entry; what both know goes along."""
    catalogue = CATALOGUES[field]
    identity = value.id if isinstance(value, Chosen) else value
    if not isinstance(identity, str) or identity not in catalogue:
        raise Problem.of(
            f"recipe.{field}",
            f"There is no {field} called {shown(identity)} in this version. Choose one of: {', '.join(catalogue)}.",
            param=field,
        )
    if isinstance(value, Chosen):
        return value
    known = {param.id for param in catalogue[identity].params}
    kept = before.params if identity == before.id else {k: v for k, v in before.params.items() if k in known}
    return Chosen(identity, frozen(kept))


def _metrics(value: Any) -> tuple[str, ...]:
    names = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else list(value)
    unknown = [name for name in names if name not in METRICS]
    if unknown:
        raise Problem.of(
            "recipe.metrics",
            f"There is no metric called {shown(unknown[0])} in this version. Choose from: {', '.join(METRICS)}.",
            param="metrics",
        )
    return tuple(dict.fromkeys(names))


def fit(param: Param, value: Any, name: str) -> Value:
    """A value for a parameter; a text is read as a person types it. Raises `Problem` where it does not fit."""
    given = _read(param, value.strip()) if isinstance(value, str) else value
    probe = Declaration(id="recipe", title=param.title, summary="", params=(param,))
    values, problems = check(probe, {param.id: given})
    if problems:
        raise Problem.of(
            "recipe.value",
            f"“{name[:60]}” takes {expected(param)}, not {shown(given)}. Give one that fits.",
            param=name,
        )
    found: Value = values[param.id]
    return found


def _read(param: Param, text: str) -> Any:
    """A value as it is typed; what makes no sense stays a text, which fits no number."""
    lower = text.lower()
    if param.kind is Kind.BOOL:
        return True if lower in _ON else False if lower in _OFF else text
    if param.kind is Kind.CHOICE:
        return {words.lower(): value for value, words in param.choices}.get(lower, text)
    if param.optional and lower in ("", "none"):
        return None
    if param.kind is Kind.INTS:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return [_number(part) for part in parts] if len(parts) > 1 else _number(text)
    return _number(text) if param.kind in (Kind.INT, Kind.FLOAT) else text


def _number(text: str) -> int | float | str:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def watched_words(key: str) -> str | None:
    """What a key that may be watched is called; None for one that there is not."""
    words = dict(SETTINGS["watch"].choices).get(key)
    if words is not None:
        return words
    metric = of_key(key)
    return metric.title if metric is not None else None


def kinds_of(graph: Graph) -> frozenset[str]:
    """What the outputs of a network answer: "classes", "labels" or "values"."""
    found = set()
    for node in graph:
        layer = LAYERS.get(node.layer)
        if layer is not None and layer.is_output:
            values, _problems = check(layer, node.params)
            found.add(LOSSES[values.objective].kind)
    return frozenset(found)


def metrics_of(kinds: frozenset[str]) -> tuple[str, ...]:
    """The ids of the metrics that outputs of these kinds can be judged by, in order."""
    return tuple(m for m in METRICS if any(METRICS[m] in for_kind(kind) for kind in kinds))
