"""What a catalogue entry is made of: parameters, ports, a shape rule, and the PyTorch call it stands for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.catalogue.expression import Call
from workbench.catalogue.memory import INPUTS, Keeping, Kept
from workbench.core.diagnostic import Fix
from workbench.document.graph import Block, Value

Shape = tuple[int, ...]
"""A tensor's shape without the batch axis, in PyTorch's order (channels first)."""

LARGEST = 2**31 - 1
"""Most numbers one sample may hold on a wire; beyond it no machine runs the network, and counts stay printable."""


class Category(StrEnum):
    """Where a layer stands in the palette; the theme has one colour for each."""

    IO = "in/out"
    CONVOLUTION = "convolution"
    POOLING = "pooling"
    ACTIVATION = "activation"
    NORMALISATION = "normalisation"
    DENSE = "dense"
    SEQUENCE = "sequence"
    SHAPE = "shape"
    MERGE = "merge"
    REGULARISATION = "regularisation"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Tensor:
    """What a wire carries for one sample: its shape (no batch axis) and whether it holds numbers or indices."""

    shape: Shape
    kind: str = "float"  # "float" | "index" (whole numbers, such as tokens)
    levels: int = 0  # how many different indices there are; 0 for floats

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def words(self) -> str:
        """For people: height × width × channels for pictures ("64 × 64 × 32"), the plain order otherwise."""
        s = self.shape
        ordered = (*s[1:], s[0]) if len(s) >= 3 else s
        return " × ".join(f"{n:,}" for n in ordered) if s else "1"


class Mismatch(Exception):
    """Raised by a shape rule: the layer cannot take what arrives. The message is a full sentence with a remedy.

    `fixes` leave out where the layer stands, for a rule does not know it: "insert_on_edge" has only ``layer`` (the
    caller adds ``edge``, the wire at `port`, or at the first input), "set_param" only ``param`` and ``value`` (the
    caller adds ``node``). `stricter` marks a refusal that is this catalogue's own: PyTorch would run it, or cannot be
    asked, but the result would not mean what the layer's name says.
    """

    def __init__(
        self,
        message: str,
        *,
        port: str | None = None,
        param: str | None = None,
        fixes: tuple[Fix, ...] = (),
        stricter: bool = False,
    ) -> None:
        super().__init__(message)
        self.message, self.port, self.param, self.fixes, self.stricter = message, port, param, fixes, stricter


class Kind(StrEnum):
    """How a parameter is edited and checked."""

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    CHOICE = "choice"
    INTS = "ints"  # a tuple of `length` whole numbers (any length when 0); one number stands for all
    PADDING = "padding"  # "same", "valid", or a tuple of `length` whole numbers
    TEXT = "text"  # for people only, never in generated code


@dataclass(frozen=True, slots=True)
class Param:
    """One knob of a declaration. `help` is one sentence that says what turning it does."""

    id: str
    title: str
    help: str
    kind: Kind
    default: Value
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[tuple[str, str], ...] = ()  # (value, words), for CHOICE
    length: int = 0  # for INTS and PADDING
    unit: str = ""
    optional: bool = False  # None is allowed and means "off" or "automatic"
    advanced: bool = False  # folded away in the inspector
    only: tuple[str, tuple[str, ...]] | None = None  # shown where that other parameter has one of these values

    def applies(self, values: Mapping[str, Any]) -> bool:
        """Whether it says anything, given the values of all parameters of the declaration."""
        return self.only is None or values.get(self.only[0]) in self.only[1]


class Values(Mapping[str, Any]):
    """A declaration's parameter values, complete and checked, also readable as attributes: ``p.filters``."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True, slots=True)
class Port:
    """Where a wire ends. Ids are unique among a layer's inputs, and among its outputs."""

    id: str
    title: str = ""


ONE_IN = (Port("in", "Input"),)
ONE_OUT = (Port("out", "Output"),)

ShapeRule = Callable[[Values, tuple[Tensor, ...]], Tensor]
Count = Callable[[Values, tuple[Tensor, ...], Tensor], int]


def _none(_p: Values, _x: tuple[Tensor, ...], _y: Tensor) -> int:
    return 0


