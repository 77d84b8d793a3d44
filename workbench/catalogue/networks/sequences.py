"""Two small classifiers of sequences; the rows of a picture are the steps, as they are in many first exercises."""

from __future__ import annotations

from workbench.catalogue.drawing import Drawing, layer, use
from workbench.catalogue.networks.network import SHIFTED, Network, pictures, recipe
from workbench.catalogue.ready.encoder import CLASSIC
from workbench.document.graph import Graph


def _lstm() -> Graph:
    d = Drawing()
    d.chain(
        d.put(pictures(28, grey=True)),
        layer("reshape", "Rows as steps", shape=(28, 28)),
        layer("lstm", "LSTM", hidden=128, layers=2, output="last"),
        layer("linear", "Classes", units=10),
        layer("output", "Output"),
    )
    return d.graph()


def _transformer() -> Graph:
    d = Drawing()
    x = d.chain(
        d.put(pictures(28, grey=True)),
        layer("reshape", "Rows as steps", shape=(28, 28)),
        layer("linear", "Embedding", units=128),
        layer("sinusoidal_position", "Positions"),
    )
    d.row()
    d.chain(
        x,
        use(CLASSIC, "Encoder", heads=4, repeat=4),
        layer("pick_step", "Mean", step="mean"),
        layer("linear", "Classes", units=10),
        layer("output", "Output"),
    )
    return d.graph()


LSTM = Network(
    id="lstm-classifier",
    title="LSTM classifier",
    summary="Reads a picture row by row and decides at the end what it was.",
    source="Two layers of 128 units over rows of 28 numbers, as in the recurrent network of github.com/yunjey/"
    "pytorch-tutorial. By the weight shapes in PyTorch's page on nn.LSTM, 4 × 128 × (28 + 128 + 2) + 4 × 128 × (128 + "
    "128 + 2) = 212,992, and 1,290 in the linear layer.",
    cited="PyTorch, nn.LSTM",
    parameters=214_282,
    answer="classes",
    shape=(10,),
    look="- The memory after the last row is all the decision sees.\n"
    "- For text, put Tokens and Embedding in place of the first two layers.",
    graph=_lstm,
    recipe=recipe(3e-3, epochs=15, batch_size=64, weight_decay=0.01),
    data="sample:digits",
    augmentations=SHIFTED,
)
TRANSFORMER = Network(
    id="transformer-classifier",
    title="Transformer classifier",
    summary="Lets the rows of a picture look at each other in four classic encoder blocks.",
    source="The encoder of Vaswani et al., “Attention is all you need”, NeurIPS 2017, sections 3.1 to 3.5, at a "
    "quarter of the base model's width (table 3): N = 4, d = 128, 4 d units inside, 4 heads. By their equations "
    "N × (12 d² + 13 d) = 793,088, as four nn.TransformerEncoderLayer(128, 4, 512) have; 3,712 in the embedding and "
    "1,290 in the linear layer.",
    cited="Vaswani et al. 2017",
    parameters=798_090,
    answer="classes",
    shape=(10,),
    look="- **Positions** adds fixed waves, for attention alone knows no order: bypass it and compare.\n"
    "- For text, put Tokens and Embedding in place of the first three layers.",
    graph=_transformer,
    recipe=recipe(1e-3, epochs=30, batch_size=64, weight_decay=0.01),
    data="sample:digits",
    augmentations=SHIFTED,
)
NETWORKS = (LSTM, TRANSFORMER)
