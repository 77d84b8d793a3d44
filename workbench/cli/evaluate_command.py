"""`workbench evaluate`: accuracy, precision and recall a class, confusion matrix."""

from __future__ import annotations

import argparse

from workbench.cli.output import Bar, Output
from workbench.core.words import count, number

HELP = "evaluate a trained project on its data"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument("--run", metavar="RUN", dest="of_run", help="which run's best weights; the newest else")
    parser.add_argument("--data", metavar="FOLDER", help="other labelled data of the same classes")
    parser.add_argument("--split", choices=("val", "test", "all"), default="val")


def run(args: argparse.Namespace, out: Output) -> int:
    from workbench.session.session import Session

    bar = Bar("Evaluating", quiet=out.json)
    with Session.open(args.project, read_only=True) as session:
        try:
            result = session.results.evaluate(run=args.of_run, data=args.data, split=args.split, progress=bar.show)
        finally:
            bar.close()
        one = session.results.kind.one
    out.row(result.as_json())
    out.say(f"accuracy {result.accuracy:.2%} on {count(result.pictures, one)}, loss {result.loss:.4f}")
    out.table(
        ("class", f"{one}s", "precision", "recall"),
        [
            (name, number(support), f"{precision:.2%}", f"{recall:.2%}")
            for name, support, precision, recall in zip(
                result.classes, result.support, result.precision, result.recall, strict=True
            )
        ],
    )
    out.say("Confusion matrix (rows: the true class, columns: the answer):")
    out.table(
        ("", *result.classes),
        [(name, *(number(int(n)) for n in row)) for name, row in zip(result.classes, result.confusion, strict=True)],
    )
    return 0
