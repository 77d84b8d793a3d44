"""The filters of the convolutions that see the picture itself, as small pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    from workbench.compiler.build import Compiled


def first_layer_filters(module: torch.nn.Module, compiled: Compiled) -> dict[str, NDArray[np.uint8]]:
    """For each 2-d convolution that takes 1 or 3 channels, by path: its filters as uint8 N × h × w × 3.

    All filters of a layer share one scale around zero: mid-grey is a weight of zero, brighter is positive; colour
    filters show what each channel looks for.
    """
    import torch
    from torch import nn

    found: dict[str, NDArray[np.uint8]] = {}
    for node, attribute in compiled.source.attributes.items():
        layer: Any = module.get_submodule(attribute)
        if not isinstance(layer, nn.Conv2d) or layer.in_channels not in (1, 3) or layer.groups != 1:
            continue
        with torch.no_grad():
            weights = layer.weight.detach().float().cpu().contiguous().numpy()
        found[node] = as_pictures(weights)
    return found


def as_pictures(weights: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Filters N × (1 or 3) × h × w as uint8 pictures N × h × w × 3 on one scale around mid-grey."""
    finite = np.nan_to_num(weights, nan=0.0, posinf=0.0, neginf=0.0)
    limit = float(np.abs(finite).max()) or 1.0
    pictures = np.clip(np.rint((finite / limit * 0.5 + 0.5) * 255), 0, 255).astype(np.uint8)
    if pictures.shape[1] == 1:
        pictures = np.repeat(pictures, 3, axis=1)
    return np.ascontiguousarray(pictures.transpose(0, 2, 3, 1))
