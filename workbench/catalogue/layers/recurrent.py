"""Recurrent layers: they read a sequence (steps × features) step by step and carry a memory along."""

from __future__ import annotations

from workbench.catalogue.declaration import Category, Layer, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.catalogue.memory import FLOAT, Kept
from workbench.catalogue.parameters import choice, integer, real
from workbench.catalogue.refusals import take_rank

SEQUENCE = "a sequence (steps × features)"

_PARAMS = (
    integer("hidden", "Hidden units", "How many numbers the memory holds.", 128, 1, 65_536),
    integer("layers", "Layers", "How many are stacked, each reading what the one before gives.", 1, 1, 16),
    choice(
        "direction",
        "Direction",
        "Reads from first to last, or also backwards, which doubles what comes out.",
        "forward",
        (("forward", "Forward"), ("both", "Both ways")),
    ),
    choice(
        "output",
        "Gives",
        "The memory after every step, or only at the end.",
        "all",
        (("all", "Every step"), ("last", "Last step")),
    ),
    real("dropout", "Dropout", "The share switched off between stacked layers.", 0.0, 0.0, 1.0, advanced=True),
)


def _ways(p: Values) -> int:
    return 2 if p.direction == "both" else 1


def _kept(gates: int, p: Values, x: Tensor) -> Kept:
    """The gates, memories and products of every step, as measured on the CPU (see tests/compiler/test_memory_of_steps).

    oneDNN computes the LSTM and keeps its workspace, with room for the wider of inputs and memory at every step.
    """
    steps, features, ways, h = x.shape[0], x.shape[1], _ways(p), int(p.hidden)
    held = 0
    for layer in range(p.layers):
        taken = features if layer == 0 else ways * h
        if gates == 4:
            held += ways * (9 * h + 7 * max(taken, h))
        elif gates == 3:
            held += ways * 7 * h + taken
        else:
            held += ways * h + taken
    working = {4: 5, 3: 3, 1: 1}[gates] * h * ways
    whole = 0 if p.output == "all" else ways * h  # the last memory alone is handed on, but all were computed
    return Kept(
        output=gates == 4 and p.output == "all",
        more=FLOAT * steps * (held + whole),
        forward=FLOAT * steps * working,
        backward=FLOAT * steps * (working if gates != 3 else 0),
    )


def _recurrent(id: str, target: str, gates: int, summary: str, help: str, *keywords: str) -> Layer:
    """`gates` is how many weight blocks a cell has: 1 for RNN, 3 for GRU, 4 for LSTM."""
    title = target

    def shape(p: Values, x: tuple[Tensor, ...]) -> Tensor:
        take_rank(title, x[0], 2, words=SEQUENCE)
        out = p.hidden * _ways(p)
        return Tensor((x[0].shape[0], out) if p.output == "all" else (out,))

    def build(p: Values, x: tuple[Tensor, ...]) -> Call:
        arguments: dict[str, object] = {"num_layers": p.layers} if p.layers > 1 else {}
        arguments["batch_first"] = True
        if p.direction == "both":
            arguments["bidirectional"] = True
        if p.dropout and p.layers > 1:  # there is no "between" in a single layer, and PyTorch warns
            arguments["dropout"] = p.dropout
        return Call(f"nn.{target}", x[0].shape[1], p.hidden, **arguments)

    def forward(p: Values, _x: tuple[Tensor, ...]) -> str:
        if p.output == "all":
            return "{self}({x})[0]"
        memory = "{self}({x})[1][0]" if target == "LSTM" else "{self}({x})[1]"  # layers × batch × hidden
        return f"{memory}[-1]" if p.direction == "forward" else f"{memory}[-2:].transpose(0, 1).flatten(1)"

    def per_step(p: Values, features: int) -> int:
        later = (p.layers - 1) * (p.hidden * _ways(p) + p.hidden)
        return int(gates * p.hidden * _ways(p) * (features + p.hidden + later))

    def weights(p: Values, x: tuple[Tensor, ...], _y: Tensor) -> int:
        biases = 2 * gates * p.hidden * _ways(p) * p.layers
        return per_step(p, x[0].shape[1]) + int(biases)

    return Layer(
        id=id,
        title=title,
        category=Category.SEQUENCE,
        summary=summary,
        help=help,
        params=_PARAMS,
        keywords=("recurrent", "sequence", "memory", *keywords),
        shape=shape,
        build=build,
        forward=forward,
        weights=weights,
        flops=lambda p, x, _y: 2 * x[0].shape[0] * per_step(p, x[0].shape[1]),
        keeps=lambda p, x, _y: _kept(gates, p, x[0]),
        words=lambda p: f"{p.hidden:,} units{', both ways' if p.direction == 'both' else ''}",
    )


LAYERS = (
    _recurrent(
        "lstm",
        "LSTM",
        4,
        "Reads a sequence step by step with a memory it learns to keep, change and clear.",
        "For sequences where something early matters late. Gates decide at every step what stays in memory, so it "
        "remembers far longer than a plain RNN (Hochreiter and Schmidhuber 1997). More hidden units remember more. "
        "“Last step” gives one vector for the whole sequence, ready for a Linear.",
        "long short-term memory",
    ),
    _recurrent(
        "gru",
        "GRU",
        3,
        "Reads a sequence step by step with a gated memory, a lighter LSTM.",
        "Often as good as an LSTM with three quarters of its weights (Cho et al. 2014). More hidden units remember "
        "more. “Last step” gives one vector for the whole sequence.",
        "gated recurrent unit",
    ),
    _recurrent(
        "rnn",
        "RNN",
        1,
        "Reads a sequence step by step, mixing each step into one small memory.",
        "The simplest recurrent layer: it forgets within some ten steps. Good to learn from and for very short "
        "sequences; take a GRU or an LSTM otherwise.",
        "elman",
    ),
)
