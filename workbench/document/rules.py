"""What a document may hold. Edits and the file format keep to the same rules, so what is edited can be saved."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from workbench.document.graph import COLOURS, ID_PATTERN, Node, Value, frozen

MOST_NODES = 100_000
MOST_EDGES = 400_000
FARTHEST = 1_000_000
"""Canvas coordinates lie within ± this many pixels."""
LARGEST_INT = 2**63 - 1
LONGEST_TEXT = 100_000
LONGEST_NAME = 200
LONGEST_NOTES = 1_000_000
LONGEST_LIST = 1_000
LONGEST_PATH = 4_096
LARGEST_SEED = 2**32 - 1
"""What NumPy's legacy seeding takes too."""
STATES = ("", "bypassed", "muted")
LEAST_RATE, LARGEST_RATE = 1e-6, 1e6
"""A layer's factor on the learning rate; a layer that is to learn nothing is frozen."""

PORT_PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z", re.ASCII)
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f\u0085\u2028\u2029\ud800-\udfff]+")


def text_fault(text: str, longest: int = LONGEST_TEXT) -> str | None:
    """Why a text cannot be kept ("is longer than …"), or None when it can."""
    if len(text) > longest:
        return f"is {len(text):,} characters long; at most {longest:,} are kept"
    if found := _UNFIT.search(text):
        kind = "a NUL character" if found[0] == "\0" else "half of a surrogate pair (no character)"
        return f"holds {kind} at position {found.start() + 1:,}"
    return None


def value_fault(value: object, *, inside: bool = False) -> str | None:
    """Why something cannot be a parameter's value, or None when it can (see `Value`)."""
    if value is None or isinstance(value, bool):
        return "holds a truth value or nothing where a number or text is expected" if inside else None
    if isinstance(value, int):
        return None if abs(value) <= LARGEST_INT else f"is a whole number beyond ±{LARGEST_INT:,}"
    if isinstance(value, float):
        return None if math.isfinite(value) else "is not a finite number"
    if isinstance(value, str):
        return text_fault(value)
    if isinstance(value, tuple) and not inside:
        if len(value) > LONGEST_LIST:
            return f"has {len(value):,} entries; at most {LONGEST_LIST:,} are kept"
        return next((fault for v in value if (fault := value_fault(v, inside=True))), None)
    return f"is a {type(value).__name__}; a number, a text, true, false or a flat list is expected"


def node_fault(node: Node) -> str | None:
    """Why a node cannot stand in a graph, or None when it can."""
    if not ID_PATTERN.match(node.id):
        return "has an id that is not lower-case letters, digits and underscores (at most 64)"
    if not node.layer or (fault := text_fault(node.layer, LONGEST_NAME)):
        return f"has a layer name that {fault if node.layer else 'is empty'}"
    if fault := text_fault(node.name, LONGEST_NAME):
        return f"has a name that {fault}"
    if abs(node.x) > FARTHEST or abs(node.y) > FARTHEST:
        return f"lies at ({node.x:,}, {node.y:,}), beyond ±{FARTHEST:,} pixels"
    for param, value in node.params.items():
        if not param or (fault := text_fault(param, LONGEST_NAME)):
            return f"has a parameter name that {fault if param else 'is empty'}"
        if fault := value_fault(value):
            return f"has a parameter “{param}” that {fault}"
    return state_fault(node.state) or colour_fault(node.colour) or rate_fault(node.rate)


def rate_fault(rate: float) -> str | None:
    """Why something is no factor on a layer's learning rate, or None when it is one."""
    if LEAST_RATE <= rate <= LARGEST_RATE:
        return None
    return f"learns at {rate:g} times the learning rate; choose a factor from {LEAST_RATE:g} to {LARGEST_RATE:,.0f}"


def state_fault(state: str) -> str | None:
    """Why something is no state of a layer, or None when it is one or an expression for one."""
    if state.startswith("="):
        return f"has a state that {fault}" if (fault := text_fault(state)) else None
    return None if state in STATES else f"has the state “{state[:40]}”; a layer works, is bypassed or muted"


def colour_fault(colour: str) -> str | None:
    """Why something is no colour of nodes and frames, or None when it is."""
    return None if colour in ("", *COLOURS) else f"has the colour “{colour[:40]}”; there are {', '.join(COLOURS)}"


def one_line(text: str, longest: int = LONGEST_NAME) -> str:
    """A name as typed or pasted, made fit: one line, no control characters, not too long."""
    return _CONTROL.sub(" ", text).strip()[:longest].rstrip()


def plain_text(text: str) -> str:
    """Free text made fit to save: what cannot stand in a file becomes U+FFFD, the rest stays as it is."""
    return _UNFIT.sub("\ufffd", text)


def whole_pixels(x: float, y: float) -> tuple[int, int]:
    """A canvas position as it is kept: whole pixels, within bounds; not-a-number counts as the origin."""
    return _pixel(x), _pixel(y)


def _pixel(value: float) -> int:
    if value != value:
        return 0
    return round(min(max(value, -FARTHEST), FARTHEST))


def tupled(value: object) -> Value:
    """A parameter's value from JSON or a caller: lists become tuples. What is not a value stays for `value_fault`."""
    return tuple(value) if isinstance(value, list) else value  # type: ignore[return-value]


def sealed(node: Node) -> Node:
    """The node with parameters that nobody else can change (a caller may have passed its own dict)."""
    return replace(node, params=frozen({k: tupled(v) for k, v in node.params.items()}))
