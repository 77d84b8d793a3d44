"""Where a line of Python has keywords, texts, numbers and comments. Enough for generated source, not a parser."""

from __future__ import annotations

import keyword
import re

Span = tuple[str, int, int]
"""(kind, start, length); kinds are "keyword", "text", "number", "comment" and "name"."""

_TOKEN = re.compile(
    r'(?P<comment>#.*)|(?P<triple>""")|(?P<text>"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')'
    r"|(?P<number>\b\d[\d_.]*(?:e[-+]?\d+)?\b)|(?P<word>\b[A-Za-z_]\w*\b)",
    re.IGNORECASE,
)


def spans(line: str, inside: bool) -> tuple[bool, list[Span]]:
    """The coloured parts of a line. `inside` tells whether it begins within a docstring; the same is given back."""
    found: list[Span] = []
    at = 0
    defining = False
    while at < len(line):
        if inside:
            end = line.find('"""', at)
            stop = len(line) if end < 0 else end + 3
            found.append(("text", at, stop - at))
            inside, at = end < 0, stop
            continue
        match = _TOKEN.search(line, at)
        if match is None:
            break
        start, at = match.span()
        kind = str(match.lastgroup)
        if kind == "triple":
            inside = True
            found.append(("text", start, 3))
        elif kind == "word":
            word = match.group()
            if keyword.iskeyword(word):
                found.append(("keyword", start, at - start))
            elif defining:
                found.append(("name", start, at - start))
            defining = word in ("class", "def")
        else:
            found.append((kind, start, at - start))
    return inside, found
