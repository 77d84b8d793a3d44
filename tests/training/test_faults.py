"""The slow and the real: a full disk, a machine that sleeps, a kill while writing (fault rows 1, 4, 15)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.compiler.build import Compiled
from workbench.document.project import Project, Recipe
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.keeper import Cadence
from workbench.training.messages import Noticed
from workbench.training.run import Run
from workbench.training.store import RunStore

pytestmark = pytest.mark.faults

SLEEPER = """
import json, sys, time
sys.path.insert(0, {tests!r})
import conftest
from pathlib import Path
from workbench.training.engine import Engine
from workbench.training.messages import EpochEnd
from workbench.training.run import Run

network = conftest.compile_graph(conftest.small_graph())
run = Run(Engine(network, conftest.pictures(), conftest.small_recipe(epochs=100_000), folder=Path({folder!r})))
run.start()
while len(run.scalars) < 50:
    time.sleep(0.01)
print("ready", flush=True)
sys.stdin.readline()
before = len(run.scalars)
time.sleep(1.0)
progress = run.progress
run.stop()
run.join()
ends = [e.seconds for e in run.drain() if isinstance(e, EpochEnd)]
print(json.dumps({{"grew": len(run.scalars) - before, "phase": run.progress.phase, "least": min(ends),
                  "rate": progress.images_per_second, "left": progress.seconds_left}}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGSTOP on Windows")
def test_a_run_goes_on_after_the_machine_slept(tmp_path: Path) -> None:
    code = SLEEPER.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ, OMP_NUM_THREADS="1"),
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGSTOP)
    time.sleep(5)
    process.send_signal(signal.SIGCONT)
    process.stdin.write("\n")
    process.stdin.flush()
    found: dict[str, Any] = json.loads(process.stdout.readline())
    assert process.wait(30) == 0
    process.stdin.close()
    process.stdout.close()
    assert found["grew"] > 10
    assert found["phase"] == "stopped"
    assert found["least"] > 0
    assert found["rate"] > 0
    assert checkpoint.read(tmp_path).position.total > 60


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="tmpfs is a Linux thing")
def test_a_disk_that_fills_up_during_a_run(small_disk: Path, compiled: Compiled, dataset: Any, recipe: Recipe) -> None:
    store = RunStore(small_disk)
    record = store.begin(Project(graph=compiled.graph, recipe=recipe), compiled, dataset)
    engine = Engine(
        compiled, dataset, recipe, run=record.run, folder=store.folder(record.run), cadence=Cadence(steps=1)
    )
    run = Run(engine, record=record)
    filler = small_disk / "filler"

    def between_steps(_module: Any, step: int) -> None:
        if step == 3:
            with open(filler, "wb", buffering=0) as file:
                try:
                    while file.write(b"\0" * 1024):
                        pass
                except OSError:
                    return
        if step == 12:
            filler.unlink()

    run.between_steps = between_steps
    run.start()
    events = list(run.stream())
    assert run.join(30)
    notices = [e.diagnostic for e in events if isinstance(e, Noticed)]
    assert 1 <= len(notices) <= 2
    assert all("full" in n.message and "training goes on" in n.message for n in notices)
    assert events[-1].state == "done"  # type: ignore[union-attr]
    assert checkpoint.read(store.folder("run-1")).position.epoch == 3
    assert store.row("run-1").state == "done"
    assert len(store.scalars("run-1")) == 18, "what could not be recorded came after"
    store.close()


KILLS = """
import os, random, signal, sys, time
from pathlib import Path
import torch
from workbench.document.project import Recipe
from workbench.training import checkpoint
from workbench.training.checkpoint import Checkpoint, Position

folder, chance, step = Path({folder!r}), random.Random(2), 0
torch.set_num_threads(1)


def write_on_and_on(step):
    while True:
        step += 1
        made = {{"a": torch.full((20_000,), float(step)), "b": torch.full((50,), float(step))}}
        for kind in ("best", "last"):
            at, state = Position(0, step, step), {{"0.a": made["a"]}}
            whole = Checkpoint(kind=kind, run="run-1", position=at, recipe=Recipe(), weights=made, optimizer=state)
            checkpoint.write(folder, whole)


for _ in range(200):
    writer = os.fork()
    if writer == 0:
        write_on_and_on(step)
    time.sleep(0.15 * chance.random() + 0.001)
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    for kind in ("last", "best"):
        if checkpoint.exists(folder, kind):
            found = checkpoint.read(folder, kind)
            step = max(step, found.position.total)
            assert (found.weights["a"] == found.position.total).all()
            assert (found.weights["b"] == found.position.total).all()
assert step > 50, step
checkpoint.write(folder, checkpoint.read(folder))
left = sorted(path.name for path in folder.iterdir())
assert len(left) <= 5 and not any("tmp" in name for name in left), left
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on Windows")
def test_two_hundred_kills_leave_whole_checkpoints(tmp_path: Path) -> None:
    """Every checkpoint that is there is whole, the old or the new one; the next write sweeps what was left over."""
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    done = subprocess.run(
        [sys.executable, "-c", KILLS.format(folder=str(tmp_path))], timeout=240, capture_output=True, env=environment
    )
    assert done.returncode == 0, done.stderr.decode()
