"""What a layer holds in memory during a training step, declared beside its shape rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.catalogue.declaration import Tensor, Values

FLOAT, INDEX = 4, 8
"""Bytes of one number: float32, and int64 for indices."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What PyTorch holds for a layer between its forward pass and its backward pass, and only while each of them runs.

    `inputs` and `output`: whether autograd keeps what arrives and what leaves ("derivatives.yaml" in PyTorch says which
    formulas read them). `more` is what is kept besides, such as a dropout's mask, in bytes a sample. `shares`: the
    result is no new memory but a view of what arrives first; `rows` takes that back where pictures lie channels last in
    memory, because the layer reads them row by row. `passes`: the gradient is handed on to the inputs as it is.
    `forward` and `backward` are bytes a sample needed only while that pass runs through the layer.
    """

    inputs: bool = True
    output: bool = False
    more: int = 0
    shares: bool = False
    rows: bool = False
    passes: bool = False
    forward: int = 0
    backward: int = 0


Keeping = Callable[["Values", "tuple[Tensor, ...]", "Tensor"], Kept]
"""From parameters, inputs and output of a layer, as its other counts."""

INPUTS = Kept()
"""The usual case: a gradient that is computed from what arrived."""

OUTPUT = Kept(inputs=False, output=True)
"""A gradient that is computed from the result, as those of ReLU, sigmoid, tanh and softmax."""

NOTHING = Kept(inputs=False)
"""A gradient that needs sizes only."""

PASSED = Kept(inputs=False, passes=True)
"""As Add: every input gets the very gradient of the result."""

VIEW = Kept(inputs=False, shares=True, passes=True)
"""The same numbers, looked at otherwise."""

VIEW_OF_ROWS = Kept(inputs=False, shares=True, passes=True, rows=True)
"""The same numbers in the order of rows: a copy where the network's pictures lie channels last."""
