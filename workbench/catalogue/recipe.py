"""The settings of a recipe, beside what it chooses from catalogues: what each says and what fits it, in groups.

The inspector's form, the command line, the checks and the documents follow from these. Limits lie within those of the
file format (`workbench.document.recipe_format`).
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.catalogue.declaration import Declaration, Kind, Param
from workbench.catalogue.metrics import METRICS
from workbench.catalogue.parameters import choice, integer, real, switch

_WATCHED = (
    ("auto", "accuracy, then loss"),
    ("val_loss", "validation loss"),
    ("train_loss", "training loss"),
    *((f"val_{metric.id}", metric.title[:1].lower() + metric.title[1:]) for metric in METRICS),
)

COURSE = Declaration(
    id="course",
    title="Course",
    summary="How long training takes and how much it looks at before each step.",
    params=(
        integer("epochs", "Epochs", "How often training goes through all samples.", 10, 1, 100_000),
        integer(
            "batch_size",
            "Batch size",
            "Samples looked at before each correction; more is steadier and takes more memory.",
            64,
            1,
            65_536,
        ),
    ),
)

STEP = Declaration(
    id="step",
    title="Each step",
    summary="What is done with the gradients before the weights move, and with the weights after.",
    params=(
        real(
            "clip",
            "Clip gradients",
            "The largest norm all gradients may have together: longer ones are scaled down, and 0 leaves them.",
            0.0,
            0.0,
            1e9,
        ),
        integer(
            "accumulate",
            "Batches a step",
            "Adds up the gradients of several batches before the weights move, as one larger batch would.",
            1,
            1,
            1_024,
        ),
        choice(
            "decay",
            "Decay of",
            "What weight decay pulls at; norms and biases are better left alone.",
            "weights",
            (("weights", "weights"), ("all", "all, norms too")),
        ),
        real(
            "average",
            "Average weights",
            "Keeps a moving average of the weights, which is what is validated and kept; 0.999 is usual and 0 is none.",
            0.0,
            0.0,
            0.999999,
        ),
    ),
)

END = Declaration(
    id="end",
    title="Best and end",
    summary="What counts as the best epoch, when training ends early, and what is kept.",
    params=(
        choice(
            "watch", "Best is judged by", "The figure by which the best epoch is chosen and kept.", "auto", _WATCHED
        ),
        integer(
            "patience",
            "Stop after",
            "Epochs without a better one after which training ends by itself; 0 never ends it early.",
            0,
            0,
            100_000,
            unit="epochs",
        ),
        integer("keep", "Checkpoints", "How many of the newest checkpoints are kept beside the best one.", 1, 1, 1_000),
    ),
)

MACHINE = Declaration(
    id="machine",
    title="Machine",
    summary="What computes, how precisely, and what makes a run repeatable.",
    params=(
        choice(
            "device",
            "Device",
            "What computes: automatic takes a graphics card where there is one.",
            "auto",
            (("auto", "automatic"), ("cpu", "CPU"), ("cuda", "CUDA"), ("mps", "Apple GPU")),
        ),
        choice(
            "precision",
            "Precision",
            "The bits layers compute with: 16 are faster on graphics cards, and the weights keep 32.",
            "full",
            (("full", "32 bits"), ("auto", "automatic"), ("bf16", "bfloat16"), ("fp16", "float16")),
        ),
        integer("seed", "Seed", "The same seed gives the same start and the same order of samples.", 0, 0, 2**32 - 1),
        integer(
            "threads",
            "Threads",
            "CPU threads for training; 0 lets the program choose, a fixed number makes runs repeat exactly.",
            0,
            0,
            1_024,
            advanced=True,
        ),
        switch(
            "deterministic",
            "Repeat exactly",
            "Uses only operations that give the same bits each time; some are slower.",
            False,
            advanced=True,
        ),
        switch(
            "compile",
            "Compile",
            "Lets PyTorch fuse the network's operations, which takes a minute at the start and pays on long runs.",
            False,
            advanced=True,
        ),
        choice(
            "layout",
            "Layout",
            "How pictures lie in memory: channels last is faster for convolutions, and is taken for them.",
            "auto",
            (("auto", "automatic"), ("channels_last", "channels last"), ("plain", "channels first")),
            advanced=True,
        ),
        integer(
            "processes",
            "Processes",
            "How many processes learn together, each from its part of every batch: one for each graphics card.",
            1,
            1,
            1_024,
            advanced=True,
        ),
        switch(
            "shard",
            "Share weights out",
            "Lets every process hold only its part of the weights, for networks that fit on no single card.",
            False,
            advanced=True,
        ),
    ),
)

GROUPS = (COURSE, STEP, END, MACHINE)
"""In the order people set them."""

SETTINGS: Mapping[str, Param] = {param.id: param for group in GROUPS for param in group.params}
"""Every setting that is one number, word or switch, by the recipe's field."""

CHOSEN: Mapping[str, str] = {
    "optimizer": "How the weights move once the gradient is known.",
    "schedule": "How the learning rate changes over a run.",
    "initialisation": "What the weights begin with.",
}
"""The fields that are one entry of a catalogue, each with a sentence about it."""

FROZEN = Param(
    "frozen",
    "Frozen",
    "Keeps its weights and statistics as they are while the other layers learn.",
    Kind.BOOL,
    False,
)
RATE = real("rate", "Rate", "A factor on the learning rate of its weights; 1 learns as the others do.", 1.0, 1e-6, 1e6)
"""What a layer, or a use of a block, says about its own training."""
