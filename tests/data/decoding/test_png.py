"""The quick way through ordinary PNGs: the same pixels as Pillow's, or left to Pillow."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from workbench.data.decoding import png
from workbench.data.decoding.decode import decode_bytes
from workbench.data.decoding.png import read_plain
from workbench.data.unreadable import UnreadablePicture


def saved(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def picture(mode: str, height: int = 9, width: int = 13) -> Image.Image:
    bands = len(Image.new(mode, (1, 1)).getbands())
    soft = np.cumsum(np.random.default_rng(bands).integers(-9, 10, (height, width, bands)), axis=1) + 128
    return Image.frombytes(mode, (width, height), soft.astype(np.uint8).tobytes())


def inserted(data: bytes, kind: bytes, body: bytes, *, last: bool = False) -> bytes:
    """With one more chunk after the header, or before the end."""
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    at = len(data) - 12 if last else 33
    return data[:at] + chunk + data[at:]


def same(plain: Image.Image | np.ndarray, data: bytes) -> bool:
    """Whether these are the pixels Pillow reads."""
    with Image.open(io.BytesIO(data)) as image:
        expected = image if isinstance(plain, Image.Image) else image.convert("RGB")
        return np.array_equal(np.asarray(plain), np.asarray(expected))


@pytest.mark.parametrize("mode", ["L", "RGB", "LA", "RGBA"])
@pytest.mark.parametrize("level", [0, 1, 9])
@pytest.mark.parametrize("shape", [(9, 13), (1, 1), (1, 300), (300, 1), (200, 150)])
def test_ordinary_kinds_are_read_as_pillow_reads_them(
    mode: str, level: int, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = saved(picture(mode, *shape), compress_level=level)
    plain = read_plain(data)
    assert plain is not None
    assert same(plain, data)
    monkeypatch.setattr(png, "pyspng", None)
    without = read_plain(data)
    assert isinstance(without, Image.Image)
    assert without.mode == mode
    assert same(without, data)


def test_pixels_in_many_chunks() -> None:
    data = saved(picture("RGB", 64, 64))
    at = data.index(b"IDAT") - 4
    (length,) = struct.unpack_from(">I", data, at)
    body = data[at + 8 : at + 8 + length]
    parts = b"".join(
        struct.pack(">I", len(part)) + b"IDAT" + part + struct.pack(">I", zlib.crc32(b"IDAT" + part))
        for part in (body[:1], b"", body[1:5000], body[5000:])
    )
    split = data[:at] + parts + data[at + 12 + length :]
    plain = read_plain(split)
    assert plain is not None
    assert same(plain, data)


def test_what_changes_the_picture_is_left_to_pillow() -> None:
    rgb = saved(picture("RGB"))
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = saved(picture("RGB"), icc_profile=b"\0" * 200)
    for data in (
        saved(picture("RGB"), transparency=(1, 2, 3)),
        saved(picture("RGB"), exif=exif),
        profile,
        saved(picture("RGB").quantize(16)),
        saved(picture("L").convert("1")),
        saved(picture("RGB"), save_all=True, append_images=[picture("RGB").rotate(180)]),
        saved(Image.fromarray(np.zeros((4, 4), np.uint16))),
        inserted(rgb, b"tRNS", b"\0\1\0\2\0\3", last=True),
        inserted(rgb, b"ABCD", b"it must be understood"),
        rgb[:28] + b"\1" + struct.pack(">I", zlib.crc32(rgb[12:28] + b"\1")) + rgb[33:],  # interlaced
    ):
        assert read_plain(data) is None


def test_texts_are_passed_over_whatever_they_hold() -> None:
    """A text of a gigabyte in a few kilobytes is never inflated."""
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
    data = saved(picture("RGB"))
    for kind, body in ((b"zTXt", b"Comment\0\0" + bomb), (b"iTXt", b"Comment\0\1\0\0\0" + bomb), (b"tEXt", b"a\0b")):
        plain = read_plain(inserted(data, kind, body))
        assert plain is not None
        assert same(plain, data)


def test_a_text_bomb_beside_a_profile_is_refused_or_ignored() -> None:
    """Left to Pillow, which has limits of its own."""
    data = saved(picture("RGB"), icc_profile=b"\0" * 200)
    bomb = zlib.compress(bytes(PngImagePlugin.MAX_TEXT_CHUNK + (1 << 20)), 9)
    for last in (False, True):
        with_bomb = inserted(data, b"zTXt", b"Comment\0\0" + bomb, last=last)
        with contextlib.suppress(UnreadablePicture):
            assert np.array_equal(decode_bytes(with_bomb), np.asarray(picture("RGB")))


@given(st.data())
@settings(max_examples=200)
def test_damage_is_seen_or_harmless(draw: st.DataObject) -> None:
    data = bytearray(saved(picture("RGB", 16, 16)))
    for _ in range(draw.draw(st.integers(1, 3))):
        data[draw.draw(st.integers(8, len(data) - 1))] = draw.draw(st.integers(0, 255))
    whole = bytes(data[: draw.draw(st.integers(9, len(data)))] if draw.draw(st.booleans()) else data)
    with contextlib.suppress(UnreadablePicture):  # a size that is too large
        plain = read_plain(whole)
        if plain is not None:
            assert same(plain, whole)
