"""A search as Optuna keeps it, without any training: what is proposed, what is kept, what is known of it."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.diagnostic import Problem
from workbench.document.graph import Value
from workbench.document.project import Project
from workbench.session.searching import study as studies
from workbench.session.searching.measure import Measure
from workbench.session.searching.plan import Plan, axes_of, checked
from workbench.session.searching.record_file import record_of
from workbench.session.searching.study import Study, begun, reopened
from workbench.session.searching.trial import Trial

Score = Callable[[Trial], float]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder's name that no URL could hold."""
    return record_of(tmp_path / "a?b #c%20")


def plan_of(project: Project, *over: str, **changes: object) -> Plan:
    return checked(
        replace(Plan("search-1", project, axes_of(project, over), Measure("val_accuracy")), **changes)  # type: ignore[arg-type]
    )


def depth(trial: Trial) -> float:
    """Best at a learning rate of 0.01 with 8 filters; which optimizer is nearly the same."""
    values = trial.values
    rate = float(values["recipe.optimizer.lr"])  # type: ignore[arg-type]
    filters = int(values.get("conv2d_1.filters", 8))  # type: ignore[arg-type]
    return 1 - 0.05 * abs(math.log10(rate) + 2) - 0.05 * abs(filters - 8)


def carry_out(study: Study, score: Score = depth, most: int = 1000) -> None:
    while most and (proposal := study.next()) is not None:
        study.tell(proposal.trial.number, "done", score(proposal.trial))
        most -= 1


OVER = ("lr=1e-4..1:log", "conv2d_1.filters=4,8,16", "optimizer=sgd,adam", "momentum=0.1..0.9")


@pytest.mark.parametrize("sampler", ["tpe", "random", "grid"])
def test_a_search_that_was_cut_short_proposes_what_it_would_have(project: Project, path: Path, sampler: str) -> None:
    plan = plan_of(project, *OVER, trials=10, sampler=sampler)
    with begun(path, plan) as study:
        carry_out(study)
        whole = study.trials()
    assert len(whole) == 10
    with begun(path, replace(plan, name="cut")) as study:
        carry_out(study, most=3)
        study.next()  # asked for, and then the process dies
    for _ in range(2):
        with reopened(path, "cut", to_write=True) as study:
            carry_out(study, most=4)
    with reopened(path, "cut", to_write=False) as study:
        assert study.trials() == whole
    assert studies.names(path) == ("cut", "search-1")


def test_another_seed_proposes_other_values(project: Project, path: Path) -> None:
    seen: set[Value] = set()
    for seed in range(3):
        with begun(path, plan_of(project, "lr", trials=1, seed=seed, name=f"seed {seed}")) as study:
            proposal = study.next()
            assert proposal is not None
            seen.add(proposal.trial.values["recipe.optimizer.lr"])
    assert len(seen) == 3


def test_a_grid_is_gone_through_once(project: Project, path: Path) -> None:
    with begun(path, plan_of(project, "lr=0.1,0.01", "conv2d_1.kernel=3,5,7", trials=99, sampler="grid")) as study:
        carry_out(study, score=lambda _trial: 0.5)
        tried = [(t.values["recipe.optimizer.lr"], t.values["conv2d_1.kernel"]) for t in study.trials()]
    assert sorted(tried) == [(rate, (k, k)) for rate in (0.01, 0.1) for k in (3, 5, 7)]


def test_what_depends_on_a_choice_is_only_there_with_it(project: Project, path: Path) -> None:
    with begun(path, plan_of(project, *OVER, trials=12, sampler="random")) as study:
        carry_out(study)
        for trial in study.trials():
            assert ("recipe.optimizer.momentum" in trial.values) == (trial.values["recipe.optimizer"] == "sgd")


def test_the_setting_that_matters_is_told_first(project: Project, path: Path) -> None:
    with begun(path, plan_of(project, *OVER[:3], trials=20, sampler="random")) as study:
        carry_out(study, most=3)
        assert not study.importance()
        carry_out(study)
        found = study.importance()
    assert next(iter(found)) == "conv2d_1.filters"
    assert found["conv2d_1.filters"] > 0.5 > found["recipe.optimizer"]
    assert sum(found.values()) == pytest.approx(1.0)


def test_where_all_do_equally_well_nothing_matters(project: Project, path: Path) -> None:
    with begun(path, plan_of(project, "lr", trials=6, sampler="random")) as study:
        carry_out(study, score=lambda _trial: 0.5)
        assert not study.importance()


