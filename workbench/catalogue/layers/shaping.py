"""Layers that learn nothing and only arrange, cut or sum up numbers."""

from __future__ import annotations

import math
from dataclasses import replace

from workbench.catalogue.declaration import Category, Layer, Mismatch, Shape, Tensor, Values
from workbench.catalogue.memory import FLOAT, VIEW, VIEW_OF_ROWS, Kept
from workbench.catalogue.parameters import choice, integer, integers, switch
from workbench.catalogue.refusals import set_param, take_rank


def _flat(_p: Values, x: tuple[Tensor, ...]) -> Tensor:
    return replace(x[0], shape=(x[0].size,))


def _reshaped(p: Values, x: tuple[Tensor, ...]) -> Shape:
    """The new shape with its -1 filled in; raises `Mismatch` where the count of numbers would change."""
    free = p.shape.count(-1)
    known = math.prod(n for n in p.shape if n != -1)
    if free > 1 or 0 in p.shape or (x[0].size % known if free else known != x[0].size):
        asked = " × ".join("?" if n == -1 else f"{n:,}" for n in p.shape)
        raise Mismatch(
            f"Reshape should give {asked}, this wire carries {x[0].words}, which is {x[0].size:,} numbers. The sizes "
            "must multiply to that; one of them may be -1 and is then worked out.",
            param="shape",
            fixes=(set_param("Shape", "shape", (-1,), "-1 (one flat list)"),),
            stricter=True,
        )
    return tuple(x[0].size // known if n == -1 else n for n in p.shape)


def _permuted(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    shape = x[0].shape
    if sorted(p.order) != list(range(1, len(shape) + 1)):
        axes = tuple(range(len(shape), 0, -1))
        raise Mismatch(
            f"Permute should name each of the {len(shape)} axes once, this wire carries {x[0].words} and the order is "
            f"{', '.join(str(n) for n in p.order)}. Set the order to a mix of {', '.join(map(str, sorted(axes)))}.",
            param="order",
            fixes=(set_param("Order", "order", axes, ", ".join(map(str, axes))),),
        )
    return replace(x[0], shape=tuple(shape[n - 1] for n in p.order))


def _mean(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    rank = len(x[0].shape)
    if max(p.axes) > rank or len(set(p.axes)) < len(p.axes):
        raise Mismatch(
            f"Mean should name different axes from 1 to {rank}, this wire carries {x[0].words} and the axes are "
            f"{', '.join(map(str, p.axes))}. Set axes to {rank}.",
            param="axes",
            fixes=(set_param("Axes", "axes", (rank,), str(rank)),),
        )
    if len(p.axes) == rank and not p.keep:
        raise Mismatch(
            f"Mean over all {rank} axes of {x[0].words} leaves a single number without an axis. Leave one axis out, or "
            f"keep the axes.",
            param="axes",
            fixes=(set_param("Keep axes", "keep", True, "on"),),
            stricter=True,
        )
    kept = ((n if i not in p.axes else 1) for i, n in enumerate(x[0].shape, 1) if p.keep or i not in p.axes)
    return Tensor(tuple(kept))


def _write_mean(p: Values, _x: tuple[Tensor, ...]) -> str:
    axes = str(p.axes[0]) if len(p.axes) == 1 else f"({', '.join(map(str, p.axes))})"
    return f"{{x}}.mean(dim={axes}{', keepdim=True' if p.keep else ''})"


def _picked(_p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Pick Step", x[0], 2)
    return Tensor(x[0].shape[1:])


_PICK = {
    "last": ("{x}[:, -1]", "Last"),
    "first": ("{x}[:, 0]", "First"),
    "mean": ("{x}.mean(dim=1)", "Mean of all"),
    "max": ("{x}.amax(dim=1)", "Largest of all"),
}


def _kept_for_step(p: Values, x: tuple[Tensor, ...], _y: Tensor) -> Kept:
    if p.step == "max":
        return Kept(output=True, backward=FLOAT * x[0].size + x[0].size)
    return Kept(inputs=False, backward=FLOAT * x[0].size) if p.step == "mean" else Kept(inputs=False, shares=True)


def _sequence(_p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Map to Sequence", x[0], 3)
    channels, height, width = x[0].shape
    return Tensor((height * width, channels))


def _sliced(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    shape = x[0].shape
    if p.axis > len(shape):
        raise Mismatch(
            f"Slice cuts along axis {p.axis}, this wire carries {x[0].words} and has only {len(shape)}. Set axis to 1.",
            param="axis",
            fixes=(set_param("Axis", "axis", 1),),
        )
    a = p.axis - 1
    if p.start + p.length > shape[a]:
        raise Mismatch(
            f"Slice takes positions {p.start:,} to {p.start + p.length - 1:,} along axis {p.axis}, this wire carries "
            f"{x[0].words} and has {shape[a]:,} there, counted from 0. Set start and length so that they fit.",
            param="length",
            fixes=(set_param("Start", "start", 0),) if p.length <= shape[a] else (),
        )
    return replace(x[0], shape=(*shape[:a], p.length, *shape[a + 1 :]))


LAYERS = (
    Layer(
        id="flatten",
        title="Flatten",
        category=Category.SHAPE,
        summary="Lays all numbers of a sample in one row.",
        help="The step from maps to a Linear. Nothing is lost, so where things were is kept, but the Linear after it "
        "grows large: 16 × 16 × 128 is 32,768 numbers. Global Average is the lighter way.",
        keywords=("reshape", "vector"),
        takes="any",
        shape=_flat,
        forward="torch.flatten({x}, 1)",
        keeps=VIEW_OF_ROWS,
    ),
    Layer(
        id="reshape",
        title="Reshape",
        category=Category.SHAPE,
        summary="Reads the same numbers in another shape.",
        help="The numbers keep their order; only where one axis ends and the next begins changes. Sizes are in "
        "PyTorch's order, channels first, without the batch: 16, 8, 8 is 16 channels of 8 × 8. One size may be -1 "
        "and is worked out.",
        params=(integers("shape", "Shape", "The new sizes; -1 is worked out.", (-1,), 0, -1, 2**31 - 1),),
        keywords=("view", "unflatten"),
        takes="any",
        shape=lambda p, x: replace(x[0], shape=_reshaped(p, x)),
        forward=lambda p, x: f"{{x}}.reshape(-1, {', '.join(map(str, _reshaped(p, x)))})",
        keeps=VIEW_OF_ROWS,
        words=lambda p: ", ".join(map(str, p.shape)),
    ),
    Layer(
        id="permute",
        title="Permute",
        category=Category.SHAPE,
        summary="Puts the axes in another order.",
        help="For example 2, 1 turns a sequence of steps × features into a signal of channels × length for a "
        "Conv 1D. Axes are counted from 1, in PyTorch's order, channels first, without the batch.",
        params=(integers("order", "Order", "Which old axis stands first, which second, and so on.", (2, 1), 0, 1, 8),),
        keywords=("transpose", "swap", "axes"),
        takes="any",
        shape=_permuted,
        forward=lambda p, _x: f"{{x}}.permute(0, {', '.join(map(str, p.order))})",
        keeps=VIEW,
        words=lambda p: ", ".join(map(str, p.order)),
    ),
    Layer(
        id="mean",
        title="Mean",
        category=Category.SHAPE,
        summary="Averages over the axes you name.",
        help="Over axes 2 and 3 of a map it is global average pooling; over axis 1 of a sequence it sums up all "
        "steps. Axes are counted from 1, channels first, without the batch. Keep the axes where a later Multiply "
        "needs them.",
        params=(
            integers("axes", "Axes", "Which axes are averaged away, counted from 1.", (1,), 0, 1, 8),
            switch("keep", "Keep axes", "Leaves each averaged axis with size 1.", False),
        ),
        keywords=("average", "reduce", "pool"),
        shape=_mean,
        forward=_write_mean,
        keeps=lambda _p, x, _y: Kept(inputs=False, backward=FLOAT * x[0].size),
        words=lambda p: f"over {', '.join(map(str, p.axes))}",
    ),
    Layer(
        id="pick_step",
        title="Pick Step",
        category=Category.SHAPE,
        summary="Takes one vector out of a sequence: its first step, its last, or a summary of all.",
        help="The way from a sequence to a decision. Take the last step after a recurrent layer, the first after a "
        "Class Token, the mean after transformer layers without one.",
        params=(
            choice("step", "Step", "What is taken.", "last", tuple((k, words) for k, (_, words) in _PICK.items())),
        ),
        keywords=("last", "first", "sequence", "pool", "select"),
        shape=_picked,
        forward=lambda p, _x: _PICK[p.step][0],
        keeps=_kept_for_step,
        words=lambda p: _PICK[p.step][1].lower(),
    ),
    Layer(
        id="map_to_sequence",
        title="Map to Sequence",
        category=Category.SHAPE,
        summary="Reads a map as a sequence, one step for each position, row by row.",
        help="Lets attention or a recurrent layer work on what a convolution found: 8 × 8 × 64 becomes 64 steps of "
        "64 features. Large maps make long sequences, and attention's cost grows with the square of that, so pool "
        "first.",
        keywords=("tokens", "transformer", "flatten", "vit"),
        shape=_sequence,
        forward="{x}.flatten(2).transpose(1, 2)",
        keeps=VIEW,
        words=lambda _p: "",
    ),
    Layer(
        id="slice",
        title="Slice",
        category=Category.SHAPE,
        summary="Takes a run of positions along one axis and drops the rest.",
        help="For example the first 16 channels of a map, to send parts of it different ways. Axes are counted from "
        "1, channels first, without the batch; positions are counted from 0.",
        params=(
            integer("axis", "Axis", "Along which axis is cut; 1 is the first.", 1, 1, 8),
            integer("start", "Start", "The first position taken, counted from 0.", 0, 0, 2**31 - 1),
            integer("length", "Length", "How many positions are taken.", 1, 1, 2**31 - 1),
        ),
        keywords=("split", "chunk", "select", "narrow"),
        takes="any",
        shape=_sliced,
        forward=lambda p, _x: f"{{x}}.narrow({p.axis}, {p.start}, {p.length})",
        keeps=Kept(inputs=False, shares=True),
        words=lambda p: f"{p.start:,} to {p.start + p.length - 1:,}",
    ),
    Layer(
        id="identity",
        title="Identity",
        category=Category.SHAPE,
        summary="Gives out what comes in.",
        help="A named point on a wire: to keep a drawing tidy, or to look at the maps that pass there. It costs "
        "nothing.",
        keywords=("pass", "reroute", "nothing"),
        takes="any",
        shape=lambda _p, x: x[0],
        forward="{x}",
        keeps=VIEW,
    ),
)
