"""Arithmetic of sliding windows, shared by convolution and pooling (axis by axis, in PyTorch's order)."""

from __future__ import annotations

from workbench.catalogue.declaration import Mismatch, Param, Shape, Tensor
from workbench.catalogue.parameters import integers
from workbench.catalogue.refusals import set_param

LARGEST_KERNEL = 255

Extent = tuple[int, ...]

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""What the sliding axes are called, by their number."""


def kernel(n: int, default: int, help: str) -> Param:
    return integers("kernel", "Kernel", help, (default,) * n, n, 1, LARGEST_KERNEL)


def short(extent: Extent) -> int | Extent:
    """One number where all axes agree, as one writes it by hand: 3 for (3, 3)."""
    return extent[0] if len(set(extent)) == 1 else extent


def cross(extent: Extent) -> str:
    """For people: "3×3"."""
    return "×".join(str(n) for n in extent)


def reach(kernel: Extent, dilation: Extent) -> Extent:
    """How many positions a dilated kernel spans."""
    return tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))


def resolve(padding: str | Extent, kernel: Extent, stride: Extent, dilation: Extent) -> str | Extent:
    """What to write for a padding: "same" where PyTorch has it (stride 1) and it means something (not for kernel 1),
    else numbers for each side.

    With a stride, "same" is read as dilation × (kernel - 1) // 2 on both sides: every output is centred on an input and
    an odd kernel gives ceil(size / stride), as in the field's usual residual networks.
    """
    if padding == "valid":
        return (0,) * len(kernel)
    if padding == "same":
        if set(stride) == {1} and set(reach(kernel, dilation)) != {1}:
            return "same"
        return tuple((r - 1) // 2 for r in reach(kernel, dilation))
    assert not isinstance(padding, str)
    return padding


def slide(
    title: str,
    x: Tensor,
    kernel: Extent,
    stride: Extent,
    padding: str | Extent,
    dilation: Extent,
    *,
    ceil: bool = False,
) -> Shape:
    """The sliding axes after a window: floor((size + 2 × padding - reach) / stride) + 1 for each, PyTorch's rule.

    `padding` is what `resolve` gives. With `ceil` it rounds up: a last partial window counts, unless it would start in
    the far padding. Raises `Mismatch` where the window is larger than the padded input.
    """
    sizes = x.shape[1:]
    if isinstance(padding, str):
        return sizes
    out = []
    rows = zip(sizes, reach(kernel, dilation), stride, padding, AXES[len(sizes)], strict=True)
    for size, span, step, pad, axis in rows:
        room = size + 2 * pad - span
        if room < 0:
            smaller = _within(sizes, kernel, padding, dilation)
            raise Mismatch(
                f"{title} looks at {span:,} positions at once along the {axis}, this wire carries {x.words} and has "
                f"only {size:,}{f' (and {2 * pad:,} of padding)' if pad else ''} there. Make the kernel smaller, add "
                f"padding, or take out a pooling layer before it.",
                param="kernel",
                fixes=(set_param("Kernel", "kernel", smaller, cross(smaller)),),
                stricter=ceil,  # some of PyTorch's pooling layers take a single partial window, others do not
            )
        n = room // step + 1
        if ceil and room % step and n * step < size + pad:
            n += 1
        out.append(n)
    return tuple(out)


def _within(sizes: Shape, kernel: Extent, padding: Extent, dilation: Extent) -> Extent:
    """The largest kernel, no larger than it was, that spans no more than there is."""
    rows = zip(sizes, kernel, padding, dilation, strict=True)
    return tuple(min(k, (size + 2 * pad - 1) // d + 1) for size, k, pad, d in rows)
