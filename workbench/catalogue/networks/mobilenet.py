"""MobileNetV2 (Sandler et al. 2018)."""

from __future__ import annotations

from workbench.catalogue.drawing import Drawing, layer, use
from workbench.catalogue.networks.network import Network, pictures, recipe
from workbench.catalogue.ready.inverted import INVERTED
from workbench.document.graph import Graph

_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels, repetitions, stride: the rows of the paper's table 2."""


def _mobilenet() -> Graph:
    d = Drawing()
    with d.frame("Stem"):
        x = d.chain(
            d.put(pictures(224)),
            layer("conv2d", "Stem", filters=32, kernel=(3, 3), stride=(2, 2), bias=False),
            layer("batch_norm2d", "Stem norm"),
            layer("relu6", "Stem ReLU6"),
        )
    d.row()
    with d.frame("Stages"):
        for stage, (expansion, channels, repeat, stride) in enumerate(_STAGES, 1):
            if stage == 5:
                d.row()
            params = {"channels": channels, "stride": stride, "expansion": expansion, "repeat": repeat}
            x = d.put(use(INVERTED, f"Stage {stage}", **params), x)
    d.row()
    with d.frame("Head"):
        d.chain(
            x,
            layer("conv2d", "Widen", filters=1280, kernel=(1, 1), bias=False),
            layer("batch_norm2d", "Widen norm"),
            layer("relu6", "Widen ReLU6"),
            layer("global_avg_pool2d", "Mean"),
            layer("dropout", "Dropout", rate=0.2),
            layer("linear", "Classes", units=1000),
            layer("output", "Output"),
        )
    return d.graph()


MOBILENET_V2 = Network(
    id="mobilenet-v2",
    title="MobileNetV2",
    summary="Inverted residuals with depthwise convolutions: made for telephones, quick everywhere.",
    source="Sandler, Howard, Zhu, Zhmoginov, Chen, “MobileNetV2: Inverted residuals and linear bottlenecks”, CVPR "
    "2018, table 2, as torchvision has it (MobileNet_V2_Weights.IMAGENET1K_V1: 3,504,872 parameters, 0.301 billion "
    "multiply-adds).",
    cited="Sandler et al. 2018, torchvision",
    parameters=3_504_872,
    multiply_adds=0.301,
    answer="classes",
    shape=(1000,),
    look="- Inside a block the middle has six times the channels of the ends; the shortcut joins the narrow ends.\n"
    "- In **Stage 1** nothing is widened, so those three layers are bypassed.",
    graph=_mobilenet,
    recipe=recipe(2e-3),
)
NETWORKS = (MOBILENET_V2,)
