from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workbench.core.processes import own
from workbench.document.lock import FILE_NAME, Holder, Lock

HOLD = """
import sys
from workbench.document.lock import Lock
lock = Lock(sys.argv[1])
print(lock.acquire(), flush=True)
input()
print(lock.is_held, flush=True)
"""


class Window:
    """Another window: a process that acquires the lock and keeps it."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.answer = self.process.stdout.readline().strip()

    def is_held(self) -> bool:
        return self.process.communicate("\n", timeout=30)[0].strip() == "True"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def written(folder: Path, **changes: object) -> None:
    """A lock file as another process might have left it."""
    pid, process = own()
    content = {"pid": pid, "host": socket.gethostname(), "process": process, "since": "2024-05-01T10:00:00+00:00"}
    (folder / FILE_NAME).write_text(json.dumps({**content, "token": "another", **changes}))


def test_one_at_a_time_in_one_process_too(tmp_path: Path) -> None:
    first, second = Lock(tmp_path), Lock(str(tmp_path))
    assert first.acquire() is None
    assert first.is_held
    assert first.acquire() is None
    holder = second.acquire()
    assert holder is not None
    assert (holder.pid, holder.host, holder.stale) == (os.getpid(), socket.gethostname(), False)
    assert abs(datetime.now(UTC) - holder.since) < timedelta(minutes=1)
    second.release()  # not its own: nothing happens
    assert first.is_held
    first.release()
    assert os.listdir(tmp_path) == []
    assert second.acquire() is None
    second.release()


def test_another_window_is_named_and_can_be_evicted(tmp_path: Path) -> None:
    other = Window(tmp_path)
    try:
        assert other.answer == "None"
        mine = Lock(tmp_path)
        holder = mine.acquire()
        assert holder is not None
        assert (holder.pid, holder.stale) == (other.process.pid, False)
        assert mine.take_over()
        assert mine.is_held
        assert not other.is_held()
        mine.release()
    finally:
        other.kill()


def test_a_killed_window_leaves_a_stale_lock(tmp_path: Path) -> None:
    other = Window(tmp_path)
    other.kill()
    mine = Lock(tmp_path)
    holder = mine.acquire()
    assert holder is not None
    assert holder.stale
    assert mine.take_over()
    mine.release()
    assert os.listdir(tmp_path) == []


def test_a_number_given_to_another_process_is_stale(tmp_path: Path) -> None:
    written(tmp_path)
    assert Lock(tmp_path).acquire() == Holder(
        os.getpid(), socket.gethostname(), datetime(2024, 5, 1, 10, tzinfo=UTC), stale=False
    )
    written(tmp_path, process="another boot/1")
    holder = Lock(tmp_path).acquire()
    assert holder is not None
    assert holder.stale


def test_a_lock_of_another_machine_is_never_stale(tmp_path: Path) -> None:
    written(tmp_path, host="elsewhere", pid=1, process="gone")
    holder = Lock(tmp_path).acquire()
    assert holder is not None
    assert (holder.host, holder.stale) == ("elsewhere", False)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b'{"pid": "x"}', b"\0" * 5_000, b'{"pid": 1e999}'])
def test_a_lock_nobody_can_read_is_stale_once_it_is_old(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / FILE_NAME
    file.write_bytes(content)
    holder = Lock(tmp_path).acquire()
    assert holder is not None
    assert (holder.pid, holder.stale) == (0, False)
    os.utime(file, (1, 1))
    holder = Lock(tmp_path).acquire()
    assert holder is not None
    assert holder.stale


def test_no_folder_means_not_locked(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "gone")
    assert lock.acquire() is None
    assert not lock.is_held
    assert not lock.take_over()
    lock.release()


def test_of_many_at_once_one_gets_it(tmp_path: Path) -> None:
    locks = [Lock(tmp_path) for _ in range(8)]
    answers: list[Holder | None] = []
    start = threading.Barrier(len(locks))

    def acquire(lock: Lock) -> None:
        start.wait()
        answers.append(lock.acquire())

    threads = [threading.Thread(target=acquire, args=(lock,)) for lock in locks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(None) == 1
    assert sum(lock.is_held for lock in locks) == 1
    assert all(h is None or h.pid == os.getpid() for h in answers)
