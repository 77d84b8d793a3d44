"""GoogLeNet (Szegedy et al. 2015), without the auxiliary classifiers that helped its training."""

from __future__ import annotations

from workbench.catalogue.drawing import Drawing, Part, layer, use
from workbench.catalogue.networks.network import Network, pictures, recipe
from workbench.catalogue.ready.inception import INCEPTION
from workbench.document.graph import Graph

_WIDTHS = ("ones", "three_reduce", "threes", "five_reduce", "fives", "pooled")
_STAGES = {
    3: {"3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64)},
    4: {
        "4a": (192, 96, 208, 16, 48, 64),
        "4b": (160, 112, 224, 24, 64, 64),
        "4c": (128, 128, 256, 24, 64, 64),
        "4d": (112, 144, 288, 32, 64, 64),
        "4e": (256, 160, 320, 32, 128, 128),
    },
    5: {"5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128)},
}
"""The rows of the paper's table 1, in the order of `_WIDTHS`."""


def _pool(name: str) -> Part:
    return layer("max_pool2d", name, kernel=(3, 3), stride=(2, 2), padding=(1, 1))


def _googlenet() -> Graph:
    d = Drawing()
    with d.frame("Stem"):
        x = d.chain(
            d.put(pictures(224)),
            layer("conv2d", "Conv 1", filters=64, kernel=(7, 7), stride=(2, 2)),
            layer("relu", "ReLU 1"),
            _pool("Pool 1"),
            layer("local_response_norm", "Norm 1"),
        )
        d.row()
        x = d.chain(
            x,
            layer("conv2d", "Conv 2 reduce", filters=64, kernel=(1, 1)),
            layer("relu", "ReLU 2 reduce"),
            layer("conv2d", "Conv 2", filters=192, kernel=(3, 3)),
            layer("relu", "ReLU 2"),
            layer("local_response_norm", "Norm 2"),
        )
    for stage, modules in _STAGES.items():
        d.row()
        with d.frame(f"Stage {stage}"):
            x = d.put(_pool(f"Pool {stage - 1}"), x)
            for name, widths in modules.items():
                x = d.put(use(INCEPTION, f"Inception {name}", **dict(zip(_WIDTHS, widths, strict=True))), x)
    d.row()
    with d.frame("Head"):
        d.chain(
            x,
            layer("global_avg_pool2d", "Mean"),
            layer("dropout", "Dropout", rate=0.4),
            layer("linear", "Classes", units=1000),
            layer("output", "Output"),
        )
    return d.graph()


GOOGLENET = Network(
    id="googlenet",
    title="GoogLeNet",
    summary="Nine inception modules that look at several scales side by side.",
    source="Szegedy et al., “Going deeper with convolutions”, CVPR 2015, table 1, without the auxiliary classifiers. "
    "As in Caffe's bvlc_googlenet without them: 6,998,552 weights and biases.",
    cited="Szegedy et al. 2015",
    parameters=6_998_552,
    answer="classes",
    shape=(1000,),
    look="- Open **Inception 3a**: four branches, each with its own width, joined at the end.\n"
    "- 1 × 1 convolutions come before the large ones, so that these see fewer maps and cost less.",
    graph=_googlenet,
    recipe=recipe(3e-4),
)
NETWORKS = (GOOGLENET,)
