"""The cache: decoded once, believed only when whole, never in the way of training."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.core.diagnostic import Diagnostic
from workbench.data.caching import cache_folders
from workbench.data.caching.cache import PictureCache
from workbench.data.caching.cache_folders import cache_folder, cache_root
from workbench.data.caching.inuse import InUse, Turn, is_in_use
from workbench.data.caching.rows import RECORD, DiskRows
from workbench.data.caching.slots import give_slots
from workbench.data.dataset import Dataset
from workbench.data.index import Index
from workbench.data.scanning.scan import scan
from workbench.document.project import Change

SIZE, SHAPE = (16, 16), (16, 16, 3)


def opened(index: Index, notices: list[Diagnostic] | None = None, budget: int | None = None) -> PictureCache:
    told = notices if notices is not None else []
    return PictureCache.open(index, SIZE, 3, "crop", budget=budget, notice=told.append)


def filled(index: Index, rows: range | None = None) -> list[np.ndarray]:
    """Puts made-up pictures into the cache, and gives them."""
    pictures = [np.random.default_rng(i).integers(0, 256, SHAPE, dtype=np.uint8) for i in range(len(index))]
    cache = opened(index)
    for i in rows if rows is not None else range(len(index)):
        cache.keep((i,), (pictures[i],))
    cache.close()
    return pictures


def everything(index: Index) -> np.ndarray:
    return np.arange(len(index), dtype=np.int64)


def test_rows_outlive_the_process(folder: Path) -> None:
    index = scan(folder)
    pictures = filled(index, range(0, len(index), 2))
    cache = opened(index)
    assert cache.where == "disk"
    assert cache.has(everything(index)).tolist() == [i % 2 == 0 for i in range(len(index))]
    out = np.empty((3, *SHAPE), np.uint8)
    cache.read(np.array([4, 0, 2], np.int64), out)
    assert np.array_equal(out, np.stack([pictures[4], pictures[0], pictures[2]]))
    cache.close()


def test_a_torn_row_is_not_believed(folder: Path) -> None:
    index = scan(folder)
    filled(index)
    at = cache_folder(index, SHAPE, "crop")
    with open(at / "pixels.u8", "r+b") as file:
        file.seek(3 * 16 * 16 * 3 + 100)
        file.write(b"\x00\x01\x02\x03")
    with open(at / "table.bin", "r+b") as file:  # and one whose record was torn
        file.seek(5 * RECORD.itemsize)
        file.write(b"\xff\xff")
    cache = opened(index)
    assert np.flatnonzero(~cache.has(everything(index))).tolist() == [3, 5]
    cache.close()


@pytest.mark.parametrize("damage", ["no table", "short pixels", "no about", "odd about", "about is a list"])
def test_a_damaged_cache_is_made_anew(folder: Path, damage: str) -> None:
    index = scan(folder)
    filled(index)
    at = cache_folder(index, SHAPE, "crop")
    match damage:
        case "no table":
            (at / "table.bin").unlink()
        case "short pixels":
            os.truncate(at / "pixels.u8", 100)
        case "no about":
            (at / "about.json").unlink()
        case "odd about":
            (at / "about.json").write_bytes(b'{"count": 18')
        case _:
            (at / "about.json").write_bytes(b"[]")
    notices: list[Diagnostic] = []
    cache = opened(index, notices)
    assert cache.where == "disk"
    assert not cache.has(everything(index)).any()
    assert notices == []
    cache.close()


def test_only_changed_files_are_decoded_again(folder: Path) -> None:
    index = scan(folder)
    pictures = filled(index)
    (folder / "9" / "0.jpg").unlink()
    os.utime(folder / "10" / "3.jpg", ns=(5, 5))
    shutil.copy2(folder / "cats" / "0.jpg", folder / "cats" / "new.jpg")
    after = scan(folder)
    cache = opened(after)
    there = {item.path for item, has in zip(after.items, cache.has(everything(after)), strict=True) if has}
    assert there == {item.path for item in after.items} - {"10/3.jpg", "cats/new.jpg"}
    out = np.empty((1, *SHAPE), np.uint8)
    now = {item.path: i for i, item in enumerate(after.items)}
    before = {item.path: i for i, item in enumerate(index.items)}
    cache.read(np.array([now["cats/3.jpg"]], np.int64), out)
    assert np.array_equal(out[0], pictures[before["cats/3.jpg"]])
    cache.close()
    assert cache_folder(index, SHAPE, "crop") == cache_folder(after, SHAPE, "crop")
    assert stored(after) == len(index)  # the two that are gone have left their slots to the two new ones


def stored(index: Index) -> int:
    """How many slots the pictures' store has."""
    return (cache_folder(index, SHAPE, "crop") / "table.bin").stat().st_size // RECORD.itemsize


