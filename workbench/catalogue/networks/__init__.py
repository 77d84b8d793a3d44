"""Networks of the literature, drawn from layers and ready-made blocks, exact to the last parameter."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from workbench.catalogue.networks import (
    alexnet,
    convnext,
    densenet,
    googlenet,
    lenet,
    mixer,
    mobilenet,
    resnet,
    sequences,
    signals,
    unet,
    vgg,
    vit,
)
from workbench.catalogue.networks.network import Network

_FAMILIES = (
    lenet.NETWORKS,
    resnet.NETWORKS,
    mobilenet.NETWORKS,
    convnext.NETWORKS,
    densenet.NETWORKS,
    vit.NETWORKS,
    mixer.NETWORKS,
    alexnet.NETWORKS,
    vgg.NETWORKS,
    googlenet.NETWORKS,
    unet.NETWORKS,
    sequences.NETWORKS,
    signals.NETWORKS,
)

NETWORKS: Mapping[str, Network] = MappingProxyType({n.id: n for family in _FAMILIES for n in family})
"""The template networks by id, those a person most likely wants first."""
