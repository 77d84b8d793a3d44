"""What a network is given: the layers samples enter it by, with their parameters, and what its outputs are held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

PICTURES = "pictures"


@dataclass(frozen=True, slots=True)
class Target:
    """What one output is held against, and as what: `kind` is "classes", "labels" or "values", as its loss says, and
    `source` "label" (what the data are labelled with), "input" (what came in) or "columns" (those of these names)."""

    kind: str = "classes"
    source: str = "label"
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Input:
    """The network's input: the id of an input layer and the complete values of its parameters, as JSON values.

    "pictures" (size: (height, width), channels: "1" or "3"), "tokens" (length, vocabulary), "sound" (form, rate in Hz,
    seconds, mels) or "numbers" (features).

    `more` are the inputs after the first, in the network's order. `targets` has one entry for each output, and none
    where there is one output that is held against the samples' classes.
    """

    layer: str = PICTURES
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    more: tuple[Input, ...] = ()
    targets: tuple[Target, ...] = ()

    @property
    def alone(self) -> Input:
        """The first input, as if it were the only one."""
        return Input(self.layer, self.params) if self.more or self.targets else self

    @property
    def every(self) -> tuple[Input, ...]:
        """All inputs in order, each alone."""
        return (self.alone, *self.more)

    @property
    def target_columns(self) -> tuple[str, ...]:
        """The columns that any output is held against: none of them may be given to the network."""
        return tuple(dict.fromkeys(name for target in self.targets for name in target.columns))

    @classmethod
    def pictures(cls, size: tuple[int, int] = (64, 64), channels: int = 3) -> Input:
        """Pictures of (height, width) with 1 or 3 channels."""
        return cls(PICTURES, MappingProxyType({"size": tuple(size), "channels": str(channels)}))

    @classmethod
    def usual(cls, layer: str) -> Input:
        """A layer with the parameters its declaration begins with."""
        from workbench.catalogue.registry import LAYERS

        return cls(layer, MappingProxyType({param.id: param.default for param in LAYERS[layer].params}))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of pictures; (64, 64) where the network takes none."""
        size = self.params.get("size", (64, 64)) if self.layer == PICTURES else (64, 64)
        return int(size[0]), int(size[-1])

    @property
    def channels(self) -> int:
        """Channels of pictures; 3 where the network takes none."""
        return int(self.params.get("channels", 3)) if self.layer == PICTURES else 3

    def __hash__(self) -> int:
        params = tuple(sorted((name, str(value)) for name, value in self.params.items()))
        return hash((self.layer, params, self.more, self.targets))
