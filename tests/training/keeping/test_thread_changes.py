"""Each change of the thread count is told, kept with the run and in its checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.compiler.build import Compiled
from workbench.document.project import Project
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.keeping.promise import ADAPTIVE
from workbench.training.messages import Started, ThreadsChanged
from workbench.training.run import Run
from workbench.training.store import RunStore
from workbench.training.threads import AdaptiveThreads


class Settling(AdaptiveThreads):
    """Settles on one thread after the fourth step, and on two after the ninth."""

    steps = 0

    def after_step(self, seconds: float, pictures: int = 1) -> bool:
        assert seconds > 0
        assert pictures > 0
        self.steps += 1
        wanted = {4: 1, 9: 2}.get(self.steps)
        if wanted is None:
            return False
        self.count, self.gain = wanted, (0.0402, 0.0197)
        self._set(wanted)
        return True


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> Any:
    """As if torch had two threads to begin with, on any machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr("workbench.training.computing.AdaptiveThreads", Settling)
    yield
    torch.set_num_threads(before)


def test_changes_are_told_and_kept(
    compiled: Compiled, dataset: Any, make: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("two_cores")
    recipe = make.recipe(threads=0)
    store = RunStore(tmp_path)
    record = store.begin(Project(graph=compiled.graph, recipe=recipe), compiled, dataset)
    run = Run(Engine(compiled, dataset, recipe, run=record.run, folder=store.folder(record.run)), record=record)
    run.start()
    events = list(run.stream())
    assert run.join(30)
    (started,) = [e for e in events if isinstance(e, Started)]
    assert (started.threads, started.promise["threads"]) == (0, ADAPTIVE)
    why = "a step took 40.2 ms, now 19.7 ms"
    assert [e for e in events if isinstance(e, ThreadsChanged)] == [
        ThreadsChanged(4, 1, why),
        ThreadsChanged(9, 2, why),
    ]
    kept = checkpoint.read(store.folder(record.run))
    assert kept.thread_changes == ((4, 1), (9, 2))
    assert kept.promise == started.promise
    details = store.details(record.run)
    assert [(t["step"], t["threads"], t["why"]) for t in details.threads] == [(4, 1, why), (9, 2, why)]
    assert dict(details.promise) == dict(started.promise)
    store.close()


def test_a_resumed_run_remembers_the_changes_before(
    compiled: Compiled, dataset: Any, make: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("two_cores")
    list(Engine(compiled, dataset, make.recipe(threads=0), folder=tmp_path).events())
    resume = checkpoint.read(tmp_path)
    again = Engine(compiled, dataset, make.recipe(threads=0, epochs=5), folder=tmp_path, resume=resume)
    told = [e for e in again.events() if isinstance(e, ThreadsChanged)]
    assert [(e.step, e.threads) for e in told] == [(22, 1), (27, 2)]
    assert checkpoint.read(tmp_path).thread_changes == ((4, 1), (9, 2), (22, 1), (27, 2))


def test_a_given_count_is_kept(compiled: Compiled, dataset: Any, make: Any, tmp_path: Path) -> None:
    events = list(Engine(compiled, dataset, make.recipe(threads=1), folder=tmp_path).events())
    assert not [e for e in events if isinstance(e, ThreadsChanged)]
    assert checkpoint.read(tmp_path).thread_changes == ()
    assert checkpoint.read(tmp_path).promise["threads"] == "1"
