"""Layers where several wires become one."""

from __future__ import annotations

from workbench.catalogue.declaration import Category, Layer, Mismatch, Port, Shape, Tensor, Values
from workbench.catalogue.memory import FLOAT, NOTHING, PASSED, Kept
from workbench.catalogue.parameters import integer
from workbench.catalogue.refusals import set_param

INPUTS = integer("inputs", "Inputs", "How many wires come in.", 2, 2, 16)

TWO = (Port("in_1", "Input 1"), Port("in_2", "Input 2"))


def ports(p: Values) -> tuple[Port, ...]:
    return tuple(Port(f"in_{k}", f"Input {k}") for k in range(1, p.inputs + 1))


def _broadcast(title: str, x: tuple[Tensor, ...]) -> Tensor:
    shape: Shape = x[0].shape
    for k, other in enumerate(x[1:], 2):
        fits = len(other.shape) == len(shape) and all(
            a == b or 1 in (a, b) for a, b in zip(shape, other.shape, strict=True)
        )
        if not fits:
            raise Mismatch(
                f"{title} works number by number and needs the same shape on every input, but input 1 carries "
                f"{x[0].words} and input {k} carries {other.words}. Make the two branches end alike: the same number "
                "of filters or units, and the same strides.",
                port=f"in_{k}",
                stricter=True,
            )
        shape = tuple(max(a, b) for a, b in zip(shape, other.shape, strict=True))
    return Tensor(shape)


def _joined(symbol: str, p: Values) -> str:
    return f" {symbol} ".join(f"{{{k}}}" for k in range(p.inputs))


def _elementwise(id: str, title: str, symbol: str, summary: str, help: str, *keywords: str) -> Layer:
    return Layer(
        id=id,
        title=title,
        category=Category.MERGE,
        summary=summary,
        help=help,
        params=(INPUTS,),
        keywords=("merge", *keywords),
        inputs=ports,
        shape=lambda _p, x: _broadcast(title, x),
        forward=lambda p, _x: _joined(symbol, p),
        keeps=PASSED if symbol == "+" else _kept_for_products,
    )


def _kept_for_products(p: Values, _x: tuple[Tensor, ...], y: Tensor) -> Kept:
    """Each factor is the other's slope; of more than two, products on the way are kept as well."""
    return Kept(more=FLOAT * y.size * (p.inputs - 2))


def _without(shape: Shape, axis: int) -> Shape:
    return shape[:axis] + shape[axis + 1 :]


def _concatenated(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    first = x[0].shape
    if p.axis > len(first):
        raise Mismatch(
            f"Concatenate joins along axis {p.axis}, this wire carries {x[0].words} and has only {len(first)}. Set "
            "axis to 1.",
            param="axis",
            fixes=(set_param("Axis", "axis", 1),),
        )
    a = p.axis - 1
    for k, other in enumerate(x[1:], 2):
        if len(other.shape) != len(first) or _without(other.shape, a) != _without(first, a):
            raise Mismatch(
                f"Concatenate joins along axis {p.axis} and needs all other sizes alike, but input 1 carries "
                f"{x[0].words} and input {k} carries {other.words}. Bring both branches to the same height and width "
                "first.",
                port=f"in_{k}",
            )
    return Tensor((*first[:a], sum(t.shape[a] for t in x), *first[a + 1 :]))


LAYERS = (
    _elementwise(
        "add",
        "Add",
        "+",
        "Adds what comes in on all wires, number by number.",
        "The heart of residual networks: a shortcut is added to what the layers in between made of it, so the signal "
        "always has a short way through and deep networks train (He et al. 2015). Both sides must have the same "
        "shape; an axis of size 1 is repeated.",
        "residual",
        "skip",
        "shortcut",
        "sum",
    ),
    _elementwise(
        "multiply",
        "Multiply",
        "*",
        "Multiplies what comes in on all wires, number by number.",
        "Lets one branch gate another: where it gives 0 nothing passes, where it gives 1 everything does, so a "
        "Sigmoid usually stands before it. All inputs must have the same shape; an axis of size 1 is repeated, as in "
        "a gate for each channel.",
        "gate",
        "product",
        "attention",
    ),
    Layer(
        id="concat",
        title="Concatenate",
        category=Category.MERGE,
        summary="Puts what comes in on all wires side by side, as further channels.",
        help="Keeps everything from both sides instead of adding it up, as networks that join early detail to late "
        "meaning do (U-Net, DenseNet). All sizes but the joined axis must agree. Axis 1 is the channels of maps, the "
        "features of a flat list, and the steps of a sequence; axis 2 is the features of a sequence.",
        params=(INPUTS, integer("axis", "Axis", "Which axis grows; 1 is the first.", 1, 1, 4)),
        keywords=("merge", "join", "cat", "concatenate", "skip", "dense"),
        inputs=ports,
        shape=_concatenated,
        forward=lambda p, _x: f"torch.cat(({{xs}}), dim={p.axis})",
        keeps=PASSED,
        words=lambda p: f"{p.inputs} inputs",
    ),
    Layer(
        id="subtract",
        title="Subtract",
        category=Category.MERGE,
        summary="Takes what comes in on the second wire from the first, number by number.",
        help="Shows the layers after it what changed between two branches, such as a map and its blurred self. Both "
        "sides must have the same shape; an axis of size 1 is repeated.",
        keywords=("merge", "difference", "minus"),
        inputs=TWO,
        shape=lambda _p, x: _broadcast("Subtract", x),
        forward="{0} - {1}",
        keeps=NOTHING,
    ),
    Layer(
        id="maximum",
        title="Maximum",
        category=Category.MERGE,
        summary="Keeps the larger of two inputs, number by number.",
        help="Takes the stronger sign of two branches that look for the same thing in different ways (maxout, "
        "Goodfellow et al. 2013). Both sides must have the same shape; an axis of size 1 is repeated.",
        keywords=("merge", "max", "maxout", "larger"),
        inputs=TWO,
        shape=lambda _p, x: _broadcast("Maximum", x),
        forward="torch.maximum({0}, {1})",
        keeps=lambda _p, _x, y: Kept(backward=FLOAT * y.size),
    ),
)
