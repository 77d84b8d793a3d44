"""What the arguments of constructors are called, and what they are where nothing is written.

So that ``nn.Conv2d(3, 8, 3)`` and ``nn.Conv2d(3, 8, 3, stride=2)`` are two uses of one line with an argument. A test
holds the table against PyTorch, which is not imported here.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from workbench.catalogue.expression import Call
from workbench.compiler.inlined import available
from workbench.core.syntax import parse_module

_WINDOW = "stride=1 padding=0 dilation=1 groups=1 bias=True"
_TRANSPOSED = "stride=1 padding=0 output_padding=0 groups=1 bias=True"
_NORM = "num_features eps=1e-05 momentum=0.1"
_RECURRENT = "input_size hidden_size num_layers=1 batch_first=False dropout=0.0 bidirectional=False"
_ATTENTION = "embed_dim num_heads dropout=0.0 bias=True kdim=None vdim=None batch_first=False"
_ENCODER = "d_model nhead dim_feedforward=2048 dropout=0.1 batch_first=False norm_first=False"

TABLE = {
    **{f"nn.Conv{n}d": f"in_channels out_channels kernel_size {_WINDOW}" for n in (1, 2, 3)},
    **{f"nn.ConvTranspose{n}d": f"in_channels out_channels kernel_size {_TRANSPOSED}" for n in (1, 2, 3)},
    **{f"nn.MaxPool{n}d": "kernel_size stride=None padding=0 ceil_mode=False" for n in (1, 2, 3)},
    **{f"nn.AvgPool{n}d": "kernel_size stride=None padding=0 ceil_mode=False" for n in (1, 2, 3)},
    **{f"nn.Adaptive{how}Pool{n}d": "output_size" for how in ("Max", "Avg") for n in (1, 2, 3)},
    **{f"nn.BatchNorm{n}d": f"{_NORM} affine=True" for n in (1, 2, 3)},
    **{f"nn.InstanceNorm{n}d": f"{_NORM} affine=False" for n in (1, 2, 3)},
    **dict.fromkeys(("nn.Dropout", "nn.Dropout1d", "nn.Dropout2d", "nn.Dropout3d", "nn.AlphaDropout"), "p=0.5"),
    **dict.fromkeys(("nn.LSTM", "nn.GRU", "nn.RNN"), _RECURRENT),
    "nn.Linear": "in_features out_features bias=True",
    "nn.Embedding": "num_embeddings embedding_dim",
    "nn.LayerNorm": "normalized_shape eps=1e-05 elementwise_affine=True",
    "nn.RMSNorm": "normalized_shape eps=None elementwise_affine=True",
    "nn.GroupNorm": "num_groups num_channels eps=1e-05 affine=True",
    "nn.MultiheadAttention": _ATTENTION,
    "nn.TransformerEncoderLayer": _ENCODER,
    "nn.PixelShuffle": "upscale_factor",
    "nn.PixelUnshuffle": "downscale_factor",
    "nn.PReLU": "num_parameters=1 init=0.25",
    "nn.LeakyReLU": "negative_slope=0.01",
    "nn.ELU": "alpha=1.0",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """`positional` are the names of arguments in order, `defaults` those that may be left out."""

    positional: tuple[str, ...]
    defaults: Mapping[str, Any]


def signature(name: str) -> Signature:
    """The arguments of a constructor; nothing is known of those that are not in the table."""
    text = TABLE.get(name)
    return _inlined(name) if text is None else _read(text)


def complete(call: Call, wanted: frozenset[str]) -> Call:
    """The call with the keyword arguments `wanted` that it leaves to their defaults; others stay as they are."""
    known = signature(call.name)
    given = {key for key, _value in call.kwargs} | set(known.positional[: len(call.args)])
    added = {key: known.defaults[key] for key in known.positional if key in wanted - given and key in known.defaults}
    return Call(call.name, *call.args, **dict(call.kwargs), **added) if added else call


@cache
def _read(text: str) -> Signature:
    names, defaults = [], {}
    for part in text.split():
        name, equals, value = part.partition("=")
        names.append(name)
        if equals:
            defaults[name] = ast.literal_eval(value)
    return Signature(tuple(names), MappingProxyType(defaults))


@cache
def _inlined(name: str) -> Signature:
    """That of a class which is copied into the source."""
    inlined = available().get(name)
    if inlined is not None:
        for part in ast.walk(parse_module(inlined.text)):
            if isinstance(part, ast.FunctionDef) and part.name == "__init__":
                return Signature(tuple(a.arg for a in part.args.args[1:]), MappingProxyType({}))
    return Signature((), MappingProxyType({}))