def test_files_may_change_while_others_read(folder: Path) -> None:
    """A store grows under those who use it; and where nobody does, what is gone makes room for what is new."""
    pytest.importorskip("fcntl")
    index = scan(folder)
    pictures = filled(index)
    first = opened(index)
    for k in range(4):
        os.utime(folder / "9" / f"{k}.jpg", ns=(5, 5 + k))
    after = scan(folder)
    second = opened(after)
    changed = [k for k in range(len(after)) if after.mtimes[k] != index.mtimes[k]]
    assert len(changed) == 4
    assert np.flatnonzero(~second.has(everything(after))).tolist() == changed
    new = np.full(SHAPE, 7, np.uint8)
    second.keep(changed, [new] * 4)
    for cache, expected in ((first, pictures), (second, [new if k in changed else p for k, p in enumerate(pictures)])):
        assert cache.has(everything(index)).all()
        out = np.empty((len(index), *SHAPE), np.uint8)
        cache.read(everything(index), out)
        assert np.array_equal(out, np.stack(expected))
    assert stored(index) == len(index) + 4
    first.close()
    second.close()
    for k in range(4):
        os.utime(folder / "10" / f"{k}.jpg", ns=(5, 5 + k))
    third = opened(scan(folder))
    assert np.flatnonzero(~third.has(everything(index))).tolist() == [8, 9, 10, 11]
    assert stored(index) == len(index) + 4
    third.close()


def test_a_torn_growth_is_mended(folder: Path) -> None:
    """Killed between the pixels and the table, or in the middle of a record."""
    index = scan(folder)
    part = index.taken(np.arange(10, dtype=np.int64))
    pictures = filled(part)
    at = cache_folder(index, SHAPE, "crop")
    with open(at / "pixels.u8", "ab") as pixels:
        pixels.write(bytes(12_345))
    with open(at / "table.bin", "ab") as table:
        table.write(b"\x01\x02\x03")
    cache = opened(index)
    assert np.flatnonzero(cache.has(everything(index))).tolist() == list(range(10))
    cache.keep(range(10, 18), [np.full(SHAPE, k, np.uint8) for k in range(10, 18)])
    out = np.empty((18, *SHAPE), np.uint8)
    cache.read(everything(index), out)
    assert np.array_equal(out[:10], np.stack(pictures))
    assert out[10:, 0, 0, 0].tolist() == list(range(10, 18))
    cache.close()


def test_size_fit_and_channels_have_their_own(folder: Path) -> None:
    index = scan(folder)
    folders = {
        cache_folder(index, shape, fit) for shape in ((16, 16, 3), (16, 16, 1), (8, 32, 3)) for fit in ("crop", "pad")
    }
    assert len(folders) == 6


def test_two_folders_with_equal_listings_have_their_own(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "other")
    a, b = scan(folder), scan(tmp_path / "other")
    assert a.fingerprint == b.fingerprint
    assert cache_folder(a, SHAPE, "crop") != cache_folder(b, SHAPE, "crop")


def index_at(folder: Path, count: int) -> Index:
    """An index of `count` pictures with a root of its own."""
    found = scan(folder)
    return Index.of(folder / f"set {count}", found.classes, found.items[:count])


def test_the_oldest_caches_make_room(folder: Path) -> None:
    room = 3 * 10 * (16 * 16 * 3 + RECORD.itemsize) + 2000
    kept = [index_at(folder, 10 - k) for k in range(3)]
    for age, index in enumerate(kept):
        opened(index, budget=room).close()
        at = cache_folder(index, SHAPE, "crop")
        os.utime(at / "about.json", (1000 + age, 1000 + age))
    notices: list[Diagnostic] = []
    opened(scan(folder), notices, budget=room).close()
    assert notices == []
    left = [cache_folder(index, SHAPE, "crop").exists() for index in kept]
    assert left == [False, False, True]
    assert not [f for f in cache_root().iterdir() if f.name.startswith(".")]


def test_a_cache_in_use_is_not_taken_away(folder: Path) -> None:
    pytest.importorskip("fcntl")
    room = 20 * (16 * 16 * 3 + RECORD.itemsize)
    first = opened(index_at(folder, 10), budget=room)
    notices: list[Diagnostic] = []
    second = opened(scan(folder), notices, budget=room)
    assert second.where == "memory"
    assert "set aside" in notices[0].message
    assert not notices[0].is_error
    first.close()
    third = opened(scan(folder), budget=room)
    assert third.where == "disk"
    second.close()
    third.close()


