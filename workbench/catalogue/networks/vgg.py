"""VGG-11 (Simonyan and Zisserman 2015)."""

from __future__ import annotations

from workbench.catalogue.drawing import Drawing, layer
from workbench.catalogue.networks.network import Network, pictures, recipe
from workbench.document.graph import Graph

_STAGES = ((64,), (128,), (256, 256), (512, 512), (512, 512))
"""Filters of each stage's convolutions: column A of the paper's table 1."""


def _vgg11() -> Graph:
    d = Drawing()
    number = 0
    x = d.put(pictures(224))
    for stage, widths in enumerate(_STAGES, 1):
        if len(widths) > 1:
            d.row()
        with d.frame(f"Stage {stage}"):
            for filters in widths:
                number += 1
                conv = layer("conv2d", f"Conv {number}", filters=filters, kernel=(3, 3))
                x = d.chain(x, conv, layer("relu", f"ReLU {number}"))
            x = d.put(layer("max_pool2d", f"Pool {stage}"), x)
        if stage == 1:
            d.row()
    d.row()
    with d.frame("Classifier"):
        x = d.chain(
            x,
            layer("adaptive_avg_pool2d", "To 7 × 7", size=(7, 7)),
            layer("flatten", "Flatten"),
            layer("linear", "Linear 9", units=4096),
            layer("relu", "ReLU 9"),
            layer("dropout", "Dropout 9"),
        )
        d.row()
        d.chain(
            x,
            layer("linear", "Linear 10", units=4096),
            layer("relu", "ReLU 10"),
            layer("dropout", "Dropout 10"),
            layer("linear", "Classes", units=1000),
            layer("output", "Output"),
        )
    return d.graph()


VGG11 = Network(
    id="vgg-11",
    title="VGG-11",
    summary="Eight 3 × 3 convolutions and three linear layers: depth from one simple building block.",
    source="Simonyan, Zisserman, “Very deep convolutional networks for large-scale image recognition”, ICLR 2015, "
    "table 1, column A, as torchvision has it (VGG11_Weights.IMAGENET1K_V1: 132,863,336 parameters, 7.609 billion "
    "multiply-adds; the paper's table 2 says 133 million).",
    cited="Simonyan and Zisserman 2015, torchvision",
    parameters=132_863_336,
    multiply_adds=7.609,
    answer="classes",
    shape=(1000,),
    look="- **Linear 9** holds 102.8 million of the 132.9 million parameters: later networks pool first.\n"
    "- Two 3 × 3 convolutions in a row see as far as one of 5 × 5.",
    graph=_vgg11,
    recipe=recipe(2e-4),
)
NETWORKS = (VGG11,)
