"""Where a network begins and ends: inputs and the output with its objective."""

from __future__ import annotations

from dataclasses import replace

from workbench.catalogue.declaration import ONE_IN, Category, Kind, Layer, Mismatch, Param, Tensor, Values
from workbench.catalogue.losses import LOSSES, parameters
from workbench.catalogue.parameters import choice, integer, integers, real
from workbench.catalogue.refusals import take_rank
from workbench.catalogue.sound import frames_in, samples_in
from workbench.core.words import number


def _pictures(p: Values, _x: tuple[Tensor, ...]) -> Tensor:
    return Tensor((int(p.channels), *p.size))


def _sound(p: Values, _x: tuple[Tensor, ...]) -> Tensor:
    if p.form == "waveform":
        return Tensor((1, samples_in(p.seconds, p.rate)))
    return Tensor((1, p.mels, frames_in(p.seconds, p.rate)))


def _sound_words(p: Values) -> str:
    length = f"{number(p.seconds)} s at {number(p.rate / 1000)} kHz"
    return length if p.form == "waveform" else f"{length}, {p.mels} mels"


KINDS = {loss.id: loss.kind for loss in LOSSES}
"""What each objective compares answers with."""

_OF_VALUES = tuple(loss.id for loss in LOSSES if loss.kind == "values")


