"""Decoding: every way a file may store pixels, as a person sees it; quick decoding close to the full one."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from workbench.core.diagnostic import Problem
from workbench.data.decoding.decode import decode, decode_bytes, network_picture, reduced_picture
from workbench.data.decoding.fit import FITS, crop_window, fit, padded_window, to_channels
from workbench.data.unreadable import UnreadablePicture


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def scene(height: int = 300, width: int = 400, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    soft = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)).astype(int)
    return np.clip(soft + rng.integers(-10, 11, soft.shape), 0, 255).astype(np.uint8)


SMALL = scene(30, 40)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
def test_lossless_formats_give_the_pixels_back(kind: str) -> None:
    data = saved(Image.fromarray(SMALL), kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert np.array_equal(decode_bytes(data), SMALL)


@pytest.mark.parametrize("kind", ["JPEG", "AVIF", "WEBP"])
def test_lossy_formats_are_close(kind: str) -> None:
    soft = scene(64, 64, 3)
    soft = np.asarray(Image.fromarray(soft).resize((8, 8)).resize((64, 64), Image.Resampling.BICUBIC))
    data = saved(Image.fromarray(soft), kind, quality=95)
    assert np.abs(decode_bytes(data).astype(int) - soft).mean() < 3


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    for kind in ("PNG", "TIFF"):
        seen = decode_bytes(saved(Image.fromarray(ramp), kind))
        assert np.abs(seen[..., 0].astype(int).ravel() - np.arange(256)).max() <= 1
        assert (seen[..., 0] == seen[..., 2]).all()


def test_sixteen_bit_colour_is_scaled() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    row = b"\0" + struct.pack(">6H", 65535, 32768, 0, 256, 512, 65280)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0))
    data += chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
    assert decode_bytes(data).tolist() == [[[255, 128, 0], [1, 2, 255]]]


def test_fractions_and_wide_numbers() -> None:
    unit = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    assert decode_bytes(saved(Image.fromarray(unit), "TIFF"))[..., 0].ravel()[[0, 63]].tolist() == [0, 255]
    wild = unit * 2e6 - 1e6
    wild[0, 0] = np.nan
    wild[0, 1] = np.inf
    seen = decode_bytes(saved(Image.fromarray(wild), "TIFF"))
    assert seen[0, 0, 0] == 0
    assert seen[-1, -1, 0] == 255
    counts = (unit * 1e6).astype(np.int32)
    assert decode_bytes(saved(Image.fromarray(counts), "TIFF"))[-1, -1].tolist() == [255] * 3
    flat = np.full((4, 4), np.nan, np.float32)
    assert (decode_bytes(saved(Image.fromarray(flat), "TIFF")) == 0).all()


def test_hidden_colour_under_transparency_stays_hidden() -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[..., 0] = 200  # red, but seen through
    pixels[0, 0, 3] = 255
    for kind in ("PNG", "WEBP", "TIFF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        seen = decode_bytes(saved(Image.fromarray(pixels), kind, **options))
        assert seen[1, 1].tolist() == [255, 255, 255], kind
        assert seen[0, 0].tolist() == [200, 0, 0], kind


def test_grey_with_transparency_and_half_transparency() -> None:
    pixels = np.zeros((2, 2, 2), np.uint8)
    pixels[0, 0] = (100, 255)
    pixels[0, 1] = (0, 128)
    seen = decode_bytes(saved(Image.fromarray(pixels, "LA"), "PNG"))
    assert seen[0, 0].tolist() == [100] * 3
    assert abs(int(seen[0, 1, 0]) - 127) <= 1
    assert seen[1, 1].tolist() == [255] * 3


def test_palettes() -> None:
    image = Image.new("P", (4, 4))
    image.putpalette([10, 20, 30, 200, 0, 0])
    image.putpixel((0, 0), 1)
    assert decode_bytes(saved(image, "PNG"))[1, 1].tolist() == [10, 20, 30]
    clear = decode_bytes(saved(image, "PNG", transparency=0))
    assert clear[1, 1].tolist() == [255] * 3
    assert clear[0, 0].tolist() == [200, 0, 0]
    assert decode_bytes(saved(image, "GIF", transparency=0))[1, 1].tolist() == [255] * 3


def test_one_transparent_colour_in_rgb() -> None:
    image = Image.new("RGB", (2, 1), (1, 2, 3))
    image.putpixel((0, 0), (9, 9, 9))
    assert decode_bytes(saved(image, "PNG", transparency=(1, 2, 3))).tolist() == [[[9, 9, 9], [255, 255, 255]]]


def test_one_bit_and_grey() -> None:
    assert decode_bytes(saved(Image.new("1", (3, 3), 1), "PNG")).tolist() == np.full((3, 3, 3), 255).tolist()
    assert decode_bytes(saved(Image.new("1", (3, 3), 1), "TIFF")).max() == 255
    for kind in ("PNG", "JPEG", "BMP"):
        seen = decode_bytes(saved(Image.new("L", (8, 8), 77), kind))
        assert seen.shape == (8, 8, 3)
        assert set(seen.ravel().tolist()) == {77}


def test_cmyk() -> None:
    ink = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # magenta and yellow: red
    for kind in ("JPEG", "TIFF"):
        seen = decode_bytes(saved(ink, kind))[8, 8]
        assert seen[0] > 220, kind
        assert seen[1] < 40, kind


def test_lab() -> None:
    lab = Image.frombytes("LAB", (2, 2), bytes([255, 0, 0] * 4))
    assert decode_bytes(saved(lab, "TIFF")).min() > 240


def test_of_an_animation_the_first_frame() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "WEBP", "PNG", "AVIF", "TIFF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        seen = decode_bytes(saved(frames[0], kind, save_all=True, append_images=frames[1:], **options))
        assert seen[4, 4, 0] > 240, kind
        assert seen[4, 4, 2] < 15, kind


@pytest.mark.parametrize("turned", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation(turned: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = turned
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100} if kind == "JPEG" else {}
    data = saved(Image.fromarray(SMALL), kind, exif=exif, **options)
    with Image.open(io.BytesIO(data)) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))
    assert np.array_equal(decode_bytes(data), expected)


@given(st.binary(max_size=200), st.sampled_from([b"", b"Exif\0\0", b"II*\0", b"MM\0*", b"Exif\0\0II*\0\x08\0\0\0"]))
def test_any_exif_block_gives_an_orientation(tail: bytes, head: bytes) -> None:
    from workbench.data.decoding.exif import orientation

    assert 1 <= orientation(head + tail) <= 8


@pytest.mark.parametrize("mode", FITS)
@pytest.mark.parametrize("shape", [(300, 400), (400, 300), (1000, 1000), (90, 1000)])
@pytest.mark.parametrize("turned", [1, 6])
def test_quick_decoding_is_close_to_full_decoding(mode: str, shape: tuple[int, int], turned: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turned
    data = saved(Image.fromarray(scene(*shape)), "JPEG", quality=90, exif=exif)
    full = fit(decode_bytes(data), (32, 32), mode)
    quick = network_picture(data, (32, 32), 3, mode)
    difference = np.abs(full.astype(int) - quick)
    assert difference.mean() < 1.0
    assert difference.max() <= 16


def test_without_need_to_shrink_the_quick_way_is_the_full_way() -> None:
    data = saved(Image.fromarray(scene(100, 100)), "JPEG", quality=90)
    assert np.array_equal(network_picture(data, (64, 64), 3, "crop"), fit(decode_bytes(data), (64, 64), "crop"))
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(decode_bytes(data), np.asarray(image))


def test_large_pictures_are_decoded_small(monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.data.decoding import jpeg

    shapes: list[tuple[int, ...]] = []
    original = jpeg.decode_rgb

    def watched(data: bytes, header: jpeg.JpegHeader, halvings: int = 0) -> np.ndarray | None:
        pixels = original(data, header, halvings)
        shapes.append(pixels.shape if pixels is not None else ())
        return pixels

    monkeypatch.setattr(jpeg, "decode_rgb", watched)
    network_picture(saved(Image.fromarray(scene(1200, 1600)), "JPEG"), (64, 64), 3, "crop")
    assert shapes == [(150, 200, 3)]


def test_fit_is_pillows_bilinear() -> None:
    picture = scene(60, 100)
    image = Image.fromarray(picture)
    expected = image.crop((20, 0, 80, 60)).resize((24, 24), Image.Resampling.BILINEAR)
    assert np.array_equal(fit(picture, (24, 24), "crop"), np.asarray(expected))
    expected = image.resize((24, 24), Image.Resampling.BILINEAR)
    assert np.array_equal(fit(picture, (24, 24), "stretch"), np.asarray(expected))
    padded = fit(picture, (24, 40), "pad")
    assert np.array_equal(padded, np.asarray(image.resize((40, 24), Image.Resampling.BILINEAR)))
    padded = fit(picture, (40, 40), "pad")
    assert (padded[:8] == 0).all()
    assert (padded[32:] == 0).all()
    assert np.array_equal(padded[8:32], np.asarray(image.resize((40, 24), Image.Resampling.BILINEAR)))


def test_fit_is_torchs_antialiased_bilinear() -> None:
    torch = pytest.importorskip("torch")
    picture = scene(60, 60)
    given_ = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    for edge in (16, 90):
        resized = torch.nn.functional.interpolate(given_, (edge, edge), mode="bilinear", antialias=True)
        expected = resized[0].permute(1, 2, 0).numpy()
        assert np.abs(fit(picture, (edge, edge), "crop") - expected).max() <= 1.01


@given(
    st.integers(1, 400), st.integers(1, 400), st.tuples(st.integers(1, 64), st.integers(1, 64)), st.sampled_from(FITS)
)
@settings(max_examples=60)
def test_any_shape_fits(height: int, width: int, size: tuple[int, int], mode: str) -> None:
    picture = np.full((height, width, 3), 200, np.uint8)
    fitted = fit(picture, size, mode)
    assert fitted.shape == (*size, 3)
    assert set(np.unique(fitted)) <= ({0, 200} if mode == "pad" else {200})
    top, left, h, w = crop_window(height, width, size)
    assert 0 <= top <= top + h <= height
    assert 0 <= left <= left + w <= width
    assert h >= 1 <= w
    assert h == height or w == width
    top, left, h, w = padded_window(height, width, size)
    assert 0 <= top <= top + h <= size[0]
    assert 0 <= left <= left + w <= size[1]
    assert h == size[0] or w == size[1]


def test_extreme_shapes_from_files() -> None:
    for shape in ((1, 1), (1, 3000), (3000, 1), (17, 2)):
        data = saved(Image.fromarray(np.full((*shape, 3), 90, np.uint8)), "JPEG", quality=95)
        for mode in FITS:
            assert network_picture(data, (8, 8), 3, mode).shape == (8, 8, 3)


def test_unknown_fit_is_refused() -> None:
    with pytest.raises(Problem, match="squeeze"):
        fit(SMALL, (8, 8), "squeeze")


def test_grey_is_pillows_luma() -> None:
    expected = np.asarray(Image.fromarray(SMALL).convert("L"))
    assert np.array_equal(to_channels(SMALL, 1)[..., 0], expected)
    assert network_picture(saved(Image.fromarray(SMALL), "PNG"), (8, 8), 1, "crop").shape == (8, 8, 1)


def test_reduced_pictures_keep_their_shape_and_are_never_enlarged() -> None:
    data = saved(Image.fromarray(scene(300, 400)), "JPEG")
    assert reduced_picture(data, 100).shape == (75, 100, 3)
    assert reduced_picture(data, 1000).shape == (300, 400, 3)


def test_decode_names_the_file_and_the_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    with pytest.raises(Problem, match=r"empty\.png” cannot be used\. The file is empty\."):
        decode(tmp_path / "empty.png")
    with pytest.raises(Problem, match="no longer there"):
        decode(tmp_path / "gone.png")
    with pytest.raises(Problem, match="folder"):
        decode(tmp_path)
    with pytest.raises(Problem, match="name"):
        decode(str(tmp_path / "a\0b.png"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "BMP", "GIF", "TIFF"])
def test_damaged_bytes_are_decoded_or_refused_never_worse(kind: str) -> None:
    data = saved(Image.fromarray(scene(40, 40)), kind)
    rng = np.random.default_rng(7)
    for trial in range(60):
        broken = bytearray(data[: rng.integers(1, len(data))] if trial % 2 else data)
        for at in rng.integers(0, len(broken), 4):
            broken[at] = rng.integers(0, 256)
        with contextlib.suppress(UnreadablePicture):  # anything else fails the test
            assert network_picture(bytes(broken), (16, 16), 3, "crop").shape == (16, 16, 3)


@pytest.mark.parametrize("size", [(64, 64), (224, 224), (40, 90), (400, 300)])
@pytest.mark.parametrize("mode", FITS)
def test_torch_resizes_large_pictures_as_pillow_does(size: tuple[int, int], mode: str) -> None:
    picture = scene(375, 500)
    for given_ in (picture, Image.fromarray(picture)):
        difference = np.abs(fit(given_, size, mode, quick=True).astype(int) - fit(picture, size, mode))
        assert difference.max() <= 1
        assert (difference > 0).mean() < 0.02


def png_of(depth: int, colour: int, rows: list[bytes], *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG of these packed rows, for what Pillow does not write."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    header = struct.pack(">IIBBBBB", len(rows[0]) * 8 // bits, len(rows), depth, colour, 0, 0, 0)
    packed = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    between = b"".join(chunk(*each) for each in extra)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + between + packed + chunk(b"IEND", b"")


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_grey_of_every_depth(depth: int) -> None:
    white = (1 << depth) - 1
    row = bytes([0b11110000] * depth) if depth < 16 else struct.pack(">4H", white, white, 0, 0)
    levels = decode_bytes(png_of(depth, 0, [row, row]))[..., 0]
    assert levels.min() >= 0
    expected = {1: [255] * 4 + [0] * 4, 2: [255, 255, 0, 0] * 2, 4: [255, 0] * 4, 8: [240] * 8, 16: [255, 255, 0, 0]}
    assert levels[0].tolist() == expected[depth]


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palettes_of_every_depth_with_transparent_entries(depth: int) -> None:
    palette, alpha = bytes([255, 0, 0, 0, 0, 255]), bytes([255, 0])
    row = bytes([0b10101010] * depth) if depth == 1 else bytes([0] * (2 * depth))
    for given_, second in (((b"PLTE", palette),), [0, 0, 255]), (((b"PLTE", palette), (b"tRNS", alpha)), [255] * 3):
        seen = decode_bytes(png_of(depth, 3, [row], *given_))
        assert seen[0, 1].tolist() == [255, 0, 0]
        assert seen[0, 0].tolist() == (second if depth == 1 else [255, 0, 0])


def test_sixteen_bits_with_alpha() -> None:
    grey = decode_bytes(png_of(16, 4, [struct.pack(">4H", 0, 0, 65535, 65535)]))
    assert grey[0].tolist() == [[255] * 3, [255] * 3]
    colour = decode_bytes(png_of(16, 6, [struct.pack(">8H", 65535, 0, 0, 65535, 0, 0, 0, 0)]))
    assert colour[0].tolist() == [[255, 0, 0], [255] * 3]


def adam7(png: bytes, passes: bytes) -> bytes:
    """A PNG made an interlaced one, with these lines of its seven passes (PNG 1.2, section 2.6)."""
    header = png[12:28] + b"\x01"
    packed = zlib.compress(passes)
    body = struct.pack(">I", len(packed)) + b"IDAT" + packed + struct.pack(">I", zlib.crc32(b"IDAT" + packed))
    return png[:12] + header + struct.pack(">I", zlib.crc32(header)) + body + png[-12:]


def test_interlaced_and_progressive_files() -> None:
    plain = png_of(8, 0, [bytes([10, 20]), bytes([30, 40])])
    assert decode_bytes(adam7(plain, bytes([0, 10, 0, 20, 0, 30, 40])))[..., 0].tolist() == [[10, 20], [30, 40]]
    data = saved(Image.fromarray(SMALL), "JPEG", quality=95, progressive=True)
    assert np.array_equal(decode_bytes(data), np.asarray(Image.open(io.BytesIO(data))))


def test_adobes_inverted_cmyk() -> None:
    """Photoshop stores the inks of a JPEG inverted, and says so; with YCCK on top (Adobe technical note 5116)."""
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    data = saved(red, "JPEG", quality=100)
    assert b"Adobe" in data
    assert decode_bytes(data)[8, 8].tolist()[0] > 220
    at = data.index(b"Adobe") + 11
    ycck = data[:at] + b"\x02" + data[at + 1 :]
    seen = decode_bytes(ycck)
    assert seen.shape == (16, 16, 3)
    assert not np.array_equal(seen, decode_bytes(data))


def test_twelve_bits_are_refused_with_a_sentence() -> None:
    data = bytearray(saved(Image.fromarray(SMALL), "JPEG"))
    data[data.index(b"\xff\xc0") + 4] = 12
    with pytest.raises(UnreadablePicture, match="12 bits a colour"):
        decode_bytes(bytes(data))


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "packbits", "tiff_adobe_deflate", "zstd"])
@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P", "I;16"])
def test_tiffs(mode: str, compression: str | None) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.linspace(0, 65535, 20 * 30).astype(np.uint16).reshape(20, 30))
    else:
        image = Image.fromarray(scene(20, 30)).convert(mode)
    expected = decode_bytes(saved(image, "PNG"))
    assert np.array_equal(decode_bytes(saved(image, "TIFF", compression=compression)), expected)


def test_pages_planes_and_tiles() -> None:
    pages = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    assert decode_bytes(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))[0, 0].tolist() == [255, 0, 0]
    for tiled in (False, True):
        for planar in (False, True):
            assert np.array_equal(decode_bytes(tiff_of(scene(32, 48), tiled=tiled, planar=planar)), scene(32, 48))


def tiff_of(pixels: np.ndarray, *, tiled: bool, planar: bool) -> bytes:
    """An uncompressed TIFF of 8 bits, in tiles of 16 × 16 or one strip, its colours together or apart (TIFF 6.0)."""
    height, width, _ = pixels.shape
    planes = [pixels[..., c : c + 1] for c in range(3)] if planar else [pixels]
    blocks = [
        plane[y : y + 16, x : x + 16].tobytes() if tiled else plane.tobytes()
        for plane in planes
        for y in (range(0, height, 16) if tiled else (0,))
        for x in (range(0, width, 16) if tiled else (0,))
    ]
    offsets = np.cumsum([8, *map(len, blocks)])
    n, entries_at = len(blocks), int(offsets[-1])
    tags: list[tuple[int, int, list[int]]] = [
        (256, 3, [width]), (257, 3, [height]), (258, 3, [8, 8, 8]), (259, 3, [1]), (262, 3, [2]),
        (277, 3, [3]), (284, 3, [2 if planar else 1]),
    ]  # fmt: skip
    places, sizes = offsets[:-1].tolist(), [len(block) for block in blocks]
    if tiled:
        tags += [(322, 3, [16]), (323, 3, [16]), (324, 4, places), (325, 4, sizes)]
    else:
        tags += [(273, 4, places), (278, 3, [height]), (279, 4, sizes)]
    tags.sort()
    directory, more = struct.pack("<H", len(tags)), b""
    more_at = entries_at + 2 + 12 * len(tags) + 4
    for tag, kind, values in tags:
        packed = struct.pack(f"<{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(packed) > 4:
            packed, more = struct.pack("<I", more_at + len(more)), more + packed
        directory += struct.pack("<HHI", tag, kind, len(values)) + packed.ljust(4, b"\0")
    assert n == len(places)
    return b"II*\0" + struct.pack("<I", entries_at) + b"".join(blocks) + directory + bytes(4) + more
