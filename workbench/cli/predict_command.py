"""`workbench predict`: labels with scores for files or folders, by a project or an export."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.output import Output, complain

if TYPE_CHECKING:
    from workbench.session.state import Prediction

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
                    out.row({"path": answer.path, **_row(answer)})
                    out.say(f"{answer.path}: {_words(answer)}")
                    for name, other in answer.others.items():
                        out.say(f"    {name}: {_words(other)}")
            except UnreadablePicture as refused:
                failed += 1
                complain(refused.diagnostics[0].message)
    if not files and not failed:
        complain(f"there are no {kind.title.lower()} in what was named. Name files or folders.")
    return 1 if failed or not files else 0


def _row(answer: Prediction) -> dict[str, Any]:
    """An answer as JSON values; further outputs by name, where there are any."""
    row: dict[str, Any] = {"label": answer.label, "scores": dict(answer.scores)}
    if answer.others:
        row["outputs"] = {name: _row(other) for name, other in answer.others.items()}
    return row


def _words(answer: Prediction) -> str:
    """An answer on a line: with the highest shares, where it is one of shares."""
    if answer.kind == "values":
        return answer.label or "given back"
    best = sorted(answer.scores.items(), key=lambda item: -item[1])[:3]
    return f"{answer.label}  ({', '.join(f'{name} {score:.1%}' for name, score in best)})"


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
