"""Faults while a project is kept on disk: killed, disk full, folder read-only, file damaged (fault rows 1, 4, 5, 6)."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.diagnostic import Problem
from workbench.core.files import sweep_temporary
from workbench.document.autosave import Autosave, pending
from workbench.document.format import decode, encode
from workbench.document.lock import Lock
from workbench.document.project import Project
from workbench.document.storage import load, save

posix = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL, mount, seteuid")

SAVE_LOOP = """
import itertools, sys
from workbench.document.project import Project
from workbench.document.storage import save
for i in itertools.count():
    save(Project(name=str(i), notes=f"{i:09d}" * 20_000), sys.argv[1])
"""


def killed_while_saving(folder: Path, times: int) -> None:
    """Kills a process that saves in a loop; each version says in 180 kB which one it is."""
    dice = random.Random(1)
    versions = set()
    for _ in range(times):
        (folder / "project.json").unlink(missing_ok=True)
        child = subprocess.Popen([sys.executable, "-c", SAVE_LOOP, str(folder)])
        try:
            while not (folder / "project.json").exists():
                assert child.poll() is None
                time.sleep(0.002)
            time.sleep(dice.uniform(0, 0.05))
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
        project = load(folder)
        assert project.notes == f"{int(project.name):09d}" * 20_000
        versions.add(project.name)
        sweep_temporary(folder)
        assert os.listdir(folder) == ["project.json"]
    assert len(versions) > 1  # the kills came at different moments


@posix
def test_killed_while_saving(tmp_path: Path) -> None:
    killed_while_saving(tmp_path, 10)


@posix
@pytest.mark.faults
def test_killed_while_saving_two_hundred_times(tmp_path: Path) -> None:
    killed_while_saving(tmp_path, 200)


@contextlib.contextmanager
def small_disk(folder: Path, options: str = "size=512k") -> Iterator[Path]:
    """A disk of its own on the folder; needs root."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting needs Linux and root")
    folder.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_the_old_file_and_saving_works_once_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        save(Project(name="old"), folder)
        filler = folder / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while file.write(b"x" * 4_096):
                pass
        new = Project(name="new", notes="y" * 20_000)
        with pytest.raises(Problem, match=r"the disk is full. Make room, or save elsewhere") as caught:
            save(new, folder)
        assert caught.value.diagnostics[0].code == "file.disk_full"
        assert load(folder) == Project(name="old")
        assert sorted(os.listdir(folder)) == ["filler", "project.json"]
        lock = Lock(folder)
        assert lock.acquire() is None  # a full disk does not keep anybody from looking
        lock.release()
        save(new, tmp_path / "elsewhere")
        filler.unlink()
        save(new, folder)
        assert load(folder) == load(tmp_path / "elsewhere") == new


def test_a_full_disk_under_the_autosave_is_a_sentence(tmp_path: Path, home: Path) -> None:
    with small_disk(home / "state"):
        autosave = Autosave(tmp_path)
        autosave.write(Project(name="small"))
        with pytest.raises(Problem, match="the disk is full"):
            autosave.write(Project(name="large", notes="x" * 900_000))
        autosave.discard()


def test_a_read_only_disk_can_be_looked_at(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        save(Project(name="there"), folder)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        assert load(folder).name == "there"
        lock = Lock(folder)
        assert lock.acquire() is None
        assert not lock.is_held
        assert not lock.take_over()
        lock.release()
        with pytest.raises(Problem, match="the drive is read-only"):
            save(Project(name="new"), folder)
        assert load(folder).name == "there"


@contextlib.contextmanager
def forbidden_folder() -> Iterator[Path]:
    """A folder of another user, in which one may look but not write; as root by becoming nobody for the while."""
    folder = Path(tempfile.mkdtemp())  # below pytest's own folder nobody may not even look
    save(Project(name="there"), folder)
    os.chmod(folder / "project.json", 0o444)
    os.chmod(folder, 0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_534)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        os.chmod(folder, 0o755)
        shutil.rmtree(folder)


@posix
def test_a_folder_one_may_not_write_can_be_looked_at() -> None:
    with forbidden_folder() as folder:
        assert load(folder).name == "there"
        lock = Lock(folder)
        assert lock.acquire() is None
        assert not lock.is_held
        with pytest.raises(Problem, match="you may not write there") as caught:
            save(Project(name="new"), folder)
        assert caught.value.diagnostics[0].code == "file.denied"
        assert load(folder).name == "there"


@posix
def test_a_file_one_may_not_read_is_a_sentence() -> None:
    with forbidden_folder() as folder:
        if os.geteuid() == 65_534:
            os.seteuid(0)
        os.chmod(folder / "project.json", 0o000)
        if os.getuid() == 0:
            os.seteuid(65_534)
        with pytest.raises(Problem, match="cannot be read"):
            load(folder)


def test_a_folder_that_vanished_is_a_sentence_and_can_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "drive" / "project"
    folder.mkdir(parents=True)
    save(Project(), folder)
    lock = Lock(folder)
    lock.acquire()
    shutil.rmtree(tmp_path / "drive")
    assert not lock.is_held
    lock.release()
    with pytest.raises(Problem, match="Save it elsewhere"):
        save(Project(), folder)
    with pytest.raises(Problem, match="There is no project"):
        load(folder)
    (tmp_path / "drive").mkdir()
    save(Project(name="again"), folder)
    assert load(folder).name == "again"


CORPUS = sorted((Path(__file__).parent / "corpus").rglob("*.json"))


def opens_whole_or_not_at_all(data: bytes) -> bool:
    """Whether the bytes open; if so to a project that can be saved, if not with one sentence."""
    try:
        project = decode(data)
    except Problem as problem:
        message = str(problem)
        assert message.endswith(".")
        assert "Traceback" not in message
        assert len(message) < 500
        message.encode()
        return False
    assert decode(encode(project)) == project
    return True


@pytest.mark.parametrize("file", CORPUS, ids=lambda p: p.stem)
def test_a_project_cut_anywhere_is_refused(file: Path) -> None:
    data = file.read_bytes().rstrip()
    for part in range(64):
        assert not opens_whole_or_not_at_all(data[: len(data) * part // 64])


@pytest.mark.parametrize("file", CORPUS, ids=lambda p: p.stem)
def test_a_project_with_flipped_bits_opens_whole_or_not_at_all(file: Path) -> None:
    """The file has no checksum, as people edit and merge it; a changed digit is another valid project."""
    data, dice = file.read_bytes(), random.Random(2)
    refused = 0
    for _ in range(200):
        flipped = bytearray(data)
        flipped[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        refused += not opens_whole_or_not_at_all(bytes(flipped))
    assert refused > 20
    for _ in range(20):
        noisy = bytearray(data)
        for _ in range(200):
            noisy[dice.randrange(len(data))] = dice.randrange(256)
        assert not opens_whole_or_not_at_all(bytes(noisy))


def test_damaged_recoveries_never_stop_the_start(tmp_path: Path, home: Path) -> None:
    autosave = Autosave(tmp_path)
    autosave.write(Project(name="unsaved"))
    (file,) = (home / "state" / "recovery").iterdir()
    data, dice = file.read_bytes().replace(f'"pid": {os.getpid()}'.encode(), b'"pid": 0'), random.Random(3)
    file.write_bytes(data)
    assert [r.project.name for r in pending()] == ["unsaved"]
    for part in range(64):
        file.write_bytes(data[: len(data) * part // 64])
        assert pending() == ()
    for _ in range(200):
        flipped = bytearray(data)
        flipped[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        file.write_bytes(flipped)
        for recovery in pending():
            encode(recovery.project)
    autosave.discard()
