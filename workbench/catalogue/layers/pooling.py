"""Pooling: fewer positions, each summing up its neighbourhood."""

from __future__ import annotations

from workbench.catalogue.declaration import Category, Layer, Mismatch, Param, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.catalogue.layers.convolution import TAKES
from workbench.catalogue.layers.windows import LARGEST_KERNEL, cross, kernel, short, slide
from workbench.catalogue.memory import FLOAT, INDEX, INPUTS, Kept
from workbench.catalogue.parameters import integers, switch
from workbench.catalogue.refusals import set_param, take_rank

MAX, AVG = "Max", "Avg"
NAMES = {MAX: "Max", AVG: "Average"}
WHAT = {MAX: "the largest value", AVG: "the average"}
WHY = {
    MAX: "It keeps the strongest sign of a pattern and forgets exactly where it stood, which makes the network calm "
    "about small shifts.",
    AVG: "It blurs a little where max pooling picks the strongest; use it where every value counts.",
}
SIGNALS = {1: "signal", 2: "map", 3: "volume"}


def _kept_with_places(_p: Values, _x: tuple[Tensor, ...], y: Tensor) -> Kept:
    """What arrives, and for each result where it was found, as a whole number."""
    return Kept(more=INDEX * y.size)


def _spread_evenly(_p: Values, x: tuple[Tensor, ...], _y: Tensor) -> Kept:
    """The gradient of a mean needs sizes only; it is spread out twice, once before the division."""
    return Kept(inputs=False, backward=FLOAT * x[0].size)


def _spread_to_largest(_p: Values, x: tuple[Tensor, ...], _y: Tensor) -> Kept:
    """The gradient of a maximum goes where numbers equal it."""
    return Kept(output=True, backward=FLOAT * x[0].size + x[0].size)


def _params(n: int) -> tuple[Param, ...]:
    return (
        kernel(n, 2, "How large a neighbourhood becomes one value."),
        integers(
            "stride",
            "Stride",
            "How far the window moves each time; as far as the kernel when empty.",
            None,
            n,
            1,
            LARGEST_KERNEL,
            optional=True,
        ),
        integers(
            "padding",
            "Padding",
            "Positions added around the edge, at most half the kernel.",
            (0,) * n,
            n,
            0,
            127,
            advanced=True,
        ),
        switch(
            "ceil_mode", "Keep partial windows", "Also pools what is left over at the far edge.", False, advanced=True
        ),
    )


def _pool(n: int, how: str) -> Layer:
    title = f"{NAMES[how]} Pool {n}D"

    def shape(p: Values, x: tuple[Tensor, ...]) -> Tensor:
        take_rank(title, x[0], n + 1, words=TAKES[n])
        if any(pad > k // 2 for pad, k in zip(p.padding, p.kernel, strict=True)):
            raise Mismatch(
                f"{title} may be padded by half its kernel at most, but the padding is {cross(p.padding)} and the "
                f"kernel {cross(p.kernel)}. Set padding to 0 or make the kernel larger.",
                param="padding",
                fixes=(set_param("Padding", "padding", (0,) * n, "0"),),
            )
        if how == AVG and n == 3:  # PyTorch's 3D average wants the kernel to fit without the padding
            slide(title, x[0], p.kernel, p.stride or p.kernel, (0,) * n, (1,) * n)
        sizes = slide(title, x[0], p.kernel, p.stride or p.kernel, p.padding, (1,) * n, ceil=p.ceil_mode)
        return Tensor((x[0].shape[0], *sizes))

    def build(p: Values, _x: tuple[Tensor, ...]) -> Call:
        arguments: dict[str, object] = {}
        if p.stride not in (None, p.kernel):
            arguments["stride"] = short(p.stride)
        if any(p.padding):
            arguments["padding"] = short(p.padding)
        if p.ceil_mode:
            arguments["ceil_mode"] = True
        return Call(f"nn.{how}Pool{n}d", short(p.kernel), **arguments)

    return Layer(
        id=f"{how.lower()}_pool{n}d",
        title=title,
        category=Category.POOLING,
        summary=f"Shrinks a {SIGNALS[n]}: each neighbourhood becomes {WHAT[how]} in it.",
        help=f"{WHY[how]} With kernel 2 the size halves, so later layers see twice as far for a quarter of the work "
        "or less. A larger kernel shrinks more and loses more detail. It learns nothing.",
        params=_params(n),
        keywords=("pool", "downsample", "shrink", "subsample"),
        shape=shape,
        build=build,
        window=lambda p: (p.kernel[0], (p.stride or p.kernel)[0], 1),
        keeps=_kept_with_places if how == MAX else INPUTS,
        words=lambda p: cross(p.kernel),
    )


def _adaptive(n: int, how: str) -> Layer:
    title = f"Adaptive {NAMES[how]} Pool {n}D"

    def shape(p: Values, x: tuple[Tensor, ...]) -> Tensor:
        take_rank(title, x[0], n + 1, words=TAKES[n])
        return Tensor((x[0].shape[0], *p.size))

    return Layer(
        id=f"adaptive_{how.lower()}_pool{n}d",
        title=title,
        category=Category.POOLING,
        summary=f"Brings a {SIGNALS[n]} of any size to one fixed size, taking {WHAT[how]} of each part.",
        help="You say the size that should come out and the windows follow from it, so the layers after it need not "
        "change when the pictures do. A larger size keeps more of where things are.",
        params=(integers("size", "Output size", "The size that comes out.", (4,) * n, n, 1, 4096),),
        keywords=("pool", "resize", "fixed size"),
        shape=shape,
        build=lambda p, _x: Call(f"nn.Adaptive{how}Pool{n}d", short(p.size)),
        keeps=_kept_with_places if how == MAX else INPUTS,
        words=lambda p: f"to {cross(p.size)}",
    )


def _global(n: int, how: str) -> Layer:
    title = f"Global {NAMES[how]} {n}D"
    dims = ", ".join(str(-k) for k in range(n, 0, -1))
    reduce = "mean" if how == AVG else "amax"

    def shape(_p: Values, x: tuple[Tensor, ...]) -> Tensor:
        take_rank(title, x[0], n + 1, words=TAKES[n])
        return Tensor(x[0].shape[:1])

    return Layer(
        id=f"global_{how.lower()}_pool{n}d",
        title=title,
        category=Category.POOLING,
        summary=f"Sums up each whole {SIGNALS[n]} in one number, {WHAT[how]}.",
        help="The usual step from maps to a decision: whatever the size, one number for each channel is left, and a "
        "Linear after it chooses the class. It has no weights, so it overfits far less than Flatten with a large "
        "Linear, but it forgets where things were.",
        keywords=("pool", "gap", "flatten", "global"),
        shape=shape,
        forward=f"{{x}}.{reduce}(dim=({dims}))" if n > 1 else f"{{x}}.{reduce}(dim=-1)",
        keeps=_spread_evenly if how == AVG else _spread_to_largest,
    )


LAYERS = tuple(make(n, how) for make in (_pool, _global, _adaptive) for n in (2, 1, 3) for how in (MAX, AVG))