def _same(_p: Values, x: tuple[Tensor, ...]) -> Tensor:
    return x[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What every catalogue entry has. `id` is written into project files and never changes once shipped."""

    id: str
    title: str
    summary: str  # one sentence a beginner understands
    params: tuple[Param, ...] = ()
    help: str = ""  # Markdown, a paragraph or two: what it does, when to use it
    keywords: tuple[str, ...] = ()  # further words a person may search for


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(Declaration):
    """One layer: everything else (palette, inspector, checks, source, tests, help) follows from this.

    `shape(p, x)` gives the output for complete inputs `x` (in port order) or raises `Mismatch`; callers ask
    `infer`, which also holds `takes` ("float", "index" or "any") and the limit on size.
    `build(p, x)` gives the constructor call stored on the module, or None for a layer without a module.
    `forward` is the expression in `forward()`: ``{self}`` is the attribute, ``{x}`` the first input, ``{0}``, ``{1}`` …
    the inputs, ``{xs}`` all of them joined by commas; a callable may write it from the parameters (numbers only).
    `weights(p, x, y)` counts trainable parameters; `flops(p, x, y)` counts floating-point operations for one
    sample, a multiply-add as two, as `torch.utils.flop_counter` does.
    `window(p)` gives (kernel, stride, dilation) along height for the receptive field, None where it does not apply.
    `keeps` is what a training step holds for the layer besides its weights; without a word, what arrives at it.
    `words(p)` is the line under the node's title ("3×3, 32 filters").
    """

    category: Category
    inputs: tuple[Port, ...] | Callable[[Values], tuple[Port, ...]] = ONE_IN
    outputs: tuple[Port, ...] = ONE_OUT
    takes: str = "float"
    shape: ShapeRule = _same
    build: Callable[[Values, tuple[Tensor, ...]], Call | None] = lambda _p, _x: None
    forward: str | Callable[[Values, tuple[Tensor, ...]], str] = "{self}({x})"
    weights: Count = _none
    flops: Count = _none
    window: Callable[[Values], tuple[int, int, int]] | None = None
    keeps: Kept | Keeping = INPUTS
    words: Callable[[Values], str] = lambda _p: ""
    is_input: bool = False
    is_output: bool = False
    block: Block | None = None  # the definition behind a use of a block; the compiler looks inside

    def input_ports(self, p: Values) -> tuple[Port, ...]:
        return self.inputs(p) if callable(self.inputs) else self.inputs

    def infer(self, p: Values, x: tuple[Tensor, ...]) -> Tensor:
        """The output for complete inputs, in port order; raises `Mismatch` with a sentence and remedies."""
        for port, tensor in zip(self.input_ports(p), x, strict=True):
            if self.takes not in ("any", tensor.kind):
                raise self._wrong_kind(port, tensor)
        y = self.shape(p, x)
        if y.size > LARGEST:
            raise Mismatch(
                f"{self.title} would give {y.words} for each sample, which is {y.size:,} numbers; no machine holds a "
                f"batch of that. Make the sizes before it smaller.",
                stricter=True,
            )
        return y

    def kept(self, p: Values, x: tuple[Tensor, ...], y: Tensor) -> Kept:
        """What a training step holds for this layer between its passes."""
        return self.keeps if isinstance(self.keeps, Kept) else self.keeps(p, x, y)

    def _wrong_kind(self, port: Port, tensor: Tensor) -> Mismatch:
        if self.takes == "index":
            text = (
                f"{self.title} looks up whole numbers such as tokens, this wire carries {tensor.words} real numbers. "
            )
            return Mismatch(text + "Connect it to Tokens.", port=port.id, stricter=True)
        fix = Fix("Add Embedding", "insert_on_edge", {"layer": "embedding"})
        text = f"{self.title} computes with real numbers, this wire carries {tensor.words} token indices. "
        return Mismatch(text + "Add Embedding before it.", port=port.id, fixes=(fix,), stricter=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss(Declaration):
    """An objective. `build(p)` is the criterion's constructor call; `kind` what it compares answers with: "classes",
    "labels" or "values" (see `losses.py`). `weighs`: its criterion takes a weight for each class."""

    build: Callable[[Values], Call]
    kind: str = "classes"
    weighs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer(Declaration):
    """`target` is the torch class ("torch.optim.AdamW"); `arguments(p)` its keyword arguments, `lr` among them.

    `remembers(p)` is how many numbers it keeps for each weight from one step to the next, and `works(p)` how many more
    it has for each weight of one tensor while it steps that one (0 where the step is one kernel). `others` is for an
    optimizer that takes matrices only: the torch class and the arguments of the one that takes all other weights.
    """

    target: str
    arguments: Callable[[Values], dict[str, Any]]
    remembers: Callable[[Values], float] = lambda _p: 2
    works: Callable[[Values], float] = lambda _p: 0
    others: tuple[str, Callable[[Values], dict[str, Any]]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Declaration):
    """`factor(p, step, steps, steps_per_epoch)` multiplies the optimizer's learning rate at a step (from 0).

    With `follows`, the rate is lowered further while a run trains, where validation gets no better; the parameters are
    then `gamma`, `patience`, `threshold`, `rest` and `least` (see `workbench.training.optimizing.rates`).
    """

    factor: Callable[[Values, int, int, int], float]
    follows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialisation(Declaration):
    """What weights begin with. `target` is the function of torch ("torch.nn.init.orthogonal_"), "" for PyTorch's own
    choice for each layer; `arguments(p)` are its keyword arguments."""

    target: str
    arguments: Callable[[Values], dict[str, Any]] = lambda _p: {}


Draw = Callable[[int], NDArray[np.float64]]
"""``draw(k)`` gives N × k uniform numbers in [0, 1), a function of (seed, epoch, picture index) alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation(Declaration):
    """A change made to training pictures, uint8 N × H × W × C; one of `apply` and `mix` is given.

    `apply(p, pictures, draw)` gives the pictures changed. `mix(p, pictures, others, draw)` mixes each with another one
    and gives (pictures, shares): float32 N, how much of each is left, which is the share of its label too.

    Every augmentation has the parameters `chance` (the share of pictures it is done to) and `on`, seen to by the caller
    (`workbench.data.augment`), which passes only the pictures it is to be done to. With `chance_first` a picture's
    chance is the first of its numbers, otherwise one of its own. What comes out for a picture follows from the picture
    and its numbers alone, so that a run resumes exactly whatever the batch or the number of threads.
    """

    group: str = ""  # under which it stands in the menu
    chance_first: bool = False
    apply: Callable[[Values, NDArray[np.uint8], Draw], NDArray[np.uint8]] | None = field(default=None, repr=False)
    mix: (
        Callable[[Values, NDArray[np.uint8], NDArray[np.uint8], Draw], tuple[NDArray[np.uint8], NDArray[np.float32]]]
        | None
    ) = field(default=None, repr=False)