def test_the_mark_ends_with_its_holder(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    assert not is_in_use(tmp_path)
    one, two = InUse(tmp_path), InUse(tmp_path)
    assert is_in_use(tmp_path)
    one.release()
    assert is_in_use(tmp_path)
    two.release()
    assert not is_in_use(tmp_path)


def test_without_room_in_memory_nothing_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.data.caching.cache.MEMORY_SHARE", 0.0)
    notices: list[Diagnostic] = []
    index = scan(folder)
    cache = opened(index, notices, budget=10)
    assert cache.where == "nowhere"
    assert "every epoch" in notices[0].message
    cache.keep((0,), (np.zeros(SHAPE, np.uint8),))
    assert not cache.has(everything(index)).any()
    cache.close()


def test_a_disk_that_fills_up_does_not_stop_anything(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(os, "pwrite"):
        pytest.skip("written through a mapping here")
    index = scan(folder)
    notices: list[Diagnostic] = []
    cache = opened(index, notices)
    original, calls = os.pwrite, 0

    def full(descriptor: int, data: bytes, offset: int) -> int:
        nonlocal calls
        calls += 1
        if calls > 10:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", full)
    pictures = [np.full(SHAPE, i, np.uint8) for i in range(len(index))]
    for i, picture in enumerate(pictures):
        cache.keep((i,), (picture,))
    assert len(notices) == 1
    assert "No space left" in notices[0].message
    assert cache.where == "memory"
    assert cache.has(everything(index)).all()
    out = np.empty((len(index), *SHAPE), np.uint8)
    cache.read(everything(index), out)
    assert np.array_equal(out, np.stack(pictures))
    cache.close()


def test_a_cache_folder_that_may_not_be_written(
    folder: Path, own_home: Path, open_dataset: Callable[..., Dataset]
) -> None:
    (own_home / "cache").write_bytes(b"a file where the folder should be")
    dataset = open_dataset(folder)
    assert dataset.cached_in == "memory"
    assert [d.code for d in dataset.diagnostics] == ["data.cache"]
    with dataset.train_batches(4, 0, 0) as batches:
        assert sum(len(b) for b in batches) == len(dataset.splits.train)


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="no way to reserve room here")
def test_no_room_to_begin_with(folder: Path) -> None:
    script = (
        "import resource, sys; from pathlib import Path\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))\n"
        "from workbench.data.dataset import Dataset; from workbench.document.project import DataSettings\n"
        "d = Dataset.open(DataSettings(source=sys.argv[1]), size=(16, 16))\n"
        "n = sum(len(b) for b in d.train_batches(4, 0, 0))\n"
        "print(d.cached_in, n == len(d.splits.train)); d.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["memory", "True"], done.stderr


def store(folder: Path, identities: np.ndarray) -> DiskRows:
    for name in ("pixels.u8", "table.bin"):
        (folder / name).touch()
    slots = give_slots(folder, identities, int(np.prod(SHAPE)), alone=False, make_room=lambda _bytes: None)
    return DiskRows(folder, identities, slots, SHAPE)


def test_without_a_way_to_reserve_room_the_table_is_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    rows = store(tmp_path, np.arange(1, 4097, dtype=np.uint64))
    with open(tmp_path / "table.bin", "rb") as table:
        if hasattr(os, "SEEK_HOLE"):
            assert os.lseek(table.fileno(), 0, os.SEEK_HOLE) == 4096 * RECORD.itemsize
    assert not rows.has(np.arange(4096)).any()
    rows.write((4095,), (np.ones(SHAPE, np.uint8),))
    assert np.flatnonzero(rows.has(np.arange(4096))).tolist() == [4095]
    rows.close()


def test_two_stores_on_one_folder_see_each_other(tmp_path: Path) -> None:
    identities = np.arange(1, 9, dtype=np.uint64)
    a, b = store(tmp_path, identities), store(tmp_path, identities[::-1].copy())
    picture = np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)
    a.write((2,), (picture,))
    b.write((2,), (picture,))
    for rows in (a, b):
        assert np.flatnonzero(rows.has(np.arange(8))).tolist() == [2, 5]
        out = np.empty((2, *SHAPE), np.uint8)
        rows.read(np.array([5, 2]), out)
        assert np.array_equal(out[0], picture)
        assert np.array_equal(out[1], picture)
    a.close()
    a.write((3,), (picture,))  # after closing: nothing happens
    assert np.flatnonzero(b.has(np.arange(8))).tolist() == [2, 5]
    b.close()


def test_only_one_gives_out_slots_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    order: list[str] = []

    def second() -> None:
        with Turn(tmp_path):
            order.append("second")

    thread = threading.Thread(target=second)
    with Turn(tmp_path):
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


@pytest.mark.faults
def test_many_processes_open_one_growing_store(folder: Path) -> None:
    """Each with files of its own changed: nobody is given a slot that another has."""
    script = (
        "import sys; import numpy as np; from dataclasses import replace\n"
        "from workbench.data.scanning.scan import scan\n"
        "from workbench.data.caching.cache import PictureCache\n"
        "me = int(sys.argv[2]); index = scan(sys.argv[1])\n"
        "for turn in range(20):\n"
        "    mtimes = index.mtimes.copy(); mtimes[me :: 4] = 1000 * me + turn\n"
        "    mine = replace(index, mtimes=mtimes)\n"
        "    cache = PictureCache.open(mine, (16, 16), 3, 'crop', notice=print)\n"
        "    assert cache.where == 'disk'\n"
        "    rows = range(len(index)); every = np.arange(len(index))\n"
        "    pictures = [np.full((16, 16, 3), (int(i) * 2654435761) % 251, np.uint8) for i in mine.identities]\n"
        "    cache.keep(rows, pictures)\n"
        "    assert cache.has(every).all()\n"
        "    out = np.empty((len(index), 16, 16, 3), np.uint8); cache.read(every, out)\n"
        "    assert np.array_equal(out, np.stack(pictures)); cache.close()\n"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", script, folder, str(k)], stderr=subprocess.PIPE, text=True)
        for k in range(3)
    ]
    for child in children:
        _out, err = child.communicate(timeout=100)
        assert child.returncode == 0, err
    table = np.fromfile(cache_folder(scan(folder), SHAPE, "crop") / "table.bin", RECORD)
    assert len(np.unique(table["identity"])) == len(table)


def test_what_a_crash_left_is_swept(folder: Path) -> None:
    root = cache_root()
    (root / ".making-0").mkdir(parents=True)
    (root / ".making-1").mkdir()
    os.utime(root / ".making-0", (1, 1))
    opened(scan(folder)).close()
    assert not (root / ".making-0").exists()
    assert (root / ".making-1").exists()  # may be another process at work


@pytest.mark.faults
def test_killed_while_filling_and_two_at_once(folder: Path) -> None:
    """SIGKILL at random moments, two processes on one cache: whatever is there afterwards is right."""
    script = (
        "import sys, time; from workbench.data.dataset import Dataset\n"
        "from workbench.document.project import DataSettings\n"
        "d = Dataset.open(DataSettings(source=sys.argv[1], normalise='unit'), size=(16, 16))\n"
        "print('up', flush=True)\n"
        "for e in range(1000):\n"
        "    for b in d.train_batches(2, int(sys.argv[2]), e): time.sleep(0.001)\n"
    )
    expected = {}
    index = scan(folder)
    from workbench.data.decoding.decode import network_picture

    for i in range(len(index)):
        expected[i] = network_picture(index.file(i).read_bytes(), SIZE, 3, "crop")
    rng = np.random.default_rng(0)
    for trial in range(6):
        shutil.rmtree(cache_root(), ignore_errors=True)
        children = [
            subprocess.Popen([sys.executable, "-c", script, folder, str(k)], stdout=subprocess.PIPE) for k in range(2)
        ]
        for child in children:
            assert child.stdout is not None
            child.stdout.readline()
        import time

        time.sleep(float(rng.uniform(0, 0.02)) if trial else 0.2)
        for child in children:
            child.kill()
            child.communicate()
        cache = opened(index)
        there = everything(index)[cache.has(everything(index))]
        out = np.empty((len(there), *SHAPE), np.uint8)
        cache.read(there, out)
        assert all(np.array_equal(out[k], expected[int(i)]) for k, i in enumerate(there))
        if not trial:
            assert len(there) > 5
        cache.close()


def test_budget_has_a_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_folders, "MOST_DISK", 100)
    cache = opened(scan(folder))
    assert cache.where == "memory"
    cache.close()


def test_other_classes_and_splits_share_the_cache(folder: Path) -> None:
    """What a person changes in a project, and another project on the same files, never decodes anything again."""
    index = scan(folder)
    pictures = filled(index)
    changes = {
        index.path(0): Change(label="birds", split=None, excluded=False),
        index.path(5): Change(label=None, split="test", excluded=False),
        index.path(7): Change(label=None, split=None, excluded=True),
    }
    changed = index.changed(changes)
    assert changed.fingerprint != index.fingerprint
    cache = opened(changed)
    assert cache.has(everything(changed)).all()
    out = np.empty((len(index), *SHAPE), np.uint8)
    cache.read(everything(changed), out)
    assert np.array_equal(out, np.stack(pictures))
    cache.close()
    assert len([at for at in cache_root().iterdir() if not at.name.startswith(".")]) == 1


def test_a_cache_made_by_other_decoders_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = scan(folder)
    filled(index)
    monkeypatch.setattr("PIL.__version__", "0.1")
    cache = opened(index)
    assert not cache.has(everything(index)).any()
    cache.close()
