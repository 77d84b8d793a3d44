"""Networks of many kinds whose training steps are measured: what they are, not what they are good for."""

from __future__ import annotations

from collections.abc import Callable

from tests.compiler.conftest import chain, graph, node
from workbench.document.graph import Graph


def mlp() -> Graph:
    return chain(
        node("numbers_1", features=512),
        node("linear_1", units=1024),
        node("relu_1"),
        node("linear_2", units=1024),
        node("gelu_1"),
        node("dropout_1"),
        node("linear_3", units=10),
        node("output_1"),
    )


def plain_convolutions() -> Graph:
    return chain(
        node("pictures_1", size=(48, 48)),
        node("conv2d_1", filters=32),
        node("relu_1"),
        node("max_pool2d_1"),
        node("conv2d_2", filters=64),
        node("relu_2"),
        node("max_pool2d_2"),
        node("conv2d_3", filters=64),
        node("relu_3"),
        node("flatten_1"),
        node("linear_1", units=64),
        node("relu_4"),
        node("linear_2", units=10),
        node("output_1"),
    )


def normed_convolutions() -> Graph:
    nodes = [node("pictures_1", size=(48, 48))]
    for k, filters in enumerate((32, 32, 64, 64), 1):
        stride = (2, 2) if k == 3 else (1, 1)
        nodes += [node(f"conv2d_{k}", filters=filters, stride=stride, bias=False), node(f"batch_norm2d_{k}")]
        nodes += [node(f"relu_{k}")]
    nodes += [node("global_avg_pool2d_1"), node("linear_1", units=10), node("output_1")]
    return chain(*nodes)


def residual(depth: int = 3) -> Graph:
    nodes = [node("pictures_1", size=(32, 32)), node("conv2d_0", filters=32), node("relu_0")]
    wires = ["pictures_1>conv2d_0", "conv2d_0>relu_0"]
    last = "relu_0"
    for k in range(1, depth + 1):
        a, b = 2 * k - 1, 2 * k
        nodes += [node(f"conv2d_{a}", filters=32), node(f"batch_norm2d_{a}"), node(f"relu_{a}")]
        nodes += [node(f"conv2d_{b}", filters=32), node(f"batch_norm2d_{b}"), node(f"add_{k}"), node(f"relu_{b}")]
        wires += [f"{last}>conv2d_{a}", f"conv2d_{a}>batch_norm2d_{a}", f"batch_norm2d_{a}>relu_{a}"]
        wires += [f"relu_{a}>conv2d_{b}", f"conv2d_{b}>batch_norm2d_{b}", f"batch_norm2d_{b}>add_{k}:in_1"]
        wires += [f"{last}>add_{k}:in_2", f"add_{k}>relu_{b}"]
        last = f"relu_{b}"
    nodes += [node("global_avg_pool2d_1"), node("linear_1", units=10), node("output_1")]
    wires += [f"{last}>global_avg_pool2d_1", "global_avg_pool2d_1>linear_1", "linear_1>output_1"]
    return graph(*nodes, wires=" ".join(wires))


def dense_branches() -> Graph:
    """Concatenated, as in DenseNet and U-Net."""
    return graph(
        node("pictures_1", size=(40, 40)),
        node("conv2d_1", filters=24),
        node("silu_1"),
        node("conv2d_2", filters=24),
        node("silu_2"),
        node("concat_1"),
        node("max_pool2d_1"),
        node("conv2d_3", filters=48),
        node("silu_3"),
        node("upsample_1"),
        node("concat_2"),
        node("conv2d_4", filters=32),
        node("silu_4"),
        node("global_avg_pool2d_1"),
        node("linear_1", units=10),
        node("output_1"),
        wires="pictures_1>conv2d_1 conv2d_1>silu_1 silu_1>conv2d_2 conv2d_2>silu_2 silu_1>concat_1:in_1 "
        "silu_2>concat_1:in_2 concat_1>max_pool2d_1 max_pool2d_1>conv2d_3 conv2d_3>silu_3 silu_3>upsample_1 "
        "upsample_1>concat_2:in_1 concat_1>concat_2:in_2 concat_2>conv2d_4 conv2d_4>silu_4 "
        "silu_4>global_avg_pool2d_1 global_avg_pool2d_1>linear_1 linear_1>output_1",
    )


