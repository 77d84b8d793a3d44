"""What blocks, their parameters and frames may be. Edits and the file format keep to the same rules."""

from __future__ import annotations

from workbench.core.diagnostic import Diagnostic
from workbench.document.blocks import Blocks, depth, recursion
from workbench.document.expressions import GIVEN, is_name
from workbench.document.graph import ID_PATTERN, Block, BlockParam, Frame
from workbench.document.rules import FARTHEST, LONGEST_NAME, LONGEST_TEXT, colour_fault, text_fault, value_fault

MOST_BLOCKS = 1_000
MOST_PARAMS = 64
MOST_CHOICES = 64
MOST_FRAMES = 10_000
DEEPEST_BLOCKS = 32
"""How many blocks may stand within each other."""

KINDS = ("int", "float", "bool", "choice")


def block_fault(block: Block) -> str | None:
    """Why a block's id, words or parameters cannot be kept, or None when they can. Its graph is checked apart."""
    if not ID_PATTERN.match(block.id):
        return "has an id that is not lower-case letters, digits and underscores (at most 64)"
    if not block.title or (fault := text_fault(block.title, LONGEST_NAME)):
        return f"has a title that {fault if block.title else 'is empty'}"
    if fault := text_fault(block.summary, LONGEST_TEXT):
        return f"has a summary that {fault}"
    if len(block.params) > MOST_PARAMS:
        return f"has {len(block.params):,} parameters; at most {MOST_PARAMS} are kept"
    seen: set[str] = set()
    for param in block.params:
        if param.id in seen:
            return f"has two parameters called “{param.id}”"
        seen.add(param.id)
        if fault := param_fault(param):
            return f"has a parameter “{param.id[:80]}” that {fault}"
    return None


def param_fault(param: BlockParam) -> str | None:
    """Why a block cannot have this parameter, or None when it can."""
    if param.id in GIVEN:
        return "has a name that every block has of its own accord; choose another one"
    if not is_name(param.id):
        return "is not named by a short word of lower-case letters, digits and underscores (and no word of Python)"
    for text, most in ((param.title, LONGEST_NAME), (param.help, LONGEST_TEXT)):
        if fault := text_fault(text, most):
            return f"has a text that {fault}"
    if param.kind not in KINDS:
        return f"is of the kind “{param.kind[:80]}”; it must be one of {', '.join(KINDS)}"
    for bound in (param.minimum, param.maximum):
        if bound is not None and (isinstance(bound, bool) or value_fault(bound)):
            return "has a limit that is no finite number"
    if param.kind == "choice":
        return _choice_fault(param)
    return _default_fault(param)


def frame_fault(frame: Frame) -> str | None:
    """Why a frame cannot stand in a graph, or None when it can."""
    if not ID_PATTERN.match(frame.id):
        return "has an id that is not lower-case letters, digits and underscores (at most 64)"
    for what, text, most in (("title", frame.title, LONGEST_NAME), ("note", frame.note, LONGEST_TEXT)):
        if fault := text_fault(text, most):
            return f"has a {what} that {fault}"
    if abs(frame.x) > FARTHEST or abs(frame.y) > FARTHEST:
        return f"lies at ({frame.x:,}, {frame.y:,}), beyond ±{FARTHEST:,} pixels"
    if not (1 <= frame.width <= 2 * FARTHEST and 1 <= frame.height <= 2 * FARTHEST):
        return f"is {frame.width:,} × {frame.height:,} pixels large; sides lie between 1 and {2 * FARTHEST:,}"
    return colour_fault(frame.colour)


def blocks_refusal(blocks: Blocks) -> Diagnostic | None:
    """Why blocks cannot stand together: too many, one within itself, or too many within each other."""
    if len(blocks) > MOST_BLOCKS:
        return Diagnostic(
            "block.too_many", f"A project holds at most {MOST_BLOCKS:,} blocks; this would make {len(blocks):,}."
        )
    if circle := recursion(blocks):
        titles = [blocks[i].title for i in circle]
        path = " → ".join(f"“{t}”" for t in [*titles[:6], *(["…"] if len(titles) > 6 else []), titles[0]])
        return Diagnostic(
            "block.recursion",
            f"“{titles[0]}” would stand within itself ({path}), without end. Use another block there, or a copy "
            "of it made unique.",
        )
    if (levels := depth(blocks)) > DEEPEST_BLOCKS:
        return Diagnostic(
            "block.too_deep",
            f"Blocks would stand {levels} deep within each other; at most {DEEPEST_BLOCKS} levels are worked out. "
            "Dissolve one of them.",
        )
    return None


def _choice_fault(param: BlockParam) -> str | None:
    if not 1 <= len(param.choices) <= MOST_CHOICES:
        return f"offers {len(param.choices):,} choices; between 1 and {MOST_CHOICES} are kept"
    for choice in param.choices:
        if not isinstance(choice, str) or not choice or text_fault(choice, LONGEST_NAME):
            return f"offers a choice that is no text of 1 to {LONGEST_NAME} characters"
    return None if param.default in param.choices else "has a default that is not among its choices"


def _default_fault(param: BlockParam) -> str | None:
    default = param.default
    if param.kind == "bool":
        return None if isinstance(default, bool) else "has a default that is neither true nor false"
    if isinstance(default, bool) or not isinstance(default, int if param.kind == "int" else int | float):
        return f"has a default that is no {'whole ' if param.kind == 'int' else ''}number"
    if fault := value_fault(default):
        return f"has a default that {fault}"
    low, high = param.minimum, param.maximum
    if (low is not None and default < low) or (high is not None and default > high):
        return f"has the default {default:,}, beyond its own limits"
    return None
