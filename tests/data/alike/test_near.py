"""Hashes of pictures and the pairs among them: against comparing each with each, and on pictures that were altered."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from workbench.core.diagnostic import Problem
from workbench.data.alike import near as near_module
from workbench.data.alike.hashes import Hashes, Pixels, distances, flat, grey, hashed, likeness, popcount, thumbs
from workbench.data.alike.near import ALIKE, WITHIN, Near, _Search, near, pairs_within


def photograph(seed: int) -> Image.Image:
    """Soft shapes before a soft ground with some grain, 120 × 160."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    soft = np.asarray(coarse.resize((160, 120), Image.Resampling.BICUBIC)).astype(int)
    return Image.fromarray(np.clip(soft + rng.integers(-6, 7, soft.shape), 0, 255).astype(np.uint8))


def saved(image: Image.Image, kind: str = "JPEG", **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def looks(datas: list[bytes]) -> tuple[Hashes, Hashes, Pixels]:
    pictures = np.stack([grey(data) for data in datas])
    return *hashed(pictures), thumbs(pictures)


def found(datas: list[bytes]) -> Near:
    return near(*looks(datas))


# --- pairs of hashes --------------------------------------------------------------------------------------------------


def near_copies(seed: int, n: int, most: int) -> Hashes:
    """Hashes of which many are others with up to `most` bits turned."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 2**64, n, dtype=np.uint64)
    source, target = rng.integers(0, n, n // 2), rng.integers(0, n, n // 2)
    for _ in range(most):
        turned = np.uint64(1) << rng.integers(0, 64, n // 2).astype(np.uint64)
        hashes[target] = hashes[source] ^ turned
        source = target
    return hashes


def by_comparing_all(hashes: Hashes, within: int, others: Hashes | None) -> set[tuple[int, int, int]]:
    queries = hashes if others is None else others
    apart = distances(queries[:, None], hashes[None, :])
    close = np.triu(apart <= within, 1) if others is None else (apart <= within) & ~np.eye(len(hashes), dtype=np.bool_)
    return {(int(i), int(j), int(apart[i, j])) for i, j in zip(*np.nonzero(close), strict=True)}


def by_tables(hashes: Hashes, within: int, others: Hashes | None = None) -> list[tuple[int, int, int]]:
    blocks = pairs_within(hashes, within, others)
    return [row for block in blocks for row in zip(*(column.tolist() for column in block), strict=True)]


@given(st.integers(0, 10**6), st.integers(0, 400), st.integers(0, 14), st.booleans())
def test_tables_find_what_comparing_all_finds(seed: int, n: int, within: int, asymmetric: bool) -> None:
    hashes = near_copies(seed, n, within + 1)
    others = np.random.default_rng(seed).permutation(hashes) if asymmetric else None
    pairs = by_tables(hashes, within, others)
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == by_comparing_all(hashes, within, others)


def test_many_with_one_part_in_common(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes whose low bits are all alike fill one row of a table, which is then taken in blocks."""
    monkeypatch.setattr(near_module, "_AT_ONCE", 1000)
    hashes = near_copies(3, 700, 6) & ~np.uint64(0xFFFFFFFF)
    assert set(by_tables(hashes, 4)) == by_comparing_all(hashes, 4, None)


@pytest.mark.faults
def test_a_hundred_thousand_hashes() -> None:
    """Every planted pair is found among 100,000."""
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, 100_000, dtype=np.uint64)
    turned = np.zeros(1000, np.uint64)
    for _ in range(WITHIN):
        turned ^= np.uint64(1) << rng.integers(0, 64, 1000).astype(np.uint64)
    hashes[50_000:51_000] = hashes[:1000] ^ turned
    assert {(i, i + 50_000) for i in range(1000)} <= {(i, j) for i, j, _apart in by_tables(hashes, WITHIN)}


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_bits_are_counted(values: list[int]) -> None:
    assert popcount(np.array(values, np.uint64)).tolist() == [value.bit_count() for value in values]


# --- pictures ---------------------------------------------------------------------------------------------------------


def cut(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    w, h = image.size
    return image.crop((round(w * left), round(h * top), round(w * (1 - right)), round(h * (1 - bottom))))


ALTERED: dict[str, Callable[[Image.Image], bytes]] = {
    "saved again": lambda image: saved(image, quality=40),
    "another format": lambda image: saved(image, "WEBP", quality=70),
    "smaller": lambda image: saved(image.resize((80, 60)), quality=90),
    "larger": lambda image: saved(image.resize((320, 240)), quality=90),
    "another shape": lambda image: saved(image.resize((128, 128)), quality=90),
    "brighter": lambda image: saved(ImageEnhance.Brightness(image).enhance(1.1), quality=90),
    "darker": lambda image: saved(ImageEnhance.Brightness(image).enhance(0.9), quality=90),
    "more contrast": lambda image: saved(ImageEnhance.Contrast(image).enhance(1.2), quality=90),
    "cut by 2 % on the right": lambda image: saved(cut(image, 0, 0, 0.02, 0), quality=90),
    "cut by 2 % in each direction": lambda image: saved(cut(image, 0.01, 0.01, 0.01, 0.01), quality=90),
    "grey": lambda image: saved(image.convert("L"), quality=90),
    "mirrored": lambda image: saved(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), quality=90),
}


