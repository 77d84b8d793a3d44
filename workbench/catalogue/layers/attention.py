"""Attention: every step of a sequence looks at all others and takes what it needs."""

from __future__ import annotations

from workbench.catalogue.declaration import Category, Layer, Mismatch, Port, Tensor, Values
from workbench.catalogue.expression import Call
from workbench.catalogue.layers.recurrent import SEQUENCE
from workbench.catalogue.memory import FLOAT, Kept
from workbench.catalogue.parameters import choice, integer, real, switch
from workbench.catalogue.refusals import set_param, take_rank

_HEADS = integer(
    "heads", "Heads", "How many patterns are looked for side by side; must divide the features.", 4, 1, 1024
)
_DROPOUT = real("dropout", "Dropout", "The share switched off while training.", 0.0, 0.0, 0.99)
_BIAS = switch("bias", "Bias", "Adds learned numbers in the projections.", True, advanced=True)


def _check_heads(title: str, p: Values, x: Tensor) -> None:
    features = x.shape[1]
    if features % p.heads:
        fits = max(h for h in range(1, min(p.heads, features) + 1) if features % h == 0)
        raise Mismatch(
            f"{title} shares the features of a step among {p.heads:,} heads, this wire carries {x.words} and "
            f"{features:,} features do not divide evenly. Set heads to a number that divides {features:,}.",
            param="heads",
            fixes=(set_param("Heads", "heads", fits),),
        )


