"""Layers that learn nothing and change the size of maps: pad, crop, upsample, pixel shuffle."""

from __future__ import annotations

from workbench.catalogue.declaration import Category, Layer, Mismatch, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.catalogue.layers.windows import cross, short
from workbench.catalogue.memory import FLOAT, NOTHING, Kept
from workbench.catalogue.parameters import choice, integer, integers
from workbench.catalogue.refusals import take_rank

_SIDES = "Left, right, top and bottom, in pixels."
_FILL = choice(
    "mode",
    "Fill",
    "What the new rows hold.",
    "constant",
    (("constant", "Zeros"), ("reflect", "Mirror image"), ("replicate", "Edge repeated"), ("circular", "Opposite side")),
)
_MODE = choice(
    "mode",
    "Between",
    "How values between the old ones are found.",
    "nearest",
    (("nearest", "Nearest value"), ("bilinear", "Linear"), ("bicubic", "Cubic")),
)


def _padded(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Pad", x[0], 3)
    channels, height, width = x[0].shape
    left, right, top, bottom = p.amount
    most = {"reflect": 1, "circular": 0}.get(p.mode)  # a mirror image leaves out the edge itself
    if most is not None and (max(left, right) > width - most or max(top, bottom) > height - most):
        raise Mismatch(
            f"Pad takes {', '.join(map(str, p.amount))} new rows and columns from the picture itself, this wire "
            f"carries {x[0].words} and has too few. Pad less, or fill with zeros.",
            param="amount",
        )
    return Tensor((channels, height + top + bottom, width + left + right))


def _write_pad(p: Values, _x: tuple[Tensor, ...]) -> str:
    mode = "" if p.mode == "constant" else f', mode="{p.mode}"'
    return f"F.pad({{x}}, ({', '.join(map(str, p.amount))}){mode})"


def _cropped(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Crop", x[0], 3)
    channels, height, width = x[0].shape
    left, right, top, bottom = p.amount
    if left + right >= width or top + bottom >= height:
        raise Mismatch(
            f"Crop cuts off {', '.join(map(str, p.amount))} (left, right, top, bottom), this wire carries "
            f"{x[0].words} and nothing would be left. Cut off less.",
            param="amount",
            stricter=True,
        )
    return Tensor((channels, height - top - bottom, width - left - right))


def _write_crop(p: Values, _x: tuple[Tensor, ...]) -> str:
    left, right, top, bottom = p.amount
    rows, columns = (f"{a or ''}:{f'-{b}' if b else ''}" for a, b in ((top, bottom), (left, right)))
    return f"{{x}}[:, :, {rows}, {columns}]"


def _upsampled(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Upsample", x[0], 3)
    channels, height, width = x[0].shape
    return Tensor((channels, height * p.scale[0], width * p.scale[1]))


def _resized(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Resize", x[0], 3)
    return Tensor((x[0].shape[0], *p.size))


def _shuffled(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Pixel Shuffle", x[0], 3)
    channels, height, width = x[0].shape
    if channels % p.factor**2:
        raise Mismatch(
            f"Pixel Shuffle by {p.factor} lays out {p.factor**2:,} channels as one, this wire carries {x[0].words} and "
            f"{channels:,} channels do not divide evenly. Set the filters before it to a multiple of {p.factor**2:,}.",
            param="factor",
        )
    return Tensor((channels // p.factor**2, height * p.factor, width * p.factor))


def _unshuffled(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Pixel Unshuffle", x[0], 3)
    channels, height, width = x[0].shape
    if height % p.factor or width % p.factor:
        raise Mismatch(
            f"Pixel Unshuffle by {p.factor} takes {p.factor} × {p.factor} pixels together, this wire carries "
            f"{x[0].words}, which they do not fill evenly. Bring height and width to multiples of {p.factor}.",
            param="factor",
        )
    return Tensor((channels * p.factor**2, height // p.factor, width // p.factor))


_FACTOR = integer("factor", "Factor", "By how much height and width change.", 2, 1, 64)

LAYERS = (
    Layer(
        id="upsample",
        title="Upsample",
        category=Category.SHAPE,
        summary="Makes maps larger by repeating or blending their values.",
        help="The calm way back to a larger size, followed by a convolution: it makes no checkerboard patterns as a "
        "transposed convolution may. A scale of 2 doubles height and width. Nearest is quick, linear is smooth.",
        params=(integers("scale", "Scale", "How many times larger.", (2, 2), 2, 1, 64), _MODE),
        keywords=("interpolate", "enlarge", "decoder", "unpool"),
        shape=_upsampled,
        build=lambda p, _x: Call("nn.Upsample", scale_factor=short(p.scale), mode=p.mode),
        keeps=NOTHING,
        words=lambda p: f"by {cross(p.scale)}",
    ),
    Layer(
        id="resize",
        title="Resize",
        category=Category.SHAPE,
        summary="Brings maps to a size you choose by blending their values.",
        help="Useful before Concatenate or Add, when two branches ended at different sizes. A smaller size than "
        "before skips values; pool first where that would lose too much.",
        params=(integers("size", "Size", "Height and width that come out.", (32, 32), 2, 1, 8192), _MODE),
        keywords=("interpolate", "scale", "upsample", "downsample"),
        shape=_resized,
        build=lambda p, _x: Call("nn.Upsample", size=short(p.size), mode=p.mode),
        keeps=NOTHING,
        words=lambda p: f"to {cross(p.size)}",
    ),
    Layer(
        id="pad",
        title="Pad",
        category=Category.SHAPE,
        summary="Adds rows and columns around maps.",
        help="Gives a convolution room at the edge, or brings a map to a wanted size. Zeros are usual; a mirror "
        "image avoids a dark frame. Larger amounts add more.",
        params=(integers("amount", "Amount", _SIDES, (1, 1, 1, 1), 4, 0, 4096), _FILL),
        keywords=("border", "zero", "reflect", "frame"),
        shape=_padded,
        forward=_write_pad,
        keeps=lambda p, _x, _y: Kept(inputs=p.mode in ("reflect", "replicate")),
        words=lambda p: ", ".join(map(str, p.amount)),
    ),
    Layer(
        id="crop",
        title="Crop",
        category=Category.SHAPE,
        summary="Cuts rows and columns off maps.",
        help="Takes off edges that padding spoilt, or brings a map to the size of another before they meet. Larger "
        "amounts take off more.",
        params=(integers("amount", "Amount", _SIDES, (1, 1, 1, 1), 4, 0, 4096),),
        keywords=("cut", "trim", "slice"),
        shape=_cropped,
        forward=_write_crop,
        keeps=lambda _p, x, _y: Kept(inputs=False, shares=True, backward=FLOAT * x[0].size),
        words=lambda p: ", ".join(map(str, p.amount)),
    ),
    Layer(
        id="pixel_shuffle",
        title="Pixel Shuffle",
        category=Category.SHAPE,
        summary="Makes maps larger by laying out channels side by side.",
        help="Four channels become one of twice the height and width, so a convolution before it draws all the new "
        "pixels (Shi et al. 2016). Usual at the end of networks that sharpen pictures. A larger factor uses up more "
        "channels.",
        params=(_FACTOR,),
        keywords=("super resolution", "depth to space", "upsample", "sub-pixel"),
        shape=_shuffled,
        build=lambda p, _x: Call("nn.PixelShuffle", p.factor),
        keeps=NOTHING,
        words=lambda p: f"by {p.factor}",
    ),
    Layer(
        id="pixel_unshuffle",
        title="Pixel Unshuffle",
        category=Category.SHAPE,
        summary="Makes maps smaller by moving neighbouring pixels into channels, losing nothing.",
        help="The opposite of Pixel Shuffle: each square of pixels becomes as many channels. A way to begin a "
        "network on large pictures cheaply. A larger factor makes smaller maps of more channels.",
        params=(_FACTOR,),
        keywords=("space to depth", "downsample", "focus"),
        shape=_unshuffled,
        build=lambda p, _x: Call("nn.PixelUnshuffle", p.factor),
        keeps=NOTHING,
        words=lambda p: f"by {p.factor}",
    ),
)