def test_the_same_variant_is_known_again(project: Project, path: Path) -> None:
    with begun(path, plan_of(project, "optimizer=sgd,adam", trials=6, sampler="random")) as study:
        seen: dict[Value, int] = {}
        while (proposal := study.next()) is not None:
            trial = proposal.trial
            same = study.same_before(trial)
            chosen = trial.values["recipe.optimizer"]
            assert (same.number if same is not None else None) == seen.get(chosen)
            seen.setdefault(chosen, trial.number)
            study.note(trial.number, **({"same_as": same.number} if same is not None else {}))
            study.tell(trial.number, "done", 0.5)


@pytest.mark.parametrize("pruner", ["median", "halving"])
def test_what_does_badly_is_ended_early_and_what_does_well_is_not(project: Project, path: Path, pruner: str) -> None:
    plan = plan_of(project, "lr=0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8", trials=8, sampler="grid", pruner=pruner)
    states: dict[float, str] = {}
    with begun(path, plan) as study:
        while (proposal := study.next()) is not None:
            number, good = proposal.trial.number, float(proposal.trial.values["recipe.optimizer.lr"])  # type: ignore[arg-type]
            state = "done"
            for epoch in (1, 2, 3):
                study.report(number, epoch, good * epoch)
                study.report(number, epoch, -1.0)  # told again after a resume: what is there stays
                if study.should_prune(number):
                    state = "pruned"
                    break
            study.tell(number, state, good if state == "done" else None)
            states[good] = state
        assert all(t.epochs[1] == pytest.approx(t.values["recipe.optimizer.lr"]) for t in study.trials())
    assert states[0.8] == "done"
    assert "pruned" in states.values()


def test_a_variant_that_cannot_be_made_has_its_reason(project: Project, path: Path) -> None:
    gone = replace(project, graph=replace(project.graph, nodes={**project.graph.nodes}))
    plan = plan_of(gone, "linear_1.rate=0.1,0.2", trials=2, sampler="grid")
    axis = plan.axes[0]
    broken = replace(axis.setting, param=replace(axis.setting.param, maximum=None))
    spoilt = replace(plan, axes=(replace(axis, setting=broken),))
    spoilt = replace(spoilt, axes=(replace(spoilt.axes[0], wanted=type(axis.wanted)((-1.0, 0.1))),))  # type: ignore[call-arg]
    with begun(path, spoilt) as study:
        found = {}
        while (proposal := study.next()) is not None:
            found[proposal.trial.values["linear_1.rate"]] = (proposal.project is None, proposal.reason)
            study.tell(proposal.trial.number, "failed")
    assert found[0.1] == (False, "")
    assert found[-1.0][0]
    assert found[-1.0][1]


def test_a_name_is_taken_once_and_an_unknown_one_is_told(project: Project, path: Path) -> None:
    with (
        pytest.raises(Problem, match=r"There is no search “a” in this project\. It has none yet"),
        reopened(path, "a", to_write=True),
    ):
        pass
    with begun(path, plan_of(project, "lr")):
        pass
    with pytest.raises(Problem, match="There is a search “search-1” already"), begun(path, plan_of(project, "lr")):
        pass
    with pytest.raises(Problem, match="Its searches are: search-1"), reopened(path, "a", to_write=False):
        pass
    assert studies.free_name(("search-7", "mine", "search-2")) == "search-8"


@pytest.fixture
def damaged(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"This is no record of searches. " * 300)
    return path


def test_a_damaged_record_is_told_and_left(project: Project, damaged: Path) -> None:
    before = damaged.read_bytes()
    for attempt in (lambda: studies.names(damaged), lambda: begun(damaged, plan_of(project, "lr")).__enter__()):
        with pytest.raises(Problem, match="is damaged or holds what makes no sense") as refused:
            attempt()
        assert refused.value.diagnostics[0].code == "searches.damaged"
    assert damaged.read_bytes() == before


def test_a_record_with_another_plan_than_a_search_writes_is_told(project: Project, path: Path) -> None:
    with begun(path, plan_of(project, "lr")):
        pass
    with sqlite3.connect(path) as db:
        db.execute("UPDATE study_user_attributes SET value_json = '{}'")
    db.close()
    with pytest.raises(Problem, match="holds what makes no sense"), reopened(path, "search-1", to_write=False):
        pass
