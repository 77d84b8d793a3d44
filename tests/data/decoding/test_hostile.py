"""Hostile files: refused with a sentence, quickly and in little memory; nothing waits, nothing is run."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.data.conftest import Opener, encoded, photograph, png_that_claims
from workbench.data.decoding.decode import decode_bytes, network_picture, reduced_picture
from workbench.data.scanning.headers import read_header
from workbench.data.scanning.scan import scan
from workbench.data.unreadable import UnreadablePicture, read_regular

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "GIF", "TIFF")
SUFFIX = {"JPEG": "jpg", "TIFF": "tif"}


def variants(kind: str) -> list[bytes]:
    """Files of a format as different inside as Pillow writes them, each with a profile and an orientation."""
    picture, exif = photograph(3, 40, 52), Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    files = [encoded(picture, kind)]
    if kind in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF"):
        files.append(encoded(picture, kind, exif=exif, icc_profile=profile))
    match kind:
        case "JPEG":
            files += [encoded(picture, kind, progressive=True), encoded(picture.convert("CMYK"), kind)]
        case "PNG":
            files += [encoded(picture.convert(mode), kind) for mode in ("L", "1", "P", "RGBA")]
            files.append(encoded(picture, kind, save_all=True, append_images=[picture.rotate(180)]))
        case "WEBP":
            files += [encoded(picture, kind, lossless=True), encoded(picture.convert("RGBA"), kind)]
        case "BMP":
            files += [encoded(picture.convert(mode), kind) for mode in ("L", "1", "P")]
        case "GIF":
            files.append(encoded(picture, kind, save_all=True, append_images=[picture.rotate(180)]))
        case "TIFF":
            files += [encoded(picture, kind, compression=way) for way in ("tiff_lzw", "tiff_adobe_deflate", "jpeg")]
    return files


def survive(data: bytes, file: Path) -> bool:
    """Whether a file is taken; it must be refused with a sentence otherwise, whoever looks at it."""
    file.write_bytes(data)
    try:
        header = read_header(file)
        picture = network_picture(data, (16, 16), 3, "crop")
        small = reduced_picture(data, 20)
    except UnreadablePicture as refused:
        sentence = refused.reason
    else:
        assert (picture.shape, picture.dtype, small.shape[2]) == ((16, 16, 3), np.uint8, 3)
        assert header.width * header.height > 0
        return True
    if not (sentence[0].isupper() and sentence.endswith(".") and len(sentence) > 15):
        pytest.fail(sentence)
    return False


@pytest.mark.parametrize("kind", FORMATS)
def test_cut_at_every_sixteenth(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"cut.{SUFFIX.get(kind, kind.lower())}"
    for data in variants(kind):
        assert survive(data, file)
        taken = [survive(data[: len(data) * k // 16], file) for k in range(16)]
        assert not any(taken[:8])  # of a file that ends in what nobody needs, more may go


@pytest.mark.faults
@pytest.mark.parametrize("kind", FORMATS)
def test_flipped_bits_and_bytes(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"flipped.{SUFFIX.get(kind, kind.lower())}"
    rng = np.random.default_rng(FORMATS.index(kind))
    files = variants(kind)
    taken = 0
    for trial in range(500):
        data = bytearray(files[trial % len(files)])
        for at in rng.integers(0, len(data) if trial % 2 else min(len(data), 200), rng.integers(1, 6)):
            data[at] = data[at] ^ (1 << rng.integers(8)) if trial % 3 else rng.integers(256)
        taken += survive(bytes(data), file)
    assert taken < 500


def gif_that_claims(width: int, height: int) -> bytes:
    image = struct.pack("<BHHHHB", 0x2C, 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + image + b";"


def tiff_that_claims(width: int, height: int) -> bytes:
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 64)]
    body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<I", 72) + bytes(64) + body + bytes(4)


def bmp_that_claims(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IIIIiiHHIIIIII", 122, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(64)


def jpeg_that_claims(width: int, height: int) -> bytes:
    data = bytearray(encoded(photograph(1), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_that_claims(width: int, height: int) -> bytes:
    data = bytearray(encoded(photograph(1), "WEBP"))
    at = data.index(b"\x9d\x01\x2a") + 3
    data[at : at + 4] = struct.pack("<HH", width, height)
    return bytes(data)


def with_profile_bomb() -> bytes:
    """A PNG whose colour profile is 300 MB of nothing."""
    packer = zlib.compressobj(9)
    body = b"ICC\0\0" + b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    chunk = struct.pack(">I", len(body)) + b"iCCP" + body + struct.pack(">I", zlib.crc32(b"iCCP" + body))
    data = encoded(photograph(1), "PNG")
    return data[:33] + chunk + data[33:]


BOMBS: dict[str, Callable[[], bytes]] = {
    "claims.png": lambda: png_that_claims(60_000, 60_000),
    "widest.png": lambda: png_that_claims(2**31 - 1, 1),
    "inside.png": lambda: png_that_claims(9400, 9400),  # within the limit, but there are no such pixels
    "claims.gif": lambda: gif_that_claims(65_535, 65_535),
    "claims.tif": lambda: tiff_that_claims(60_000, 60_000),
    "claims.bmp": lambda: bmp_that_claims(60_000, 60_000),
    "upside.bmp": lambda: bmp_that_claims(60_000, -60_000),
    "claims.jpg": lambda: jpeg_that_claims(65_000, 65_000),
    "claims.webp": lambda: webp_that_claims(16_383, 16_383),
    "profile.png": with_profile_bomb,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(BOMBS[name]())
    with pytest.raises(UnreadablePicture) as refused:
        network_picture(read_regular(file), (16, 16), 3, "crop")
    if name.startswith(("claims", "widest", "upside")) and name != "claims.webp":
        assert "pixels" in refused.value.reason


@pytest.mark.faults
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is a Linux thing")
def test_bombs_take_little_memory(tmp_path: Path) -> None:
    for name, made in BOMBS.items():
        (tmp_path / name).write_bytes(made())
    script = (
        "import resource, sys, pathlib, psutil\n"
        "from workbench.data.decoding.decode import network_picture\n"
        "from workbench.data.scanning.headers import read_header\n"
        "from workbench.data.unreadable import UnreadablePicture, read_regular\n"
        "room = psutil.Process().memory_info().vms + 400 * 2**20\n"
        "resource.setrlimit(resource.RLIMIT_AS, (room, room))\n"
        "for file in pathlib.Path(sys.argv[1]).iterdir():\n"
        "    for look in (read_header, lambda f: network_picture(read_regular(f), (16, 16), 3, 'crop')):\n"
        "        try: look(file)\n"
        "        except UnreadablePicture as refused: assert 'not enough memory' not in refused.reason, file\n"
        "status = pathlib.Path('/proc/self/status').read_text()\n"  # ru_maxrss would begin with the parent's
        "print(int(status.split('VmHWM:')[1].split()[0]) // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 500


def test_a_gif_with_endless_frames_is_its_first(tmp_path: Path) -> None:
    first = encoded(Image.new("RGB", (8, 8), "red"), "GIF")
    start = first.index(b"\x2c")
    frame = first[start:-1]
    data = first[:-1] + frame * 50_000  # and no end
    assert decode_bytes(data)[0, 0].tolist() == [255, 0, 0]
    (tmp_path / "endless.gif").write_bytes(data + b";")
    assert read_header(tmp_path / "endless.gif").width == 8


def test_postscript_under_any_name_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_given: object, **_more: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "Popen", never)
    monkeypatch.setattr(subprocess, "check_call", never)
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n%%EndComments\n(x) run\n%%EOF\n"
    framed = b"\xc5\xd0\xd3\xc6" + struct.pack("<6I", 30, len(eps), 0, 0, 0, 0) + b"\xff\xff" + eps
    for name in ("a.jpg", "b.png", "c.tif", "d.gif"):
        for data in (eps, framed):
            (tmp_path / name).write_bytes(data)
            with pytest.raises(UnreadablePicture, match="PostScript"):
                read_header(tmp_path / name)
            with pytest.raises(UnreadablePicture, match="PostScript"):
                decode_bytes(data)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_what_was_a_file_and_is_none_any_more(folder: Path, tmp_path: Path, open_dataset: Opener) -> None:
    """Files exchanged for pipes, folders and links after the scan: told, passed over, and nothing waits for them."""
    dataset = open_dataset(folder, normalise="unit")
    victims = [int(i) for i in dataset.splits.train[:4]]
    files = [dataset.index.file(i) for i in victims]
    for file in files:
        file.unlink()
    os.mkfifo(files[0])
    files[1].mkdir()
    files[2].symlink_to(tmp_path / "nowhere")
    files[3].symlink_to("/dev/zero")
    with dataset.train_batches(4, 0, 0) as batches:
        seen = np.concatenate([batch.indices for batch in batches])
    assert sorted([*seen.tolist(), *victims]) == dataset.splits.train.tolist()
    reasons = {bad.path: bad.reason for bad in dataset.bad}
    words = ("pipe", "folder", "no longer there", "device")
    for i, word in zip(victims, words, strict=True):
        assert word in reasons[dataset.index.path(i)]


def test_a_folder_that_contains_itself(folder: Path) -> None:
    (folder / "cats" / "again").symlink_to(folder, target_is_directory=True)
    index = scan(folder)
    assert len(index) == 18
    assert [bad.path for bad in index.bad] == ["cats/again"]


def test_the_largest_picture_that_is_taken() -> None:
    """Just within the limit, mostly flat: decoded at a reduced scale, in a moment."""
    buffer = io.BytesIO()
    Image.new("L", (9000, 9000), 77).save(buffer, "JPEG")
    seen = network_picture(buffer.getvalue(), (16, 16), 3, "crop")
    assert set(seen.ravel().tolist()) == {77}
