"""The project with other values in it: what a trial trains, and what is taken over of the best one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from workbench.catalogue.blocks import layer_of
from workbench.core.diagnostic import Diagnostic, Problem
from workbench.document.block_edits import GraphEdit, within
from workbench.document.edits import set_param
from workbench.document.graph import Graph, Value, frozen
from workbench.document.marking import set_frozen, set_rate, set_state
from workbench.document.project import Chosen, Project
from workbench.session.searching.ranges import Wanted
from workbench.session.searching.recipe_settings import CHOSEN
from workbench.session.searching.setting import Setting, Target
from workbench.session.searching.settings_of import FROZEN, LAYER, RATE, STATE, learns, setting_of


@dataclass(frozen=True, slots=True)
class Axis:
    """One setting of a search and what is tried for it."""

    setting: Setting
    wanted: Wanted

    @property
    def id(self) -> str:
        return self.setting.id


Suggest = Callable[[Axis], Value]
"""Chooses one value of an axis."""


def with_values(project: Project, values: Mapping[str, Value]) -> Project:
    """The project with settings changed, by their ids. Raises `Problem` for one that is not there, or does not fit."""
    found = [(setting_of(project, name), value) for name, value in values.items()]
    for setting, value in sorted(found, key=lambda pair: _rank(pair[0])):
        project = with_value(project, setting, value)
    return project


def with_value(project: Project, setting: Setting, value: Value) -> Project:
    """The project with one setting changed; as it is where nothing there has this setting now."""
    target = setting.target
    if not applies(project, target):
        return project
    match target.kind:
        case "recipe":
            changed: Any = value
            if target.param in CHOSEN:
                if getattr(project.recipe, target.param).id == value:
                    return project
                changed = Chosen(str(value))
            fields: dict[str, Any] = {target.param: changed}
            return replace(project, recipe=replace(project.recipe, **fields))
        case "chosen":
            chosen = _with_param(getattr(project.recipe, target.node), target.param, value)
            fields = {target.node: chosen}
            return replace(project, recipe=replace(project.recipe, **fields))
        case "data":
            fields = {target.param: value}
            return replace(project, data=replace(project.data, **fields))
        case "augmentation":
            used = list(project.data.augmentations)
            used[target.index] = _with_param(used[target.index], target.param, value)
            return replace(project, data=replace(project.data, augmentations=tuple(used)))
    return replace(project, graph=_edited(project.graph, setting, value))


def applies(project: Project, target: Target) -> bool:
    """Whether the project has such a setting as it is: SGD has momentum, Adam has not."""
    match target.kind:
        case "recipe" | "data":
            return True
        case "chosen":
            declaration = CHOSEN[target.node][2].get(getattr(project.recipe, target.node).id)
            return declaration is not None and any(p.id == target.param for p in declaration.params)
        case "augmentation":
            used = project.data.augmentations
            return target.index < len(used) and used[target.index].id == target.node
    graph = project.graph
    if target.block:
        if target.block not in graph.blocks:
            return False
        graph = graph.inside(target.block)
    node = graph.nodes.get(target.node)
    layer = None if node is None else layer_of(graph, node.layer)
    if layer is None:
        return False
    if any(p.id == target.param for p in layer.params) or target.param in (LAYER, STATE):
        return True
    return target.param in (FROZEN, RATE) and learns(layer)


def in_order(axes: Sequence[Axis]) -> tuple[Axis, ...]:
    """Choices on which others depend come first: which optimizer, before its momentum."""
    return tuple(sorted(axes, key=lambda axis: _rank(axis.setting)))


def variant(project: Project, axes: Sequence[Axis], suggest: Suggest) -> tuple[Project, dict[str, Value]]:
    """A variant of the project and the values in it; axes that mean nothing to it are not asked for."""
    values: dict[str, Value] = {}
    for axis in in_order(axes):
        if applies(project, axis.setting.target):
            values[axis.id] = suggest(axis)
            project = with_value(project, axis.setting, values[axis.id])
    return project, values


def _rank(setting: Setting) -> int:
    target = setting.target
    if target.kind == "recipe" and target.param in CHOSEN:
        return 0
    return 0 if target.kind == "node" and target.param == LAYER else 1


def _with_param(chosen: Chosen, param: str, value: Value) -> Chosen:
    return replace(chosen, params=frozen({**chosen.params, param: value}))


def _edited(graph: Graph, setting: Setting, value: Value) -> Graph:
    target = setting.target

    def edit(inner: Graph) -> Graph | Diagnostic:
        node = inner.nodes.get(target.node)
        layer = None if node is None else layer_of(inner, node.layer)
        if layer is not None and all(param.id != target.param for param in layer.params):
            match target.param:
                case "state":
                    return set_state(inner, (target.node,), "bypassed" if value == "bypassed" else "")
                case "layer":
                    return _exchanged(inner, target.node, str(value))
                case "frozen":
                    return set_frozen(inner, (target.node,), bool(value))
                case "rate" if isinstance(value, int | float):
                    return set_rate(inner, (target.node,), float(value))
        return set_param(inner, target.node, target.param, value)

    whole: GraphEdit = within(target.block, edit) if target.block else edit
    result = whole(graph)
    if isinstance(result, Diagnostic):
        raise Problem(result)
    return result


def _exchanged(graph: Graph, node: str, layer: str) -> Graph:
    """The graph with another layer in a node's place; what both have as parameters is kept."""
    old = graph.nodes[node]
    if old.layer == layer:
        return graph
    declaration = layer_of(graph, layer)
    known = set() if declaration is None else {param.id for param in declaration.params}
    new = replace(old, layer=layer, params=frozen({p: v for p, v in old.params.items() if p in known}))
    return replace(graph, nodes=MappingProxyType({**graph.nodes, node: new}))
