"""Laying many maps out as one image, at the pixels of the screen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.inspection.colours import GAP, quantise
from workbench.inspection.scale import Scale


@dataclass(frozen=True, slots=True)
class Tiling:
    """Where each of `count` tiles stands: a grid of `tile_height` × `tile_width` with `gap` pixels between them."""

    count: int
    columns: int
    tile_height: int
    tile_width: int
    gap: int

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def width(self) -> int:
        return self.columns * (self.tile_width + self.gap) - self.gap

    @property
    def height(self) -> int:
        return self.rows * (self.tile_height + self.gap) - self.gap

    def at(self, x: float, y: float) -> tuple[int, float, float] | None:
        """The tile under a point and where in it (0 to 1 across and down); None in a gap or outside."""
        if x < 0 or y < 0:
            return None
        column, row = int(x // (self.tile_width + self.gap)), int(y // (self.tile_height + self.gap))
        inside_x, inside_y = x - column * (self.tile_width + self.gap), y - row * (self.tile_height + self.gap)
        place = row * self.columns + column
        if column >= self.columns or inside_x >= self.tile_width or inside_y >= self.tile_height or place >= self.count:
            return None
        return place, inside_x / self.tile_width, inside_y / self.tile_height

    def corner(self, place: int) -> tuple[int, int]:
        """The left top pixel of a tile."""
        row, column = divmod(place, self.columns)
        return column * (self.tile_width + self.gap), row * (self.tile_height + self.gap)


def tile(count: int, height: int, width: int, room_width: int, room_height: int, gap: int, largest: int) -> Tiling:
    """The grid that shows `count` maps of `height` × `width` as large as the room allows.

    No tile's longer side exceeds `largest` pixels. Where even the smallest tiles do not fit (very many maps), the
    grid is as wide as the room and runs on below it: the caller scrolls.
    """
    best: Tiling | None = None
    aspect = height / width
    smallest = max(6, 3 * gap)
    for columns in range(1, count + 1):
        tile_width = (room_width + gap) // columns - gap
        if tile_width < smallest and best is not None:
            break
        tile_width = max(min(tile_width, largest, int(largest / aspect)), 1)
        tile_height = max(round(tile_width * aspect), 1)
        rows = -(-count // columns)
        fit = (room_height + gap) // rows - gap
        if tile_height > fit > 0:
            tile_height, tile_width = fit, max(round(fit / aspect), 1)
        elif fit <= 0:
            continue
        candidate = Tiling(count, columns, tile_height, tile_width, gap)
        if best is None or candidate.tile_width > best.tile_width:
            best = candidate
    if best is not None and best.tile_width >= smallest:
        return best
    columns = max(1, min(count, (room_width + gap) // (smallest + gap)))
    return Tiling(count, columns, max(round(smallest * aspect), 1), smallest, gap)


def paint(
    maps: NDArray[np.floating], order: NDArray[np.intp], tiling: Tiling, scale: Scale, radius: int
) -> NDArray[np.uint8]:
    """The mosaic as places in a colour table (height × width of the tiling), corners rounded by `radius` pixels.

    Maps larger than their tile are averaged over whole blocks first, so that thin lines do not vanish; then every
    tile pixel takes the nearest value. Only what is shown is turned into colours.
    """
    count, height, width = maps.shape
    chosen = maps if order.size == count and np.array_equal(order, np.arange(count)) else maps[order]
    block = min(height // tiling.tile_height, width // tiling.tile_width)
    if block >= 2:
        height, width = height // block, width // block
        chosen = _shrunk(chosen[:, : height * block, : width * block], block)
    # Colours before enlarging where maps are small, after shrinking where they are large: whichever is fewer pixels.
    rows = np.arange(tiling.tile_height) * height // tiling.tile_height
    columns = np.arange(tiling.tile_width) * width // tiling.tile_width
    places = quantise(chosen, scale.low, scale.high)[:, rows[:, None], columns[None, :]]
    if radius:
        places[:, rounded_away(tiling.tile_height, tiling.tile_width, radius)] = GAP
    cell_height, cell_width = tiling.tile_height + tiling.gap, tiling.tile_width + tiling.gap
    image = np.full((tiling.rows * cell_height, tiling.columns * cell_width), GAP, np.uint8)
    grid = image.reshape(tiling.rows, cell_height, tiling.columns, cell_width)
    full, rest = divmod(count, tiling.columns)
    tile_shape = (tiling.tile_height, tiling.tile_width)
    if full:
        whole_rows = places[: full * tiling.columns].reshape(full, tiling.columns, *tile_shape)
        grid[:full, : tiling.tile_height, :, : tiling.tile_width] = whole_rows.transpose(0, 2, 1, 3)
    if rest:
        grid[full, : tiling.tile_height, :rest, : tiling.tile_width] = places[-rest:].transpose(1, 0, 2)
    return np.ascontiguousarray(image[: tiling.height, : tiling.width])


def _shrunk(maps: NDArray[np.floating], block: int) -> NDArray[np.float32]:
    """The mean of each block × block pixels; sums of slices run several times faster than a mean over two axes."""
    total = np.zeros((len(maps), maps.shape[1] // block, maps.shape[2] // block), np.float32)
    for row in range(block):
        for column in range(block):
            total += maps[:, row::block, column::block]
    total /= block * block
    return total


def rounded_away(height: int, width: int, radius: int) -> NDArray[np.bool_]:
    """The pixels of a tile that lie outside its rounded corners."""
    radius = min(radius, height // 3, width // 3)
    mask = np.zeros((height, width), np.bool_)
    if radius > 0:
        across = radius - 0.5 - np.arange(radius)
        outside = np.hypot(across[:, None], across[None, :]) > radius
        mask[:radius, :radius] = outside
        mask[:radius, -radius:] = outside[:, ::-1]
        mask[-radius:, :radius] = outside[::-1]
        mask[-radius:, -radius:] = outside[::-1, ::-1]
    return mask


def strengths(maps: NDArray[np.floating]) -> NDArray[np.float64]:
    """How strongly each map answers: the mean size of its values, gaps counted as zero."""
    return np.asarray(np.abs(np.nan_to_num(maps, nan=0.0, posinf=0.0, neginf=0.0)).mean(axis=(1, 2)), np.float64)


def square_side(count: int) -> int:
    """The side of the smallest square that holds `count` values."""
    return math.isqrt(max(count - 1, 0)) + 1
