"""Shelves: pictures as JPEG where the budget does not hold them as they are; never believed unless whole."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.data.conftest import photograph
from workbench.core.diagnostic import Diagnostic
from workbench.data.caching.cache import PictureCache
from workbench.data.caching.cache_folders import cache_root, shelf_folder
from workbench.data.caching.rows import RECORD as ROW
from workbench.data.caching.shelves import RECORD, Shelf, ShelfFull, decode, encode, expected_bytes
from workbench.data.index import Index
from workbench.data.scanning.scan import scan

SHAPE = (64, 64, 3)
IDENTITIES = np.arange(1, 21, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)


def picture(seed: int, channels: int = 3) -> np.ndarray:
    pixels = np.asarray(photograph(seed, *SHAPE[:2]))
    return pixels if channels == 3 else pixels[..., :1]


def room_for_jpegs_only(index: Index) -> int:
    assert expected_bytes(len(index), SHAPE) < len(index) * int(np.prod(SHAPE)) * 0.7
    return int(len(index) * int(np.prod(SHAPE)) * 0.7)


def opened(index: Index, notices: list[Diagnostic], budget: int | None = None) -> PictureCache:
    chosen = budget if budget is not None else room_for_jpegs_only(index)
    return PictureCache.open(index, SHAPE[:2], 3, "crop", budget=chosen, notice=notices.append)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_quality_is_high(channels: int) -> None:
    for seed in range(5):
        before = picture(seed, channels)
        after = decode(encode(before), channels)
        assert after.shape == before.shape
        assert np.abs(after.astype(int) - before).mean() < 3.5  # grain of its own in every colour is the hardest
        assert encode(before) == encode(before.copy())


def test_what_is_put_on_the_shelf_outlives_the_process(tmp_path: Path) -> None:
    encoded = [encode(picture(k)) for k in range(20)]
    shelf = Shelf(tmp_path, IDENTITIES, 10**9)
    shelf.append(range(8), encoded[0:8])
    shelf.append((11,), encoded[11:12])
    assert shelf.get(11) == encoded[11]
    assert shelf.get(12) is None
    shelf.close()
    assert shelf.get(11) is None
    shelf.append((12,), encoded[12:13])  # after closing: nothing happens
    shuffled = IDENTITIES[::-1].copy()  # the same files in another order
    again = Shelf(tmp_path, shuffled, 10**9)
    assert np.flatnonzero(again.has(np.arange(20))).tolist() == sorted(19 - k for k in (*range(8), 11))
    assert all(again.get(19 - k) == encoded[k] for k in (*range(8), 11))
    assert again.living_size == again.size == sum(map(len, encoded[:8])) + len(encoded[11])
    fewer = Shelf(tmp_path, IDENTITIES[:3], 10**9)
    assert fewer.living_size == sum(map(len, encoded[:3]))
    for one in (again, fewer):
        one.close()


@pytest.mark.parametrize("damage", ["a picture", "half a picture", "half a record", "a record", "no pictures", "noise"])
def test_damage_costs_the_pictures_it_hits_and_no_more(tmp_path: Path, damage: str) -> None:
    encoded = [encode(picture(k)) for k in range(6)]
    shelf = Shelf(tmp_path, IDENTITIES, 10**9)
    shelf.append(range(6), encoded)
    shelf.close()
    (index,), (jpegs,) = tmp_path.glob("*.index"), tmp_path.glob("*.jpegs")
    lost = {5}
    match damage:
        case "a picture":
            with open(jpegs, "r+b") as file:
                file.seek(-20, os.SEEK_END)
                file.write(b"\0\1\2")
        case "half a picture":
            os.truncate(jpegs, jpegs.stat().st_size - 20)
        case "half a record":
            os.truncate(index, index.stat().st_size - 3)
        case "a record":
            with open(index, "r+b") as file:
                file.seek(5 * RECORD.itemsize + 8)
                file.write(b"\xff" * 8)
        case "no pictures":
            jpegs.unlink()
            lost = set(range(6))
        case _:
            index.write_bytes(np.random.default_rng(0).bytes(6 * RECORD.itemsize))
            lost = set(range(6))
    again = Shelf(tmp_path, IDENTITIES, 10**9)
    assert {k for k in range(6) if again.get(k) != encoded[k]} == lost
    again.append((5,), encoded[5:])
    assert again.get(5) == encoded[5]
    again.close()


def test_several_write_at_once_and_threads_read(tmp_path: Path) -> None:
    encoded = [encode(picture(k)) for k in range(20)]
    shelves = [Shelf(tmp_path, IDENTITIES, 10**9) for _ in range(3)]

    def fill(shelf: Shelf, rows: range) -> None:
        for row in rows:
            shelf.append((row,), (encoded[row],))
            assert shelf.get(row) == encoded[row]

    threads = [
        threading.Thread(target=fill, args=(shelf, range(start, 20, 2))) for shelf in shelves for start in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for shelf in shelves:
        shelf.close()
    again = Shelf(tmp_path, IDENTITIES, 10**9)
    assert [again.get(k) for k in range(20)] == encoded
    again.close()


def test_a_full_shelf_says_so(tmp_path: Path) -> None:
    encoded = [encode(picture(k)) for k in range(3)]
    shelf = Shelf(tmp_path, IDENTITIES, len(encoded[0]) + len(encoded[1]))
    shelf.append((0, 1), encoded[:2])
    with pytest.raises(ShelfFull, match="used up"):
        shelf.append((2,), encoded[2:])
    assert [shelf.get(k) == encoded[k] for k in range(3)] == [True, True, False]
    shelf.close()


def test_the_cache_takes_to_the_shelf_where_rows_do_not_fit(folder: Path) -> None:
    index = scan(folder)
    notices: list[Diagnostic] = []
    cache = opened(index, notices)
    assert (cache.where, cache.is_exact) == ("disk", False)
    assert [(d.code, d.is_error) for d in notices] == [("data.cache", False)]
    assert "JPEG" in notices[0].message
    pictures = [picture(k) for k in range(len(index))]
    kept = list(cache.keep(range(len(index)), pictures))
    assert not np.array_equal(kept[0], pictures[0])
    cache.close()
    again = opened(index, [])
    assert not again.known(np.arange(len(index))).any()
    for k, expected in enumerate(kept):
        taken = again.take(k)
        assert taken is not None
        assert np.array_equal(taken, expected)
    again.close()


def test_a_changed_file_leaves_the_shelf_where_it_is(folder: Path) -> None:
    index = scan(folder)
    cache = opened(index, [])
    kept = cache.keep(range(len(index)), [picture(k) for k in range(len(index))])
    cache.close()
    os.utime(folder / "10" / "3.jpg", ns=(5, 5))
    (folder / "9" / "0.jpg").unlink()
    after = scan(folder)
    cache = opened(after, [], room_for_jpegs_only(index))
    for k in range(len(after)):
        taken, before = cache.take(k), index.find(after.path(k))
        assert before is not None
        if after.path(k) == "10/3.jpg":
            assert taken is None
        else:
            assert np.array_equal(taken, kept[before])
    cache.close()


def test_memory_comes_before_half_a_shelf_and_half_a_shelf_before_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = scan(folder)
    half = expected_bytes(len(index), SHAPE) // 2
    notices: list[Diagnostic] = []
    cache = opened(index, notices, half)
    assert (cache.where, cache.is_exact) == ("memory", True)
    cache.close()
    monkeypatch.setattr("workbench.data.caching.cache.MEMORY_SHARE", 0.0)
    cache = opened(index, notices, half)
    assert (cache.where, cache.is_exact) == ("disk", False)
    pictures = [picture(k) for k in range(len(index))]
    first = [cache.keep((k,), (pictures[k],))[0] for k in range(len(index))]
    assert cache.where == "nowhere"
    assert "used up" in notices[-1].message
    there = [cache.take(k) for k in range(len(index))]
    assert 0 < sum(one is not None for one in there) < len(index)
    second = [cache.keep((k,), (pictures[k],))[0] if one is None else one for k, one in enumerate(there)]
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    cache.close()
    shutil.rmtree(cache_root())
    cache = opened(index, notices, 500)
    assert cache.where == "nowhere"
    cache.close()


def test_a_disk_that_fills_up_leaves_the_pictures_as_they_were(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = scan(folder)
    notices: list[Diagnostic] = []
    cache = opened(index, notices)
    pictures = [picture(k) for k in range(len(index))]
    expected = [cache.keep((k,), (pictures[k],))[0] for k in range(5)]

    def full(*_given: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    kept = [cache.keep((k,), (pictures[k],))[0] for k in range(5, len(index))]
    monkeypatch.undo()
    assert cache.where == "memory"
    assert "No space left" in notices[-1].message
    rows = np.arange(5, len(index))
    assert cache.known(rows).all()
    out = np.empty((len(rows), *SHAPE), np.uint8)
    cache.read(rows, out)
    assert np.array_equal(out, np.stack(kept))
    assert all(np.array_equal(cache.take(k), expected[k]) for k in range(5))
    cache.close()


def test_shelves_make_room_and_are_let_go_like_rows(folder: Path) -> None:
    pytest.importorskip("fcntl")
    index = scan(folder)
    budget = room_for_jpegs_only(index)
    cache = opened(index, [], budget)
    cache.keep(range(len(index)), [picture(k) for k in range(len(index))])
    shelf = shelf_folder(index, SHAPE, "crop")
    assert shelf.exists()
    notices: list[Diagnostic] = []
    others = index.taken(np.arange(4, dtype=np.int64))
    needed = len(others) * (int(np.prod(SHAPE)) + ROW.itemsize)
    rows = PictureCache.open(others, SHAPE[:2], 3, "pad", budget=needed, notice=notices.append)
    assert rows.where == "memory"  # the shelf is in use
    rows.close()
    cache.close()
    rows = PictureCache.open(others, SHAPE[:2], 3, "pad", budget=needed, notice=notices.append)
    assert rows.where == "disk"
    assert not shelf.exists()
    rows.close()


@pytest.mark.faults
def test_killed_while_filling_a_shelf_two_at_once(folder: Path) -> None:
    """SIGKILL at random moments: whatever is on the shelf afterwards is right."""
    script = (
        "import sys; from workbench.data.dataset import Dataset; from workbench.document.project import DataSettings\n"
        "d = Dataset.open(DataSettings(source=sys.argv[1], normalise='unit'), size=(64, 64),\n"
        "                 cache_budget=int(sys.argv[3]))\n"
        "print(d.cached_in, flush=True)\n"
        "for e in range(1000):\n"
        "    for b in d.train_batches(2, int(sys.argv[2]), e): pass\n"
    )
    from workbench.data.decoding.decode import network_picture

    index = scan(folder)
    expected = {
        i: decode(encode(network_picture(index.read(i), SHAPE[:2], 3, "crop", quick=True)), 3)
        for i in range(len(index))
    }
    rng = np.random.default_rng(0)
    found = 0
    for _trial in range(6):
        shutil.rmtree(cache_root(), ignore_errors=True)
        budget = room_for_jpegs_only(index)
        children = [
            subprocess.Popen([sys.executable, "-c", script, folder, str(k), str(budget)], stdout=subprocess.PIPE)
            for k in range(2)
        ]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline().strip() == b"disk"
        threading.Event().wait(float(rng.uniform(0, 0.05)))
        for child in children:
            child.kill()
            child.communicate()
        cache = opened(index, [])
        for i, right in expected.items():
            taken = cache.take(i)
            found += taken is not None
            assert taken is None or np.array_equal(taken, right)
        cache.close()
    assert found