def mobile() -> Graph:
    """Depthwise and pointwise convolutions, with squeezed channels."""
    nodes = [node("pictures_1", size=(48, 48)), node("conv2d_1", filters=16, stride=(2, 2)), node("batch_norm2d_1")]
    nodes += [node("hard_swish_1")]
    for k in (2, 3):
        nodes += [node(f"conv2d_{k}", filters=64, kernel=(1, 1)), node(f"batch_norm2d_{k}"), node(f"relu6_{k}")]
        nodes += [node(f"depthwise_conv2d_{k}"), node(f"squeeze_excite_{k}"), node(f"hard_swish_{k}")]
    nodes += [node("global_avg_pool2d_1"), node("dropout_1"), node("linear_1", units=10), node("output_1")]
    return chain(*nodes)


def normed_otherwise() -> Graph:
    return chain(
        node("pictures_1", size=(40, 40)),
        node("conv2d_1", filters=32),
        node("group_norm_1"),
        node("elu_1"),
        node("conv2d_2", filters=32),
        node("instance_norm2d_1"),
        node("leaky_relu_1"),
        node("avg_pool2d_1"),
        node("conv2d_3", filters=64, kernel=(4, 4)),
        node("prelu_1"),
        node("adaptive_avg_pool2d_1"),
        node("flatten_1"),
        node("linear_1", units=10),
        node("output_1"),
    )


def heavy_weights() -> Graph:
    """Few activations, many weights: what the optimizer remembers is most of it."""
    return chain(
        node("pictures_1", size=(32, 32), channels="1"),
        node("flatten_1"),
        node("linear_1", units=3000),
        node("tanh_1"),
        node("linear_2", units=3000),
        node("sigmoid_1"),
        node("linear_3", units=10),
        node("output_1"),
    )


def lstm() -> Graph:
    return chain(
        node("tokens_1", length=64, vocabulary=500),
        node("embedding_1", features=48),
        node("lstm_1", hidden=96, layers=2),
        node("pick_step_1"),
        node("linear_1", units=10),
        node("output_1"),
    )


def gru() -> Graph:
    return chain(
        node("tokens_1", length=48, vocabulary=500),
        node("embedding_1", features=96),
        node("gru_1", hidden=64, direction="both", output="last"),
        node("linear_1", units=10),
        node("output_1"),
    )


def _transformer(**params: object) -> Graph:
    return chain(
        node("tokens_1", length=64, vocabulary=500),
        node("embedding_1", features=64),
        node("sinusoidal_position_1"),
        node("transformer_encoder_1", **params),  # type: ignore[arg-type]
        node("transformer_encoder_2", **params),  # type: ignore[arg-type]
        node("pick_step_1", step="mean"),
        node("linear_1", units=10),
        node("output_1"),
    )


def vision_transformer() -> Graph:
    return chain(
        node("pictures_1", size=(48, 48)),
        node("patch_embedding_1", patch=(6, 6), units=96),
        node("class_token_1"),
        node("learned_position_1"),
        node("layer_norm_1"),
        node("self_attention_1"),
        node("layer_norm_2"),
        node("linear_1", units=192),
        node("gelu_1"),
        node("linear_2", units=96),
        node("transformer_encoder_1", norm_first=True, dropout=0.0),
        node("pick_step_1", step="first"),
        node("linear_3", units=10),
        node("output_1"),
    )


def signals() -> Graph:
    return chain(
        node("numbers_1", features=2048),
        node("reshape_1", shape=(4, 512)),
        node("conv1d_1", filters=32),
        node("batch_norm1d_1"),
        node("relu_1"),
        node("max_pool1d_1"),
        node("conv1d_2", filters=64),
        node("relu_2"),
        node("global_avg_pool1d_1"),
        node("linear_1", units=10),
        node("output_1"),
    )


NETWORKS: dict[str, Callable[[], Graph]] = {
    "mlp": mlp,
    "plain convolutions": plain_convolutions,
    "normed convolutions": normed_convolutions,
    "residual": residual,
    "dense branches": dense_branches,
    "mobile": mobile,
    "normed otherwise": normed_otherwise,
    "heavy weights": heavy_weights,
    "lstm": lstm,
    "gru": gru,
    "transformer": lambda: _transformer(),
    "transformer without dropout": lambda: _transformer(dropout=0.0, activation="relu"),
    "vision transformer": vision_transformer,
    "signals": signals,
}

SITUATIONS: tuple[tuple[str, int, str], ...] = tuple(
    (name, batch, optimizer)
    for place, name in enumerate(NETWORKS)
    for batch, optimizer in (((16, "adamw"), (64, "sgd")) if place % 2 else ((16, "sgd"), (64, "adam")))
)
"""(network, batch size, optimizer): each network small and large."""


def network(name: str) -> Graph:
    """One of these, or a network of the literature by its id."""
    from workbench.catalogue.networks import NETWORKS as LITERATURE

    return NETWORKS[name]() if name in NETWORKS else LITERATURE[name].graph()
