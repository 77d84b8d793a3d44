from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from workbench.core.diagnostic import Problem
from workbench.core.files import explain, replacing, sha256_bytes, sha256_file, sweep_temporary, write_atomic

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions and limits")


def test_writes_and_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_atomic(file, b"one")
    write_atomic(file, b"two")
    assert file.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["a.json"]


@posix
def test_keeps_permissions_and_follows_links(tmp_path: Path) -> None:
    file, link = tmp_path / "a.json", tmp_path / "link.json"
    file.write_bytes(b"one")
    file.chmod(0o640)
    link.symlink_to(file)
    write_atomic(link, b"two")
    assert link.is_symlink()
    assert file.read_bytes() == b"two"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@posix
def test_a_new_file_has_the_permissions_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "new", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_failure_in_the_block_keeps_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_atomic(file, b"old")

    def half_done() -> None:
        with replacing(file) as temporary:
            temporary.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.json"]


def test_missing_folder_and_folder_in_the_way_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="its folder is missing"):
        write_atomic(tmp_path / "gone" / "a.json", b"")
    with pytest.raises(Problem, match=r"not written: (what stands there|a folder)"):
        write_atomic(tmp_path, b"")
    (tmp_path / "file").write_bytes(b"kept")
    with pytest.raises(Problem, match="not written"):
        write_atomic(tmp_path / "file" / "a.json", b"")
    assert (tmp_path / "file").read_bytes() == b"kept"


def test_a_name_too_long_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="not written"):
        write_atomic(tmp_path / ("x" * 300), b"")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_is_never_replaced_and_a_full_disk_is_named(tmp_path: Path) -> None:
    link = tmp_path / "project.json"
    link.symlink_to("/dev/full")
    with pytest.raises(Problem, match="not a plain file"):
        write_atomic(link, b"data")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)
    with pytest.raises(OSError) as caught, open("/dev/full", "wb", buffering=0) as full:
        full.write(b"data")
    diagnostic = explain(caught.value, link)
    assert diagnostic.code == "file.disk_full"
    assert "the disk is full" in diagnostic.message


def test_an_error_without_words_of_ours_still_ends_in_a_sentence(tmp_path: Path) -> None:
    message = explain(OSError(errno.EIO, os.strerror(errno.EIO)), tmp_path / "a").message
    assert message.endswith("Try again, or save elsewhere.")


@posix
def test_a_size_limit_keeps_the_old_file(tmp_path: Path) -> None:
    """RLIMIT_FSIZE with SIGXFSZ ignored makes writes fail with EFBIG, as a full quota does."""
    file = tmp_path / "project.json"
    file.write_bytes(b"old")
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(f"""
            import resource, signal
            from pathlib import Path
            from workbench.core.diagnostic import Problem
            from workbench.core.files import write_atomic
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
            try:
                write_atomic(Path({str(file)!r}), b"x" * 100_000)
            except Problem as problem:
                print(problem)
        """)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "larger than this system allows" in run.stdout
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["project.json"]


def test_sweep_removes_only_what_a_dead_process_left(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    stray = tmp_path / f".project.json.{child.pid}.0123abcd.workbench-tmp"
    alive = tmp_path / f".project.json.{os.getppid()}.0123abcd.workbench-tmp"
    other = tmp_path / ".project.json.12.tmp"
    for file in (stray, alive, other):
        file.touch()
    with replacing(tmp_path / "being-written") as temporary:
        assert sweep_temporary(tmp_path) == 1
        assert temporary.exists()
    assert not stray.exists()
    assert alive.exists()
    assert other.exists()
    os.utime(alive, (1, 1))  # the number belongs to another process by now
    assert sweep_temporary(tmp_path) == 1
    assert sweep_temporary(tmp_path / "gone") == 0


def test_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_file(tmp_path / "a") == sha256_bytes(b"abc")
    assert sha256_bytes(b"abc").startswith("ba7816bf")
