"""`workbench data`: what is in a folder of pictures, and what is wrong with it."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.output import Bar, Output
from workbench.core.words import count, file_size, number

if TYPE_CHECKING:
    from workbench.data.inputs import Input
    from workbench.document.project import DataSettings

HELP = "scan labelled pictures or other data: classes, counts, splits, sizes, bad files"

MOST_NAMED = 1000
"""Bad files that are named one by one."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        nargs="+",
        metavar="FOLDER|LIST|PROJECT",
        help="a folder of labelled pictures, a CSV or TSV, or a project; several folders and lists are merged",
    )
    parser.add_argument("--path-column", metavar="NAME", default="", help="the column of a list that names the files")
    parser.add_argument("--label-column", metavar="NAME", default="", help="the column of a list that is the class")
    parser.add_argument(
        "--near-duplicates",
        action="store_true",
        help="compare how pictures look however many there are (unasked: up to 20,000, the rest by their bytes alone)",
    )
    parser.add_argument("--write-shards", metavar="DIR", help="write the data as tar shards into a new folder")
    parser.add_argument("--shard-size", metavar="SIZE", help="about how large a shard is to be (256MB)")


def run(args: argparse.Namespace, out: Output) -> int:
    from workbench.cli.shards import write as write_shards
    from workbench.data.alike.duplicates import duplicates
    from workbench.data.dataset import Dataset
    from workbench.session.duplicates import BY_ITSELF

    settings, folder, wanted = _asked(args)
    bar = Bar("Reading", quiet=out.json)

    def progress(done: int, total: int | None) -> None:
        bar.show(done, total, number(done))

    try:
        dataset = Dataset.open(settings, folder, input=wanted, progress=progress)
    finally:
        bar.close()
    try:
        if args.write_shards is not None:
            write_shards(dataset, args.write_shards, args.shard_size, Path(args.source[0]).stem, out)
            return 0
        looks = args.near_duplicates or len(dataset.index) <= BY_ITSELF
        comparing = Bar("Looking for duplicates", quiet=out.json)
        try:
            found = duplicates(dataset.index, looks=looks, progress=lambda n, of: comparing.show(n, of, number(n)))
        finally:
            comparing.close()
        facts = dataset.describe(found)
        facts["sources"] = [settings.source, *settings.more]
        facts["notes"] = [d.as_json() for d in dataset.diagnostics]
        out.row(facts)
        if not out.json:
            _say(facts, dataset.kind.one, out)
    finally:
        dataset.close()
    return 0


def _asked(args: argparse.Namespace) -> tuple[DataSettings, Path, Input | None]:
    """The data settings, the folder they count from, and what the project's network takes."""
    from workbench.data.scanning.source import chosen_folder
    from workbench.document import storage
    from workbench.document.project import DataSettings
    from workbench.session.pictures import network_input

    first, *more = args.source
    columns = {"path_column": args.path_column, "label_column": args.label_column}
    if first and os.path.isfile(storage.project_file(first)):
        project = storage.load(first)
        chosen = {name: value for name, value in columns.items() if value}
        also = tuple(str(chosen_folder(source, kept=False)) for source in more)
        settings = replace(project.data, more=(*project.data.more, *also), **chosen)
        return settings, storage.project_file(first).parent, network_input(project.graph)
    source, *others = (str(chosen_folder(source, kept=False)) for source in args.source)
    return DataSettings(source=source, more=tuple(others), **columns), Path.cwd(), None


def _say(facts: dict[str, Any], one: str, out: Output) -> None:
    classes = facts["classes"]
    out.say(f"{count(facts['images'], one)} in {count(len(classes), 'class', 'classes')}, {file_size(facts['bytes'])}")
    splits = facts.get("splits", {})
    if splits:
        out.say(" · ".join(f"{name} {number(n)}" for name, n in splits.items()))
    out.say("formats: " + ", ".join(f"{name} {number(n)}" for name, n in list(facts["formats"].items())[:8]))
    if facts["sizes"]:
        sizes = [f"{facts['sizes'][name][1]} × {facts['sizes'][name][0]}" for name in ("smallest", "median", "largest")]
        out.say(f"pixels: {sizes[0]} to {sizes[2]}, {sizes[1]} in the middle")
        out.say("shapes: " + ", ".join(f"{name} {number(n)}" for name, n in facts["aspect_ratios"].items()))
    out.table(("class", f"{one}s"), [(name, number(n)) for name, n in classes.items()])
    for note in facts["notes"]:
        out.say(f"{note['severity']}: {note['message']}")
    _say_bad(facts, out)
    for group in facts["duplicates"]:
        out.say(f"the same file: {', '.join(group)}")
    for group in facts["near_duplicates"] or ():
        out.say(f"nearly the same: {', '.join(group)}")
    for group in facts["across_splits"]:
        out.say(f"in more than one split: {', '.join(group)}")
    for group in facts["across_classes"]:
        out.say(f"under more than one label: {', '.join(group)}")
    if facts["near_duplicates"] is None and facts["kind"] == "pictures":
        out.say("Looks were not compared; --near-duplicates does that.")


def _say_bad(facts: dict[str, Any], out: Output) -> None:
    """Every bad file on a line of its own; where they are very many, how many there are for each reason."""
    if not facts["bad"]:
        out.say("No bad files.")
        return
    for bad in facts["bad"][:MOST_NAMED]:
        out.say(f"skipped: {_line(bad['path'])}: {bad['reason']}")
    if len(facts["bad"]) > MOST_NAMED:
        out.say(f"{number(len(facts['bad']))} files are skipped in all (--json names every one):")
        for reason, n in facts["bad_by_reason"].items():
            out.say(f"  {number(n)}: {reason}")


def _line(path: str) -> str:
    """A path on one line: a name may hold line ends, and what moves a terminal's cursor."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in path)
