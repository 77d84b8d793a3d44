"""Classes that PyTorch does not have, copied into the generated source so that the file stands alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from workbench.core.syntax import parse_module


@dataclass(frozen=True, slots=True)
class Inlined:
    """One class of `workbench.compiler.support`: its text as written, and the other such classes it uses."""

    name: str
    text: str
    tree: str  # `ast.dump` of it, to recognise it again
    uses: tuple[str, ...]


@cache
def available() -> Mapping[str, Inlined]:
    """Every class in `workbench.compiler.support`, by name."""
    found: dict[str, tuple[str, ast.ClassDef]] = {}
    folder = resources.files("workbench.compiler.support")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".py"):
            text = file.read_text(encoding="utf-8")
            for part in parse_module(text).body:
                if isinstance(part, ast.ClassDef):
                    found[part.name] = (ast.get_source_segment(text, part) or "", part)
    return {name: Inlined(name, text, ast.dump(part), _uses(part, found)) for name, (text, part) in found.items()}


def _uses(part: ast.ClassDef, known: Iterable[str]) -> tuple[str, ...]:
    names = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}
    return tuple(sorted((names & set(known)) - {part.name}))


def needed(names: Iterable[str]) -> tuple[Inlined, ...]:
    """The classes of these names with those they use, each after what it needs."""
    order: dict[str, Inlined] = {}

    def take(name: str) -> None:
        if name not in order:
            inlined = available()[name]
            for other in inlined.uses:
                take(other)
            order[name] = inlined

    for name in sorted(names):
        take(name)
    return tuple(order.values())
