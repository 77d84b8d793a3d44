"""A block's parameters as values: a new one with a free name, the order of them, and names from what a person types."""

from __future__ import annotations

import re

from workbench.document.expressions import is_name
from workbench.document.graph import Block, BlockParam, Value

_NAMES = {"int": "channels", "float": "rate", "bool": "enabled", "choice": "kind"}
_DEFAULTS: dict[str, Value] = {"int": 64, "float": 0.1, "bool": True, "choice": "first"}


def fresh_param(block: Block, kind: str) -> BlockParam:
    """A parameter of a kind that the block does not have yet, with a name that is free and a default to begin with."""
    taken = {p.id for p in block.params}
    stem, number = _NAMES[kind], 1
    while (name := stem if number == 1 else f"{stem}_{number}") in taken:
        number += 1
    choices = ("first", "second") if kind == "choice" else ()
    minimum = 1 if kind == "int" else None
    title = name.replace("_", " ").capitalize()
    return BlockParam(name, title, kind, _DEFAULTS[kind], minimum=minimum, choices=choices)


def moved_param(params: tuple[BlockParam, ...], param: str, step: int) -> tuple[BlockParam, ...]:
    """The parameters with one moved up (-1) or down (1); the same ones where that is not possible."""
    place = next((i for i, p in enumerate(params) if p.id == param), None)
    if place is None or not 0 <= place + step < len(params):
        return params
    after = list(params)
    after.insert(place + step, after.pop(place))
    return tuple(after)


def param_id(text: str) -> str:
    """The name that a person's text stands for in expressions: "Out channels" is "out_channels".

    Text that no name can be made of comes back as it is; the edit that takes it says what is wrong.
    """
    made = re.sub(r"[^a-z0-9]+", "_", text.strip().lower()).strip("_")[:64]
    return made if is_name(made) else text.strip()
