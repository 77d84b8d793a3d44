"""Augmentations: what they promise for any picture, and that a picture never depends on its companions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from workbench.catalogue import warping
from workbench.catalogue.declaration import Augmentation, Kind
from workbench.catalogue.registry import AUGMENTATIONS
from workbench.catalogue.values import check

Pictures = NDArray[np.uint8]

CHANGING = [augmentation for augmentation in AUGMENTATIONS.values() if augmentation.apply is not None]
each = pytest.mark.parametrize("augmentation", CHANGING, ids=lambda augmentation: augmentation.id)
every = pytest.mark.parametrize("augmentation", AUGMENTATIONS.values(), ids=lambda augmentation: augmentation.id)
shapes = st.tuples(st.integers(1, 5), st.integers(1, 20), st.integers(1, 20), st.sampled_from((1, 3)))


def draws(seeds: list[int]) -> Callable[[int], NDArray[np.float64]]:
    """As the loader's: numbers for each picture from that picture's seed alone."""
    return lambda k: np.stack([np.random.default_rng(seed).random(k) for seed in seeds])


def constant(*numbers: float, n: int = 1) -> Callable[[int], NDArray[np.float64]]:
    """The same given numbers for every picture."""
    return lambda k: np.tile(np.array(numbers[:k], dtype=float), (n, 1))


def random_pictures(shape: tuple[int, ...], seed: int = 0) -> Pictures:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def photo(h: int = 48, w: int = 64) -> Pictures:
    """One smooth colour picture, as photographs are: a gradient each way and a disc."""
    y, x = np.mgrid[0:h, 0:w]
    disc = ((y - h / 2) ** 2 + (x - w / 2) ** 2 < (h / 4) ** 2) * 80
    return np.stack([x * 150 // w + disc, y * 200 // h, 128 - disc // 2], -1).astype(np.uint8)[None]


def apply(id: str, batch: Pictures, draw: Any, **params: Any) -> Pictures:
    values, problems = check(AUGMENTATIONS[id], params)
    assert problems == ()
    change = AUGMENTATIONS[id].apply
    assert change is not None
    return change(values, batch, draw)


def params_of(data: st.DataObject, augmentation: Augmentation) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for param in augmentation.params:
        if param.kind is Kind.CHOICE:
            asked[param.id] = data.draw(st.sampled_from([value for value, _ in param.choices]))
        elif param.kind is Kind.INT:
            asked[param.id] = data.draw(st.integers(int(param.minimum or 0), int(param.maximum or 9)))
        elif param.kind is Kind.BOOL:
            asked[param.id] = data.draw(st.booleans())
        else:
            asked[param.id] = data.draw(st.floats(param.minimum or 0.0, param.maximum or 1.0))
    return asked


@each
@settings(max_examples=50)
@given(data=st.data(), shape=shapes, seed=st.integers(0, 2**32))
def test_a_picture_does_not_depend_on_its_companions(
    augmentation: Augmentation, data: st.DataObject, shape: tuple[int, ...], seed: int
) -> None:
    batch = random_pictures(shape, seed)
    before = batch.copy()
    params = params_of(data, augmentation)
    seeds = list(range(seed, seed + len(batch)))
    together = apply(augmentation.id, batch, draws(seeds), **params)
    assert together.shape == batch.shape
    assert together.dtype == np.uint8
    assert np.array_equal(batch, before), "the batch that came in is left alone"
    assert not np.shares_memory(together, batch)
    order = data.draw(st.permutations(range(len(batch))))
    shuffled = apply(augmentation.id, batch[order], draws([seeds[i] for i in order]), **params)
    assert np.array_equal(shuffled, together[order])
    alone = [apply(augmentation.id, batch[i : i + 1], draws([s]), **params)[0] for i, s in enumerate(seeds)]
    assert np.array_equal(np.stack(alone), together)


@each
def test_an_empty_batch_stays_empty(augmentation: Augmentation) -> None:
    empty = np.zeros((0, 8, 8, 3), np.uint8)
    assert apply(augmentation.id, empty, lambda k: np.zeros((0, k))).shape == (0, 8, 8, 3)


@each
def test_does_something_at_its_defaults(augmentation: Augmentation) -> None:
    batch = np.repeat(photo(48, 48), 40, axis=0)
    out = apply(augmentation.id, batch, draws(list(range(40))))
    changed = (out != batch).any(axis=(1, 2, 3)).mean()
    assert changed > 0.02
    if not augmentation.chance_first:  # the others may do the same to each, and differ by being done or not
        assert len({picture.tobytes() for picture in out}) > 1, "pictures are changed differently"
    far = np.abs(out.astype(int) - batch).mean() * check(augmentation, {})[0].chance
    assert far < 60, "the picture can still be recognised"


NOTHING: dict[str, dict[str, Any]] = {
    "crop": {"padding": 0},
    "shift": {"amount": 0.0},
    "zoom": {"amount": 0.0, "stretch": 0.0},
    "rotate": {"degrees": 0.0},
    "shear": {"degrees": 0.0},
    "affine": {"degrees": 0.0, "shift": 0.0, "scale": 0.0, "shear": 0.0},
    "perspective": {"amount": 0.0},
    "brightness": {"amount": 0.0},
    "contrast": {"amount": 0.0},
    "gamma": {"amount": 0.0},
    "saturation": {"amount": 0.0},
    "hue": {"degrees": 0.0},
    "colour_jitter": {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0},
    "posterise": {"bits": 8},
    "solarise": {"threshold": 1.0},
    "sharpen": {"amount": 0.0},
    "noise": {"strength": 0.0},
    "erase": {"side": 0.0},
}


@pytest.mark.parametrize("id", NOTHING)
@pytest.mark.parametrize("channels", [1, 3])
def test_an_amount_of_nothing_changes_nothing(id: str, channels: int) -> None:
    batch = random_pictures((6, 15, 16, channels))
    assert np.array_equal(apply(id, batch, draws(list(range(6))), **NOTHING[id]), batch)


@every
def test_every_augmentation_has_a_chance_and_a_switch(augmentation: Augmentation) -> None:
    values, problems = check(augmentation, {})
    assert not problems
    assert values.on is True
    assert 0 < values.chance <= 1
    assert (augmentation.apply is None) != (augmentation.mix is None)
    assert augmentation.group


def test_flips() -> None:
    batch = random_pictures((1, 5, 7, 3))
    assert np.array_equal(apply("flip_horizontal", batch, constant()), batch[:, :, ::-1])
    assert np.array_equal(apply("flip_vertical", batch, constant()), batch[:, ::-1])


def test_quarter_turns() -> None:
    batch = random_pictures((1, 6, 6, 3))
    for k in range(4):
        assert np.array_equal(apply("quarter_turn", batch, constant((k + 0.5) / 4))[0], np.rot90(batch[0], k))
    oblong = random_pictures((1, 4, 6, 3))
    assert np.array_equal(apply("quarter_turn", oblong, constant(0.3)), oblong)
    assert np.array_equal(apply("quarter_turn", oblong, constant(0.6))[0], np.rot90(oblong[0], 2))


def test_shift_moves_by_whole_pixels_and_fills() -> None:
    batch = random_pictures((1, 8, 8, 1))
    moved = apply("shift", batch, constant(0.999, 0.0), amount=0.25, fill="edge")  # 2 down, 2 to the left
    assert np.array_equal(moved[0, 2:, :-2], batch[0, :-2, 2:])
    assert np.array_equal(moved[0, 0, :-2], batch[0, 0, 2:])
    mirrored = apply("shift", batch, constant(0.999, 0.5), amount=0.25, fill="reflect")
    assert np.array_equal(mirrored[0, 2:], batch[0, :-2])
    assert np.array_equal(mirrored[0, 1], batch[0, 1])
    assert np.array_equal(mirrored[0, 0], batch[0, 2])


def test_shift_reaches_all_places_alike() -> None:
    batch = np.zeros((3000, 8, 8, 1), np.uint8)
    batch[:, 4, 4] = 255
    out = apply("shift", batch, draws(list(range(3000))), amount=0.25)
    places = np.argwhere(out[..., 0] == 255)[:, 1:] - 4
    counts = np.unique(places, axis=0, return_counts=True)[1]
    assert len(counts) == 25
    assert counts.min() > 60, "each of 25 places is met about 120 times"


def test_zoom_keeps_a_gradient_a_gradient() -> None:
    ramp = np.tile(np.linspace(0, 255, 64).round().astype(np.uint8)[None, None, :, None], (1, 64, 1, 1))
    out = apply("zoom", ramp, constant(1.0, 0.5, 0.5, 0.5), amount=0.5, stretch=0.0)[0, :, :, 0].astype(float)
    assert np.allclose(np.diff(out[0]), 255 / 64 / 2, atol=1.3)
    assert out[0].mean() == pytest.approx(127.5, abs=1.5)


def test_rotate_by_a_right_angle_is_exact() -> None:
    batch = random_pictures((1, 9, 9, 3))
    for u, k in ((0.0, 1), (1.0, -1)):
        turned = apply("rotate", batch, constant(u), degrees=90.0)[0]
        assert np.abs(turned.astype(int) - np.rot90(batch[0], k)).max() <= 1


def test_rotate_there_and_back_is_close() -> None:
    batch = photo()
    there = apply("rotate", batch, constant(1.0), degrees=10.0)
    back = apply("rotate", there, constant(0.0), degrees=10.0)
    inner = (slice(None), slice(14, -14), slice(14, -14))
    assert np.abs(back[inner].astype(int) - batch[inner]).mean() < 3


def test_shear_slants_about_the_centre() -> None:
    batch = np.zeros((1, 21, 21, 1), np.uint8)
    batch[:, :, 10] = 255
    out = apply("shear", batch, constant(1.0), degrees=26.565)[0, :, :, 0]  # slope 1/2
    assert out[10].argmax() == 10
    assert abs(int(out[0].argmax()) - int(out[20].argmax())) == 10


def test_affine_is_its_parts() -> None:
    batch = photo()
    none = {"degrees": 0.0, "shift": 0.0, "scale": 0.0, "shear": 0.0}
    middle = 0.5
    turned = apply("affine", batch, constant(1.0, middle, middle, middle, middle), **{**none, "degrees": 20.0})
    assert np.array_equal(turned, apply("rotate", batch, constant(1.0), degrees=20.0))
    slanted = apply("affine", batch, constant(middle, middle, middle, middle, 0.9), **{**none, "shear": 15.0})
    slope = np.tan(np.deg2rad(15.0 * 0.8)) / np.tan(np.deg2rad(15.0))
    near = apply("shear", batch, constant((slope + 1) / 2), degrees=15.0)
    assert np.abs(slanted.astype(int) - near).max() <= 1
    right, down = (1 + 8 / 16) / 2, (1 - 6 / 12) / 2  # 8 of at most 16 pixels, 6 of at most 12 the other way
    moved = apply("affine", batch, constant(middle, right, down, middle, middle), **{**none, "shift": 0.25})
    assert np.array_equal(moved, warping.shift(batch, np.array([-6]), np.array([8]), "reflect"))
    larger = apply("affine", batch, constant(middle, middle, middle, 1.0, middle), **{**none, "scale": 0.5})
    assert np.array_equal(larger, warping.transform(batch, np.eye(2)[None] / 1.5, "reflect"))
    h, w = batch.shape[1:3]
    both = apply(
        "affine", batch, constant(1.0, right, middle, middle, middle), **{**none, "degrees": 90.0, "shift": 0.25}
    )
    turn = apply("rotate", batch, constant(1.0), degrees=90.0)
    inner = (slice(None), slice(4, h - 4), slice(8 + (w - h) // 2 + 4, w - (w - h) // 2 - 4))
    assert np.abs(both[inner].astype(int) - np.roll(turn, 8, axis=2)[inner]).max() <= 2, "turned first, then moved"


def test_a_turn_is_pillows() -> None:
    batch = photo(48, 48)
    for degrees in (7.0, 33.0):
        ours = apply("rotate", batch, constant(1.0), degrees=degrees, fill="black")[0].astype(int)
        theirs = np.asarray(Image.fromarray(batch[0]).rotate(-degrees, Image.Resampling.BILINEAR)).astype(int)
        assert np.abs(ours - theirs)[9:-9, 9:-9].max() <= 3
        assert np.abs(ours - theirs)[9:-9, 9:-9].mean() < 0.7


def test_crop_moves_by_at_most_its_border() -> None:
    batch = random_pictures((500, 32, 32, 3))
    out = apply("crop", batch, draws(list(range(500))), padding=4)
    white = np.full((500, 32, 32, 1), 255, np.uint8)
    seen = apply("crop", white, draws(list(range(500))), padding=4)[..., 0] == 255
    rows, columns = seen.any(2).sum(1), seen.any(1).sum(1)
    assert rows.min() == columns.min() == 28
    assert rows.max() == columns.max() == 32
    assert np.array_equal(seen.sum((1, 2)), rows * columns), "what is left is a rectangle"
    assert np.array_equal(out[~seen].max(initial=0), 0)
    tiny = apply("crop", random_pictures((20, 3, 3, 1)), draws(list(range(20))), padding=64)
    assert (tiny != 0).any(axis=(1, 2, 3)).all(), "something of a tiny picture is always left"


def test_blur_is_pillows() -> None:
    batch = photo()
    kernel = ImageFilter.Kernel((3, 3), (1, 2, 1, 2, 4, 2, 1, 2, 1), 16)
    theirs = np.asarray(Image.fromarray(batch[0]).filter(kernel)).astype(int)
    ours = apply("blur", batch, constant(), radius=1)[0].astype(int)
    assert np.abs(ours - theirs)[1:-1, 1:-1].max() <= 1


def test_tones_do_what_they_say() -> None:
    batch = photo()
    mean = batch.mean()
    assert apply("brightness", batch, constant(1.0), amount=0.2).mean() == pytest.approx(1.2 * mean, rel=0.03)
    flat = apply("contrast", batch, constant(0.0), amount=1.0)
    assert np.ptp(flat) <= 1
    assert flat.mean() == pytest.approx(mean, abs=1)
    assert apply("contrast", batch, constant(0.0), amount=0.5).std() == pytest.approx(batch.std() / 2, rel=0.05)
    black_and_white = np.array([0, 255], np.uint8).reshape(1, 1, 2, 1)
    assert np.array_equal(apply("gamma", black_and_white, constant(1.0), amount=1.0), black_and_white)
    assert apply("gamma", batch, constant(1.0), amount=0.5).mean() < mean < apply("gamma", batch, constant(0.0)).mean()


def test_grey_and_saturation_agree() -> None:
    batch = random_pictures((1, 12, 12, 3))
    grey = apply("grey", batch, constant())
    assert np.array_equal(grey[..., 0], grey[..., 1])
    assert np.array_equal(grey[..., 0], grey[..., 2])
    assert np.abs(grey[..., 0] - batch @ [0.299, 0.587, 0.114]).max() < 1.5
    assert np.array_equal(apply("saturation", batch, constant(0.0), amount=1.0), grey)
    stronger = apply("saturation", photo(), constant(1.0), amount=0.5)
    assert np.ptp(stronger.astype(int), axis=-1).mean() > np.ptp(photo().astype(int), axis=-1).mean()


def test_hue_keeps_brightness_and_turns_around() -> None:
    batch = (photo() // 2 + 64).astype(np.uint8)
    turned = apply("hue", batch, constant(1.0), degrees=30.0)
    weights = np.array([0.299, 0.587, 0.114])
    assert np.abs(turned @ weights - batch @ weights).mean() < 1.5
    back = apply("hue", turned, constant(0.0), degrees=30.0)
    assert np.abs(back.astype(int) - batch).mean() < 2
    grey = random_pictures((1, 5, 5, 1)).repeat(3, axis=-1)
    assert np.abs(apply("hue", grey, constant(1.0), degrees=180.0).astype(int) - grey).max() <= 1


@pytest.mark.parametrize("id", ["saturation", "hue", "grey"])
def test_colour_changes_leave_grey_pictures(id: str) -> None:
    batch = random_pictures((3, 7, 7, 1))
    assert np.array_equal(apply(id, batch, constant(0.0, n=3)), batch)


def test_noise_has_the_strength_asked_for() -> None:
    batch = np.full((1, 100, 100, 3), 128, np.uint8)
    out = apply("noise", batch, constant(0.3, 0.7), strength=0.1).astype(float)
    assert out.std() == pytest.approx(25.5, rel=0.03)
    assert out.mean() == pytest.approx(128, abs=0.6)


def test_blur_spreads_a_point_and_keeps_the_sum() -> None:
    point = np.zeros((1, 31, 31, 1), np.uint8)
    point[0, 12:19, 12:19] = 255
    for radius in (1, 4):
        out = apply("blur", point, constant(), radius=radius)
        assert float(out.sum()) == pytest.approx(float(point.sum()), rel=0.02)
        assert (out > 0).sum() > (point > 0).sum()
    flat = np.full((1, 6, 6, 3), 201, np.uint8)
    assert np.array_equal(apply("blur", flat, constant(), radius=8), flat)


def test_erase_covers_one_rectangle_with_the_mean() -> None:
    batch = random_pictures((1, 20, 20, 3))
    out = apply("erase", batch, constant(1.0, 0.5, 0.5, 0.5), side=0.5)
    changed = (out != batch).any(axis=-1)[0]
    rows, columns = changed.any(1).sum(), changed.any(0).sum()
    assert (rows, columns) == (10, 5)
    colours = out[0][changed].astype(float)
    assert np.allclose(colours, batch[0].mean(axis=(0, 1)), atol=1.01)


def test_erase_may_touch_every_edge() -> None:
    batch = random_pictures((1500, 10, 10, 1))
    out = apply("erase", batch, draws(list(range(1500))), side=0.4)
    touched = (out != batch).any(axis=(0, 3))
    assert touched.all()
