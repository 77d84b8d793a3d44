"""Shapes in the docstring of a class that takes several: "N x in_channels x H x W"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.catalogue.declaration import Tensor

AXES = {1: ("D",), 2: ("L", "D"), 3: ("C", "H", "W"), 4: ("C", "T", "H", "W")}
"""What the axes of a tensor are called, by their number."""

Column = tuple[int, ...]


def symbolic(
    takes: Sequence[Sequence[Tensor]], gives: Sequence[Sequence[Tensor]], arguments: Mapping[str, tuple[Any, ...]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The shapes of inputs and outputs as text. Each row has a tensor for every use of the class.

    A size that all uses share is a number, one that equals an argument in every use has its name, others are letters;
    equal letters are equal sizes.
    """
    named = {values: name for name, values in reversed(list(arguments.items())) if len(set(values)) > 1}
    letters: dict[tuple[int, Column], str] = {}
    return tuple(_shape(row, named, letters) for row in takes), tuple(_shape(row, named, letters) for row in gives)


def _shape(row: Sequence[Tensor], named: Mapping[Column, str], letters: dict[tuple[int, Column], str]) -> str:
    ranks = {len(tensor.shape) for tensor in row}
    if len(ranks) != 1:
        return "N x ..."
    axes = AXES.get(ranks.pop(), ())
    sizes = []
    for axis, column in enumerate(zip(*(tensor.shape for tensor in row), strict=True)):
        if len(set(column)) == 1:
            sizes.append(str(column[0]))
        elif column in named:
            sizes.append(named[column])
        else:
            if (axis, column) not in letters:
                letter = axes[axis] if axis < len(axes) else f"S{axis}"
                while letter in letters.values():
                    letter += "'"
                letters[axis, column] = letter
            sizes.append(letters[axis, column])
    return " x ".join(["N", *sizes])
