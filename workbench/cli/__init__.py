"""The command line: each command is one file; everything the window can do to a project can be done here."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench import __version__
from workbench.core.diagnostic import Problem

COMMANDS = ("open", "tour", "new", "data", "check", "train", "runs", "evaluate", "predict", "export")
"""In the order of the way a person goes. Each is a module of this package with `HELP`, `configure(parser)` and
`run(args, out) -> int`; the modules load torch and Qt only when they run."""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="workbench",
        description="Build networks of layers, train them on your own pictures, see what every layer learns, take the "
        "model with you.",
        epilog="Without a command: the window, on a project or on the start page.",
    )
    top.add_argument("--version", action="version", version=f"workbench {__version__}")
    sub = top.add_subparsers(dest="command", metavar="COMMAND")
    for name in COMMANDS:
        module = importlib.import_module(f"workbench.cli.{name}_command")
        child = sub.add_parser(name, help=module.HELP, description=module.HELP)
        child.add_argument("--json", action="store_true", help="print one JSON object a line on standard output")
        child.add_argument("--debug", action="store_true", help="show the traceback of an error")
        module.configure(child)
        child.set_defaults(run=module.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Gives the exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or (words[0] not in COMMANDS and not words[0].startswith("-")):
        if len(words) == 1 and not _names_a_project(words[0]):
            close = ", ".join(COMMANDS)
            print(
                f"workbench: “{words[0]}” is neither a command nor a project folder. The commands are: {close}.",
                file=sys.stderr,
            )
            return 2
        words = ["open", *words]
    try:
        args = parser().parse_args(words)
    except SystemExit as wrong:  # argparse has said what is wrong
        return int(wrong.code or 0)
    if not hasattr(args, "run"):
        parser().print_help()
        return 2
    from workbench.cli.output import Output
    from workbench.core.log import start_log

    start_log("workbench")
    out = Output(json=args.json)
    try:
        return int(args.run(args, out))
    except Problem as problem:
        if args.debug:
            raise
        for diagnostic in problem.diagnostics:
            print(f"workbench: {diagnostic.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("workbench: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output went away (`workbench runs P | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if args.debug:
            raise
        import logging

        logging.getLogger(__name__).exception("unexpected error")
        print(
            f"workbench: {type(error).__name__}: {error}. This was not foreseen; --debug shows the details.",
            file=sys.stderr,
        )
        return 1


def _names_a_project(word: str) -> bool:
    path = Path(word)
    return path.is_dir() or path.name.endswith(".json")
