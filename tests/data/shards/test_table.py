"""What a pass over a shard finds, held against the webdataset library; and every hostile shard."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webdataset.tariterators import group_by_keys, tar_file_expander

from tests.data.shards.conftest import jpeg, plain_tar, samples
from workbench.data.decoding.formats import EXTENSIONS
from workbench.data.shards import kept
from workbench.data.shards.names import Shard
from workbench.data.shards.table import Table, scan_shard, table_of


def scanned(path: Path) -> Table:
    return scan_shard(Shard(path, path.name), EXTENSIONS)


def taken(path: Path, table: Table) -> list[bytes]:
    data = path.read_bytes()
    return [data[at : at + n] for at, n in zip(table.offsets.tolist(), table.sizes.tolist(), strict=True)]


def classes(table: Table) -> list[str]:
    return [table.classes[label] for label in table.labels.tolist()]


def reason(path: Path) -> str:
    (bad,) = scanned(path).bad
    return bad.reason


def test_the_samples_are_those_the_library_reads(shards: Path) -> None:
    for path in sorted(shards.iterdir()):
        table = scanned(path)
        with path.open("rb") as stream:
            files = tar_file_expander([{"url": path.name, "stream": stream}])
            read = list(group_by_keys(files))
        assert taken(path, table) == [sample["jpg"] for sample in read]
        assert classes(table) == [sample["cls"].decode() for sample in read]
        assert [name.split(".")[0] for name in table.members] == [sample["__key__"] for sample in read]
        assert not table.bad


def test_a_class_comes_from_cls_json_or_folder(tmp_path: Path) -> None:
    path = plain_tar(
        tmp_path / "a.tar",
        [
            *[("1.jpg", jpeg(1)), ("1.cls", b" cat \n"), ("1.json", b'{"label": "dog"}')],
            *[("2.jpg", jpeg(2)), ("2.json", b'{"label": "dog"}')],
            *[("3.jpg", jpeg(3)), ("3.json", b'{"class": 7}')],
            ("birds/4.jpg", jpeg(4)),
            ("5.jpg", jpeg(5)),
            *[("6.jpg", jpeg(6)), ("6.json", b'{"label": ')],
            *[("7.jpg", jpeg(7)), ("7.cls", b"")],
        ],
    )
    table = scanned(path)
    assert classes(table) == ["cat", "dog", "7", "birds"]
    assert [(bad.path, bad.reason[:22]) for bad in table.bad] == [
        ("a.tar#5.jpg", "Its class is unknown: "),
        ("a.tar#6.jpg", "Its class is unknown: "),
        ("a.tar#7.jpg", "Its class (cls) is emp"),
    ]


def test_the_plain_picture_is_taken_before_others_of_the_sample(tmp_path: Path) -> None:
    entries = [("x/1.mask.png", b"mask"), ("x/1.jpg", b"picture"), ("x/2.txt", b"words"), ("__meta__/a.jpg", b"no")]
    table = scanned(plain_tar(tmp_path / "a.tar", entries))
    assert table.members == ("x/1.jpg",)
    assert [bad.path for bad in table.bad] == ["a.tar#x/2.txt"]


def test_a_second_file_or_sample_of_a_name_is_told(tmp_path: Path) -> None:
    entries = [("x/1.jpg", b"a"), ("x/1.jpg", b"b"), ("x/2.jpg", b"c"), ("x/1.jpg", b"d"), ("x/3.jpg", b"e")]
    path = plain_tar(tmp_path / "a.tar", entries)
    table = scanned(path)
    assert taken(path, table) == [b"a", b"c", b"e"]
    assert ["before it" in bad.reason for bad in table.bad] == [True, True]


def entry(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info


@pytest.mark.parametrize(
    ("info", "word"),
    [
        (entry("/etc/x.jpg", size=3), "leads out"),
        (entry("../x.jpg", size=3), "leads out"),
        (entry("a/../../x.jpg", size=3), "leads out"),
        (entry("C:\\x.jpg", size=3), "leads out"),
        (entry("x.jpg", tarfile.SYMTYPE, link="/etc/passwd"), "link"),
        (entry("x.jpg", tarfile.LNKTYPE, link="a/1.jpg"), "link"),
        (entry("x.jpg", tarfile.FIFOTYPE), "device"),
        (entry("x.jpg", tarfile.CHRTYPE), "device"),
        (entry("a/" + "x" * 1200 + ".jpg", size=3), "longer"),
        (entry("a/x#y.jpg", size=3), "#"),
    ],
)
def test_what_may_not_be_used_is_told_and_the_rest_is_used(tmp_path: Path, info: tarfile.TarInfo, word: str) -> None:
    path = plain_tar(tmp_path / "a.tar", [("k/1.jpg", b"a"), info, ("k/2.jpg", b"b")])
    table = scanned(path)
    assert taken(path, table) == [b"a", b"b"]
    assert word in table.bad[0].reason


def test_a_file_with_holes_is_not_read(tmp_path: Path) -> None:
    """A sparse member claims a terabyte of zeros in a few bytes."""
    info = entry("k/big.jpg", tarfile.GNUTYPE_SPARSE, 512)
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[386:398], block[398:410] = b"00000000000\0", b"00000001000\0"
    block[483:495] = b"17777777777\0"  # its real size
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block)
    path = tmp_path / "a.tar"
    path.write_bytes(bytes(block) + bytes(512) + plain_tar(tmp_path / "b.tar", [("k/1.jpg", b"a")]).read_bytes())
    table = scanned(path)
    assert table.members == ("k/1.jpg",)
    assert "holes" in table.bad[0].reason


def test_a_shard_cut_anywhere_gives_its_whole_samples(shards: Path, tmp_path: Path) -> None:
    whole = (shards / "some-000000.tar").read_bytes()
    all_of_it = scanned(shards / "some-000000.tar")
    cut = tmp_path / "cut.tar"
    for length in range(0, len(whole) - 1024, max(1, len(whole) // 97)):
        cut.write_bytes(whole[:length])
        table = scanned(cut)
        assert table.members == all_of_it.members[: len(table)]
        assert all(at + n <= length for at, n in zip(table.offsets, table.sizes, strict=True))
        if length < all_of_it.offsets[-1]:
            assert table.bad, length
            assert len(table) < len(all_of_it)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"no tar at all" * 100, "not a tar"),
        (gzip.compress(bytes(3000), mtime=0), "compressed"),
        (lzma.compress(bytes(3000)), "compressed"),
        (bytes(511), "not a tar"),
    ],
    ids=["empty", "text", "gzip", "xz", "zeros"],
)
def test_what_is_no_tar_is_told(tmp_path: Path, data: bytes, word: str) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(data)
    assert word in reason(path)


def test_an_empty_tar_holds_nothing(tmp_path: Path) -> None:
    table = scanned(plain_tar(tmp_path / "a.tar", []))
    assert (len(table), table.bad) == (0, ())


def test_pipes_and_folders_called_tar_are_not_opened(tmp_path: Path) -> None:
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.tar")
        assert "pipe" in reason(tmp_path / "pipe.tar")
    (tmp_path / "folder.tar").mkdir()
    assert "folder" in reason(tmp_path / "folder.tar")
    assert "no longer there" in reason(tmp_path / "gone.tar")


def with_size(field: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A header whose size field is this, with its right checksum."""
    block = bytearray(entry("k/1.jpg", kind).tobuf(tarfile.GNU_FORMAT))
    block[124:136] = field
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE])
@pytest.mark.parametrize(
    "field",
    [b"77777777777\0", b"\x80" + struct.pack(">3xQ", 1 << 62), b"\xff" * 11 + b"\x00", b"\xff" * 12, b"not a size!!"],
)
def test_sizes_that_cannot_be_end_in_a_sentence(tmp_path: Path, kind: bytes, field: bytes) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(
        plain_tar(tmp_path / "b.tar", [("k/0.jpg", b"a")]).read_bytes()[:1024] + with_size(field, kind) * 3
    )
    table = scanned(path)
    assert table.members == ("k/0.jpg",)
    assert table.bad
    assert all(bad.reason.endswith(".") for bad in table.bad)


