"""``python -m tests.benchmarks NUMBER [--json] [--quick]``: one yardstick, its rows and ratios."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from rich.console import Console
from rich.table import Table

from tests.benchmarks import harness
from tests.benchmarks.harness import Row

_NAME = re.compile(r"yardstick_(\d+)_\w+\Z", re.ASCII)


def yardsticks(folder: Path | None = None) -> dict[int, str]:
    """Module names by number, of the files ``yardstick_<number>_<word>.py`` in the folder."""
    files = sorted((folder or Path(__file__).parent).glob("yardstick_*.py"))
    return {int(match[1]): file.stem for file in files if (match := _NAME.match(file.stem))}


def title(module: ModuleType) -> str:
    return (module.__doc__ or module.__name__).strip().splitlines()[0]


def table(name: str, rows: Sequence[Row]) -> Table:
    shown = Table(title=name, title_justify="left", title_style="bold")
    for heading in ("", "value", "unit", "baseline", "ratio", "floor", "holds"):
        shown.add_column(heading, justify="left" if heading in ("", "unit", "holds") else "right")
    for row in rows:
        holds = {True: "yes", False: "no", None: ""}[row.holds]
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        shown.add_row(row.name, _figure(row.value), row.unit, _figure(row.baseline), ratio, _figure(row.floor), holds)
    return shown


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:,.3g}"


def main(arguments: Sequence[str] | None = None, folder: Path | None = None) -> int:
    known = yardsticks(folder)
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("number", type=int, metavar="NUMBER", help=f"one of {', '.join(map(str, sorted(known)))}")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes; the figures mean nothing")
    options = parser.parse_args(arguments)
    if options.number not in known:
        parser.error(f"there is no yardstick {options.number}; there are {', '.join(map(str, sorted(known)))}")
    module = importlib.import_module(f"tests.benchmarks.{known[options.number]}")
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(harness.machine(), style="dim", highlight=False)
    rows = module.measure(options.quick)
    console.print(table(f"Yardstick {options.number}: {title(module)}", rows))
    if options.quick:
        console.print("Quick: to see that it runs. These figures mean nothing.")
    if options.json:
        print(harness.as_json(options.number, harness.rounds(options.quick), rows), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