def _result(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    kind = KINDS[p.objective]
    if kind == "values":
        return x[0]
    if p.target == "input":
        title = next(loss.title for loss in LOSSES if loss.id == p.objective)
        raise Mismatch(
            f"{title} compares scores with classes or labels, and what came in has none. Choose Mean squared error as "
            "the objective, or the label as the target.",
            param="target",
            stricter=True,
        )
    words = "one score for each class" if kind == "classes" else "one score for each label"
    take_rank("Output", x[0], 1, words=f"{words}, a flat list of numbers,")
    if kind == "classes" and x[0].shape[0] < 2:
        raise Mismatch(
            "Output takes one score for each class and needs at least 2 of them, this wire carries 1. Set the units "
            "of the last Linear to the number of classes.",
            stricter=True,
        )
    return x[0]


def _output_words(p: Values) -> str:
    words = next(loss.title for loss in LOSSES if loss.id == p.objective)
    if p.target == "input":
        words += ", of the input"
    elif p.target == "columns" and p.columns.strip():
        words += f", {p.columns.strip()}"
    return words if p.weight == 1.0 else f"{words}, weight {number(p.weight)}"


LAYERS = (
    Layer(
        id="pictures",
        title="Pictures",
        category=Category.IO,
        summary="Where the pictures of the data set enter the network.",
        help="Every picture is brought to one size and its values are scaled to around zero before it comes in. A "
        "larger size shows finer detail and costs more time: twice the height and width is about four times the "
        "work. 64 × 64 is enough to tell most everyday things apart. Choose grey when colour carries no meaning.",
        params=(
            integers("size", "Size", "Height and width of every picture.", (64, 64), 2, 1, 4096, unit="px"),
            choice(
                "channels", "Colour", "Three channels for colour, one for grey.", "3", (("3", "Colour"), ("1", "Grey"))
            ),
        ),
        keywords=("input", "image", "images", "photo", "start"),
        inputs=(),
        shape=_pictures,
        forward="{x}",
        words=lambda p: f"{p.size[0]} × {p.size[1]}, {'colour' if p.channels == '3' else 'grey'}",
        is_input=True,
    ),
    Layer(
        id="numbers",
        title="Numbers",
        category=Category.IO,
        summary="Where rows of measured numbers enter the network.",
        help="For tables: every sample is a flat list of real numbers, one for each feature. Scale features to about "
        "the same range first, or large ones drown the small.",
        params=(integer("features", "Features", "How many numbers describe one sample.", 16, 1, 1_000_000),),
        keywords=("input", "table", "vector", "features", "tabular"),
        inputs=(),
        shape=lambda p, _x: Tensor((p.features,)),
        forward="{x}",
        words=lambda p: f"{p.features:,} features",
        is_input=True,
    ),
    Layer(
        id="tokens",
        title="Tokens",
        category=Category.IO,
        summary="Where text or other sequences of symbols enter the network, as whole numbers.",
        help="A text is cut into tokens, and each token is its row number in the vocabulary. Every sample has the "
        "same length: longer ones are cut, shorter ones filled up. An Embedding after it turns the numbers into "
        "vectors.",
        params=(
            integer("length", "Length", "How many tokens one sample has.", 128, 1, 1_000_000),
            integer("vocabulary", "Vocabulary", "How many different tokens there are.", 10_000, 1, 10_000_000),
        ),
        keywords=("input", "text", "words", "sequence"),
        inputs=(),
        shape=lambda p, _x: Tensor((p.length,), "index", p.vocabulary),
        forward="{x}",
        words=lambda p: f"{p.length:,} of {p.vocabulary:,}",
        is_input=True,
    ),
    Layer(
        id="sound",
        title="Sound",
        category=Category.IO,
        summary="Where sounds enter the network, as a waveform or as a picture of their frequencies.",
        help="Every sound is mixed to one channel, brought to one rate and cut or filled up to one length. As a "
        "spectrogram it is a picture, mels × frames: what sounds when, in bands that grow with pitch as hearing does, "
        "for Conv 2D. Take its one channel away (Reshape, Permute) for Conv 1D or recurrent layers. A waveform goes to "
        "Conv 1D, with large kernels and strides first. 16,000 Hz is enough for speech.",
        params=(
            choice(
                "form",
                "Form",
                "What the network is given: loudness in bands of pitch over time, or the samples themselves.",
                "log_mel",
                (("log_mel", "Log-mel spectrogram"), ("waveform", "Waveform")),
            ),
            integer(
                "rate",
                "Rate",
                "Samples a second; pitches up to half of it are kept.",
                16_000,
                4_000,
                192_000,
                unit="Hz",
            ),
            real(
                "seconds",
                "Length",
                "How long every sound is made: longer ones keep their middle, shorter ones get silence around.",
                1.0,
                0.05,
                600.0,
                unit="s",
            ),
            integer("mels", "Mels", "Bands of pitch in a spectrogram; more tell finer pitches apart.", 64, 8, 128),
        ),
        keywords=("input", "audio", "speech", "waveform", "spectrogram", "mel"),
        inputs=(),
        shape=_sound,
        forward="{x}",
        words=_sound_words,
        is_input=True,
    ),
    Layer(
        id="output",
        title="Output",
        category=Category.IO,
        summary="The end of the network: its numbers are held against the target, the label as a rule.",
        help="The objective measures how wrong the numbers are, and training turns every weight a little so that it "
        "falls. For classes it must receive as many numbers as there are classes; put a Linear with that many units "
        "before it, and no softmax: cross-entropy has one built in. For several labels at once choose binary "
        "cross-entropy, for numbers mean squared error, and to give back what came in, the input as the target. A "
        "network may have several outputs: each has an objective, a target and a weight of its own, and training makes "
        "the sum of objectives times weights small.",
        params=(
            choice(
                "objective",
                "Objective",
                "What training makes small.",
                "cross_entropy",
                tuple((loss.id, loss.title) for loss in LOSSES),
            ),
            *parameters(),
            choice(
                "target",
                "Target",
                "What the answer is held against.",
                "label",
                (
                    ("label", "The sample's label"),
                    ("columns", "Other columns"),
                    ("input", "What came in"),
                ),
            ),
            replace(
                Param(
                    "columns",
                    "Columns",
                    "The column of the table or list to learn; for numbers also several, parted by semicolons.",
                    Kind.TEXT,
                    "",
                ),
                only=("target", ("columns",)),
            ),
            real(
                "weight",
                "Weight",
                "How much this output counts in what training makes small, beside the others.",
                1.0,
                0.0,
                1e6,
            ),
        ),
        keywords=("loss", "objective", "classes", "end", "result", "target", "regression"),
        inputs=ONE_IN,
        outputs=(),
        shape=_result,
        forward="{x}",
        words=_output_words,
        is_output=True,
    ),
)
