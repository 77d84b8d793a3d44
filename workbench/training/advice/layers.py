"""What the norms of the layers say: gradients vanish or explode, or a layer is dead. The layer is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.compiler.paths import parted
from workbench.core.diagnostic import Diagnostic, Fix, Severity
from workbench.training.layer_log import COLUMNS

GRADIENT, WEIGHT, UPDATE = (COLUMNS.index(name) for name in ("gradient", "weight", "update"))
ENOUGH = 4
"""Measurements of late that must agree."""
VANISHED = 1e-5
"""Of the largest gradient of a layer: one below it has vanished on its way back."""
EXPLODED = 100.0
"""Times a layer's weights: a gradient above it is beyond what a step can follow. A hundredth to one is usual."""
CLIP = 1.0

Name = Callable[[str], str]
"""What people call a layer, by its path id."""


def dead(names: Sequence[str], values: NDArray[np.float32], name: Name) -> Diagnostic | None:
    """A layer gets no gradient at all while another does. `values` are the measurements of late, n × K × 3."""
    if len(values) < ENOUGH:
        return None
    gradients = values[-ENOUGH:, :, GRADIENT]
    silent = (gradients == 0).all(0)
    if silent.all() or not silent.any():
        return None
    last = int(silent.nonzero()[0][-1])
    others = int(silent.sum()) - 1
    through, node = parted(names[last])
    return Diagnostic(
        "advice.dead_layer",
        f"“{name(names[last])}” gets no gradient any more"
        + (f", nor do {others} layers before it" if others > 1 else ", nor does a layer before it" if others else "")
        + ": what follows it gives 0 for every sample (a ReLU that is off for good) or does not use it. It learns "
        "nothing. Try a lower learning rate, Leaky ReLU or GELU in place of ReLU, or normalisation before it; then "
        "train anew.",
        Severity.WARNING,
        node=node,
        path=through,
    )


def vanishing(names: Sequence[str], values: NDArray[np.float32], name: Name) -> Diagnostic | None:
    """The gradients of the first layers are next to nothing beside those of the last."""
    if len(values) < ENOUGH or len(names) < 2:
        return None
    gradients = values[-ENOUGH:, :, GRADIENT].astype(np.float64)
    largest = gradients.max(1, keepdims=True)
    small = ((gradients > 0) & (gradients < VANISHED * largest)).all(0)
    if not small.any() or not (largest > 0).all():
        return None
    which = int(small.nonzero()[0][0])
    behind = int(np.median(gradients, 0).argmax())
    share = float(np.median(gradients[:, which] / largest[:, 0]))
    through, node = parted(names[which])
    return Diagnostic(
        "advice.vanishing_gradients",
        f"Gradients vanish on their way back: at “{name(names[which])}” they are {share:.0e} of those at "
        f"“{name(names[behind])}”, so that it hardly learns. Try ReLU or GELU in place of Sigmoid or Tanh, "
        "normalisation between the layers, residual connections, or fewer layers.",
        Severity.WARNING,
        node=node,
        path=through,
    )


def exploding(names: Sequence[str], values: NDArray[np.float32], name: Name, rate: float) -> Diagnostic | None:
    """A layer's gradient is far larger than its weights, again and again."""
    if len(values) < ENOUGH:
        return None
    late = values[-ENOUGH:].astype(np.float64)
    relative = late[:, :, GRADIENT] / np.maximum(late[:, :, WEIGHT], 1e-12)
    huge = (relative > EXPLODED).all(0) & (late[:, :, GRADIENT] > EXPLODED).all(0)
    if not huge.any():
        return None
    which = int(np.where(huge, np.median(relative, 0), 0).argmax())
    through, node = parted(names[which])
    times = float(np.median(relative[:, which]))
    return Diagnostic(
        "advice.exploding_gradients",
        f"Gradients explode: at “{name(names[which])}” they are {times:,.0f} times as large as its weights. Clip them "
        f"to a norm of {CLIP:g}, lower the learning rate (it is {rate:.3g}), or add normalisation before this layer; "
        "pictures or columns that are not scaled do this too.",
        Severity.WARNING,
        node=node,
        path=through,
        fixes=(Fix(f"Clip gradients at {CLIP:g}", "set_recipe", {"name": "clip", "value": CLIP}),),
    )
