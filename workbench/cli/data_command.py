"""`workbench data`: what is in a folder of pictures, and what is wrong with it."""

from __future__ import annotations

import argparse
from pathlib import Path

from workbench.cli.output import Bar, Output
from workbench.core.words import count, number

HELP = "scan a folder of pictures: classes, counts, splits, sizes, bad files"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FOLDER|PROJECT", help="a folder of labelled pictures, or a project")


def run(args: argparse.Namespace, out: Output) -> int:
    from dataclasses import replace

    from workbench.data.dataset import Dataset
    from workbench.data.duplicates import duplicates
    from workbench.document import storage
    from workbench.document.project import DataSettings
    from workbench.session.pictures import picture_input

    path = Path(args.source)
    folder, settings, (size, channels) = Path.cwd(), DataSettings(), ((64, 64), 3)
    if path.is_file() or (path / "project.json").is_file():
        project = storage.load(path)
        folder = storage.project_file(path).parent
        settings, (size, channels) = project.data, picture_input(project.graph)
    else:
        settings = replace(settings, source=str(path.expanduser().absolute()))
    bar = Bar("Reading", quiet=out.json)

    def progress(done: int, total: int | None) -> None:
        bar.show(done, total, number(done))

    try:
        dataset = Dataset.open(settings, folder, size=size, channels=channels, progress=progress)
    finally:
        bar.close()
    try:
        facts = dataset.describe(duplicates(dataset.index))
        out.row(facts)
        classes = facts["classes"]
        out.say(f"{count(facts['images'], 'picture')} in {count(len(classes), 'class', 'classes')}")
        splits = facts.get("splits", {})
        if splits:
            out.say(" · ".join(f"{name} {number(n)}" for name, n in splits.items()))
        out.table(("class", "pictures"), [(name, number(n)) for name, n in classes.items()])
        for bad in facts["bad"]:
            out.say(f"skipped: {bad['path']}: {bad['reason']}")
        if not facts["bad"]:
            out.say("No bad files.")
        for group in facts["duplicates"]:
            out.say(f"the same file: {', '.join(group)}")
    finally:
        dataset.close()
    return 0
