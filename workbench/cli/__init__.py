"""The command line: each command is one file; everything the window can do to a project can be done here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from workbench.cli.interrupts import Interrupts

COMMANDS = ("open", "tour", "new", "data", "check", "train", "search", "runs", "evaluate", "predict", "export")
"""In the order of the way a person goes. Each is a module of this package with `HELP`, `configure(parser)` and
`run(args, out) -> int`; the modules load torch and Qt only when they run."""

WITH_A_WINDOW = ("open", "tour")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    import argparse
    import importlib

    from workbench import __version__

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
    """Run one command. Gives the exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

    Nothing is loaded before Ctrl+C is taken care of, so that it is answered in words from the start.
    """
    from workbench.cli.interrupts import STATUS, Interrupts

    interrupts = Interrupts().__enter__()
    is_program = argv is None
    if is_program:
        import atexit

        atexit.register(interrupts.ignore)  # registered first, so it runs after all others
    try:
        return _run(list(sys.argv[1:] if argv is None else argv), interrupts)
    except KeyboardInterrupt:
        from workbench.cli.output import complain

        complain("interrupted.")
        return STATUS
    finally:
        if is_program:
            interrupts.until_the_end()
        else:
            interrupts.give_back()


def _run(words: list[str], interrupts: Interrupts) -> int:
    from workbench.cli.output import Output, complain, let_go_of_output
    from workbench.core.diagnostic import Problem

    if not words or (words[0] not in COMMANDS and not words[0].startswith("-")):
        if len(words) == 1 and not _names_a_project(words[0]):
            complain(
                f"“{words[0]}” is neither a command nor a project folder. The commands are: {', '.join(COMMANDS)}."
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
    from workbench.core.log import start_log

    start_log("workbench")
    if args.command in WITH_A_WINDOW:
        interrupts.give_back()  # an exception in the middle of Qt would end nothing
    try:
        return int(args.run(args, Output(json=args.json)))
    except Problem as problem:
        if args.debug:
            raise
        for diagnostic in problem.diagnostics:
            complain(diagnostic.message)
        return 1
    except BrokenPipeError:  # the reader of our output went away (`workbench runs P | head`)
        let_go_of_output()
        return 1
    except Exception as error:
        if args.debug:
            raise
        import logging

        logging.getLogger(__name__).exception("unexpected error")
        complain(f"{type(error).__name__}: {error}. This was not foreseen; --debug shows the details.")
        return 1


def _names_a_project(word: str) -> bool:
    import os

    return os.path.isdir(word) or word.endswith(".json")
