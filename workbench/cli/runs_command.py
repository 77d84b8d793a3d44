"""`workbench runs`: the table of runs; finding, naming, tagging, starring, deleting them, and taking them elsewhere."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.output import Bar, Output
from workbench.core.words import count

if TYPE_CHECKING:
    from workbench.session.session import Session
    from workbench.training.store import RunStore
    from workbench.training.storing.run_rows import RunRow

HELP = "the table of a project's runs"

_COLUMNS = (
    ("state", "state"),
    ("created", "when"),
    ("epochs", "epochs"),
    ("accuracy", "accuracy"),
    ("seconds", "time"),
    ("name", "name"),
    ("tags", "tags"),
)
"""Columns and their short titles: what fits a terminal of 80 characters. Those that nobody fills are left out."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument(
        "--filter", default="", metavar="WORDS", help='only runs like these: "accuracy>0.9 tag:baseline -failed"'
    )
    parser.add_argument("--sort", metavar="COLUMN", help="sort by a column such as accuracy; -COLUMN the other way")
    parser.add_argument("--deleted", action="store_true", help="the runs that were deleted and may still come back")
    parser.add_argument("--compare", nargs="+", metavar="RUN", help="put these runs side by side")
    parser.add_argument("--csv", metavar="FILE", help="write the runs as CSV to FILE")
    parser.add_argument(
        "--of", choices=("runs", "epochs", "steps"), default="runs", help="what --csv writes (default: runs)"
    )
    parser.add_argument("--tensorboard", metavar="DIR", help="write TensorBoard event files to DIR, a folder a run")
    parser.add_argument("--name", nargs=2, metavar=("RUN", "NAME"), help="give a run a name")
    parser.add_argument("--note", nargs=2, metavar=("RUN", "TEXT"), help="give a run a note")
    parser.add_argument(
        "--tag", nargs="+", metavar=("RUN", "TAG"), help="replace a run's tags by these (none: no tags)"
    )
    parser.add_argument("--star", nargs="+", metavar="RUN", help="mark runs as worth finding again")
    parser.add_argument("--unstar", nargs="+", metavar="RUN", help="take that mark away")
    parser.add_argument("--delete", nargs="+", metavar="RUN", help="throw runs away; --restore brings them back")
    parser.add_argument("--restore", nargs="+", metavar="RUN", help="bring deleted runs back")
    parser.add_argument("--remove", nargs="+", metavar="RUN", help="remove deleted runs from the disk, for good")


def run(args: argparse.Namespace, out: Output) -> int:
    from workbench.session.session import Session

    with Session.open(args.project, read_only=True) as session:
        session.runs()  # says what is wrong with the record before anything is done
        store = session.training.open_store()
        if _mark(args, store, out):
            return 0
        if args.compare:
            return _compare(session, [_id(run) for run in args.compare], out)
        rows = _chosen(args, session)
        if args.csv or args.tensorboard:
            return _export(args, store, [row.id for row in rows], out)
        _table(rows, args, out)
    return 0


def _id(run: str) -> str:
    """A run as a person writes it: "7" is "run-7"."""
    return f"run-{run}" if run.isascii() and run.isdigit() else run


def _mark(args: argparse.Namespace, store: RunStore, out: Output) -> bool:
    """What was asked to be done to runs; False where nothing was."""
    from workbench.core.diagnostic import Problem

    done: list[tuple[str, list[str]]] = []
    if args.name:
        store.rename(_id(args.name[0]), args.name[1])
        done.append(("named", [_id(args.name[0])]))
    if args.note:
        store.note(_id(args.note[0]), args.note[1])
        done.append(("noted", [_id(args.note[0])]))
    if args.tag:
        store.tag(_id(args.tag[0]), args.tag[1:])
        done.append(("tagged", [_id(args.tag[0])]))
    for words, word in (("star", "starred"), ("unstar", "unstarred"), ("delete", "deleted"), ("restore", "restored")):
        runs = [_id(run) for run in getattr(args, words) or ()]
        if words == "delete" and (live := [run for run in runs if store.row(run).state == "running"]):
            raise Problem.of("runs.live", f"{live[0]} is still running. Stop it first, then delete it.")
        for run in runs:
            {"star": store.star, "delete": store.delete, "restore": store.restore}.get(words, store.star)(
                run, *([False] if words == "unstar" else [])
            )
        if runs:
            done.append((word, runs))
    if args.remove:
        runs = [_id(run) for run in args.remove]
        freed = sum(store.empty(run) for run in runs)
        out.row({"removed": runs, "bytes": freed})
        out.say(f"{count(len(runs), 'run')} removed for good.")
    for word, runs in done:
        out.row({word: runs})
        out.say(f"{', '.join(runs)} {word}.")
    return bool(done or args.remove)


