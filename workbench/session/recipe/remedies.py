"""Remedies that change the recipe: each is one undo step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Diagnostic, Fix
from workbench.document.graph import Graph
from workbench.document.marking import set_frozen
from workbench.session.recipe.settings import with_settings

if TYPE_CHECKING:
    from workbench.session.session import Session


def set_settings(session: Session, fix: Fix) -> Diagnostic | None:
    """Settings by name, as `with_settings` takes them."""
    values: Mapping[str, Any] = fix.arguments
    session.change(fix.label, recipe=with_settings(session.project.recipe, values))
    return None


def set_validation(session: Session, fix: Fix) -> Diagnostic | None:
    """Another share of the samples for validation."""
    session.change(fix.label, data=replace(session.project.data, validation=float(fix.arguments["value"])))
    return None


def unfreeze(session: Session, fix: Fix) -> Diagnostic | None:
    """Lets every layer learn, those inside of blocks too."""
    return session.apply_to_whole(fix.label, _learning)


def _learning(graph: Graph) -> Graph | Diagnostic:
    blocks = {}
    for name, block in graph.blocks.items():
        inner = _plain(block.graph)
        blocks[name] = block if inner is block.graph else replace(block, graph=inner)
    return replace(_plain(graph), blocks=MappingProxyType(blocks))


def _plain(graph: Graph) -> Graph:
    result = set_frozen(graph, [node.id for node in graph if node.frozen], False)
    return result if isinstance(result, Graph) else graph
