"""Numbers as people read them. One place, so that the window and the command line say the same."""

from __future__ import annotations

import math

UNKNOWN = "–"
"""Shown where a figure is not known (NaN, infinite)."""


def number(value: float) -> str:
    """With separators: ``94,602``; a fraction keeps four significant digits: ``0.0312``."""
    if isinstance(value, int):
        return f"{value:,}"
    if not math.isfinite(value):
        return UNKNOWN
    if value.is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:.4g}"


def count(n: int, singular: str, plural: str | None = None) -> str:
    """``1 picture``, ``3 pictures``, ``2 classes``; give `plural` where the rule of English fails."""
    return f"{n:,} {singular if n == 1 else plural or _plural(singular)}"


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


def compact(value: float) -> str:
    """Three significant digits and a magnitude: ``61.4 M``, ``94.6 k``, ``812``, ``1.1 G``."""
    return _scaled(value, ("", "k", "M", "G", "T", "P", "E"))


def file_size(size: float) -> str:
    """Bytes in decimal units, as file managers show them: ``512 B``, ``1.1 GB``."""
    return _scaled(size, ("B", "kB", "MB", "GB", "TB", "PB", "EB"))


def _scaled(value: float, units: tuple[str, ...]) -> str:
    if not math.isfinite(value):
        return UNKNOWN
    sign, rest, step = ("-" if value < 0 else ""), abs(float(value)), 0
    # 999.95 would be shown as 1000.0, so it already counts as the next magnitude.
    while rest >= (999.5 if step == 0 else 999.95) and step < len(units) - 1:
        rest, step = rest / 1000, step + 1
    digits = f"{rest:.0f}" if step == 0 else f"{rest:,.1f}".removesuffix(".0")
    return f"{sign}{digits} {units[step]}".rstrip()


def duration(seconds: float) -> str:
    """``0:04``, ``12:30``, ``1:02:03``, ``2 d 4:00:00``; negative time counts as none."""
    if not math.isfinite(seconds):
        return UNKNOWN
    whole = max(0, round(seconds))
    days, whole = divmod(whole, 86_400)
    hours, whole = divmod(whole, 3600)
    minutes, rest = divmod(whole, 60)
    if days:
        return f"{days:,} d {hours}:{minutes:02d}:{rest:02d}"
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def rate(per_second: float, what: str) -> str:
    """``1,540 pictures/s``; below ten a second with one decimal: ``3.2 pictures/s``."""
    if not math.isfinite(per_second):
        return f"{UNKNOWN} {what}/s"
    digits = f"{per_second:.1f}" if abs(per_second) < 9.95 else f"{round(per_second):,}"
    return f"{digits} {what}/s"
