"""What headers said is remembered between scans, and never believed of a file that has changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core.paths import HOME_VARIABLE, user_dir
from workbench.data.index import Index
from workbench.data.scanning import header_memo
from workbench.data.scanning.courtesy import BLOCK, gathered, repeated, scatter
from workbench.data.scanning.headers import Header, read_header
from workbench.data.scanning.scan import PictureFiles, scan

LONG_AGO = 1_600_000_000_000_000_000


@pytest.fixture(autouse=True)
def small_folders_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> None:
    """Everything is kept, in a home of the test's own; no file was changed just now."""
    monkeypatch.setattr(header_memo, "LEAST", 1)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    for file in folder.rglob("*.jpg"):
        settle(file)


def settle(file: Path) -> None:
    os.utime(file, ns=(LONG_AGO, LONG_AGO))


class Counting(PictureFiles):
    """Pictures that tell which headers were read."""

    read: list[str] = []  # noqa: RUF012  # one for the class is what is wanted

    def header(self, path: str) -> Header:
        self.read.append(Path(path).name)
        return read_header(path)


@pytest.fixture
def look() -> Iterator[Callable[[Path], tuple[Index, int]]]:
    """Scans and gives how many headers were read."""

    def scanned(folder: Path) -> tuple[Index, int]:
        Counting.read.clear()
        return scan(folder, kinds=(Counting(),)), len(Counting.read)

    yield scanned
    Counting.read.clear()


Look = Callable[[Path], tuple[Index, int]]


def memo() -> Path:
    (found,) = (user_dir("cache") / "headers").iterdir()
    return found


def test_the_second_scan_reads_no_header(folder: Path, look: Look) -> None:
    first, read = look(folder)
    assert read == 18
    again, read = look(folder)
    assert read == 0
    assert again == first
    assert again.fingerprint == first.fingerprint


def test_only_what_changed_is_read(folder: Path, look: Look) -> None:
    look(folder)
    Image.new("RGB", (7, 5)).save(folder / "9" / "0.jpg")
    settle(folder / "9" / "0.jpg")
    os.utime(folder / "9" / "1.jpg", ns=(LONG_AGO + 1, LONG_AGO + 1))
    shutil.copy2(folder / "9" / "2.jpg", folder / "10" / "new.jpg")
    (folder / "cats" / "0.jpg").rename(folder / "cats" / "00.jpg")
    index, read = look(folder)
    assert read == 4
    row = index.find("9/0.jpg")
    assert row is not None
    assert (index.items[row].width, index.items[row].height) == (7, 5)
    assert look(folder) == (index, 0)


def test_bad_files_are_remembered_too(folder: Path, look: Look) -> None:
    (folder / "cats" / "text.jpg").write_text("no picture at all, but some text")
    (folder / "cats" / "empty.jpg").write_bytes(b"")
    for name in ("text", "empty"):
        settle(folder / "cats" / f"{name}.jpg")
    first, read = look(folder)
    assert (len(first.bad), read) == (2, 20)
    again, read = look(folder)
    assert (again, read) == (first, 0)
    (folder / "cats" / "text.jpg").unlink()
    third, read = look(folder)
    assert (len(third.bad), read) == (1, 0)


def test_a_file_changed_just_now_is_not_remembered(folder: Path, look: Look) -> None:
    os.utime(folder / "9" / "0.jpg")
    look(folder)
    assert look(folder)[1] == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_the_place_of_a_remembered_file(folder: Path, look: Look) -> None:
    look(folder)
    (folder / "9" / "0.jpg").unlink()
    os.mkfifo(folder / "9" / "0.jpg")
    index, _read = look(folder)
    assert "pipe" in {bad.path: bad.reason for bad in index.bad}["9/0.jpg"]


def test_a_damaged_memo_is_as_good_as_none(folder: Path, look: Look) -> None:
    first, _read = look(folder)
    whole = memo().read_bytes()
    rng = np.random.default_rng(0)
    flipped = bytearray(whole)
    for at in rng.integers(0, len(whole), 200):
        flipped[at] ^= 0xFF
    cuts = [whole[: len(whole) * k // 6] for k in range(6)]
    for data in (*cuts, bytes(flipped), whole + b"more", b"", rng.bytes(len(whole))):
        memo().write_bytes(data)
        index, read = look(folder)
        assert index == first
        assert read == 18
        assert memo().read_bytes() == whole
    memo().unlink()
    memo_folder = user_dir("cache") / "headers"
    shutil.rmtree(memo_folder)
    memo_folder.write_bytes(b"a file in its place")
    assert look(folder) == (first, 18)


def test_each_kind_and_each_folder_has_its_own(folder: Path, tmp_path: Path, look: Look) -> None:
    look(folder)
    shutil.copytree(folder, tmp_path / "other")
    assert look(tmp_path / "other")[1] == 18
    assert len(list((user_dir("cache") / "headers").iterdir())) == 2


def test_the_memos_unused_for_longest_make_room(
    folder: Path, tmp_path: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / f"copy {k}" for k in range(3)]
    for k, at in enumerate(folders):
        shutil.copytree(folder, at)
        look(at)
        if k == 0:
            oldest = memo()
            os.utime(oldest, ns=(LONG_AGO, LONG_AGO))
            monkeypatch.setattr(header_memo, "MOST_DISK", 2 * oldest.stat().st_size)
    assert not oldest.exists()
    assert len(list((user_dir("cache") / "headers").iterdir())) == 2
    monkeypatch.setattr(header_memo, "MOST_DISK", 10)
    shutil.copytree(folder, tmp_path / "too large")
    assert look(tmp_path / "too large")[1] == 18
    assert look(tmp_path / "too large")[1] == 18


# --- steps that end soon ----------------------------------------------------------------------------------------------


def test_blocks_give_what_one_step_gives() -> None:
    rng = np.random.default_rng(0)
    for n in (0, 10, BLOCK, 2 * BLOCK + 7):
        values = rng.integers(0, 1000, max(n, 1))
        rows = rng.integers(0, len(values), n)
        assert np.array_equal(gathered(values, rows), values[rows])
        counts = rng.integers(0, 4, len(values))
        assert np.array_equal(repeated(values, counts), np.repeat(values, counts))
        into, expected = np.zeros(len(values), np.int64), np.zeros(len(values), np.int64)
        order = rng.permutation(len(values))
        scatter(into, order, values)
        expected[order] = values
        assert np.array_equal(into, expected)
