"""Which data settings ask for what: other samples, another reading of them, or only another use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from workbench.document.project import DataSettings

RESETTLED = (
    "validation", "test", "seed", "group_by", "group_level", "group_pattern", "folds", "fold", "balance", "changes",
    "augmentations",
)  # fmt: skip
"""Settings that ask for no other samples and no other reading of them."""

SOURCE = ("source", "more", "kind", "path_column", "label_column", "columns", "target")
"""Settings that say which samples there are."""

OF_USE = ("balance", "augmentations")
"""Settings that leave each sample in its split and class."""


OF_THE_SAMPLES, OF_THE_COLUMNS = ("more", "changes"), ("path_column", "label_column", "columns", "target")
"""Settings that are about the samples of one source, and about the columns of one list or table."""


def of_other_source(data: DataSettings, source: str, *, alike: bool = False) -> DataSettings:
    """The settings with another source, without what was said about the samples of the one before.

    What was said about columns stays where the other source is `alike`: a list or table for a list or table.
    """
    none = DataSettings()
    keep = alike and _is_list(data.source) and _is_list(source)
    gone = OF_THE_SAMPLES if keep else (*OF_THE_SAMPLES, *OF_THE_COLUMNS)
    return replace(data, source=source, **{name: getattr(none, name) for name in gone})


def _is_list(source: str) -> bool:
    return source.casefold().endswith((".csv", ".tsv"))


def same_samples(one: DataSettings, other: DataSettings) -> bool:
    """Whether both name the same samples, however they are read and used."""
    return _alike(one, other, [f.name for f in fields(DataSettings) if f.name not in SOURCE])


def same_reading(one: DataSettings, other: DataSettings) -> bool:
    """Whether both name the same samples and read them alike."""
    return _alike(one, other, RESETTLED)


def same_splits(one: DataSettings, other: DataSettings) -> bool:
    """Whether both leave every sample in the same split and class, read alike."""
    return _alike(one, other, OF_USE)


def reading_of(data: DataSettings) -> DataSettings:
    """The settings with the defaults where they ask for no other reading."""
    none = DataSettings()
    return replace(data, **{name: getattr(none, name) for name in RESETTLED})


def _alike(one: DataSettings, other: DataSettings, apart: Sequence[str]) -> bool:
    return one is other or replace(one, **{name: getattr(other, name) for name in apart}) == other