def _self_attention(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Self-attention", x[0], 2, words=SEQUENCE)
    _check_heads("Self-attention", p, x[0])
    return x[0]


def _cross_attention(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    for k, tensor in enumerate(x, 1):
        take_rank("Cross-attention", tensor, 2, words=SEQUENCE, port=f"in_{k}")
    _check_heads("Cross-attention", p, x[0])
    return x[0]


def _encoder(p: Values, x: tuple[Tensor, ...]) -> Tensor:
    take_rank("Transformer Encoder", x[0], 2, words=SEQUENCE)
    _check_heads("Transformer Encoder", p, x[0])
    return x[0]


def _arguments(p: Values) -> dict[str, object]:
    return ({"dropout": p.dropout} if p.dropout else {}) | ({} if p.bias else {"bias": False}) | {"batch_first": True}


def _build_cross(p: Values, x: tuple[Tensor, ...]) -> Call:
    features, context = x[0].shape[1], x[1].shape[1]
    other = {} if features == context else {"kdim": context, "vdim": context}
    return Call("nn.MultiheadAttention", features, p.heads, **other, **_arguments(p))


def _build_encoder(p: Values, x: tuple[Tensor, ...]) -> Call:
    arguments: dict[str, object] = {"dim_feedforward": p.feedforward, "dropout": p.dropout, "activation": p.activation}
    arguments |= {"batch_first": True} | ({"norm_first": True} if p.norm_first else {})
    return Call("nn.TransformerEncoderLayer", x[0].shape[1], p.heads, **arguments)


def attention_weights(features: int, context: int, bias: bool) -> int:
    """Projections of query (features²), key and value (features × context each), and of the result (features²)."""
    return 2 * features * features + 2 * features * context + 4 * features * bias


def attention_flops(steps: int, features: int, others: int, context: int) -> int:
    """The four projections, the scores of every step against every other, and their weighted sum."""
    projections = 2 * steps * features * features * 2 + 2 * others * features * context * 2
    return projections + 2 * 2 * steps * others * features


def _looking(p: Values, x: Tensor, others: Tensor) -> int:
    """Bytes that attention keeps: queries, keys and values, the weighted sums twice, and one norm a step and head.

    Without dropout PyTorch never writes the scores out (FlashAttention, Dao et al. 2022). With it the scores are kept
    after the softmax, the mask, and their product, and so are the scaled queries and keys.
    """
    steps, features = x.shape
    sequences = 3 * x.size + 2 * others.shape[0] * features
    if not p.dropout:
        return FLOAT * (sequences + steps * int(p.heads))
    scaled = x.size + others.shape[0] * features
    return FLOAT * (sequences + scaled + 3 * steps * others.shape[0] * int(p.heads))


def _kept_by_encoder(p: Values, x: tuple[Tensor, ...], _y: Tensor) -> Kept:
    """Attention, what both norms and both Linears take, and a mask wherever something is dropped."""
    one, wide = x[0].size, x[0].shape[0] * int(p.feedforward)
    held = _looking(p, x[0], x[0]) // FLOAT + (2 if p.norm_first else 3) * one + 4 * x[0].shape[0]
    if p.dropout:
        held += 2 * one + 3 * wide  # the masks; what dropout gave is what the next Linear keeps
    else:
        held += wide if p.activation == "relu" else 2 * wide  # GELU needs what arrived, ReLU what it gave
    returning = 2 * wide if p.activation == "relu" and not p.dropout else wide  # what lies on both sides of the bend
    return Kept(more=FLOAT * held, backward=FLOAT * max(0, returning - one))


def _encoder_flops(p: Values, x: tuple[Tensor, ...], _y: Tensor) -> int:
    steps, features = x[0].shape
    return attention_flops(steps, features, steps, features) + int(4 * steps * features * p.feedforward)


def _encoder_weights(p: Values, x: tuple[Tensor, ...], _y: Tensor) -> int:
    features = x[0].shape[1]
    forward = 2 * features * p.feedforward + p.feedforward + features
    norms = 4 * features
    return attention_weights(features, features, True) + int(forward) + norms


LAYERS = (
    Layer(
        id="self_attention",
        title="Self-attention",
        category=Category.SEQUENCE,
        summary="Every step of a sequence looks at all others and gathers what matters to it.",
        help="The core of transformers, with several heads that each look for something else (Vaswani et al. 2017). "
        "Near and far steps are equally easy to reach, but the cost grows with the square of the length. It does not "
        "know the order of steps: add a position layer before it. Transformer Encoder has it built in.",
        params=(_HEADS, _DROPOUT, _BIAS),
        keywords=("multi-head attention", "mha", "transformer"),
        shape=_self_attention,
        build=lambda p, x: Call("nn.MultiheadAttention", x[0].shape[1], p.heads, **_arguments(p)),
        forward="{self}({x}, {x}, {x}, need_weights=False)[0]",
        weights=lambda p, x, _y: attention_weights(x[0].shape[1], x[0].shape[1], p.bias),
        keeps=lambda p, x, _y: Kept(more=_looking(p, x[0], x[0]), backward=4 * FLOAT * x[0].size),
        flops=lambda _p, x, _y: attention_flops(*x[0].shape, *x[0].shape),
        words=lambda p: f"{p.heads} heads",
    ),
    Layer(
        id="cross_attention",
        title="Cross-attention",
        category=Category.SEQUENCE,
        summary="Every step of one sequence looks at all steps of another and gathers what matters to it.",
        help="Joins two sources, such as words that look at parts of a picture. What comes out has the shape of the "
        "first input. More heads look for more kinds of relation at once.",
        params=(_HEADS, _DROPOUT, _BIAS),
        keywords=("multi-head attention", "mha", "transformer", "decoder"),
        inputs=(Port("in_1", "Asks"), Port("in_2", "Is looked at")),
        shape=_cross_attention,
        build=_build_cross,
        forward="{self}({0}, {1}, {1}, need_weights=False)[0]",
        weights=lambda p, x, _y: attention_weights(x[0].shape[1], x[1].shape[1], p.bias),
        flops=lambda _p, x, _y: attention_flops(*x[0].shape, *x[1].shape),
        keeps=lambda p, x, _y: Kept(more=_looking(p, x[0], x[1]), backward=2 * FLOAT * (x[0].size + x[1].size)),
        words=lambda p: f"{p.heads} heads",
    ),
    Layer(
        id="transformer_encoder",
        title="Transformer Encoder",
        category=Category.SEQUENCE,
        summary="Self-attention and a small network for every step, with shortcuts and norms: one block of a "
        "transformer.",
        help="Stack several of them: 2 to 6 for small data, 12 in larger models. Attention lets steps exchange what "
        "they know, the network after it works each step on. The feed-forward size is usually 2 to 4 times the "
        "features. With the norm first, deep stacks train more calmly. Add a position layer before the first block.",
        params=(
            _HEADS,
            integer("feedforward", "Feed-forward size", "Units in the middle of the small network.", 256, 1, 1_000_000),
            real("dropout", "Dropout", "The share switched off while training.", 0.1, 0.0, 0.99),
            choice("activation", "Activation", "The bend inside.", "gelu", (("gelu", "GELU"), ("relu", "ReLU"))),
            switch("norm_first", "Norm first", "Norms before each part, not after.", True, advanced=True),
        ),
        keywords=("attention", "block", "vit", "bert"),
        shape=_encoder,
        build=_build_encoder,
        weights=_encoder_weights,
        flops=_encoder_flops,
        keeps=_kept_by_encoder,
        words=lambda p: f"{p.heads} heads, {p.feedforward:,}",
    ),
)
