"""Blocks that come with the program: the ones the field's networks are made of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from workbench.catalogue.ready import (
    convnext,
    dense,
    encoder,
    excitation,
    inception,
    inverted,
    mixer,
    residual,
    unet,
    vit,
)
from workbench.document.graph import Block

_FAMILIES = (
    residual.DEFINITIONS,
    inverted.DEFINITIONS,
    excitation.DEFINITIONS,
    dense.DEFINITIONS,
    inception.DEFINITIONS,
    convnext.DEFINITIONS,
    encoder.DEFINITIONS,
    vit.DEFINITIONS,
    mixer.DEFINITIONS,
    unet.DEFINITIONS,
)
_DEFINITIONS = {found.block.id: found for family in _FAMILIES for found in family}

READY: Mapping[str, Block] = MappingProxyType({name: found.block for name, found in _DEFINITIONS.items()})
"""The ready-made blocks by id, in the order the palette shows them."""


def needed_by(block: Block) -> tuple[Block, ...]:
    """The other ready-made blocks that a ready-made block uses, directly or through others."""
    found = _DEFINITIONS.get(block.id)
    return () if found is None else found.needed
