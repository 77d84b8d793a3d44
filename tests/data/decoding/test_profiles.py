"""Colour profiles are followed, and cost nothing where they say nothing."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from workbench.data.decoding import profiles
from workbench.data.decoding.decode import decode_bytes, network_picture
from workbench.data.decoding.jpeg import read_header
from workbench.data.decoding.profiles import in_srgb, to_srgb


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def bytes_of(name: str) -> bytes:
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes())


def swapped() -> bytes:
    """sRGB with the red and blue primaries changed for each other: what is stored as red is blue."""
    profile = bytearray(bytes_of("sRGB"))
    entries = int.from_bytes(profile[128:132], "big")
    tags = {bytes(profile[132 + 12 * k : 136 + 12 * k]): 132 + 12 * k for k in range(entries)}
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    profile[red + 4 : red + 12], profile[blue + 4 : blue + 12] = (
        profile[blue + 4 : blue + 12],
        profile[red + 4 : red + 12],
    )
    return bytes(profile)


RED = Image.new("RGB", (32, 32), (250, 10, 10))
LOSSLESS = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}, "AVIF": {"quality": 100}}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_profile_in_the_file_is_followed(kind: str) -> None:
    plain = decode_bytes(saved(RED, kind, **LOSSLESS.get(kind, {})))
    assert plain[16, 16, 0] > 240
    seen = decode_bytes(saved(RED, kind, icc_profile=swapped(), **LOSSLESS.get(kind, {})))
    assert seen[16, 16, 2] > 240
    assert seen[16, 16, 0] < 20


def test_also_at_a_reduced_scale_and_in_one_channel() -> None:
    large = RED.resize((1000, 800))
    data = saved(large, "JPEG", icc_profile=swapped(), quality=95)
    assert network_picture(data, (16, 16), 3, "crop")[8, 8, 2] > 240
    grey = network_picture(data, (16, 16), 1, "crop")
    assert abs(int(grey[8, 8, 0]) - int(0.299 * 10 + 0.587 * 10 + 0.114 * 250)) < 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_srgb_itself_changes_nothing(kind: str) -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8))
    with_profile, without = (saved(picture, kind, **given) for given in ({"icc_profile": bytes_of("sRGB")}, {}))
    assert np.array_equal(decode_bytes(with_profile), decode_bytes(without))
    pixels = np.asarray(picture)
    assert in_srgb(pixels, bytes_of("sRGB")) is pixels


def test_transparency_and_palettes_with_a_profile() -> None:
    clear = RED.convert("RGBA")
    clear.putalpha(0)
    assert (decode_bytes(saved(clear, "PNG", icc_profile=swapped())) > 250).all()
    assert decode_bytes(saved(RED.quantize(4), "PNG", icc_profile=swapped()))[0, 0, 2] > 240


def test_profiles_that_do_not_fit_or_are_broken_are_ignored() -> None:
    whole = swapped()
    broken = bytearray(whole)
    broken[36:40] = b"oops"  # its signature
    for profile in (b"", b"x" * 200, bytes(broken), whole[:200], bytes_of("LAB")):
        assert to_srgb(RED, profile) is RED
        for kind in ("JPEG", "PNG"):
            seen = decode_bytes(saved(RED, kind, icc_profile=profile or None, **LOSSLESS.get(kind, {})))
            assert seen[16, 16, 0] > 240
    assert to_srgb(RED, None) is RED
    assert to_srgb(RED, bytes(5 << 20)) is RED
    grey = Image.new("L", (4, 4), 100)
    assert to_srgb(grey, whole) is grey


@pytest.mark.faults
def test_any_damage_to_a_profile_is_survived() -> None:
    rng = np.random.default_rng(0)
    whole = swapped()
    for trial in range(500):
        damaged = bytearray(whole[: rng.integers(1, len(whole))] if trial % 3 == 0 else whole)
        for at in rng.integers(0, len(damaged), 4):
            damaged[at] = rng.integers(0, 256)
        assert to_srgb(RED, bytes(damaged)).size == RED.size


def test_parts_of_a_jpegs_profile() -> None:
    large = swapped() + bytes(100_000)  # in two segments
    data = saved(RED, "JPEG", icc_profile=large)
    header = read_header(data)
    assert header is not None
    assert header.profile == large
    second = data.index(b"ICC_PROFILE\0\x02")
    header = read_header(data[: second + 12] + b"\x03" + data[second + 13 :])  # a part is missing
    assert header is not None
    assert header.profile == b""
    header = read_header(saved(RED, "JPEG"))
    assert header is not None
    assert header.profile == b""


def test_the_way_to_srgb_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    profiles._transform.cache_clear()
    made: list[object] = []
    original = ImageCms.buildTransform

    def counted(*given: object, **more: object) -> object:
        made.append(given)
        return original(*given, **more)

    monkeypatch.setattr(ImageCms, "buildTransform", counted)
    data = saved(RED, "PNG", icc_profile=swapped())
    for _ in range(5):
        decode_bytes(data)
    assert len(made) == 1
