"""Several processes write one record at once, as a search, a distributed run and the window beside them do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.many_runs import STEPS_AN_EPOCH
from workbench.training.store import RunStore

PROCESSES, EACH, EPOCHS = 4, 12, 3

WRITER = """
import sys
from pathlib import Path
from tests.many_runs import record_runs
from workbench.session.templates import project_of
project = project_of("digits-linear")
print("ready", flush=True)
sys.stdin.readline()
record_runs(Path(sys.argv[1]), project, int(sys.argv[2]), int(sys.argv[3])).close()
"""


@pytest.mark.faults
def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path), str(EACH), str(EPOCHS)]
    root = Path(__file__).parents[3]
    writers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
        for _ in range(PROCESSES)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    with RunStore(tmp_path) as store:
        while any(writer.poll() is None for writer in writers):  # and somebody looks on all the while
            rows = store.rows()
            assert len({row.id for row in rows}) == len(rows)
        assert [writer.wait() for writer in writers] == [0] * PROCESSES
        rows = store.rows()
        assert {row.id for row in rows} == {f"run-{number}" for number in range(1, PROCESSES * EACH + 1)}
        for row in rows:
            assert row.state in ("done", "failed")
            assert row.epochs == EPOCHS
            assert len(store.epochs(row.id)) == EPOCHS
            assert store.scalars(row.id)[:, 0].tolist() == list(range(1, EPOCHS * STEPS_AN_EPOCH + 1))
    for writer in writers:
        writer.communicate()
