"""Which batches make up a step where gradients are added up over several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench.training.batches import Batch


def updates(batches: int, accumulate: int) -> int:
    """How many steps an epoch of so many batches takes: the last one may have fewer batches."""
    return -(-batches // max(1, accumulate))


def grouped(batches: Iterable[Batch], accumulate: int, most: int) -> Iterator[tuple[int, list[Batch]]]:
    """The steps of an epoch, each with its number (from 0) and the batches it learns from.

    Step k has the batches of the places k · accumulate to (k + 1) · accumulate - 1, without those that could not be
    read and without a batch of one sample where the epoch has others (batch statistics need two). `most` is the number
    of batches in the epoch; the data may give more.
    """
    held: list[Batch] = []
    for batch in batches:
        if batch.step >= most:
            break
        if len(batch.labels) == 1 and most > 1:  # what is left of a batch whose files went bad
            continue
        if accumulate <= 1:
            yield batch.step, [batch]
            continue
        if held and batch.step // accumulate != held[0].step // accumulate:  # the rest of its step is missing
            yield held[0].step // accumulate, held
            held = []
        held.append(batch)
        if batch.step % accumulate == accumulate - 1:
            yield batch.step // accumulate, held
            held = []
    if held:
        yield held[0].step // accumulate, held
