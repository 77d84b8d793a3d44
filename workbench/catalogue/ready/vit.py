"""The beginning of a vision transformer (Dosovitskiy et al. 2021, figure 1 and equation 1)."""

from __future__ import annotations

from workbench.catalogue.drawing import Definition, Drawing, layer
from workbench.document.graph import BlockParam


def _stem() -> Definition:
    d = Drawing()
    d.output(
        d.chain(
            d.input(),
            layer("patch_embedding", "Patches", patch=("=patch", "=patch"), units="=features"),
            layer("class_token", "Class token"),
            layer("learned_position", "Positions"),
        )
    )
    return d.block(
        "vit_stem",
        "Vision transformer stem",
        "Cuts a picture into patches, adds a step for the answer, and says where each patch was.",
        BlockParam("patch", "Patch", "int", 16, "Height and width of a patch; it must divide the picture's.", 1, 255),
        BlockParam("features", "Features", "int", 192, "How many numbers describe a patch.", 1, 65_536),
    )


STEM = _stem()
DEFINITIONS = (STEM,)
