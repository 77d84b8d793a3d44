"""ResNet-18 and ResNet-50 (He et al. 2016)."""

from __future__ import annotations

from workbench.catalogue.drawing import Definition, Drawing, layer, use
from workbench.catalogue.networks.network import Network, pictures, recipe
from workbench.catalogue.ready.residual import BASIC, BOTTLENECK
from workbench.document.graph import Graph


def _resnet(block: Definition, channels: tuple[int, ...], repeats: tuple[int, ...]) -> Graph:
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
    with d.frame("Stages"):
        for stage, (width, repeat) in enumerate(zip(channels, repeats, strict=True), 1):
            stride = 1 if stage == 1 else 2
            x = d.put(use(block, f"Stage {stage}", channels=width, stride=stride, repeat=repeat), x)
    d.row()
    with d.frame("Head"):
        d.chain(
            x,
            layer("global_avg_pool2d", "Mean"),
            layer("linear", "Classes", units=1000),
            layer("output", "Output"),
        )
    return d.graph()


_PAPER = "He, Zhang, Ren, Sun, “Deep residual learning for image recognition”, CVPR 2016, table 1"

RESNET18 = Network(
    id="resnet-18",
    title="ResNet-18",
    summary="Eight residual blocks in four stages: small, quick to train, and hard to beat on little data.",
    source=f"{_PAPER}, as torchvision has it (ResNet18_Weights.IMAGENET1K_V1: 11,689,512 parameters, 1.814 billion "
    "multiply-adds).",
    cited="He et al. 2016, torchvision",
    parameters=11_689_512,
    multiply_adds=1.814,
    answer="classes",
    shape=(1000,),
    look="- Open a stage with a double click: two residual blocks in a row; only the first of stages 2 to 4 has a "
    "**Projection** on its shortcut.\n"
    "- Change **Channels** of a stage, or how often its block repeats, and watch the counts.",
    graph=lambda: _resnet(BASIC, (64, 128, 256, 512), (2, 2, 2, 2)),
    recipe=recipe(2e-3),
)
RESNET50 = Network(
    id="resnet-50",
    title="ResNet-50",
    summary="Sixteen bottleneck blocks in four stages: the network most others are measured against.",
    source=f"{_PAPER}, with the stride in the 3 × 3 convolutions, as torchvision has it "
    "(ResNet50_Weights.IMAGENET1K_V1: 25,557,032 parameters, 4.089 billion multiply-adds).",
    cited="He et al. 2016, torchvision",
    parameters=25_557_032,
    multiply_adds=4.089,
    answer="classes",
    shape=(1000,),
    look="- In a bottleneck the 3 × 3 convolution works on a quarter of the channels, so depth is cheap.\n"
    "- Stage 3 repeats its block six times; with 23 it is ResNet-101.",
    graph=lambda: _resnet(BOTTLENECK, (256, 512, 1024, 2048), (3, 4, 6, 3)),
    recipe=recipe(1e-3),
)
NETWORKS = (RESNET18, RESNET50)