@pytest.mark.parametrize("change", ALTERED)
def test_altered_copies_are_found_and_nothing_else(change: str) -> None:
    originals = [photograph(seed) for seed in range(30)]
    result = found([saved(p, quality=95) for p in originals] + [ALTERED[change](p) for p in originals])
    groups = set(result.groups)
    assert groups <= {(i, i + 30) for i in range(30)}
    assert len(groups) >= (29 if "2 % in each" in change else 30)
    assert result.mirrored.all() if change == "mirrored" else not result.mirrored.any()
    assert len(result.distance) == len(result.groups.members)
    assert (result.distance <= WITHIN).all()
    assert result.complete


def test_pictures_of_one_colour_are_not_alike() -> None:
    """Plain grounds with a little noise, as scanned blank pages and black frames are."""
    rng = np.random.default_rng(0)
    plain = [
        Image.fromarray(np.clip(level + rng.normal(0, 1.5, (64, 64)), 0, 255).astype(np.uint8))
        for level in (10, 10, 128, 128, 240, 240)
    ]
    datas = [saved(image, "PNG") for image in plain]
    assert flat(looks(datas)[2]).all()
    assert len(found(datas).groups) == 0


def test_one_ground_does_not_make_pictures_alike() -> None:
    """A small thing in other places before the same ground, as a fixed camera sees it."""
    ground = np.asarray(photograph(5)).copy()
    datas = []
    for place in range(6):
        picture = ground.copy()
        picture[20 + 12 * place : 50 + 12 * place, 20 * place : 20 * place + 40] = 255 * (place % 2)
        datas.append(saved(Image.fromarray(picture), quality=95))
    assert len(found(datas).groups) == 0


def test_a_negative_is_another_picture() -> None:
    image = photograph(8)
    negative = Image.fromarray(255 - np.asarray(image))
    _hashes, _mirrored, small = looks([saved(image, "PNG"), saved(negative, "PNG")])
    assert likeness(small[:1], small[1:]).tolist() == [0.0]


@given(st.integers(0, 10**6))
def test_likeness_is_symmetric_and_one_for_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 256, (2, 4, 16, 16), dtype=np.uint8)
    np.testing.assert_allclose(likeness(a, b), likeness(b, a), atol=1e-6)
    assert (likeness(a, a) > 0.9999).all()
    assert (likeness(a, b) < ALIKE).all()


def test_mirrored_hashes_are_those_of_mirrored_pictures() -> None:
    pictures = np.stack([grey(saved(photograph(seed), "PNG")) for seed in range(20)])
    upright, mirrored = hashed(pictures)
    other, back = hashed(np.ascontiguousarray(pictures[:, :, ::-1]))
    assert (distances(mirrored, other) <= 1).all()  # rounding may turn a bit that lies on the median
    assert (distances(back, upright) <= 1).all()


def test_many_equal_hashes_are_compared_with_the_first_only() -> None:
    """A thousand frames of a camera that stands still: half a million pairs, a thousand comparisons."""
    hashes, mirrored, small = looks([saved(photograph(1), quality=95)])
    search = _Search(np.repeat(small, 1000, 0), np.full(1000, ALIKE, np.float32), None)
    assert search.same_hash(np.repeat(hashes, 1000), np.arange(1000)).tolist() == [0]
    assert search.compared == 999
    result = near(np.repeat(hashes, 1000), np.repeat(mirrored, 1000), np.repeat(small, 1000, 0))
    assert list(result.groups) == [tuple(range(1000))]


def test_progress_grows_to_its_total() -> None:
    told: list[tuple[int, int | None]] = []
    datas = [saved(photograph(seed)) for seed in range(5)]
    near(*looks(datas), progress=lambda done, total: told.append((done, total)))
    assert [done for done, _total in told] == list(range(1, len(told) + 1))
    assert {total for _done, total in told} == {len(told)}


def test_too_many_pairs_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_module, "MOST_PAIRS", 0)
    result = found([saved(photograph(1), quality=quality) for quality in (95, 60)])
    assert not result.complete
    assert len(result.groups) == 0


def test_unusable_pictures_are_passed_over() -> None:
    hashes, mirrored, small = looks([saved(photograph(1), quality=quality) for quality in (95, 70, 60)])
    usable: npt.NDArray[np.bool_] = np.array([True, False, True])
    assert list(near(hashes, mirrored, small, usable).groups) == [(0, 2)]


def test_a_higher_likeness_can_be_asked_of_some() -> None:
    """Of pictures with few pixels, say: a pair must have the higher of both."""
    image = photograph(1)
    data = [saved(image, quality=95), saved(cut(image, 0, 0, 0.02, 0), quality=40)]
    hashes, mirrored, small = looks(data)
    like = float(likeness(small[:1], small[1:])[0])
    for asked, alike in ((like - 0.001, True), (like + 0.001, False)):
        least = np.array([0.5, asked], np.float32)
        assert bool(len(near(hashes, mirrored, small, least=least).groups)) == alike


def test_it_can_be_cancelled() -> None:
    with pytest.raises(Problem) as refused:
        near(*looks([saved(photograph(1), quality=quality) for quality in (95, 70)]), cancelled=lambda: True)
    assert refused.value.diagnostics[0].code == "data.cancelled"
