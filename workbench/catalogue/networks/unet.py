"""U-Net (Ronneberger et al. 2015), read out as a classifier."""

from __future__ import annotations

from workbench.catalogue.drawing import Drawing, Wire, layer, use
from workbench.catalogue.networks.network import Network, pictures, recipe
from workbench.catalogue.ready.unet import DOWN, PAIR, UP
from workbench.document.graph import Graph, Value

_WIDTHS = (64, 128, 256, 512)
_CROPS = (88, 40, 16, 4)
"""Rows cut off the maps of each level before they are joined, at every side (figure 1: 568 to 392, and so on)."""
_PAPER: dict[str, Value] = {"padding": "valid", "norm": False}


def _unet() -> Graph:
    d = Drawing()
    x = d.put(pictures(572, grey=True))
    skips: list[Wire] = []
    for level, channels in enumerate(_WIDTHS):
        with d.lane(2 * level):
            down = d.put(use(DOWN, f"Down {level + 1}", channels=channels, **_PAPER), x)
        skips.append(down.at("skip"))
        x = down
    with d.lane(2 * len(_WIDTHS)):
        x = d.put(use(PAIR, "Bottom", channels=1024, **_PAPER), x)
    for level in reversed(range(len(_WIDTHS))):
        with d.lane(2 * level):
            skip = d.put(layer("crop", f"Crop {level + 1}", amount=(_CROPS[level],) * 4), skips[level])
            x = d.put(use(UP, f"Up {level + 1}", channels=_WIDTHS[level], **_PAPER), x, skip)
    d.chain(
        x,
        layer("conv2d", "Class maps", filters=2, kernel=(1, 1)),
        layer("global_avg_pool2d", "Mean"),
        layer("output", "Output"),
    )
    return d.graph()


UNET = Network(
    id="u-net",
    title="U-Net",
    summary="Down to see what there is, up again to see where: one map for each class.",
    source="Ronneberger, Fischer, Brox, “U-Net: Convolutional networks for biomedical image segmentation”, MICCAI "
    "2015, figure 1: 572 × 572 grey pictures, 2 maps of 388 × 388. The paper prints no count; its 19 convolutions and "
    "4 up-convolutions have 31,030,658 weights and biases. The mean of each map is the class score here, so that it "
    "trains on pictures with one label.",
    cited="Ronneberger et al. 2015",
    parameters=31_030_658,
    answer="class_maps",
    shape=(2, 388, 388),
    look="- **Class maps** is the paper's output: after training, look where in a picture each class is seen.\n"
    "- Set **Padding** of every stage to “same” and delete the four crops to use it at any size that 16 divides.",
    graph=_unet,
    recipe=recipe(3e-4, batch_size=2),
)
NETWORKS = (UNET,)
