"""`workbench search`: many variants of a project, one after another, and which of them is best."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from workbench.cli import recipe_flags
from workbench.cli.interrupts import STATUS, Interrupts
from workbench.cli.output import Bar, Output, complain
from workbench.core.diagnostic import Problem
from workbench.core.words import count, duration, number

if TYPE_CHECKING:
    from workbench.core.diagnostic import Diagnostic
    from workbench.session.searching.trial import SearchState, Trial
    from workbench.session.session import Session

HELP = "search for better settings of a project"

OVERRIDES = ("data", "image_size", "folds", "balance")
SHOWN_AT_END = 5


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument(
        "--over",
        action="append",
        default=[],
        metavar="SETTING[=VALUES]",
        help="a setting to vary: lr=1e-4..1e-1:log, conv2d_1.filters=16,32, optimizer=sgd,adam, dropout_1.rate",
    )
    parser.add_argument("--settings", action="store_true", help="list all settings that can be varied, and end")
    parser.add_argument("--trials", type=int, metavar="N", help="how many variants to try (default 20; a grid: all)")
    parser.add_argument(
        "--sampler",
        choices=("tpe", "random", "grid"),
        default="tpe",
        help="tpe tries more of what did well, random anything, grid every combination",
    )
    parser.add_argument(
        "--prune",
        nargs="?",
        const="median",
        default="none",
        choices=("median", "halving"),
        help="end trials early that do worse than those before them",
    )
    parser.add_argument("--measure", default="auto", metavar="KEY", help="what to compare: val_accuracy, val_loss, …")
    parser.add_argument("--sampler-seed", type=int, default=0, metavar="N", help="another seed tries other variants")
    parser.add_argument("--name", default="", help="what to call the search (default: search-1 and so on)")
    parser.add_argument(
        "--resume", nargs="?", const=True, default=False, metavar="NAME", help="go on with a search where it was"
    )
    parser.add_argument("--list", action="store_true", help="list the searches of the project, and end")
    parser.add_argument("--take-over", action="store_true", help="at the end, save the best settings in the project")
    parser.add_argument("--data", metavar="FOLDER", help="labelled data, in place of the project's")
    recipe_flags.configure(parser)
    parser.add_argument("--image-size", type=int, metavar="N", help="pixels on a side the network sees")
    parser.add_argument("--folds", type=int, metavar="N", help="validate on one of N equal parts of the data")
    parser.add_argument("--fold", type=int, metavar="K", help="which of the N parts, from 1 on")
    parser.add_argument("--balance", choices=("none", "sampling", "weights"))


def run(args: argparse.Namespace, out: Output) -> int:
    from workbench.session.session import Session

    only_looks = args.settings or args.list
    with Session.open(args.project, read_only=only_looks) as session:
        session.notice.connect(_tell)
        if args.settings:
            return _settings(session, out)
        if args.list:
            return _list(session, out)
        _begin(session, args)
        status = _follow(session, out)
        if args.take_over and status == 0:
            _take_over(session, out)
        return status


def _tell(notice: Diagnostic) -> None:
    complain(notice.message)


def _begin(session: Session, args: argparse.Namespace) -> None:
    from workbench.session.searching.plan import MOST_TRIALS, axes_of

    if args.resume is not False:
        if args.over:
            raise Problem.of(
                "search.resumed",
                "A search goes on with the settings it began with, and cannot be given others. Leave --over out, or "
                "begin a new search.",
            )
        session.search.go_on(None if args.resume is True else args.resume, args.trials)
        return
    if not args.over:
        raise Problem.of(
            "search.axes",
            "Nothing is to be varied. Name a setting with --over, such as --over lr=1e-4..1e-1:log; "
            "workbench search PROJECT --settings lists them all.",
        )
    overrides: dict[str, Any] = {name: value for name in OVERRIDES if (value := getattr(args, name)) is not None}
    overrides |= recipe_flags.overrides(args)
    if args.fold is not None:
        overrides["fold"] = args.fold - 1  # people count from 1
    trials = args.trials if args.trials is not None else MOST_TRIALS if args.sampler == "grid" else 20
    plan = session.search.plan(
        axes_of(session.project, args.over),
        name=args.name,
        trials=trials,
        sampler=args.sampler,
        pruner=args.prune,
        measure=args.measure,
        search_seed=args.sampler_seed,
        **overrides,
    )
    session.search.start(plan)


def _follow(session: Session, out: Output) -> int:
    """Print what the search does until its end; Ctrl+C stops it with a checkpoint."""
    bar = Bar("Searching", quiet=out.json)
    told: set[int] = {t.number for t in session.search.state.trials if t.is_finished}
    asked = began = 0
    try:
        with Interrupts(patient=True) as interrupts:  # a stop between steps keeps everything; an exception might not
            while True:
                session.pump()
                state = session.search.state
                if state.trials and not began:
                    began = 1
                    told = _start(state, out)
                for trial in state.trials:
                    if trial.is_finished and trial.number not in told:
                        told.add(trial.number)
                        _trial(trial, state, out)
                bar.show(state.done + _share(session), state.total, f"trial {min(state.done + 1, state.total)}")
                if not state.is_live:
                    break
                if interrupts.count > asked:
                    asked = interrupts.count
                    if asked > 1:
                        raise KeyboardInterrupt
                    session.search.stop()
                time.sleep(0.02)
    finally:
        bar.close()
    return _end(session.search.state, out, asked > 0)


def _share(session: Session) -> float:
    """How much of the trial under way is done."""
    run = session.run
    return min(1.0, run.step / run.steps) if run is not None and run.is_live and run.steps else 0.0


def _start(state: SearchState, out: Output) -> set[int]:
    """Say what is searched; gives the trials that were finished before."""
    plan = state.plan
    assert plan is not None
    done = {trial.number for trial in state.trials if trial.is_finished}
    out.row(
        {
            "event": "search",
            "search": plan.name,
            "sampler": plan.sampler,
            "pruner": plan.pruner,
            "measure": plan.measure.key,
            "trials": plan.trials,
            "done": len(done),
            "parameters": {axis.id: axis.wanted.words for axis in plan.axes},
        }
    )
    for axis in plan.axes:
        out.say(f"{axis.setting.name}: {axis.wanted.words}")
    before = f", {count(len(done), 'trial')} done before" if done else ""
    out.say(f"{plan.name}: {count(plan.trials, 'trial')} by {plan.measure.title.lower()}{before}")
    return done


def _trial(trial: Trial, state: SearchState, out: Output) -> None:
    assert state.plan is not None
    out.row(trial.as_json())
    measure, by_id = state.plan.measure, {axis.id: axis.setting for axis in state.plan.axes}
    values = ", ".join(f"{by_id[i].name} {by_id[i].words_of(value)}" for i, value in trial.values.items())
    if trial.state == "failed":
        what = f"failed: {trial.reason}"
    elif trial.same_as is not None:
        what = f"{measure.words(trial.score)}, the same as trial {trial.same_as}"
    elif trial.state == "pruned":
        what = f"ended early at {measure.words(trial.score) or 'no value'}"
    else:
        what = measure.words(trial.score)
    took = f" · {duration(trial.seconds)}" if trial.seconds else ""
    best = " · best so far" if state.best is not None and state.best.number == trial.number else ""
    out.say(f"trial {trial.number}/{state.plan.trials}: {values} · {what}{took}{best}")


def _end(state: SearchState, out: Output, interrupted: bool) -> int:
    best, plan = state.best, state.plan
    out.row(
        {
            "event": "end",
            "state": state.phase,
            "search": plan.name if plan is not None else None,
            "trials": state.done,
            "best": best.as_json() if best is not None else None,
            "importance": dict(state.importance),
        }
    )
    if state.phase == "failed":
        out.problems(state.diagnostics)
        return 1
    if best is not None and plan is not None:
        _ranking(state, out)
        out.say(
            f"Best: trial {best.number} ({best.run}), {plan.measure.title.lower()} {plan.measure.words(best.score)}."
        )
    elif state.phase == "done":
        complain("no trial came to a result; the reasons stand above.")
    if state.phase == "stopped" and plan is not None:
        out.say(f"Stopped. Go on with: workbench search PROJECT --resume {plan.name}")
    if interrupted or state.phase == "stopped":
        return STATUS
    return 0 if best is not None else 1


def _ranking(state: SearchState, out: Output) -> None:
    """The best few trials, and how much each setting matters."""
    plan = state.plan
    assert plan is not None
    done = sorted(
        (t for t in state.trials if t.state == "done" and t.score is not None and t.same_as is None),
        key=lambda t: (-(t.score or 0.0) if plan.measure.higher else (t.score or 0.0), t.number),
    )
    out.table(
        ("trial", "run", plan.measure.title.lower(), *(axis.setting.name for axis in plan.axes)),
        [
            (
                t.number,
                t.run,
                plan.measure.words(t.score),
                *(axis.setting.words_of(t.values[axis.id]) if axis.id in t.values else "–" for axis in plan.axes),
            )
            for t in done[:SHOWN_AT_END]
        ],
    )
    names = {axis.id: axis.setting.name for axis in plan.axes}
    if state.importance:
        shares = ", ".join(f"{names[i]} {share:.0%}" for i, share in state.importance.items())
        out.say(f"What the differences come from: {shares}.")


def _take_over(session: Session, out: Output) -> None:
    best = session.search.state.best
    assert best is not None
    refused = session.search.take_over()
    if refused is not None:
        raise Problem(refused)
    session.save()
    out.say(f"The settings of trial {best.number} are the project's now.")


def _settings(session: Session, out: Output) -> int:
    from workbench.session.searching.ranges import spelled
    from workbench.session.searching.settings_of import settings_of

    found = settings_of(session.project)
    for setting in found:
        out.row(
            {
                "setting": setting.id,
                "title": setting.name,
                "now": list(setting.value) if isinstance(setting.value, tuple) else setting.value,
                "tries": setting.wanted.words,
            }
        )
    out.table(
        ("setting", "what it is", "now", "tried by default"),
        [(s.id, s.name, spelled(s.value), s.wanted.words) for s in found],
    )
    return 0


def _list(session: Session, out: Output) -> int:
    """The searches there are, newest first."""
    job = session.wait(session.search.look_at())
    if job.state == "failed":
        out.problems(job.diagnostics)
        return 1
    known = session.search.state.known
    rows = []
    for name in known:
        session.wait(session.search.look_at(name))
        state = session.search.state
        if state.plan is None:
            continue
        best = state.best
        out.row(
            {
                "search": name,
                "trials": state.plan.trials,
                "done": state.done,
                "measure": state.plan.measure.key,
                "best": best.as_json() if best is not None else None,
            }
        )
        score = state.plan.measure.words(best.score) if best is not None else "–"
        rows.append((name, f"{number(state.done)} of {number(state.total)}", state.plan.measure.title.lower(), score))
    if not rows:
        out.say("No searches yet. Begin one: workbench search PROJECT --over lr")
        return 0
    out.table(("search", "trials", "measure", "best"), rows)
    return 0
