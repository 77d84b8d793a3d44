"""The operations of RandAugment, TrivialAugment and the mixtures, held against Pillow and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps
from scipy import special

from workbench.catalogue import levels, mixing, toning
from workbench.catalogue.augmentations import policies
from workbench.catalogue.registry import AUGMENTATIONS
from workbench.catalogue.values import check

Pictures = NDArray[np.uint8]


def pictures(n: int = 6, h: int = 17, w: int = 23, channels: int = 3) -> Pictures:
    """From pale and narrow to full range, so that there is something to spread."""
    rng = np.random.default_rng(n)
    low, high = rng.integers(0, 100, (n, 1, 1, channels)), rng.integers(110, 256, (n, 1, 1, channels))
    return (low + (high - low) * rng.random((n, h, w, channels)) ** 2).astype(np.uint8)


def images(batch: Pictures) -> list[Image.Image]:
    return [Image.fromarray(picture if picture.shape[-1] == 3 else picture[..., 0]) for picture in batch]


def stacked(made: list[Image.Image], like: Pictures) -> NDArray[np.int64]:
    return np.stack([np.asarray(image) for image in made]).reshape(like.shape).astype(np.int64)


@pytest.mark.parametrize("channels", [1, 3])
def test_full_contrast_is_pillows(channels: int) -> None:
    batch = pictures(channels=channels)
    expected = stacked([ImageOps.autocontrast(image) for image in images(batch)], batch)
    assert np.abs(levels.autocontrast(batch) - expected).max() <= 1  # Pillow's sums in floating point may fall short
    flat = np.full((2, 4, 4, channels), 77, np.uint8)
    assert np.array_equal(levels.autocontrast(flat), flat)
    assert levels.autocontrast(batch).min(axis=(1, 2)).max() == 0
    assert levels.autocontrast(batch).max(axis=(1, 2)).min() == 255


@pytest.mark.parametrize("channels", [1, 3])
def test_equalise_is_pillows(channels: int) -> None:
    for batch in (
        pictures(channels=channels),
        np.full((2, 4, 4, channels), 77, np.uint8),
        pictures(3, 80, 90, channels),
    ):
        expected = stacked([ImageOps.equalize(image) for image in images(batch)], batch)
        assert np.array_equal(levels.equalise(batch), expected)


@pytest.mark.parametrize("bits", range(1, 9))
def test_posterise_is_pillows(bits: int) -> None:
    batch = pictures()
    expected = stacked([ImageOps.posterize(image, bits) for image in images(batch)], batch)
    assert np.array_equal(levels.posterise(batch, np.full(len(batch), bits, np.intp)), expected)


@pytest.mark.parametrize("threshold", [0, 1, 128, 255, 256])
def test_solarise_is_pillows(threshold: int) -> None:
    batch = pictures()
    expected = stacked([ImageOps.solarize(image, threshold) for image in images(batch)], batch)
    assert np.array_equal(levels.solarise(batch, np.full(len(batch), float(threshold))), expected)


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.9])
@pytest.mark.parametrize("channels", [1, 3])
def test_sharpness_is_pillows(factor: float, channels: int) -> None:
    batch = pictures(channels=channels)
    expected = stacked([ImageEnhance.Sharpness(image).enhance(factor) for image in images(batch)], batch)
    assert np.abs(levels.sharpen(batch, np.full(len(batch), factor)) - expected).max() <= 2
    thin = pictures(2, 2, 9)
    assert np.array_equal(levels.sharpen(thin, np.zeros(2)), thin)


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.9])
def test_brightness_and_saturation_are_pillows(factor: float) -> None:
    batch = pictures()
    factors = np.full(len(batch), factor)
    brighter = stacked([ImageEnhance.Brightness(image).enhance(factor) for image in images(batch)], batch)
    assert np.abs(toning.brightness(batch, factors) - brighter).max() <= 1
    stronger = stacked([ImageEnhance.Color(image).enhance(factor) for image in images(batch)], batch)
    assert np.abs(toning.saturation(batch, factors) - stronger).max() <= 2


# --- drawn from many --------------------------------------------------------------------------------------------------


def operation(name: str, strength: float, batch: Pictures) -> Pictures:
    full = np.full(len(batch), strength)
    return policies.OPERATIONS[name](batch, full, policies.NARROW, "black")


def test_there_are_the_fourteen_operations_of_the_paper() -> None:
    assert len(policies.OPERATIONS) == 14
    batch = pictures(channels=3)
    unsure = {"identity", "autocontrast", "equalise"}  # they have no strength
    for name in policies.OPERATIONS:
        weak = operation(name, 0.0, batch)
        assert name in unsure or np.array_equal(weak, batch), f"{name} without strength does nothing"
        strong = operation(name, 1.0, batch)
        assert name == "identity" or not np.array_equal(strong, batch), f"{name} does something"
        assert np.abs(operation(name, 0.3, batch) - batch.astype(int)).mean() <= 90


@pytest.mark.parametrize("id", ["rand_augment", "trivial_augment"])
@settings(max_examples=15)
@given(which=st.integers(0, 13))
def test_every_picture_gets_the_operation_its_number_says(id: str, which: int) -> None:
    batch = pictures(4)
    numbers = np.full(4, (which + 0.5) / 14)
    name = list(policies.OPERATIONS)[which]
    values, problems = check(
        AUGMENTATIONS[id],
        {"operations": 1, "magnitude": 15, "fill": "black"}
        if id == "rand_augment"
        else {"ranges": "narrow", "fill": "black"},
    )
    assert not problems
    change = AUGMENTATIONS[id].apply
    assert change is not None
    out = change(values, batch, lambda k: np.stack([numbers, np.full(4, 0.9), np.full(4, 15.5 / 31)], -1)[:, :k])
    assert np.array_equal(out, operation(name, 0.5, batch))


def test_all_operations_come_equally_often() -> None:
    seen: list[int] = []
    batch = np.zeros((1400, 2, 2, 1), np.uint8)
    counting = {
        name: (lambda pictures, *_rest, number=number: (seen.extend([number] * len(pictures)), pictures)[1])
        for number, name in enumerate(policies.OPERATIONS)
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policies, "_ALL", tuple(counting.values()))
        which = np.random.default_rng(0).random(1400)
        policies.drawn(batch, which, np.zeros(1400), policies.NARROW, "edge")
    counts = np.bincount(seen, minlength=14)
    assert counts.sum() == 1400
    assert counts.min() > 60


# --- mixtures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.4, 0.999, 1.0, 1.5, 2.0, 8.0])
def test_shares_follow_the_beta_distribution(alpha: float) -> None:
    uniform = np.concatenate([np.linspace(0, 1, 20_001)[1:-1], [0.0, 1e-12, 1 - 1e-12]])
    drawn = mixing.symmetric_beta(alpha, uniform)
    assert ((drawn >= 0) & (drawn <= 1)).all()
    lower = uniform < 0.5  # above it, numbers near 1 have no room for so steep a function; the mirror holds
    assert np.abs(special.betainc(alpha, alpha, drawn[lower]) - uniform[lower]).max() < 1e-4
    assert (np.diff(drawn[:-3]) >= 0).all()
    assert np.allclose(mixing.symmetric_beta(alpha, 1 - uniform[:-3]), 1 - drawn[:-3], atol=1e-9)


def test_mixup_of_black_and_white_is_the_share() -> None:
    black, white = np.zeros((5, 3, 3, 3), np.uint8), np.full((5, 3, 3, 3), 255, np.uint8)
    shares = np.array([0.0, 0.1, 0.5, 0.77, 1.0])
    mixed, told = mixing.mixup(white, black, shares)
    assert np.abs(told - shares).max() <= 1 / 512
    assert np.abs(mixed[:, 0, 0, 0] - 255 * told).max() <= 0.5
    assert told.dtype == np.float32
    assert mixed[0].max() == 0
    assert mixed[-1].min() == 255


@settings(max_examples=60)
@given(
    h=st.integers(1, 30),
    w=st.integers(1, 30),
    draws=st.lists(st.tuples(*[st.floats(0, 1, exclude_max=True)] * 3), min_size=1, max_size=5),
)
def test_cutmix_pastes_one_rectangle_and_says_its_area(h: int, w: int, draws: list[tuple[float, float, float]]) -> None:
    n = len(draws)
    ours, theirs = np.zeros((n, h, w, 1), np.uint8), np.full((n, h, w, 1), 9, np.uint8)
    share, y, x = np.array(draws).T
    mixed, told = mixing.cutmix(ours, theirs, share, y, x)
    for picture, left in zip(mixed[..., 0] == 9, told, strict=True):
        rows, columns = picture.any(1), picture.any(0)
        assert np.array_equal(picture, rows[:, None] & columns[None, :])
        assert (np.diff(np.flatnonzero(rows)) == 1).all()
        assert (np.diff(np.flatnonzero(columns)) == 1).all()
        assert left == pytest.approx(1 - picture.mean(), abs=1e-6)


def test_cutmix_in_the_middle_has_the_area_asked_for() -> None:
    blank = np.zeros((3, 100, 100, 1), np.uint8)
    _, told = mixing.cutmix(blank, blank, np.array([0.19, 0.51, 0.75]), *np.full((2, 3), 0.5))
    assert np.allclose(told, [0.19, 0.51, 0.75], atol=0.01)
