"""`workbench export`: write a model and check it against the project on real samples."""

from __future__ import annotations

import argparse

from workbench.cli.output import Bar, Output, complain
from workbench.core.words import count, file_size

HELP = "export a trained project and check the export on real samples"


def configure(parser: argparse.ArgumentParser) -> None:
    from workbench.export.registry import EXPORTS

    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument("--format", required=True, choices=(*EXPORTS, "all"))
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder to write to")
    parser.add_argument("--run", metavar="RUN", dest="of_run", help="which run's best weights; the newest else")


def run(args: argparse.Namespace, out: Output) -> int:
    from workbench.core.diagnostic import Problem
    from workbench.export.registry import EXPORTS
    from workbench.session.session import Session

    if not args.out.strip():
        raise Problem.of("export.folder", "The folder for the export has no name. Name a folder.")
    formats = tuple(EXPORTS) if args.format == "all" else (args.format,)
    status, said = 0, set()
    with Session.open(args.project, read_only=True) as session:
        session.wait_for_data()
        for format in formats:
            bar = Bar(f"Exporting {format}", quiet=out.json)
            try:
                job = session.wait(session.export(format, args.out, run=args.of_run))
            finally:
                bar.close()
            if job.state != "done":
                status = 1
                if job.diagnostic is not None and job.diagnostic.message not in said:
                    complain(job.diagnostic.message)
                    said.add(job.diagnostic.message)
                continue
            check = job.result
            out.row(check.as_json())
            out.say(
                f"{format}: {check.path} ({file_size(check.bytes)}); largest difference {check.max_abs_diff:.2g}, "
                f"labels agree on {check.labels_agree} of {count(check.checked_on, session.results.kind.one)}"
            )
            if not check.ok:
                status = 1
                complain(check.message)
    return status
