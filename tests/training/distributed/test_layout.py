"""Who a process is, how many steps an epoch has for all of them, and how they are started."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.diagnostic import Problem
from workbench.training.distributed.engine import steps_together
from workbench.training.distributed.launching import Layout, command, environment
from workbench.training.distributed.ranks import ALONE, Ranks, of_environment


def test_a_process_knows_itself_by_its_environment() -> None:
    told = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}
    assert of_environment(told) == Ranks(3, 4, 1, 2)
    assert of_environment({}) == ALONE
    assert of_environment({"RANK": "x", "WORLD_SIZE": "4"}) == ALONE
    assert of_environment({"RANK": "4", "WORLD_SIZE": "4"}) == ALONE
    assert ALONE.alone
    assert ALONE.leads
    assert not Ranks(1, 2).leads


def test_one_process_agrees_with_itself() -> None:
    assert ALONE.total([1, 2.5]) == [1.0, 2.5]
    assert ALONE.least(3) == 3
    assert ALONE.from_leader(b"a") == b"a"
    assert ALONE.from_all(b"a") == [b"a"]
    ALONE.wait()


@given(st.integers(1, 500), st.integers(1, 40), st.integers(1, 9))
def test_every_process_has_two_samples_in_every_step(pictures: int, size: int, ranks: int) -> None:
    if pictures < ranks:
        with pytest.raises(Problem):
            steps_together(pictures, size, Ranks(0, ranks))
        return
    steps = steps_together(pictures, size, Ranks(0, ranks))
    assert steps >= 1
    taken = min(pictures, steps * size * ranks)
    last = taken - (steps - 1) * size * ranks
    if steps > 1:
        assert last // ranks >= min(2, size)
    assert pictures - taken < 2 * ranks  # no more than that is left to another epoch


def test_processes_of_this_machine_are_started_by_torchrun() -> None:
    made = command(Layout(2), ["train", "p", "--join", "run-1"])
    assert made[:4] == [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2"]
    assert "--standalone" in made
    assert made[-5:] == ["workbench", "train", "p", "--join", "run-1"]
    assert Layout(2).size == 2


def test_several_machines_meet_at_the_first() -> None:
    made = command(Layout(4, 3, 1, "gpu1:29500"), ["train"])
    assert {"--nnodes=3", "--node-rank=1", "--master-addr=gpu1", "--master-port=29500"} <= set(made)
    assert "--standalone" not in made
    assert Layout(4, 3, 1, "gpu1:29500").size == 12


@pytest.mark.parametrize(
    ("layout", "code"),
    [
        ((0,), "training.processes"),
        ((1, 0), "training.processes"),
        ((2, 2, 2, "a:1"), "training.machines"),
        ((2, 2), "training.machines"),
        ((2, 1, -1), "training.machines"),
    ],
)
def test_what_cannot_be_is_refused(layout: tuple[int, ...], code: str) -> None:
    with pytest.raises(Problem) as refused:
        Layout(*layout)  # type: ignore[arg-type]
    assert refused.value.diagnostics[0].code == code


def test_cores_are_shared_out_unless_somebody_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert environment(Layout(2), cores=8)["OMP_NUM_THREADS"] == "4"
    assert environment(Layout(3), cores=2)["OMP_NUM_THREADS"] == "1"
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert environment(Layout(2), cores=8)["OMP_NUM_THREADS"] == "7"
