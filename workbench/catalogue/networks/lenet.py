"""LeNet-5 (LeCun et al. 1998)."""

from __future__ import annotations

from workbench.catalogue.drawing import Drawing, layer
from workbench.catalogue.networks.network import SHIFTED, Network, pictures, recipe
from workbench.document.graph import Graph


def _lenet5() -> Graph:
    d = Drawing()
    with d.frame("Features"):
        x = d.chain(
            d.put(pictures(32, grey=True)),
            layer("conv2d", "C1", filters=6, kernel=(5, 5), padding="valid"),
            layer("tanh", "Tanh 1"),
            layer("avg_pool2d", "S2"),
            layer("conv2d", "C3", filters=16, kernel=(5, 5), padding="valid"),
            layer("tanh", "Tanh 3"),
            layer("avg_pool2d", "S4"),
        )
    d.row()
    with d.frame("Decision"):
        d.chain(
            x,
            layer("conv2d", "C5", filters=120, kernel=(5, 5), padding="valid"),
            layer("tanh", "Tanh 5"),
            layer("flatten", "Flatten"),
            layer("linear", "F6", units=84),
            layer("tanh", "Tanh 6"),
            layer("linear", "Classes", units=10),
            layer("output", "Output"),
        )
    return d.graph()


LENET5 = Network(
    id="lenet-5",
    title="LeNet-5",
    summary="The first convolutional network that read handwriting, for 32 × 32 grey pictures.",
    source="LeCun, Bottou, Bengio, Haffner, “Gradient-based learning applied to document recognition”, Proceedings of "
    "the IEEE 1998, section II.B, in its usual form: C3 sees all maps of S2, pooling has no weights, and a linear "
    "layer stands in place of the radial units. Layer by layer 156 + 2,416 + 48,120 + 10,164 + 850 = 61,706; the "
    "paper's own form, with the table of connections for C3, has 60,000.",
    cited="LeCun et al. 1998",
    parameters=61_706,
    answer="classes",
    shape=(10,),
    look="- The maps of **C1** are edges and strokes, those of **C3** parts of figures.\n"
    "- **C5** sees the whole picture at once: its maps are single numbers.",
    graph=_lenet5,
    recipe=recipe(3e-3, epochs=15, batch_size=64, weight_decay=0.01),
    data="sample:digits",
    augmentations=SHIFTED,
)
NETWORKS = (LENET5,)
