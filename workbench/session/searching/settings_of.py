"""Every setting of a project that a search may vary, by its id; those inside of blocks too."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import lru_cache

from workbench.catalogue.blocks import layer_of
from workbench.catalogue.declaration import Category, Kind, Layer, Param
from workbench.catalogue.registry import LAYERS
from workbench.catalogue.values import check
from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Problem
from workbench.core.identity import Same
from workbench.document.expressions import is_expression
from workbench.document.graph import Graph, Node, Value
from workbench.document.project import Chosen, Project
from workbench.session.searching.ranges import Values
from workbench.session.searching.recipe_settings import CHOSEN, chosen_settings, data_settings, recipe_settings
from workbench.session.searching.setting import Setting, Target, suggested

EXCHANGED = (Category.ACTIVATION, Category.NORMALISATION, Category.POOLING)
"""Families within which one layer may stand in the place of another."""

LAYER, STATE, FROZEN, RATE = "layer", "state", "frozen", "rate"
"""What a node is beside its parameters, and may be varied as well."""

_STATE = Param(
    STATE,
    "Works",
    "Whether the layer works, or passes its input through untouched.",
    Kind.CHOICE,
    "on",
    choices=(("on", "on"), ("bypassed", "bypassed")),
)
_NO_WEIGHTS = next(f.default for f in fields(Layer) if f.name == "weights")
_FROZEN = Param(FROZEN, "Frozen", "Whether its weights stay as they are while others learn.", Kind.BOOL, False)
_RATE = Param(RATE, "Learning rate factor", "A factor on the learning rate of its weights.", Kind.FLOAT, 1.0, 1e-6, 1e6)


def settings_of(project: Project) -> tuple[Setting, ...]:
    """All that may be varied, those of the recipe first, then layer by layer in order of creation.

    What stands in a block is listed once, under the block's first use; varying it changes all uses. Values that are
    expressions of the block's parameters are left out (vary the parameter instead).
    """
    found = [*recipe_settings(project), *data_settings(project), *_inside(project.graph, (), "", set())]
    return tuple(setting for setting in found if setting.is_searchable)


def setting_of(project: Project, name: str) -> Setting:
    """The setting a person names: its id, or the last part of one of the recipe ("lr", "epochs").

    Raises `Problem` for one that is not there, with those that are spelled like it.
    """
    name = name.strip()
    known = _by_id(project)
    for id in (name, *(f"{prefix}.{name}" for prefix in ("recipe", *(f"recipe.{field}" for field in CHOSEN)))):
        if id in known:
            return known[id]
    found = _of_other_choice(name) or _by_path(project, name)
    if found is not None and found.is_searchable:
        return found
    like = difflib.get_close_matches(name, [*known, *(id.rpartition(".")[2] for id in known)], 4, 0.5)
    hint = f"Did you mean {' or '.join(f'“{one}”' for one in like)}?" if like else "Name one as “conv2d_1.filters”."
    raise Problem.of(
        "search.unknown", f"The project has no setting “{name[:80]}” that can be searched. {hint}", param=name[:80]
    )


@lru_cache(maxsize=4)
def _cached(project: Same[Project]) -> Mapping[str, Setting]:
    return {setting.id: setting for setting in settings_of(project.value)}


def _by_id(project: Project) -> Mapping[str, Setting]:
    return _cached(Same(project))


def _of_other_choice(name: str) -> Setting | None:
    """A parameter of an optimizer or a schedule the project does not have now, for a search that tries it."""
    for field, (_title, _help, catalogue) in CHOSEN.items():
        prefix = f"recipe.{field}."
        for other in catalogue:
            for setting in chosen_settings(Chosen(other), field):
                if name in (setting.id, setting.id.removeprefix(prefix)):
                    return setting
    return None


def _by_path(project: Project, name: str) -> Setting | None:
    """One that is reached through another use of its block than the first: the same setting under its first name."""
    path, _dot, param = name.rpartition(".")
    graph, block = project.graph, ""
    *through, last = path.split("/")
    for part in through:
        use = graph.nodes.get(part.partition(":")[0])
        if use is None or use.block is None or use.block not in graph.blocks:
            return None
        graph, block = graph.inside(use.block), use.block
    target = Target("node", param, last.partition(":")[0], block)
    return next((setting for setting in _by_id(project).values() if setting.target == target), None)


def _inside(graph: Graph, path: tuple[str, ...], block: str, seen: set[str]) -> Iterator[Setting]:
    for node in graph:
        layer = layer_of(graph, node.layer)
        if layer is None:
            continue
        yield from _of_node(graph, node, layer, path, block)
        inner = node.block
        if inner is not None and inner in graph.blocks and inner not in seen:
            seen.add(inner)
            yield from _inside(graph.inside(inner), (*path, node.id), inner, seen)


def _of_node(graph: Graph, node: Node, layer: Layer, path: tuple[str, ...], block: str) -> Iterator[Setting]:
    name = display_name(graph, node.id)
    group = f"{graph.blocks[block].title} › {name}" if block else name
    place = "/".join((*path, node.id))
    plain = {p: v for p, v in node.params.items() if not _has_expression(v)}
    values, _problems = check(layer, plain)

    def setting(param: Param, value: Value, wanted: Values | None = None) -> Setting:
        tried = wanted or suggested(param, value)
        target = Target("node", param.id, node.id, block)
        return Setting(f"{place}.{param.id}", param.title, group, param, value, tried, target)

    for param in layer.params:
        if not _has_expression(node.params.get(param.id)):
            yield setting(param, values[param.id])
    own = {param.id for param in layer.params}
    for param, value, tried in _beside(node, layer, len(layer.input_ports(values))):
        if param.id not in own:
            yield setting(param, value, tried)


def _beside(node: Node, layer: Layer, inputs: int) -> Iterator[tuple[Param, Value, Values | None]]:
    """What may be varied of a node beside its layer's parameters."""
    if layer.category in EXCHANGED:
        yield _layer_param(node.layer, layer)
    if node.state in ("", "bypassed") and inputs == 1 and not (layer.is_input or layer.is_output):
        yield _STATE, "bypassed" if node.state else "on", None
    if learns(layer):
        yield _FROZEN, node.frozen, None
        yield _RATE, node.rate, Values((0.1, 0.3, 1.0)) if node.rate == 1.0 else None


def learns(layer: Layer) -> bool:
    """Whether there may be weights in a layer: it says how many, or it is a block."""
    return layer.block is not None or layer.weights is not _NO_WEIGHTS


def _layer_param(now: str, layer: Layer) -> tuple[Param, Value, Values]:
    """Which layer of its family stands there."""
    family = tuple((id, other.title) for id, other in LAYERS.items() if other.category is layer.category)
    param = Param(LAYER, "Layer", "Which layer of its family stands here.", Kind.CHOICE, now, choices=family)
    near = [id for id, _title in family if _trait(id) == _trait(now) and id != now]
    return param, now, Values((now, *near[:3]))


def _trait(layer: str) -> str:
    """The axes a layer works on ("2d"), which layers that stand for each other have in common."""
    return next((axes for axes in ("1d", "2d", "3d") if axes in layer), "")


def _has_expression(value: Value) -> bool:
    return is_expression(value) or (isinstance(value, tuple) and any(map(is_expression, value)))