def _chosen(args: argparse.Namespace, session: Session) -> Sequence[RunRow]:
    from workbench.core.diagnostic import Problem
    from workbench.session.runs.columns import columns_of, sorted_by
    from workbench.session.runs.filtering import read

    rows = session.training.deleted() if args.deleted else session.runs()
    columns = columns_of(rows)
    rows = read(args.filter, columns).of(rows)
    if args.sort is None:
        return rows
    name = args.sort.lstrip("-")
    found = next((columns[c] for c in (name, f"metric.{name}", f"recipe.{name}") if c in columns), None)
    if found is None:
        raise Problem.of("runs.column", f"No column is called “{name}”. There are: {', '.join(columns)}.")
    return sorted_by(found, rows, falling=found.falls != args.sort.startswith("-"))


def _table(rows: Sequence[RunRow], args: argparse.Namespace, out: Output) -> None:
    from workbench.session.runs.columns import columns_of

    for row in rows:
        out.row(row.as_json())
    if not rows:
        if args.filter or args.deleted:
            out.say("No such runs.")
        else:
            out.say("No runs yet. Begin one: workbench train PROJECT")
        return
    known = columns_of(rows)
    cells = {
        title: [row.name if name == "name" else known[name].words(row) for row in rows] for name, title in _COLUMNS
    }
    filled = {title: words for title, words in cells.items() if any(words)}
    lines = zip(*filled.values(), strict=True)
    out.table(
        ("run", *filled), [(row.id, *(word or "–" for word in words)) for row, words in zip(rows, lines, strict=True)]
    )


def _compare(session: Session, runs: list[str], out: Output) -> int:
    from workbench.core.diagnostic import Problem

    if len(runs) < 2:
        raise Problem.of("runs.compare", "One run alone cannot be compared. Name two or more: --compare run-1 run-2.")
    found = session.training.compare(runs)
    titles = [one.row.title for one in found.runs]
    for line in found.lines:
        out.row({"group": line.group, "title": line.title, "values": list(line.values), "differs": line.differs})
    for one, network in zip(found.runs, found.networks, strict=True):
        out.row({"run": one.row.id, "network": list(network.sentences)})
    if found.differing:
        out.table(("", "", *titles), [(line.group, line.title, *line.values) for line in found.differing])
    for one, network in zip(found.runs[1:], found.networks[1:], strict=True):
        out.say(f"Network of {one.row.title}, told from {titles[0]}:")
        for sentence in network.sentences or ("the same",):
            out.say(f"  {sentence}")
    return 0


def _export(args: argparse.Namespace, store: RunStore, runs: list[str], out: Output) -> int:
    from workbench.session.runs.csv_export import export_csv
    from workbench.session.runs.tensorboard_export import export_tensorboard

    bar = Bar("Exporting", quiet=out.json)
    try:
        if args.csv:
            rows = export_csv(store, runs, Path(args.csv), args.of, bar.show)
            out.row({"csv": args.csv, "of": args.of, "rows": rows})
            out.say(f"{count(rows, 'row')} written to {args.csv}.")
        if args.tensorboard:
            folders = export_tensorboard(store, runs, Path(args.tensorboard), bar.show)
            out.row({"tensorboard": args.tensorboard, "runs": [folder.name for folder in folders]})
            out.say(f"{count(len(folders), 'run')} written. See them with: tensorboard --logdir {args.tensorboard}")
    finally:
        bar.close()
    return 0
