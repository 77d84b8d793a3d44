"""`workbench runs`: the table of runs."""

from __future__ import annotations

import argparse
import time

from workbench.cli.output import Output
from workbench.core.words import duration

HELP = "the table of a project's runs"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")


def run(args: argparse.Namespace, out: Output) -> int:
    from workbench.session.session import Session

    with Session.open(args.project, read_only=True) as session:
        rows = session.runs()
        for row in rows:
            out.row(row.as_json())
        if not rows:
            out.say("No runs yet. Begin one: workbench train PROJECT")
            return 0
        out.table(
            ("run", "state", "when", "epochs", "best accuracy", "time"),
            [
                (
                    row.id,
                    row.state,
                    time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created)),
                    row.epochs,
                    f"{row.best_val_accuracy:.2%}" if row.best_val_accuracy is not None else "–",
                    duration(row.seconds),
                )
                for row in rows
            ],
        )
    return 0
