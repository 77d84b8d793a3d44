"""`workbench predict`: labels with scores for files or folders, by a project or an export."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from workbench.cli.output import Output

HELP = "label pictures with a trained project or an exported model"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="PROJECT|EXPORT", help="a trained project, or an exported .onnx file")
    parser.add_argument("pictures", nargs="+", metavar="IMAGE", help="picture files or folders")


def run(args: argparse.Namespace, out: Output) -> int:
    from workbench.core.diagnostic import Problem
    from workbench.data.scan import picture_files

    model = Path(args.model)
    failed = 0
    with _predictor(model) as predict:
        files = [file for named in args.pictures for file in picture_files(Path(named))]
        for file in files:
            try:
                answer = predict(file)
            except Problem as problem:
                failed += 1
                print(f"workbench: {problem.diagnostics[0].message}", file=sys.stderr)
                continue
            out.row({"path": str(file), "label": answer.label, "scores": dict(answer.scores)})
            best = sorted(answer.scores.items(), key=lambda item: -item[1])[:3]
            out.say(f"{file}: {answer.label}  ({', '.join(f'{name} {score:.1%}' for name, score in best)})")
    if not files:
        print("workbench: there are no pictures in what was named. Name picture files or folders.", file=sys.stderr)
    return 1 if failed or not files else 0


def _predictor(model: Path):  # type: ignore[no-untyped-def]
    """A context that gives `predict(path) -> Prediction`, from a project or from an ONNX export."""
    from contextlib import contextmanager

    @contextmanager
    def project():  # type: ignore[no-untyped-def]
        from workbench.session.session import Session

        with Session.open(model, read_only=True) as session:
            yield session.predict

    @contextmanager
    def exported():  # type: ignore[no-untyped-def]
        from workbench.session.results import exported_predictor

        yield exported_predictor(model)

    return exported() if model.suffix.lower() == ".onnx" else project()
