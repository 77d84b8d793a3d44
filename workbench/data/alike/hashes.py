"""Pictures as 64 bits that stay nearly the same when a picture is resized, encoded again, or made a little brighter.

The hash is Zauner's ("Implementation and benchmarking of perceptual image hash functions", 2010, section 3.2.1): which
of the lowest frequencies of the grey picture lie above their median. It takes the 64 lowest frequencies diagonal by
diagonal, rather than a square of them without its borders, so that upright and level edges count too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.data.decoding.decode import network_picture

Pixels = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]

SIDE = 32
"""Pixels of each side of the grey picture that is hashed."""

THUMB = 16
"""Pixels of each side of the thumbnail that is kept to compare two pictures by."""

BITS = 64

FLAT = 3.0
"""Standard deviation, in levels of 255, below which a picture is as good as one colour: its hash would be noise."""

LEAST_GAIN = 0.6
"""Contrast of one picture over that of another, in either direction, at which they no longer count as alike."""

_DIAGONALS = 10


def grey(data: bytes) -> Pixels:
    """A picture file's bytes as grey 32 × 32, its aspect ignored. Raises `UnreadablePicture`."""
    return np.asarray(network_picture(data, (SIDE, SIDE), 1, "stretch")[..., 0])


def hashed(pictures: Pixels) -> tuple[Hashes, Hashes]:
    """The hashes of grey pictures N × 32 × 32, and those of their mirror images (left and right exchanged)."""
    table = _cosines()
    spectrum = table @ pictures.astype(np.float32) @ table.T
    lowest = spectrum[:, _DOWN, _ACROSS]
    return _above_median(lowest), _above_median(lowest * _MIRROR)


def thumbs(pictures: Pixels) -> Pixels:
    """Grey pictures N × 32 × 32 at half their size, N × 16 × 16."""
    n = len(pictures)
    halved = pictures.reshape(n, THUMB, 2, THUMB, 2).mean((2, 4), dtype=np.float32)
    return np.asarray(np.rint(halved), np.uint8)


def flat(small: Pixels) -> npt.NDArray[np.bool_]:
    """Which thumbnails (N × 16 × 16) show next to nothing."""
    return np.asarray(small.reshape(len(small), THUMB * THUMB).std(1, dtype=np.float32) < FLAT)


def distances(a: Hashes, b: Hashes) -> npt.NDArray[np.uint8]:
    """In how many of their 64 bits hashes differ."""
    return popcount(a ^ b)


def popcount(values: Hashes) -> npt.NDArray[np.uint8]:
    """Bits that are set in each number."""
    if _counted is not None:
        return np.asarray(_counted(values))
    halves = np.ascontiguousarray(values).view(np.uint16).reshape(*values.shape, 4)
    return np.asarray(_BITS_OF_16[halves].sum(-1, dtype=np.uint8))


def likeness(a: Pixels, b: Pixels) -> Floats:
    """How well pairs of thumbnails (N × 16 × 16 each) show the same, from 0 to 1: float32 N.

    One is fitted to the other by brightness, contrast, and a small shift and scaling along each axis; what is given is
    the correlation that remains possible, the lower of both directions. The fit is a single step of Lucas and Kanade
    ("An iterative image registration technique", 1981), linear in the picture's slopes. 0 where contrasts differ much.
    """
    first, second = a.astype(np.float32), b.astype(np.float32)
    return np.minimum(_explained(first, second), _explained(second, first))


def roughly_alike(a: Pixels, b: Pixels, least: float = 0.8) -> npt.NDArray[np.bool_]:
    """A cheap test that all pairs pass which `likeness` would put near 1: the plain correlation of both at 8 × 8."""
    first, second = _coarse(a), _coarse(b)
    return np.asarray(np.einsum("np,np->n", first, second) > least)


def _coarse(small: Pixels) -> Floats:
    n = len(small)
    coarse = small.reshape(n, 8, 2, 8, 2).mean((2, 4), dtype=np.float32).reshape(n, 64)
    coarse -= coarse.mean(1, keepdims=True)
    coarse /= np.maximum(np.linalg.norm(coarse, axis=1, keepdims=True), 1e-6)
    return np.asarray(coarse, dtype=np.float32)


def _explained(target: Floats, source: Floats) -> Floats:
    """The multiple correlation of `target` with `source`, its slopes, and its slopes grown from the middle."""
    n = len(target)
    down, across = np.gradient(source, axis=1), np.gradient(source, axis=2)
    ramp = ((np.arange(THUMB, dtype=np.float32) + 0.5) / THUMB - 0.5)[:, None]
    parts = [source, down, across, down * ramp, across * ramp.T]
    basis = np.stack([part.reshape(n, THUMB * THUMB) for part in parts], 1).astype(np.float64)
    basis -= basis.mean(2, keepdims=True)
    wanted = target.reshape(n, THUMB * THUMB).astype(np.float64)
    wanted -= wanted.mean(1, keepdims=True)
    products = basis @ basis.transpose(0, 2, 1) + 1e-3 * np.eye(len(parts))
    onto = np.einsum("npk,nk->np", basis, wanted)
    weights = np.linalg.solve(products, onto[..., None])[..., 0]
    power = np.maximum(np.einsum("nk,nk->n", wanted, wanted), 1e-9)
    share = np.clip(np.einsum("np,np->n", weights, onto) / power, 0.0, 1.0)
    gain = weights[:, 0]
    likely = (gain > LEAST_GAIN) & (gain < 1 / LEAST_GAIN)
    return np.asarray(np.where(likely, np.sqrt(share), 0.0), dtype=np.float32)


def _cosines() -> Floats:
    """The first rows of the orthonormal DCT-II of 32 values."""
    places = np.arange(SIDE)
    rows = np.arange(_DIAGONALS + 1)[:, None]
    table = np.cos(np.pi * (2 * places + 1) * rows / (2 * SIDE)) * np.sqrt(2 / SIDE)
    table[0] /= np.sqrt(2)
    return np.asarray(table, dtype=np.float32)


def _lowest() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The 64 lowest frequencies without the mean, (down, across), diagonal by diagonal."""
    pairs = [(u, total - u) for total in range(1, _DIAGONALS + 1) for u in range(total + 1)][:BITS]
    down, across = zip(*pairs, strict=True)
    return np.array(down), np.array(across)


_DOWN, _ACROSS = _lowest()
_MIRROR = np.where(_ACROSS % 2, -1.0, 1.0).astype(np.float32)
_counted = getattr(np, "bitwise_count", None)  # from numpy 2.0 on
_BITS_OF_16 = np.array([value.bit_count() for value in range(1 << 16)], np.uint8)


def _above_median(values: Floats) -> Hashes:
    bits = values > np.median(values, axis=1, keepdims=True)
    packed = np.ascontiguousarray(np.packbits(bits, axis=1, bitorder="little"))
    return packed.view("<u8")[:, 0].astype(np.uint64)
