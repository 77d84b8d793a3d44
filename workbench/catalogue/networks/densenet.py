"""DenseNet-121 (Huang et al. 2017)."""

from __future__ import annotations

from workbench.catalogue.drawing import Drawing, layer, use
from workbench.catalogue.networks.network import Network, pictures, recipe
from workbench.catalogue.ready.dense import LAYER, TRANSITION
from workbench.document.graph import Graph

_LAYERS = (6, 12, 24, 16)


def _densenet121() -> Graph:
    d = Drawing()
    with d.frame("Stem"):
        x = d.chain(
            d.put(pictures(224)),
            layer("conv2d", "Stem", filters=64, kernel=(7, 7), stride=(2, 2), bias=False),
            layer("batch_norm2d", "Stem norm"),
            layer("relu", "Stem ReLU"),
            layer("max_pool2d", "Stem pool", kernel=(3, 3), stride=(2, 2), padding=(1, 1)),
        )
    d.row()
    with d.frame("Dense blocks"):
        for number, count in enumerate(_LAYERS, 1):
            x = d.put(use(LAYER, f"Dense {number}", repeat=count), x)
            if number < len(_LAYERS):
                x = d.put(use(TRANSITION, f"Transition {number}"), x)
            if number == 2:
                d.row()
    d.row()
    with d.frame("Head"):
        d.chain(
            x,
            layer("batch_norm2d", "Norm"),
            layer("relu", "ReLU"),
            layer("global_avg_pool2d", "Mean"),
            layer("linear", "Classes", units=1000),
            layer("output", "Output"),
        )
    return d.graph()


DENSENET121 = Network(
    id="densenet-121",
    title="DenseNet-121",
    summary="Every layer sees the maps of all before it, so few new ones are needed each time.",
    source="Huang, Liu, van der Maaten, Weinberger, “Densely connected convolutional networks”, CVPR 2017, table 1, "
    "as torchvision has it (DenseNet121_Weights.IMAGENET1K_V1: 7,978,856 parameters, 2.834 billion multiply-adds).",
    cited="Huang et al. 2017, torchvision",
    parameters=7_978_856,
    multiply_adds=2.834,
    answer="classes",
    shape=(1000,),
    look="- Each dense layer adds 32 channels: 64 become 256 in **Dense 1**, and a transition halves them.\n"
    "- A dense block is one dense layer, repeated: open **Dense 3** and choose which of its 24 to look at.",
    graph=_densenet121,
    recipe=recipe(1e-3),
)
NETWORKS = (DENSENET121,)
