"""What one sample of each kind of data is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

_NOUNS = {"pictures": "picture", "text": "text", "audio": "recording", "table": "row"}


def noun(dataset: Dataset | None) -> str:
    """ "picture", "text", "recording" or "row"; "sample" for a kind of another version."""
    return "sample" if dataset is None else _NOUNS.get(dataset.index.kind, "sample")
