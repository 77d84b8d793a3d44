"""What a network is given: the layer samples enter it by, with that layer's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

PICTURES = "pictures"


@dataclass(frozen=True)
class Input:
    """The network's input: the id of an input layer and the complete values of its parameters, as JSON values.

    "pictures" (size: (height, width), channels: "1" or "3"), "tokens" (length, vocabulary), "sound" (form, rate in Hz,
    seconds, mels) or "numbers" (features).
    """

    layer: str = PICTURES
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

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
        return hash((self.layer, tuple(sorted((name, str(value)) for name, value in self.params.items()))))
