"""The kinds of data there are: one declaration a file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from workbench.data.kinds.audio import AUDIO
from workbench.data.kinds.kind import DataKind
from workbench.data.kinds.pictures import PICTURES
from workbench.data.kinds.table import TABLE
from workbench.data.kinds.text import TEXT

__all__ = ["KINDS", "DataKind"]

KINDS: Mapping[str, DataKind] = MappingProxyType({kind.id: kind for kind in (PICTURES, TEXT, AUDIO, TABLE)})
"""By id, in the order that decides where a folder holds as much of one as of another."""
