"""A failure while the network ran, brought back to the node whose line of generated source raised it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from workbench.catalogue.declaration import Tensor
from workbench.compiler.build import file_name
from workbench.compiler.naming import display_name
from workbench.core.diagnostic import Diagnostic

if TYPE_CHECKING:
    from workbench.compiler.build import Compiled

LONGEST = 200
"""Characters of torch's own words that are repeated."""


def locate(exception: BaseException, compiled: Compiled) -> Diagnostic:
    """The diagnostic for an exception raised by building, calling or differentiating the module.

    It sits on the node whose line was running, with the shapes that reached it; without a node if the generated
    source was not running. The traceback stands in `details`, never in the message.
    """
    details = "".join(traceback.format_exception(exception))
    words = _words(exception)
    place = _place(exception, compiled)
    if place is None:
        return Diagnostic("run.failed", f"The network could not be run: {words}", details=details)
    node, frame = place
    name = display_name(compiled.graph, node)
    if frame.f_code.co_name != "forward":
        return Diagnostic(
            "run.layer_failed",
            f"{name} could not be made: {words} Change its settings.",
            node=node,
            details=details,
        )
    seen = _seen(node, frame, compiled)
    expected = " and ".join(_batch(tensor) for tensor in compiled.inferred.inputs[node] if tensor is not None)
    return Diagnostic(
        "run.layer_failed",
        f"{name} failed on {seen}, where it was made for {expected}: {words}",
        node=node,
        details=details,
    )


def _place(exception: BaseException, compiled: Compiled) -> tuple[str, FrameType] | None:
    """The node and the frame of the innermost line of the generated source in the traceback."""
    name = file_name(compiled.source)
    found = None
    for frame, line in traceback.walk_tb(exception.__traceback__):
        if frame.f_code.co_filename == name and line in compiled.source.lines:
            found = (compiled.source.lines[line], frame)
    return found


def _seen(node: str, frame: FrameType, compiled: Compiled) -> str:
    """What the node's inputs held when it failed: its line had not been done, so their variables still hold it."""
    wires = compiled.inferred.results[node].wires
    shown = [_shown(frame.f_locals.get(compiled.source.variables[wire.source])) for wire in wires if wire is not None]
    return " and ".join(shown) or "its input"


def _shown(value: Any) -> str:
    """A tensor's shape, type and device: "32 × 3 × 64 × 64 (float32)"."""
    if not hasattr(value, "shape"):
        return type(value).__name__
    shape = " × ".join(f"{n:,}" for n in value.shape) or "a single number"
    kind = str(getattr(value, "dtype", "")).removeprefix("torch.")
    return f"{shape} ({kind})" if kind else shape


def _batch(tensor: Tensor) -> str:
    """The shape a node was made for, in the same order as the shapes that are seen: "N × 3 × 64 × 64"."""
    return " × ".join(["N", *(f"{n:,}" for n in tensor.shape)])


def _words(exception: BaseException) -> str:
    """The first line of torch's message as a sentence."""
    line = next(_lines(exception), type(exception).__name__)
    short = line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
    return short if short.endswith((".", "…", "!", "?")) else f"{short}."


def _lines(exception: BaseException) -> Iterator[str]:
    return (line.strip() for line in str(exception).splitlines() if line.strip())
