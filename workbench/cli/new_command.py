"""`workbench new`: a new project from a template."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from workbench.cli.output import Output, complain

HELP = "make a new project from a template"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", metavar="DIR", help="the folder to make")
    parser.add_argument(
        "--template", metavar="NAME", help="what to begin with (else what suits the data); --list names them"
    )
    parser.add_argument(
        "--data", metavar="FOLDER", help="labelled data: a folder with one sub-folder a class, or a CSV"
    )
    parser.add_argument("--list", action="store_true", help="name the templates")


def run(args: argparse.Namespace, out: Output) -> int:
    from workbench.session.session import Session
    from workbench.session.templates import project_of, templates

    if args.list:
        for template in templates():
            out.row({"template": template.name, "summary": template.summary})
        out.table(("template", "what it is"), [(t.name, t.summary) for t in templates()])
        return 0
    if not args.folder or not (args.template or args.data):
        complain("say where and from which template or data: workbench new DIR --template NAME or --data FOLDER.")
        return 2
    from workbench.data.scanning.source import chosen_folder
    from workbench.session.fitting import fitted, project_for

    folder = Path(args.folder)
    if not args.template:
        project = project_for(chosen_folder(args.data))
    else:
        project = project_of(args.template)
        if args.data is not None:
            project = fitted(project, chosen_folder(args.data))
    with Session.create(folder, replace(project, name=folder.resolve().name)):
        pass
    out.row({"project": str(folder.resolve())})
    out.say(f"Made {folder} from {args.template or 'the template that suits the data'}. Next: workbench train {folder}")
    return 0
