"""Lists of augmentations to begin with."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.document.graph import frozen
from workbench.document.project import Chosen


@dataclass(frozen=True, slots=True)
class Preset:
    """A list that somebody may choose as a whole; `summary` is a sentence about when."""

    id: str
    title: str
    summary: str
    chosen: tuple[Chosen, ...]


PRESETS = (
    Preset("none", "None", "Training pictures stay as they are.", ()),
    Preset(
        "light",
        "Light",
        "Small shifts, turns and changes of light; nothing is mirrored. Suits nearly all pictures, letters and digits "
        "too.",
        (
            Chosen("shift", frozen({"amount": 0.08})),
            Chosen("rotate", frozen({"degrees": 5.0})),
            Chosen("brightness", frozen({"amount": 0.1})),
            Chosen("contrast", frozen({"amount": 0.1})),
        ),
    ),
    Preset(
        "standard",
        "Standard",
        "Mirrored, cropped, turned and coloured a little, as usual for photographs. Take the mirror out where left and "
        "right differ.",
        (
            Chosen("flip_horizontal"),
            Chosen("zoom", frozen({"amount": 0.3})),
            Chosen("rotate"),
            Chosen("colour_jitter"),
        ),
    ),
    Preset(
        "strong",
        "Strong",
        "Adds TrivialAugment, erased patches and CutMix, for long training of large networks.",
        (
            Chosen("flip_horizontal"),
            Chosen("zoom", frozen({"amount": 0.5})),
            Chosen("trivial_augment"),
            Chosen("erase"),
            Chosen("cutmix", frozen({"chance": 0.5})),
        ),
    ),
)
