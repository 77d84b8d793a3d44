"""`workbench open`: the window, on a project or on the start page."""

from __future__ import annotations

import argparse
import os
import sys

from workbench.cli.output import Output, complain

HELP = "open the window, on a project or on the start page"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", nargs="?", metavar="PROJECT", help="a project folder or its project.json")


def has_display() -> bool:
    """Whether a window can be shown: always on Windows and macOS, with X11 or Wayland elsewhere, or when asked for."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM"))


def run(args: argparse.Namespace, out: Output) -> int:
    if not has_display():
        complain(
            "there is no display here, so the window cannot open. Without one, use: tour, new, data, check, "
            "train, search, runs, evaluate, predict, export (workbench --help tells more)."
        )
        return 1
    from workbench.app import run as run_app

    return int(run_app(args.project))
