"""`workbench train --all-folds`: one run for each fold of the data, and what they reach on average."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from workbench.cli.interrupts import STATUS, Interrupts
from workbench.cli.output import Bar, Output
from workbench.core.diagnostic import Problem
from workbench.core.words import duration, rate

if TYPE_CHECKING:
    from workbench.session.searching.folds import FoldRun, FoldsState
    from workbench.session.session import Session
    from workbench.session.state import RunState


def follow_folds(session: Session, out: Output, *, resume: bool | str = False, **overrides: Any) -> int:
    """Train on every fold, or go on with a series of them, and print it; Ctrl+C stops it with a checkpoint."""
    if resume is not False:
        session.folds.go_on(None if resume is True else resume)
    else:
        folds = overrides.pop("folds", None) or session.project.data.folds
        if "fold" in overrides:
            raise Problem.of(
                "training.override",
                "All folds are to be trained, and one of them is named. Leave --fold out.",
                param="fold",
            )
        if not folds:
            raise Problem.of(
                "training.override",
                "All folds are to be trained, and nothing says how many there are. Give --folds N (5 is usual).",
                param="folds",
            )
        session.folds.start(folds, **overrides)
    bar = Bar("Training", quiet=out.json)
    state = session.folds.state
    told = {run.fold for run in state.runs if run.state in ("done", "failed")}
    _start(state, out)
    epochs = _Epochs(session, out)
    session.run_changed.connect(epochs.take)
    asked = 0
    try:
        with Interrupts(patient=True) as interrupts:  # a stop between steps keeps everything; an exception might not
            while True:
                session.pump()
                state, live = session.folds.state, session.run
                for run in state.runs:
                    if run.state in ("done", "failed") and run.fold not in told:
                        told.add(run.fold)
                        _fold(run, state, out)
                bar.show(state.done + _share(live), len(state.runs), _pace(live))
                if not state.is_live:
                    break
                if interrupts.count > asked:
                    asked = interrupts.count
                    if asked > 1:
                        raise KeyboardInterrupt
                    session.folds.stop()
                time.sleep(0.02)
    finally:
        session.run_changed.disconnect(epochs.take)
        bar.close()
    return _end(state, out)


def _share(run: RunState | None) -> float:
    return min(1.0, run.step / run.steps) if run is not None and run.is_live and run.steps else 0.0


def _pace(run: RunState | None) -> str:
    return rate(run.images_per_second, "samples") if run is not None and run.images_per_second else ""


def _start(state: FoldsState, out: Output) -> None:
    out.row({"event": "series", "series": state.name, "folds": len(state.runs), "measure": state.measure.key})
    out.say(f"{state.name}: {len(state.runs)} folds, one run each")


class _Epochs:
    """Prints the epochs of each run as rows that say which run and fold they are of.

    It hears of every state of a run: between two looks a short run may end and the next one begin.
    """

    def __init__(self, session: Session, out: Output) -> None:
        self._session, self._out = session, out
        self._shown: dict[str, int] = {}

    def take(self, live: RunState | None) -> None:
        folds = self._session.folds.state
        fold = next((run.fold + 1 for run in folds.runs if run.state == "running"), None)
        if live is None or not live.id or live.series != folds.name or fold is None:
            return
        for epoch in live.epochs_log[self._shown.get(live.id, 0) :]:
            self._out.row({**epoch.as_json(), "run": live.id, "fold": fold})
        self._shown[live.id] = len(live.epochs_log)


def _fold(run: FoldRun, state: FoldsState, out: Output) -> None:
    out.row({"event": "fold", **run.as_json()})
    value = state.measure.words(run.figures.get(state.measure.key))
    what = f"failed: {run.reason}" if run.state == "failed" else f"{state.measure.title.lower()} {value or '–'}"
    out.say(f"fold {run.fold + 1}/{len(state.runs)}: {run.run or 'no run'} · {what} · {duration(run.seconds)}")


def _end(state: FoldsState, out: Output) -> int:
    from workbench.session.searching.measure import Measure

    spreads = state.spreads
    out.row(
        {
            "event": "folds",
            "state": state.phase,
            "series": state.name,
            "runs": [run.as_json() for run in state.runs],
            "mean": {key: spread.mean for key, spread in spreads.items()},
            "deviation": {key: spread.deviation for key, spread in spreads.items()},
            "count": min((spread.count for spread in spreads.values()), default=0),
        }
    )
    done = [run for run in state.runs if run.state == "done"]
    if done:
        out.table(
            ("", *(Measure(key).title.lower() for key in spreads)),
            [
                *(
                    (f"fold {run.fold + 1}", *(Measure(key).words(run.figures.get(key)) or "–" for key in spreads))
                    for run in done
                ),
                ("mean", *(Measure(key).words(spread.mean) for key, spread in spreads.items())),
                ("deviation", *(Measure(key).words(spread.deviation) for key, spread in spreads.items())),
            ],
        )
    if state.phase != "done":
        out.say(f"Stopped. Go on with: workbench train PROJECT --all-folds --resume {state.name}")
        return STATUS
    return 0 if len(done) == len(state.runs) else 1
