"""Convolutions: small filters that slide over a signal, a picture or a volume."""

from __future__ import annotations

import math

from workbench.catalogue.declaration import Category, Layer, Mismatch, Param, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.catalogue.layers.windows import cross, kernel, resolve, short, slide
from workbench.catalogue.memory import FLOAT, Kept
from workbench.catalogue.parameters import integer, integers, padding, switch
from workbench.catalogue.refusals import RANK_WORDS, set_param, take_rank

TAKES = {1: "a signal (channels × length)", 2: RANK_WORDS[3], 3: RANK_WORDS[4]}

FILTERS = integer("filters", "Filters", "How many patterns are looked for; each gives one map.", 32, 1, 65_536)
BIAS = switch(
    "bias", "Bias", "Adds a learned number to every map; not needed before a batch norm.", True, advanced=True
)
GROUPS = integer(
    "groups",
    "Groups",
    "Splits the channels into groups that do not see each other; 1 lets every filter see all.",
    1,
    1,
    65_536,
    advanced=True,
)


def window_params(n: int) -> tuple[Param, ...]:
    """Kernel, stride, padding and dilation for `n` sliding axes."""
    return (
        kernel(n, 3, "How far each filter sees, odd as a rule."),
        integers("stride", "Stride", "How far the filter moves each time; 2 halves the size.", (1,) * n, n, 1, 255),
        padding(
            "padding", "Padding", "Zeros around the edge: “same” keeps the size, “valid” adds none.", "same", n, 32_767
        ),
        integers(
            "dilation",
            "Dilation",
            "Gaps between the positions a filter looks at; 2 sees twice as far.",
            (1,) * n,
            n,
            1,
            255,
            advanced=True,
        ),
    )


def window_arguments(p: Values) -> dict[str, object]:
    """Stride, padding and dilation as written in the constructor; what equals PyTorch's default is left out."""
    pad = resolve(p.padding, p.kernel, p.stride, p.dilation)
    arguments: dict[str, object] = {}
    if set(p.stride) != {1}:
        arguments["stride"] = short(p.stride)
    if isinstance(pad, str) or set(pad) != {0}:
        arguments["padding"] = pad if isinstance(pad, str) else short(pad)
    if set(p.dilation) != {1}:
        arguments["dilation"] = short(p.dilation)
    return arguments


def slid(title: str, p: Values, x: Tensor, channels: int) -> Tensor:
    """The output of a sliding window with `channels` filters."""
    pad = resolve(p.padding, p.kernel, p.stride, p.dilation)
    return Tensor((channels, *slide(title, x, p.kernel, p.stride, pad, p.dilation)))


def check_groups(title: str, p: Values, channels: int) -> None:
    """Both the channels that arrive and the filters must split evenly into the groups."""
    for what, count in (("channels arrive", channels), ("filters are asked for", p.filters)):
        if count % p.groups:
            both = math.gcd(channels, p.filters)
            fits = max(g for g in range(1, min(p.groups, both) + 1) if both % g == 0)
            raise Mismatch(
                f"{title} splits its channels into {p.groups:,} groups, but {count:,} {what}, which does not divide "
                f"evenly. Set groups to {fits:,}, which divides the {channels:,} channels and the {p.filters:,} "
                "filters.",
                param="groups",
                fixes=(set_param("Groups", "groups", fits),),
            )


def kept_by_window(n: int, p: Values, x: tuple[Tensor, ...], y: Tensor) -> Kept:
    """A convolution keeps what arrives, padded where "same" needs one more row on one side.

    Other than with pictures that lie channels last, oneDNN computes in blocks of channels and copies into and out of
    them.
    """
    forward, backward = (0, 0) if n == 2 else (FLOAT * y.size, FLOAT * (x[0].size + y.size))
    odd = [d * (k - 1) % 2 for d, k in zip(p.dilation, p.kernel, strict=True)]
    if p.padding != "same" or set(p.stride) != {1} or not any(odd):
        return Kept(forward=forward, backward=backward)
    rows = zip(x[0].shape[1:], p.dilation, p.kernel, odd, strict=True)
    padded = x[0].shape[0] * math.prod(size + (d * (k - 1) if one_sided else 0) for size, d, k, one_sided in rows)
    return Kept(inputs=False, more=FLOAT * padded, forward=forward, backward=backward)


def _convolution(n: int, summary: str, help: str, *keywords: str) -> Layer:
    title = f"Conv {n}D"

    def shape(p: Values, x: tuple[Tensor, ...]) -> Tensor:
        take_rank(title, x[0], n + 1, words=TAKES[n])
        check_groups(title, p, x[0].shape[0])
        return slid(title, p, x[0], p.filters)

    def build(p: Values, x: tuple[Tensor, ...]) -> Call:
        arguments = window_arguments(p) | ({"groups": p.groups} if p.groups > 1 else {})
        arguments |= {} if p.bias else {"bias": False}
        return Call(f"nn.Conv{n}d", x[0].shape[0], p.filters, short(p.kernel), **arguments)

    def weights(p: Values, x: tuple[Tensor, ...], _y: Tensor) -> int:
        return int(p.filters * (x[0].shape[0] // p.groups * math.prod(p.kernel) + p.bias))

    return Layer(
        id=f"conv{n}d",
        title=title,
        category=Category.CONVOLUTION,
        summary=summary,
        help=help,
        params=(FILTERS, *window_params(n), GROUPS, BIAS),
        keywords=("conv", "filter", "kernel", *keywords),
        shape=shape,
        build=build,
        weights=weights,
        flops=lambda p, x, y: 2 * y.size * (x[0].shape[0] // p.groups) * math.prod(p.kernel),
        window=lambda p: (p.kernel[0], p.stride[0], p.dilation[0]),
        keeps=lambda p, x, y: kept_by_window(n, p, x, y),
        words=lambda p: f"{cross(p.kernel)}, {p.filters:,} filters",
    )


CONV2D = _convolution(
    2,
    "Slides small learned filters over the picture and draws a map of where each one finds its pattern.",
    "The workhorse for pictures. Early ones find edges and colours, later ones parts and whole things. Kernels of 3 "
    "× 3, stacked, are the usual choice; more filters find more kinds of patterns and cost more time. A stride of 2 "
    "halves height and width in place of a pooling layer.",
    "picture",
    "cnn",
)
CONV1D = _convolution(
    1,
    "Slides small learned filters along a signal and marks where each one finds its pattern.",
    "For sound, sensor readings and other signals in time. It takes channels × length; a sequence of steps × "
    "features needs a Permute before it. Larger kernels see longer patterns.",
    "signal",
    "audio",
    "time series",
)
CONV3D = _convolution(
    3,
    "Slides small learned filters through a volume or a film and marks where each one finds its pattern.",
    "For scans with depth or for film with time as the first axis. It costs much more than the 2D form: a 3 × 3 × 3 "
    "kernel has 27 weights for every channel, so begin with few filters.",
    "volume",
    "video",
)

LAYERS = (CONV2D, CONV1D, CONV3D)
