from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workbench.document.autosave import Autosave, pending
from workbench.document.diff import same
from workbench.document.format import decode
from workbench.document.project import Project
from workbench.document.storage import save

EDIT = """
import itertools, sys, time
from workbench.document.autosave import Autosave
from workbench.document.project import Project
autosave = Autosave(sys.argv[1])
for i in range(int(sys.argv[2])):
    autosave.write(Project(name=f"edit {i}"))
print("written", flush=True)
time.sleep(60)
"""


def crashed(folder: Path, edits: int = 1) -> None:
    """A process that edits and autosaves, and is killed with the work unsaved."""
    child = subprocess.Popen([sys.executable, "-c", EDIT, str(folder), str(edits)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        assert child.stdout.readline().strip() == "written"
        assert pending(folder) == ()  # not offered while its window is open
    finally:
        child.kill()
        child.communicate()


def recovery_files(home: Path) -> list[Path]:
    return sorted((home / "state" / "recovery").glob("*"))


def test_a_killed_window_s_work_is_offered_until_it_is_discarded(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "project"
    save(Project(name="saved"), folder)
    crashed(folder, edits=3)
    (recovery,) = pending()
    assert recovery.project == Project(name="edit 2")
    assert recovery.project_folder == folder.resolve()
    assert abs(datetime.now(UTC) - recovery.saved_at) < timedelta(minutes=1)
    assert pending() == (recovery,)
    recovery.discard()
    assert pending() == ()
    assert recovery_files(home) == []
    recovery.discard()


def test_blocks_and_frames_survive_a_crash(tmp_path: Path) -> None:
    file = Path(__file__).parent / "corpus" / "v2" / "residual_blocks.json"
    project = decode(file.read_bytes())
    script = f"""
import os
from pathlib import Path
from workbench.document.autosave import Autosave
from workbench.document.format import decode
Autosave({str(tmp_path)!r}).write(decode(Path({str(file)!r}).read_bytes()))
os._exit(1)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 1
    (recovery,) = pending(tmp_path)
    assert same(recovery.project, project)


def test_what_is_on_disk_already_is_not_offered(tmp_path: Path, home: Path) -> None:
    crashed(tmp_path)
    save(Project(name="edit 0"), tmp_path)
    assert pending() == ()
    assert recovery_files(home) == []


@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_it_is_offered_all_the_more_when_the_project_file_is_lost(tmp_path: Path, state: str) -> None:
    crashed(tmp_path)
    if state == "damaged":
        (tmp_path / "project.json").write_bytes(b"{")
    assert [r.project.name for r in pending()] == ["edit 0"]


def test_of_one_project_only(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    crashed(one)
    crashed(other)
    assert len(pending()) == 2
    assert [r.project_folder for r in pending(one)] == [one.resolve()]
    assert [r.saved_at for r in pending()] == sorted((r.saved_at for r in pending()), reverse=True)


def test_an_orderly_end_leaves_nothing(tmp_path: Path, home: Path) -> None:
    autosave = Autosave(tmp_path)
    autosave.discard()
    autosave.write(Project(name="unsaved"))
    assert len(recovery_files(home)) == 1
    autosave.discard()
    assert recovery_files(home) == []


def test_a_second_window_does_not_remove_the_first_one_s_work(tmp_path: Path, home: Path) -> None:
    first, second = Autosave(tmp_path), Autosave(tmp_path)
    first.write(Project(name="unsaved"))
    second.write(Project(name="other"))
    second.discard()
    assert len(recovery_files(home)) == 1
    first.discard()


@pytest.mark.skipif(sys.platform != "linux", reason="only there a name may hold any bytes")
def test_a_folder_whose_name_is_no_text(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9 100%")
    try:
        save(Project(), folder)
    except Exception:
        pytest.skip("this file system takes only UTF-8 names")
    crashed(folder)
    assert [r.project_folder for r in pending(folder)] == [folder]


@pytest.mark.parametrize("change", ["empty", "cut", "newer", "no folder", "no zone", "list"])
def test_a_recovery_nobody_can_read_is_left_and_logged(
    tmp_path: Path, home: Path, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    crashed(tmp_path)
    (file,) = recovery_files(home)
    content = json.loads(file.read_bytes())
    damaged = {
        "empty": b"",
        "cut": file.read_bytes()[:-20],
        "newer": json.dumps({**content, "project": {"version": 99}}).encode(),
        "no folder": json.dumps({k: v for k, v in content.items() if k != "folder"}).encode(),
        "no zone": json.dumps({**content, "saved_at": "2024-05-01T10:00:00"}).encode(),
        "list": b"[]",
    }
    file.write_bytes(damaged[change])
    with caplog.at_level(logging.WARNING):
        assert pending() == ()
    assert file.exists()
    assert "left alone" in caplog.text


@pytest.mark.faults
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_while_writing_again_and_again(tmp_path: Path, home: Path) -> None:
    """At any moment of a kill the last or the last but one version is there, whole."""
    for i in range(20):
        child = subprocess.Popen([sys.executable, "-c", EDIT, str(tmp_path), "100000"])
        while not [p for p in recovery_files(home) if p.suffix == ".json"]:
            time.sleep(0.01)
            assert child.poll() is None
        time.sleep(0.02 * i)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        (recovery,) = pending(tmp_path)
        assert recovery.project.name.startswith("edit ")
        assert recovery_files(home) == [recovery.path]
        recovery.discard()
