"""AlexNet in its one-column form (Krizhevsky 2014)."""

from __future__ import annotations

from workbench.catalogue.drawing import Drawing, Part, layer
from workbench.catalogue.networks.network import Network, pictures, recipe
from workbench.document.graph import Graph, Value

_POOL = {"kernel": (3, 3), "stride": (2, 2)}


def _conv(number: int, filters: int, kernel: int, **params: Value) -> tuple[Part, Part]:
    return (
        layer("conv2d", f"Conv {number}", filters=filters, kernel=(kernel, kernel), **params),
        layer("relu", f"ReLU {number}"),
    )


def _alexnet() -> Graph:
    d = Drawing()
    with d.frame("Features"):
        x = d.chain(
            d.put(pictures(224)),
            *_conv(1, 64, 11, stride=(4, 4), padding=(2, 2)),
            layer("max_pool2d", "Pool 1", **_POOL),
            *_conv(2, 192, 5),
            layer("max_pool2d", "Pool 2", **_POOL),
        )
        d.row()
        x = d.chain(x, *_conv(3, 384, 3), *_conv(4, 256, 3), *_conv(5, 256, 3), layer("max_pool2d", "Pool 5", **_POOL))
    d.row()
    with d.frame("Classifier"):
        x = d.chain(
            x,
            layer("adaptive_avg_pool2d", "To 6 × 6", size=(6, 6)),
            layer("flatten", "Flatten"),
            layer("dropout", "Dropout 6"),
            layer("linear", "Linear 6", units=4096),
            layer("relu", "ReLU 6"),
        )
        d.row()
        d.chain(
            x,
            layer("dropout", "Dropout 7"),
            layer("linear", "Linear 7", units=4096),
            layer("relu", "ReLU 7"),
            layer("linear", "Classes", units=1000),
            layer("output", "Output"),
        )
    return d.graph()


ALEXNET = Network(
    id="alexnet",
    title="AlexNet",
    summary="Five convolutions and three large linear layers: the network that began the rise of deep learning.",
    source="Krizhevsky, “One weird trick for parallelizing convolutional neural networks”, 2014, as torchvision has it "
    "(AlexNet_Weights.IMAGENET1K_V1: 61,100,840 parameters, 0.714 billion multiply-adds).",
    cited="Krizhevsky 2014, torchvision",
    parameters=61_100_840,
    multiply_adds=0.714,
    answer="classes",
    shape=(1000,),
    look="- **Linear 6** alone holds 37.7 million of the 61.1 million parameters.\n"
    "- The filters of **Conv 1** are 11 × 11: large enough to be looked at as pictures.",
    graph=_alexnet,
    recipe=recipe(3e-4),
)
NETWORKS = (ALEXNET,)
