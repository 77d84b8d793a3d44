"""A run's recipe in words: what each setting is called, and its value as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from workbench.catalogue.recipe import SETTINGS
from workbench.catalogue.registry import METRICS
from workbench.catalogue.values import check
from workbench.core.words import number
from workbench.session.recipe.settings import CATALOGUES
from workbench.training.recipes import recipe_to_json

_CHOSEN_TITLES = {
    "optimizer": "Optimizer",
    "schedule": "Schedule",
    "initialisation": "Initialisation",
    "metrics": "Further metrics",
}
_OFF = ("clip", "average", "patience")
"""Settings that are off at 0."""
_FIRST = ("epochs", "batch_size", "optimizer", "schedule")


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting: `key` names it in filters and columns ("batch_size", "optimizer.lr"), `value` is its JSON value."""

    key: str
    title: str
    value: Any
    words: str

    @property
    def is_default(self) -> bool:
        """Whether it is what a recipe has unless a person says otherwise."""
        return self.key in _defaults() and _defaults()[self.key] == self.value


def entries(recipe: Mapping[str, Any]) -> Iterator[Entry]:
    """Every setting of a recipe as records of runs keep it (JSON), what people set first first.

    Settings and catalogue entries that this version does not know are shown by their ids.
    """
    known = [key for key in (*_CHOSEN_TITLES, *SETTINGS) if key in recipe]
    order = [*(key for key in _FIRST if key in recipe), *(key for key in known if key not in _FIRST)]
    order += sorted(key for key in recipe if key not in known)
    for key in order:
        value = recipe[key]
        if isinstance(value, Mapping) and isinstance(value.get("id"), str):
            yield from _chosen(key, value)
        else:
            yield Entry(key, _title(key), value, value_words(value, key))


def _chosen(key: str, value: Mapping[str, Any]) -> Iterator[Entry]:
    declaration = CATALOGUES.get(key, {}).get(value["id"])
    title = _title(key)
    yield Entry(key, title, value["id"], declaration.title if declaration is not None else _plain(value["id"]))
    given = value.get("params", {})
    if declaration is None:
        for name, inner in given.items() if isinstance(given, Mapping) else ():
            yield Entry(f"{key}.{name}", f"{title}: {_plain(str(name))}", inner, value_words(inner))
        return
    complete, _problems = check(declaration, given)
    for param in declaration.params:
        inner = complete[param.id]
        words = dict(param.choices).get(inner) if isinstance(inner, str) else None
        inside = param.title if key == "optimizer" else f"{title}: {param.title.lower()}"
        yield Entry(f"{key}.{param.id}", inside, inner, words or value_words(inner))


def value_words(value: Any, key: str = "") -> str:
    """A JSON value as people read it."""
    if key in _OFF and value == 0:
        return "off"
    if key == "threads" and value == 0:
        return "adaptive"
    if key in SETTINGS and isinstance(value, str):
        return dict(SETTINGS[key].choices).get(value, value)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list | tuple):
        named = [METRICS[v].title if key == "metrics" and v in METRICS else value_words(v) for v in value]
        return ", ".join(named) or "none"
    return str(value)


def metric_title(key: str) -> str:
    """What a figure of an epoch is called: "Validation loss", "Validation F1"."""
    split, _, name = key.partition("_")
    if split not in ("val", "train") or not name:
        return _plain(key)
    which = "Validation" if split == "val" else "Training"
    plain = {"loss": "loss", "accuracy": "accuracy"}.get(name)
    if plain is not None:
        return f"{which} {plain}"
    title = METRICS[name].title if name in METRICS else _plain(name)
    return f"{which} {title[:1].lower() + title[1:] if title[1:2].islower() else title}"


def is_share(key: str) -> bool:
    """Whether a figure lies within 0 and 1 and is shown as per cent."""
    name = key.partition("_")[2]
    return name == "accuracy" or (name in METRICS and METRICS[name].share)


def figure_words(key: str, value: float | None) -> str:
    """A figure as people read it: "93.1 %", "0.2134"."""
    if value is None or value != value:
        return ""
    return f"{value * 100:.1f} %" if is_share(key) else number(float(value))


def _title(key: str) -> str:
    return SETTINGS[key].title if key in SETTINGS else _CHOSEN_TITLES.get(key) or _plain(key).capitalize()


def _plain(identity: str) -> str:
    return identity.replace("_", " ")


@cache
def _defaults() -> Mapping[str, Any]:
    from workbench.document.project import Recipe

    return {entry.key: entry.value for entry in entries(recipe_to_json(Recipe()))}


def completed(recipe: Mapping[str, Any]) -> Mapping[str, Any]:
    """A recipe with what its record does not say, as runs of its version did it; what makes no sense stays as it is."""
    from workbench.training.recipes import recipe_from_json

    try:
        return {**recipe, **recipe_to_json(recipe_from_json(recipe))}
    except (TypeError, ValueError):
        return recipe


def setting(recipe: Mapping[str, Any], key: str) -> Any:
    """One setting's value by its key ("batch_size", "optimizer", "optimizer.lr"), None where there is none.

    Much cheaper than all `entries`: a long table asks it of every run.
    """
    head, _, name = key.partition(".")
    value = recipe.get(head)
    if not isinstance(value, Mapping):
        return None if name else value
    if not name:
        return value.get("id")
    given = value.get("params")
    if isinstance(given, Mapping) and name in given:
        return given[name]
    declaration = CATALOGUES.get(head, {}).get(str(value.get("id")))
    return None if declaration is None else next((p.default for p in declaration.params if p.id == name), None)


def keys_of(recipe: Mapping[str, Any]) -> Iterator[str]:
    """The keys of a recipe's settings, without working out what each says."""
    for head, value in recipe.items():
        yield head
        if isinstance(value, Mapping):
            declaration = CATALOGUES.get(head, {}).get(str(value.get("id")))
            given = value.get("params")
            named = [p.id for p in declaration.params] if declaration is not None else []
            yield from (f"{head}.{name}" for name in dict.fromkeys([*named, *(given or ())]))


def key_title(key: str) -> str:
    """What a setting is called by its key alone: "Optimizer: learning rate"."""
    head, _, name = key.partition(".")
    if not name:
        return _title(head)
    for declaration in CATALOGUES.get(head, {}).values():
        for param in declaration.params:
            if param.id == name:
                return param.title if head == "optimizer" else f"{_title(head)}: {param.title.lower()}"
    return f"{_title(head)}: {_plain(name)}"