def test_ten_thousand_long_names_in_a_row_end_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(with_size(b"00000000000\0", tarfile.GNUTYPE_LONGNAME) * 10_000)
    assert scanned(path).bad


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=30))
def test_a_damaged_shard_never_raises_nor_leads_out(shards: Path, places: list[tuple[float, int]]) -> None:
    data = bytearray((shards / "some-000003.tar").read_bytes())
    for where, value in places:
        data[int(where * len(data))] = value
    path = shards / "damaged.bin"
    path.write_bytes(data)
    table = scanned(path)
    assert all(0 <= at <= at + n <= len(data) for at, n in zip(table.offsets, table.sizes, strict=True))


def test_a_table_is_kept_until_the_shard_changes(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shard = Shard(shards / "some-000003.tar", "some-000003.tar")
    first = table_of(shard, EXTENSIONS)
    monkeypatch.setattr("workbench.data.shards.table.scan_shard", lambda *_: pytest.fail("it was scanned again"))
    again = table_of(shard, EXTENSIONS)
    assert (again.names, again.classes, again.bad, again.facts) == (first.names, first.classes, first.bad, first.facts)
    assert all(np.array_equal(getattr(again, c), getattr(first, c)) for c in ("offsets", "sizes", "labels"))
    monkeypatch.undo()
    plain_tar(shard.path, samples(90, 5))
    assert len(table_of(shard, EXTENSIONS)) == 5


def test_a_damaged_kept_table_is_made_again(shards: Path) -> None:
    shard = Shard(shards / "some-000003.tar", "some-000003.tar")
    facts = os.stat(shard.path)
    place = kept.place_of("table", shard, (facts.st_size, facts.st_mtime_ns), *sorted(EXTENSIONS))
    assert place is not None
    whole = table_of(shard, EXTENSIONS)
    data = place.read_bytes()
    for damaged in (b"", b"zip", data[: len(data) // 2], data[:100] + bytes(50) + data[150:]):
        place.write_bytes(damaged)
        assert table_of(shard, EXTENSIONS).members == whole.members


def test_tables_unused_for_longest_make_room(shards: Path) -> None:
    for k in range(4):
        table_of(Shard(shards / f"some-{k:06d}.tar", f"some-{k:06d}.tar"), EXTENSIONS)
    files = sorted(kept.user_dir("cache").joinpath("shards").iterdir())
    for age, file in enumerate(files):
        os.utime(file, (1000 + age, 1000 + age))
    kept.make_room(sum(file.stat().st_size for file in files[2:]))
    assert sorted(kept.user_dir("cache").joinpath("shards").iterdir()) == files[2:]


def test_a_long_name_in_any_format_is_read(tmp_path: Path) -> None:
    for format in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        path = tmp_path / "a.tar"
        with tarfile.open(path, "w", format=format) as tar:
            info = entry("ünder/" + "k" * 300 + ".jpg", size=3)
            tar.addfile(info, io.BytesIO(b"abc"))
        table = scanned(path)
        assert table.members == ("ünder/" + "k" * 300 + ".jpg",)
        assert taken(path, table) == [b"abc"]
