"""`workbench tour`: the whole main job on a built-in sample, in the window where there is a display."""

from __future__ import annotations

import argparse
import os

from workbench.cli.open_command import has_display
from workbench.cli.output import Output

HELP = "the whole main job on the built-in sample: open, train, look inside, export, check"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="DIR", default=None, help="leave pictures of the window and the exports here")
    parser.add_argument("--epochs", type=int, metavar="N", help="train for N epochs instead of the sample's own number")
    parser.add_argument("--template", metavar="NAME", default="scenes-convnet", help="another sample project")


def run(args: argparse.Namespace, out: Output) -> int:
    shown = has_display() and os.environ.get("QT_QPA_PLATFORM") != "offscreen"
    if not shown:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from workbench.ui.tour import Tour

    tour = Tour(template=args.template, folder=args.out, epochs=args.epochs, shown=shown, output=out)
    return tour.run()
