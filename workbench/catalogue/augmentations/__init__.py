"""Augmentations: random changes to training pictures that leave what they show the same. One declaration each."""

from __future__ import annotations

from workbench.catalogue.augmentations import hiding, mixtures, placing, policies, tones
from workbench.catalogue.augmentations.declaring import CHANCE, ON
from workbench.catalogue.augmentations.presets import PRESETS, Preset

__all__ = ["AUGMENTATIONS", "CHANCE", "ON", "PRESETS", "Preset"]

AUGMENTATIONS = (
    *placing.AUGMENTATIONS,
    *tones.AUGMENTATIONS,
    *hiding.AUGMENTATIONS,
    *policies.AUGMENTATIONS,
    *mixtures.AUGMENTATIONS,
)
