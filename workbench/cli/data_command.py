"""`workbench data`: what is in a folder of pictures, and what is wrong with it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from workbench.cli.output import Bar, Output
from workbench.core.words import count, number

HELP = "scan a folder of pictures: classes, counts, splits, sizes, bad files"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FOLDER|PROJECT", help="a folder of labelled pictures, or a project")
    parser.add_argument(
        "--near-duplicates",
        action="store_true",
        help="compare how pictures look however many there are (unasked: up to 20,000, the rest by their bytes alone)",
    )
    parser.add_argument("--write-shards", metavar="DIR", help="write the data as tar shards into a new folder")
    parser.add_argument("--shard-size", metavar="SIZE", help="about how large a shard is to be (256MB)")


def run(args: argparse.Namespace, out: Output) -> int:
    from dataclasses import replace

    from workbench.cli.shards import write as write_shards
    from workbench.data.dataset import Dataset
    from workbench.data.duplicates import duplicates
    from workbench.data.source import chosen_folder
    from workbench.document import storage
    from workbench.document.project import DataSettings
    from workbench.session.duplicates import BY_ITSELF
    from workbench.session.pictures import picture_input

    folder, settings, (size, channels) = Path.cwd(), DataSettings(), ((64, 64), 3)
    if args.source and os.path.isfile(storage.project_file(args.source)):
        project = storage.load(args.source)
        folder = storage.project_file(args.source).parent
        settings, (size, channels) = project.data, picture_input(project.graph)
    else:
        settings = replace(settings, source=str(chosen_folder(args.source, kept=False)))
    bar = Bar("Reading", quiet=out.json)

    def progress(done: int, total: int | None) -> None:
        bar.show(done, total, number(done))

    try:
        dataset = Dataset.open(settings, folder, size=size, channels=channels, progress=progress)
    finally:
        bar.close()
    try:
        if args.write_shards is not None:
            write_shards(dataset, args.write_shards, args.shard_size, Path(args.source).stem, out)
            return 0
        looks = args.near_duplicates or len(dataset.index) <= BY_ITSELF
        comparing = Bar("Looking for duplicates", quiet=out.json)
        try:
            found = duplicates(dataset.index, looks=looks, progress=lambda n, of: comparing.show(n, of, number(n)))
        finally:
            comparing.close()
        facts = dataset.describe(found)
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
        for group in facts["near_duplicates"] or ():
            out.say(f"nearly the same: {', '.join(group)}")
        for group in facts["across_splits"]:
            out.say(f"in more than one split: {', '.join(group)}")
        for group in facts["across_classes"]:
            out.say(f"under more than one label: {', '.join(group)}")
        if facts["near_duplicates"] is None:
            out.say("Looks were not compared; --near-duplicates does that.")
    finally:
        dataset.close()
    return 0
