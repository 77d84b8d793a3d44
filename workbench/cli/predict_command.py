"""`workbench predict`: labels with scores for files or folders, by a project or an export."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from workbench.cli.output import Output, complain

HELP = "label pictures, texts, sounds or rows with a trained project or an exported model"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="PROJECT|EXPORT", help="a trained project, or an exported .onnx file")
    parser.add_argument(
        "pictures", nargs="+", metavar="FILE", help="files or folders; for a network of tables a CSV of rows"
    )


def run(args: argparse.Namespace, out: Output) -> int:
    from workbench.core.diagnostic import Problem
    from workbench.data.unreadable import UnreadablePicture
    from workbench.session.incoming import files_of

    failed = 0
    with _predictor(Path(args.model)) as (kind, predict):
        files: list[Path] = []
        for named in args.pictures:
            try:
                if not named.strip():
                    raise Problem.of("data.missing", f"A {kind.one} has no name. Name files or folders.")
                files += files_of(kind, Path(os.path.expanduser(named)))
            except Problem as problem:
                failed += 1
                complain(problem.diagnostics[0].message)
        for file in files:
            try:
                for answer in predict(file):
                    out.row({"path": answer.path, "label": answer.label, "scores": dict(answer.scores)})
                    best = sorted(answer.scores.items(), key=lambda item: -item[1])[:3]
                    shares = ", ".join(f"{name} {score:.1%}" for name, score in best)
                    out.say(f"{answer.path}: {answer.label}  ({shares})")
            except UnreadablePicture as refused:
                failed += 1
                complain(refused.diagnostics[0].message)
    if not files and not failed:
        complain(f"there are no {kind.title.lower()} in what was named. Name files or folders.")
    return 1 if failed or not files else 0


def _predictor(model: Path):  # type: ignore[no-untyped-def]
    """A context that gives the kind of samples and ``predict(path)``, from a project or from an ONNX export."""
    from contextlib import contextmanager

    from workbench.core.diagnostic import Problem
    from workbench.document.storage import FILE_NAME

    @contextmanager
    def project():  # type: ignore[no-untyped-def]
        from workbench.session.session import Session

        with Session.open(model, read_only=True) as session:
            yield session.results.kind, lambda path: session.results.predict([path])

    @contextmanager
    def exported():  # type: ignore[no-untyped-def]
        from workbench.session.results import exported_predictor

        yield exported_predictor(model)

    if model.suffix.lower() == ".onnx":
        return exported()
    if (model / "predict.py").is_file():
        raise Problem.of(
            "predict.folder",
            f"“{model}” is an exported folder, and nothing in such a folder is run by Workbench. It labels files by "
            f"itself: python {model / 'predict.py'} FILE.",
        )
    if model.is_file() and model.name != FILE_NAME:
        raise Problem.of(
            "predict.kind", f"“{model}” is neither a project nor an exported .onnx file. Name one of those first."
        )
    return project()
