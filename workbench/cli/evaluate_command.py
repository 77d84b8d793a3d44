"""`workbench evaluate`: accuracy and all other metrics, precision and recall a class, confusion matrix."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from workbench.catalogue.registry import METRICS
from workbench.cli.output import Bar, Output
from workbench.core.words import UNKNOWN, count, number

if TYPE_CHECKING:
    from workbench.training.metrics.evaluation import Evaluation
    from workbench.training.metrics.gathering import Judged
    from workbench.training.metrics.tally import Output as OfOutput

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
    samples = count(result.pictures, one)
    if math.isnan(result.accuracy):
        out.say(f"loss {result.loss:.4f} on {samples}")
    else:
        out.say(f"accuracy {result.accuracy:.2%} on {samples}, loss {result.loss:.4f}")
    for place, output in enumerate(result.outputs):
        _say_output(out, result, place, output, one)
    return 0


def _say_output(out: Output, result: Evaluation, place: int, output: OfOutput, one: str) -> None:
    """Everything that came out for one of the outputs."""
    judged, names = output.judged, output.names or (result.classes if place == result.main else ())
    if len(result.outputs) > 1:
        out.say(f"Output {output.node}: loss {output.loss:.4f}")
    rows = [
        (METRICS[id].title, metric_words(id, value))
        for id, value in judged.numbers.items()
        if not (id == "accuracy" and place == result.main)
    ]
    out.table(("metric", "value"), rows)
    if judged.kind != "values":
        _say_classes(out, judged, names, one)
    if judged.confusion is not None:
        out.say("Confusion matrix (rows: the true class, columns: the answer):")
        table = zip(names, judged.confusion, strict=True)
        out.table(("", *names), [(name, *(number(int(n)) for n in row)) for name, row in table])


def _say_classes(out: Output, judged: Judged, names: tuple[str, ...], one: str) -> None:
    areas = [curve.area for curve in judged.curves] or [math.nan] * len(judged.support)
    columns = (judged.precision, judged.recall, judged.f1)
    rows = [
        (name, number(support), *(_share(value) for value in shares), _area(area))
        for name, support, *shares, area in zip(names, judged.support, *columns, areas, strict=True)
    ]
    kind = "class" if judged.kind == "classes" else "label"
    out.table((kind, f"{one}s", "precision", "recall", "F1", "ROC area"), rows)


def metric_words(id: str, value: float) -> str:
    """A metric's value for people: a share as a percentage, but for the ROC area, which nobody writes so."""
    if math.isnan(value):
        return UNKNOWN
    return _share(value) if METRICS[id].share and id != "roc_area" else f"{value:.4g}"


def _share(value: float) -> str:
    return UNKNOWN if math.isnan(value) else f"{value:.2%}"


def _area(value: float) -> str:
    return UNKNOWN if math.isnan(value) else f"{value:.4f}"
