from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench.compiler.build import Compiled
from workbench.core.diagnostic import Problem
from workbench.training import checkpoint
from workbench.training.engine import Engine
from workbench.training.keeper import Cadence
from workbench.training.keeping.rescuing import begin_at, rescued, ways_on
from workbench.training.messages import Ended, Noticed


@pytest.fixture
def folder(compiled: Compiled, dataset: Any, make: Any, tmp_path: Path) -> Path:
    """The folder of a run that keeps three checkpoints, its last one cut off."""
    list(Engine(compiled, dataset, make.recipe(keep=3), folder=tmp_path, cadence=Cadence(steps=4)).events())
    assert checkpoint.kinds(tmp_path) == ("last", "step-16", "step-12", "best")
    path = tmp_path / "last.json"
    path.write_bytes(path.read_bytes()[:-100])
    return tmp_path


def test_a_damaged_checkpoint_offers_the_others(folder: Path) -> None:
    with pytest.raises(Problem, match="refused") as caught, rescued(folder, "last"):
        checkpoint.read(folder)
    (diagnostic,) = caught.value.diagnostics
    older, best = diagnostic.fixes
    assert (older.label, dict(older.arguments)) == ("Go on from step 16", {"whence": "step-16"})
    assert dict(best.arguments) == {"whence": "best"}


def test_one_that_is_damaged_too_is_not_offered(folder: Path) -> None:
    (folder / "step-16.json").write_bytes(b"{}")
    (folder / "best.json").write_bytes(b"{}")
    assert [dict(fix.arguments) for fix in ways_on(folder)] == [{"whence": "step-12"}]


def test_an_older_one_goes_on_to_the_bit(
    folder: Path, compiled: Compiled, dataset: Any, make: Any, tmp_path_factory: pytest.TempPathFactory, bit_equal: Any
) -> None:
    begin_at(folder, "step-16")
    again = Engine(compiled, dataset, make.recipe(keep=3), folder=folder, resume=checkpoint.read(folder))
    events = list(again.events())
    assert isinstance(events[-1], Ended)
    assert events[-1].step == 18
    assert not [e for e in events if isinstance(e, Noticed)]
    whole = tmp_path_factory.mktemp("whole")
    list(Engine(compiled, dataset, make.recipe(), folder=whole).events())
    assert bit_equal(checkpoint.read(folder).weights, checkpoint.read(whole).weights)


def test_the_best_weights_go_on_and_say_so(folder: Path, compiled: Compiled, dataset: Any, make: Any) -> None:
    epoch = checkpoint.position(folder, "best").epoch
    begin_at(folder, "best")
    again = Engine(compiled, dataset, make.recipe(epochs=epoch + 1), folder=folder, resume=checkpoint.read(folder))
    events = list(again.events())
    assert isinstance(events[-1], Ended)
    assert events[-1].state == "done"
    (notice,) = [e.diagnostic.message for e in events if isinstance(e, Noticed)]
    assert f"from the weights of epoch {epoch}, its best" in notice


def test_what_is_not_there_is_refused_and_changes_nothing(folder: Path) -> None:
    before = (folder / "last.json").read_bytes()
    for whence in ("step-13", "step-99", "../other"):
        with pytest.raises(Problem, match="no checkpoint"):
            begin_at(folder, whence)
    assert (folder / "last.json").read_bytes() == before
