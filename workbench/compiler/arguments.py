"""What stands in place of values that differ between the uses of a block: its parameters, or new arguments."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.catalogue.expression import Argument, Call

COUNTED = 8
"""Whole numbers from here on count channels or units; smaller ones (a kernel, a stride) are often equal by chance."""

LARGEST_FACTOR = 16

ARRIVING = frozenset(
    {
        "in_channels",
        "in_features",
        "num_features",
        "num_channels",
        "normalized_shape",
        "input_size",
        "embed_dim",
        "d_model",
    }
)
"""Arguments that follow from what arrives, not from what a person wrote at the layer."""

RESERVED = frozenset({"self", "torch", "nn", "math", "super"})
"""Names that mean something in the generated source, besides Python's own."""

_PLAIN = re.compile(r"[a-z][a-z0-9_]*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a block: its calls by attribute, and what names in its expressions stand for: the block's parameters,
    and `arriving` for what reaches its first input ("in_channels" and the like)."""

    calls: Mapping[str, Call]
    params: Mapping[str, Any]
    arriving: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a constructor call, and its value in every use."""

    attribute: str
    argument: str
    values: tuple[Any, ...]

    @property
    def key(self) -> tuple[tuple[type, Any], ...]:
        return _typed(self.values)

    @property
    def varies(self) -> bool:
        return len(set(self.key)) > 1

    @property
    def counts(self) -> bool:
        return all(type(value) is int and value >= COUNTED for value in self.values)


def _typed(values: tuple[Any, ...]) -> tuple[tuple[type, Any], ...]:
    """The values with their types, for True is not 1."""
    return tuple((type(value), value) for value in values)


class Naming:
    """Decides what stands in each cell: a value, a parameter of the block, or an argument named after its place."""

    def __init__(
        self,
        uses: Sequence[Use],
        written: Mapping[str, Mapping[str, frozenset[str]]],
        defaults: Mapping[str, Any],
    ) -> None:
        self._written = written
        self._params: dict[str, tuple[Any, ...]] = {}
        self._alias: dict[str, str] = {}  # names that stand for the same values in every use as another
        self._channels = tuple(use.arriving.get("in_channels") for use in uses)
        for name in (*uses[0].params, *uses[0].arriving):
            source = "params" if name in uses[0].params else "arriving"
            if not _PLAIN.match(name) or any(name not in getattr(use, source) for use in uses):
                continue
            values = tuple(getattr(use, source)[name] for use in uses)
            cell = Cell("", name, values)
            equal = next((p for p, other in self._params.items() if _typed(other) == cell.key), None)
            if equal is not None and (cell.varies or cell.counts):
                self._alias[name] = equal
            elif cell.varies or name not in defaults or values[0] != defaults[name]:
                self._params[name] = values
        self._shared: dict[tuple[tuple[type, Any], ...], Argument] = {}
        self.arguments: dict[str, tuple[Any, ...]] = {}

    def leaves(self, cells: Sequence[Cell]) -> list[Any]:
        """What to write in each cell; `arguments` then has those used: what arrives, own parameters, others."""
        found: dict[int, Argument] = {}
        for position, cell in enumerate(cells):  # first what a person wrote as an expression of a parameter
            argument = self._expressed(cell)
            if argument is not None:
                found[position] = argument
                if cell.varies or cell.counts:
                    self._shared.setdefault(cell.key, argument)
        leaves: list[Any] = []
        for position, cell in enumerate(cells):
            leaf = found.get(position) or self._shared.get(cell.key)
            if leaf is None and cell.varies:
                leaf = self._shared[cell.key] = self._equal(cell, self._params) or self._named(cell)
            if leaf is None:
                leaves.append(cell.values[0])
            else:
                self.arguments.setdefault(leaf.name, self._column(leaf, cell))
                leaves.append(leaf)
        own = [_safe(name) for name in self._params if name != "in_channels"]
        order = {name: place for place, name in enumerate(["in_channels", *own])}
        self.arguments = dict(sorted(self.arguments.items(), key=lambda item: order.get(item[0], len(order))))
        return leaves

    def _column(self, leaf: Argument, cell: Cell) -> tuple[Any, ...]:
        param = next((p for p in self._params if _safe(p) == leaf.name), None)
        return cell.values if param is None else self._params[param]

    def _expressed(self, cell: Cell) -> Argument | None:
        """A parameter that an expression behind this cell reads, or may read."""
        written = self._written.get(cell.attribute, {})
        if cell.varies or cell.counts:
            read = frozenset().union(*written.values()) if written else frozenset()
        else:
            about = (
                n for param, n in written.items() if cell.argument == param or cell.argument.startswith(f"{param}_")
            )
            read = frozenset().union(*about)
        read = frozenset(self._alias.get(name, name) for name in read)
        params = {name: values for name, values in self._params.items() if name in read}
        return self._equal(cell, params) or (None if cell.argument in ARRIVING else self._multiple(cell, params))

    def _equal(self, cell: Cell, params: Mapping[str, tuple[Any, ...]]) -> Argument | None:
        """The parameter with the values of a cell, best the one of its name."""
        same = [name for name, values in params.items() if _typed(values) == cell.key]
        return Argument(_safe(cell.argument if cell.argument in same else same[0])) if same else None

    def _multiple(self, cell: Cell, params: Mapping[str, tuple[Any, ...]]) -> Argument | None:
        """The parameter of which the values of a cell are multiples or fractions in every use."""
        for name, values in params.items():
            if not all(type(v) is int for v in (*values, *cell.values)) or not all(v >= COUNTED for v in values):
                continue
            pairs = list(zip(cell.values, values, strict=True))
            for factor in range(2, LARGEST_FACTOR + 1):
                if all(value == factor * other for value, other in pairs):
                    return Argument(_safe(name), times=factor)
                if all(value == other // factor and not other % factor for value, other in pairs):
                    return Argument(_safe(name), over=factor)
        return None

    def _named(self, cell: Cell) -> Argument:
        """A new argument: ``in_channels``, or ``conv2d_2_in_channels`` where that is another's."""
        taken = {*self.arguments, *map(_safe, self._params), *(a.name for a in self._shared.values())}
        stem = cell.argument if _PLAIN.match(cell.argument) else "value"
        if cell.argument in ARRIVING and cell.values == self._channels:
            stem = "in_channels"
        choices = [stem, f"{cell.attribute}_{stem}" if _PLAIN.match(cell.attribute) else f"{stem}_of"]
        number = 2
        while _safe(choices[0]) in taken:
            choices = choices[1:] or [f"{stem}_{number}"]
            number += 1
        return Argument(_safe(choices[0]))


def _safe(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name
