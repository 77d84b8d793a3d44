"""Turning, slanting and enlarging held against torch's sampling and against the same sums written out plainly."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.nn import functional

from workbench.catalogue import sampling, toning, warping

Pictures = NDArray[np.uint8]

shapes = st.tuples(st.integers(1, 4), st.integers(1, 24), st.integers(1, 24), st.sampled_from((1, 3)))
fills = st.sampled_from([value for value, _ in sampling.FILLS])


def random_pictures(shape: tuple[int, ...], seed: int = 0) -> Pictures:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def smooth(n: int = 3, h: int = 40, w: int = 56) -> Pictures:
    """Soft pictures: rounding to 256 steps between two pixels is seen least where they are alike."""
    coarse = torch.from_numpy(np.random.default_rng(1).random((n, 3, 6, 7)))
    fine = functional.interpolate(coarse, (h, w), mode="bicubic").clamp(0, 1) * 255
    return fine.round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def by_torch(batch: Pictures, x: NDArray[np.float64], y: NDArray[np.float64], fill: str) -> NDArray[np.float64]:
    """Bilinear at positions (N × H × W, in pixels) by `grid_sample`."""
    _, h, w, _ = batch.shape
    at = torch.from_numpy(np.stack([(2 * x + 1) / w - 1, (2 * y + 1) / h - 1], -1))
    modes = {"black": "zeros", "edge": "border", "reflect": "reflection"}
    pictures = torch.from_numpy(batch.astype(np.float64)).permute(0, 3, 1, 2)
    if fill == "reflect":  # torch mirrors at the middle of the outermost pixel only with corners aligned
        at = torch.from_numpy(np.stack([2 * x / (w - 1) - 1, 2 * y / (h - 1) - 1], -1))
    seen = functional.grid_sample(pictures, at, "bilinear", modes[fill], align_corners=fill == "reflect")
    return seen.permute(0, 2, 3, 1).numpy()


def near(ours: Pictures, theirs: NDArray[np.float64]) -> None:
    apart = np.abs(ours - theirs)
    assert apart.max() <= 2.5  # positions in 256 steps, rounded twice
    assert apart.mean() < 0.5


@pytest.mark.parametrize("fill", ["reflect", "edge", "black"])
def test_a_linear_map_is_torchs(fill: str) -> None:
    batch = smooth()
    n, h, w, _ = batch.shape
    matrices = np.eye(2) + np.random.default_rng(2).uniform(-0.4, 0.4, (n, 2, 2))
    offsets = np.random.default_rng(3).uniform(-6, 6, (n, 2))
    y, x = np.mgrid[0:h, 0:w].astype(float)
    seen = np.einsum("nij,jhw->nihw", matrices, np.stack([x - (w - 1) / 2, y - (h - 1) / 2]))
    at_x, at_y = seen[:, 0] + (w - 1) / 2 + offsets[:, :1, None], seen[:, 1] + (h - 1) / 2 + offsets[:, 1:, None]
    near(warping.transform(batch, matrices, fill, offsets), by_torch(batch, at_x, at_y, fill))


@pytest.mark.parametrize("fill", ["reflect", "edge", "black"])
def test_a_perspective_is_torchs_and_keeps_corners_and_lines(fill: str) -> None:
    batch = smooth()
    n, h, w, _ = batch.shape
    outer = np.array([[0, 0], [w, 0], [w, h], [0, h]]) - 0.5
    corners = outer + np.random.default_rng(4).uniform(-6, 6, (n, 4, 2))
    y, x = np.mgrid[0:h, 0:w].astype(float)
    at_x, at_y = np.empty((n, h, w)), np.empty((n, h, w))
    for i in range(n):  # the homography from the null space of its equations, another way than ours
        rows = []
        for (a, b), (u, v) in zip(outer, corners[i], strict=True):
            rows += [[a, b, 1, 0, 0, 0, -u * a, -u * b, -u], [0, 0, 0, a, b, 1, -v * a, -v * b, -v]]
        m = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
        away = m[2, 0] * x + m[2, 1] * y + m[2, 2]
        at_x[i], at_y[i] = (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / away, (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / away
    near(warping.perspective(batch, corners, fill), by_torch(batch, at_x, at_y, fill))


def test_corners_that_stay_change_nothing() -> None:
    for shape in ((2, 9, 14, 3), (1, 1, 5, 1), (1, 6, 1, 3)):
        batch = random_pictures(shape)
        outer = np.array([[0, 0], [shape[2], 0], [shape[2], shape[1]], [0, shape[1]]]) - 0.5
        assert np.array_equal(warping.perspective(batch, np.tile(outer, (len(batch), 1, 1)), "black"), batch)


def test_a_zoom_is_torchs_interpolation_of_the_part() -> None:
    batch = smooth(1, 40, 56)
    out = warping.zoom(batch, np.array([0.25]), np.array([0.5]), np.array([0.5]), np.array([0.25]))
    h, w = batch.shape[1:3]
    at_y = ((np.arange(h) + 0.5) / h * 0.5 + 0.25) * h - 0.5
    at_x = ((np.arange(w) + 0.5) / w * 0.25 + 0.5) * w - 0.5
    x, y = np.meshgrid(at_x, at_y)
    near(out, by_torch(batch, x[None], y[None], "edge"))


# --- the same sums, a picture and a channel at a time -----------------------------------------------------------------


def plainly(batch: Pictures, x: NDArray[np.float32], y: NDArray[np.float32], fill: str) -> Pictures:
    """What `sample` gives, without packing: four neighbours, weights in 256 parts, rounded along x and then along y."""

    def neighbours(at: NDArray[np.float32], n: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]:
        if fill == "reflect" and n > 1:
            at = np.abs(at)
            at = (n - 1) - np.abs(at - (n - 1))
        at = np.clip(at, 0, n - 1)
        first = at.astype(np.intp)
        return first, np.minimum(first + 1, n - 1), ((at - first) * 256).astype(np.int64)

    out = np.empty_like(batch)
    for i, picture in enumerate(batch.astype(np.int64)):
        left, right, fx = neighbours(x[i], picture.shape[1])
        top, bottom, fy = neighbours(y[i], picture.shape[0])
        for k in range(picture.shape[2]):
            upper = (picture[top, left, k] * (256 - fx) + picture[top, right, k] * fx + 127) >> 8
            lower = (picture[bottom, left, k] * (256 - fx) + picture[bottom, right, k] * fx + 127) >> 8
            out[i, ..., k] = (upper * (256 - fy) + lower * fy + 127) >> 8
    return out


@settings(max_examples=80)
@given(
    shape=shapes,
    fill=st.sampled_from(("reflect", "edge")),
    seed=st.integers(0, 99),
    band=st.sampled_from((1, 50, 1 << 15)),
)
def test_packed_channels_and_bands_change_no_value(shape: tuple[int, ...], fill: str, seed: int, band: int) -> None:
    """Projects made before keep their pictures bit for bit; and no lane of a word carries into the next."""
    batch = random_pictures(shape, seed) if seed % 3 else np.full(shape, 255, np.uint8)
    rng = np.random.default_rng(seed)
    n, h, w, _ = shape
    x = rng.uniform(-1.5 * w, 2.5 * w, (n, h, w)).astype(np.float32)
    y = rng.uniform(-1.5 * h, 2.5 * h, (n, h, w)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "_BAND", band)
        out = sampling.sample(batch, lambda pictures, rows: (x[pictures, rows], y[pictures, rows]), fill)
    assert np.array_equal(out, plainly(batch, x, y, fill))


@settings(max_examples=60)
@given(shape=shapes, seed=st.integers(0, 99), band=st.sampled_from((1, 50, 1 << 15)))
def test_rows_and_columns_are_crossings(shape: tuple[int, ...], seed: int, band: int) -> None:
    batch = random_pictures(shape, seed)
    rng = np.random.default_rng(seed)
    n, h, w, _ = shape
    rows, columns = rng.uniform(-2, h + 2, (n, h)).astype(np.float32), rng.uniform(-2, w + 2, (n, w)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "_BAND", band)
        out = sampling.sample_along(batch, rows, columns)
    turned = plainly(  # it rounds along y first
        batch.transpose(0, 2, 1, 3),
        np.broadcast_to(rows[:, None, :], (n, w, h)),
        np.broadcast_to(columns[:, :, None], (n, w, h)),
        "edge",
    )
    assert np.array_equal(out, turned.transpose(0, 2, 1, 3))


@settings(max_examples=60)
@given(shape=shapes, fill=fills, seed=st.integers(0, 99))
def test_whole_pixels_are_moved_as_a_shift_moves_them(shape: tuple[int, ...], fill: str, seed: int) -> None:
    batch = random_pictures(shape, seed)
    n, h, w, _ = shape
    rng = np.random.default_rng(seed)
    down, right = (rng.integers(-side + 1, side, n).astype(np.intp) for side in (h, w))
    offsets = -np.stack([right, down], -1).astype(float)
    still = np.tile(np.eye(2), (n, 1, 1))
    assert np.array_equal(warping.transform(batch, still, fill, offsets), warping.shift(batch, down, right, fill))


def test_black_comes_in_from_all_sides() -> None:
    white = np.full((1, 8, 8, 3), 255, np.uint8)
    smaller = warping.transform(white, 2 * np.eye(2)[None], "black")[0, :, :, 0]
    assert smaller[3:5, 3:5].min() == 255
    assert smaller[[0, -1]].max() == 0
    assert smaller[:, [0, -1]].max() == 0


def test_colours_go_through_a_few_pictures_at_a_time() -> None:
    batch, factors = random_pictures((7, 9, 5, 3)), np.linspace(0.2, 2, 7)
    whole = [toning.saturation(batch, factors), toning.hue(batch, factors), toning.grey(batch), toning.blur(batch, 3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(toning, "_AT_ONCE", 90)
        parts = [
            toning.saturation(batch, factors),
            toning.hue(batch, factors),
            toning.grey(batch),
            toning.blur(batch, 3),
        ]
    assert all(np.array_equal(a, b) for a, b in zip(whole, parts, strict=True))
