"""A failure while the network ran, brought back to the node whose line of generated source raised it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from workbench.catalogue.declaration import Tensor
from workbench.compiler.build import file_name
from workbench.compiler.paths import Place, find, joined, parted, path_name, step
from workbench.core.diagnostic import Diagnostic

if TYPE_CHECKING:
    from workbench.compiler.build import Compiled

LONGEST = 200
"""Characters of torch's own words that are repeated."""


def locate(exception: BaseException, compiled: Compiled) -> Diagnostic:
    """The diagnostic for an exception raised by building, calling or differentiating the module.

    It sits on the node whose line was running, with the shapes that reached it and, inside of blocks, its path; without
    a node if the generated source was not running. The traceback stands in `details`, never in the message.
    """
    details = "".join(traceback.format_exception(exception))
    words = _words(exception)
    found = _place(exception, compiled)
    if found is None:
        return Diagnostic("run.failed", f"The network could not be run: {words}", details=details)
    path, frame, line = found
    through, node = parted(path)
    name = path_name(compiled.inferred, path)
    if frame.f_code.co_name != "forward":
        message = f"{name} could not be made: {words} Change its settings."
    else:
        place = find(compiled.inferred, path)
        expected = "" if place is None else " and ".join(_batch(t) for t in place.result.inputs if t is not None)
        seen = _seen(place, line, frame, compiled) or "its input"
        message = f"{name} failed on {seen}, where it was made for {expected}: {words}"
    return Diagnostic("run.layer_failed", message, node=node, details=details, path=through)


def _place(exception: BaseException, compiled: Compiled) -> tuple[str, FrameType, int] | None:
    """The path of the innermost node whose line of the generated source is in the traceback, its frame and line.

    The class of a block serves all its uses, so the lines alone do not tell which of them was running; the frames
    from the outermost on do, one for each block gone through.
    """
    name = file_name(compiled.source)
    parts: list[str] = []
    found = None
    for frame, line in traceback.walk_tb(exception.__traceback__):
        if frame.f_code.co_filename == name and line in compiled.source.lines:
            node = parted(compiled.source.lines[line])[1].partition(":")[0]
            parts.append(node)
            found = ("/".join(parts), frame, line)
        elif parts and (number := _repetition(frame)) is not None:
            use = find(compiled.inferred, "/".join(parts))
            if use is not None and number < len(use.result.inside) > 1:
                parts[-1] = step(use.node, number)
    return found


def _repetition(frame: FrameType) -> int | None:
    """Which of a row of modules was running, in the frame of a `torch.nn.Sequential`."""
    row, running = frame.f_locals.get("self"), frame.f_locals.get("module")
    if row is None or type(row).__name__ != "Sequential" or running is None:
        return None
    return next((number for number, module in enumerate(row) if module is running), None)


def _seen(place: Place | None, line: int, frame: FrameType, compiled: Compiled) -> str:
    """What the node's inputs held when it failed: its line had not been done, so their variables still hold it."""
    if place is None:
        return ""
    through, _node = parted(compiled.source.lines[line])
    shown = []
    for wire in place.result.wires:
        if wire is not None:
            source = joined(through, wire.source)
            layer = place.level.results[wire.source].layer
            first = layer is None or not layer.outputs or layer.outputs[0].id == wire.source_port
            variable = compiled.source.variables.get(source if first else f"{source}.{wire.source_port}", "")
            shown.append(_shown(frame.f_locals.get(variable)))
    return " and ".join(shown)


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
