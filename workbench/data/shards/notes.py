"""What a person should know of streamed samples: how many are shown, and what cannot be done with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.core.diagnostic import Diagnostic, Severity
from workbench.core.words import count, number

if TYPE_CHECKING:
    from workbench.data.index import Index
    from workbench.data.shards.streaming import Stream
    from workbench.document.project import DataSettings


def stream_notes(index: Index, stream: Stream, settings: DataSettings) -> Iterator[Diagnostic]:
    """A note that samples are streamed, and a warning for each setting that needs all of them at hand."""
    shards = count(sum(1 for n in stream.counts if n), "shard")
    yield Diagnostic(
        "shards.streamed",
        f"{number(len(stream))} training samples are streamed from {shards}, too many to list. {number(len(index))} of "
        "all samples are shown here.",
        Severity.INFO,
    )
    if settings.balance == "sampling":
        yield Diagnostic(
            "shards.balance",
            "Streamed samples come as their shards have them, so balanced sampling has no effect. Use class weights.",
            Severity.WARNING,
            param="balance",
        )
    if settings.group_by:
        yield Diagnostic(
            "shards.groups",
            "Streamed samples are kept aside by their keys, so groups have no effect. Write shards for training and "
            "for validation apart.",
            Severity.WARNING,
            param="group_by",
        )
    left_out = sum(1 for change in settings.changes.values() if change.excluded or change.split is not None)
    if left_out:
        yield Diagnostic(
            "shards.changes",
            f"{count(left_out, 'sample')} moved or excluded: with streamed samples this holds for what is shown and "
            "kept aside, and training still meets them. Relabelled ones are learned by their new class.",
            Severity.WARNING,
        )
