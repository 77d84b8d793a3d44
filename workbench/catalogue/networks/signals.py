"""Two convolutional networks for data that are no pictures: raw sound, and text."""

from __future__ import annotations

from workbench.catalogue.drawing import Drawing, Part, layer
from workbench.catalogue.networks.network import Network, recipe
from workbench.document.graph import Graph


def _normed(number: int, filters: int, kernel: int, stride: int = 1) -> tuple[Part, ...]:
    padding = "valid" if stride > 1 else "same"
    return (
        layer("conv1d", f"Conv {number}", filters=filters, kernel=(kernel,), stride=(stride,), padding=padding),
        layer("batch_norm1d", f"Norm {number}"),
        layer("relu", f"ReLU {number}"),
        layer("max_pool1d", f"Pool {number}", kernel=(4,)),
    )


def _m5() -> Graph:
    d = Drawing()
    x = d.chain(d.put(layer("sound", "Sound", form="waveform", rate=8_000, seconds=1.0)), *_normed(1, 128, 80, 4))
    for number, filters in ((2, 128), (3, 256), (4, 512)):
        d.row()
        x = d.chain(x, *_normed(number, filters, 3))
    d.row()
    d.chain(x, layer("global_avg_pool1d", "Mean"), layer("linear", "Classes", units=10), layer("output", "Output"))
    return d.graph()


def _text_cnn() -> Graph:
    d = Drawing(main=1)
    x = d.chain(
        d.put(layer("tokens", "Tokens", length=32, vocabulary=128)),
        layer("embedding", "Embedding", features=300),
        layer("permute", "Words as steps", order=(2, 1)),
    )
    found = []
    for lane, window in enumerate((3, 4, 5)):
        with d.lane(lane):
            found.append(
                d.chain(
                    x,
                    layer("conv1d", f"{window} words", filters=100, kernel=(window,), padding="valid"),
                    layer("relu", f"ReLU {window}"),
                    layer("global_max_pool1d", f"Strongest of {window}"),
                )
            )
    d.chain(
        d.put(layer("concat", "Together"), *found),
        layer("dropout", "Dropout", rate=0.5),
        layer("linear", "Classes", units=3),
        layer("output", "Output"),
    )
    return d.graph()


M5 = Network(
    id="m5",
    title="M5",
    summary="Hears raw sound: the first layer learns its own filters of pitch, three more build words.",
    source="Dai, Dai, Qu, Li, Das, “Very deep convolutional neural networks for raw waveforms”, ICASSP 2017, table 1, "
    "“M5 (0.5M)”, with ten classes. Layer by layer 10,368 + 49,280 + 98,560 + 393,728 in the convolutions, 2,048 in "
    "the norms and 5,130 in the decision, together 559,114.",
    cited="Dai et al. 2017",
    parameters=559_114,
    answer="classes",
    shape=(10,),
    look="- Select **Conv 1**: its filters are 80 samples long, a hundredth of a second, and many come out as waves of "
    "one pitch.\n- **Mean** forgets when something was heard.",
    graph=_m5,
    recipe=recipe(1e-3, epochs=30, batch_size=32, weight_decay=1e-2),
    data="sample:spoken",
    augmentations=(),
)
TEXT_CNN = Network(
    id="text-cnn",
    title="Text CNN",
    summary="Looks for phrases of three, four and five words, and keeps how strongly each was found.",
    source="Kim, “Convolutional neural networks for sentence classification”, EMNLP 2014, CNN-rand with the settings "
    "of section 3.1: windows of 3, 4 and 5 words, 100 filters each, dropout 0.5, words of 300 numbers. For a "
    "vocabulary of 128 and three classes 38,400 in the embedding, 300 × (3 + 4 + 5) × 100 + 300 in the convolutions "
    "and 903 in the decision, together 399,603.",
    cited="Kim 2014",
    parameters=399_603,
    answer="classes",
    shape=(3,),
    look="- A filter of **3 words** answers to a phrase wherever it stands; **Strongest of 3** keeps only how well it "
    "fitted best.\n- It knows order within five words and none beyond: compare with *text-recurrent*.",
    graph=_text_cnn,
    recipe=recipe(1e-3, epochs=10, batch_size=50, weight_decay=1e-2),
    data="sample:notes",
    augmentations=(),
)
NETWORKS = (TEXT_CNN, M5)
