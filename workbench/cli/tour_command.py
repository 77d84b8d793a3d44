"""`workbench tour`: the whole main job on a built-in sample, in the window where there is a display."""

from __future__ import annotations

import argparse
import os

from workbench.cli.open_command import has_display
from workbench.cli.output import Bar, Output

HELP = "the whole main job on the built-in sample: open, train, look inside, export, check"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="DIR", help="leave the project, the exports and pictures of the window here")
    parser.add_argument("--epochs", type=int, metavar="N", help="train for N epochs instead of the sample's own number")
    parser.add_argument("--template", metavar="NAME", default="scenes-convnet", help="another sample project")


def run(args: argparse.Namespace, out: Output) -> int:
    shown = has_display() and os.environ.get("QT_QPA_PLATFORM") != "offscreen"
    if not shown:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from workbench.app import run_tour

    return run_tour(
        template=args.template,
        folder=args.out,
        epochs=args.epochs,
        shown=shown,
        teller=out,
        bar=Bar("Training", quiet=out.json),
    )
