"""What a layer makes of one picture, small enough to keep for every layer of a network: the thumbnails on the cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.inspection.colours import quantise
from workbench.inspection.scale import Scale

if TYPE_CHECKING:
    import torch

MOST_MAPS = 4
LARGEST_MAP = 80
"""Pixels on a side of a kept map: a thumbnail of 40 on a screen of 200 %, or zoomed in twice."""

WIDEST, TALLEST = 172, 80
"""Columns and rows of a kept sequence, and the most bars of a vector."""

CLEARLY_STRONGER = 1.5
"""A channel gives up its place to one this many times as strong; without that, thumbnails would swap all the time."""

KINDS = ("maps", "sequence", "numbers")


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """The value of one node for one sample, reduced to what a thumbnail can show.

    `kind` is "maps" (`shades` k × h × w, the channels numbered in `channels`), "sequence" (`shades` 1 × features ×
    steps) or "numbers" (`shades` 1 × 1 × bars, `values` the bars themselves, float32). Shades are places in the colour
    table of `scale`. `shape` is that of the whole value, without the batch.
    """

    kind: str
    shape: tuple[int, ...]
    shades: NDArray[np.uint8]
    scale: Scale
    channels: tuple[int, ...] = ()
    values: NDArray[np.float32] | None = None


def preview_of(value: torch.Tensor, before: Preview | None = None, *, live: bool = False) -> Preview | None:
    """The preview of a value (without the batch axis), None if it is empty.

    `before` is the node's last preview: the same channels stay in the same places unless others are clearly stronger,
    and the colours mean the same numbers while these fit. `live` (the next one comes in a moment) lets the scale
    only grow.
    """
    if value.numel() == 0 or value.ndim == 0:
        return None
    value = value.detach().float()
    shape = tuple(value.shape)
    if before is not None and before.shape != shape:
        before = None
    if value.ndim >= 3:
        maps = value.reshape(-1, *value.shape[-2:])
        if maps.shape[1] * maps.shape[2] > 1:
            return _maps(maps, shape, before, live)
    if value.ndim == 2 and min(shape) > 1:
        return _sequence(value, shape, before, live)
    return _numbers(value.reshape(-1), shape, before, live)


def previews(
    values: Mapping[str, torch.Tensor], before: Mapping[str, Preview], *, live: bool = False
) -> dict[str, Preview]:
    """The previews of many nodes; `values` have a batch axis, of which the first sample is taken."""
    found = {node: preview_of(value[0], before.get(node), live=live) for node, value in values.items()}
    return {node: preview for node, preview in found.items() if preview is not None}


def strongest(strength: Iterable[float], before: tuple[int, ...] = (), most: int = MOST_MAPS) -> tuple[int, ...]:
    """The channels to show, each in its place.

    Without `before` the strongest, strongest first. Else those of before, each replaced, in its place, only by one
    that is clearly stronger; so that what is looked at does not jump.
    """
    power = [s if np.isfinite(s) else 0.0 for s in strength]
    order = sorted(range(len(power)), key=lambda channel: -power[channel])
    if not before or any(channel >= len(power) for channel in before):
        return tuple(order[:most])
    shown = list(before)
    for candidate in order[: len(shown)]:
        if candidate in shown:
            continue
        weakest = min(range(len(shown)), key=lambda place: power[shown[place]])
        if power[candidate] > CLEARLY_STRONGER * power[shown[weakest]]:
            shown[weakest] = candidate
    return tuple(shown)


def _maps(maps: torch.Tensor, shape: tuple[int, ...], before: Preview | None, live: bool) -> Preview:
    import torch
    from torch.nn import functional

    finite = torch.nan_to_num(maps, nan=0.0, posinf=0.0, neginf=0.0)
    spread = finite.flatten(1).std(dim=1, correction=0)  # a map of one value shows nothing, however large that is
    channels = strongest(spread.tolist(), before.channels if before is not None else ())
    chosen = maps[list(channels)]
    height, width = int(maps.shape[1]), int(maps.shape[2])
    if max(height, width) > LARGEST_MAP:
        shrink = LARGEST_MAP / max(height, width)
        size = (max(1, round(height * shrink)), max(1, round(width * shrink)))
        chosen = functional.adaptive_avg_pool2d(chosen[None], size)[0]
    small = chosen.cpu().contiguous().numpy()
    scale = _scale(small, before, live)
    return Preview("maps", shape, quantise(small, scale.low, scale.high), scale, channels)


def _sequence(value: torch.Tensor, shape: tuple[int, ...], before: Preview | None, live: bool) -> Preview:
    """Steps from left to right, features from top to bottom."""
    from torch.nn import functional

    picture = value.T[None, None]
    size = (min(TALLEST, int(picture.shape[2])), min(WIDEST, int(picture.shape[3])))
    if size != tuple(picture.shape[2:]):
        picture = functional.adaptive_avg_pool2d(picture, size)
    small = picture[0].cpu().contiguous().numpy()
    scale = _scale(small, before, live)
    return Preview("sequence", shape, quantise(small, scale.low, scale.high), scale)


def _numbers(value: torch.Tensor, shape: tuple[int, ...], before: Preview | None, live: bool) -> Preview:
    bars = binned(value.cpu().numpy())
    scale = _scale(bars, before, live)
    return Preview("numbers", shape, quantise(bars, scale.low, scale.high)[None, None], scale, values=bars)


def binned(values: NDArray[np.float32], most: int = WIDEST) -> NDArray[np.float32]:
    """At most `most` bars in the order of the values; each stands for its neighbours' largest magnitude, with sign."""
    if len(values) <= most:
        return np.ascontiguousarray(values, dtype=np.float32)
    edges = np.linspace(0, len(values), most + 1).astype(int)
    out = np.empty(most, np.float32)
    for i in range(most):
        part = np.nan_to_num(values[edges[i] : edges[i + 1]], nan=0.0, posinf=0.0, neginf=0.0)
        out[i] = part[np.abs(part).argmax()]
    return out


def _scale(values: NDArray[np.float32], before: Preview | None, live: bool) -> Scale:
    fitting = Scale.around(values)
    if before is None:
        return fitting
    kept = before.scale
    if live:
        return kept.kept(values)
    same_sign = kept.signed == fitting.signed
    return kept if same_sign and 0.5 * kept.high <= fitting.high <= kept.high else fitting
