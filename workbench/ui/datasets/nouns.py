"""What one sample of each kind of data is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset


def noun(dataset: Dataset | None) -> str:
    """ "picture", "text", …; "sample" where nothing is known."""
    return "sample" if dataset is None else dataset.kind.one
