"""Layers as torch runs them, without the compiler: the constructor call and the expression, evaluated as written."""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

import workbench.compiler.support as support
from workbench.catalogue.declaration import Layer, Tensor, Values

BATCH = 2


class Run:
    """One layer, built and run on a batch of two on `device`; the constructor raises what torch raises."""

    def __init__(
        self, layer: Layer, p: Values, x: tuple[Tensor, ...], device: str = "meta", train: bool = True
    ) -> None:
        with torch.device(device):
            call = layer.build(p, x)
            self.module: nn.Module | None = None if call is None else eval(call.source(), dict(_names()))
            self.inputs = [_tensor(t, device) for t in x]
        if self.module is not None:
            self.module.train(train)
        template = layer.forward(p, x) if callable(layer.forward) else layer.forward
        arguments = [f"x{k}" for k in range(len(x))]
        source = template.format(*arguments, self="module", x=arguments[0], xs=", ".join(arguments))
        self.forward: Callable[..., torch.Tensor] = eval(
            f"lambda module, {', '.join(arguments)}: {source}", dict(_names())
        )

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.forward(self.module, *(inputs or self.inputs))

    @property
    def weights(self) -> int:
        return 0 if self.module is None else sum(w.numel() for w in self.module.parameters())


def _tensor(t: Tensor, device: str) -> torch.Tensor:
    dtype = torch.int64 if t.kind == "index" else torch.float32
    return torch.zeros((BATCH, *t.shape), dtype=dtype, device=device)


def _names() -> dict[str, Any]:
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": functional, "math": math}
    for found in pkgutil.iter_modules(support.__path__):
        module = importlib.import_module(f"{support.__name__}.{found.name}")
        names |= {n: v for n, v in vars(module).items() if isinstance(v, type) and v.__module__ == module.__name__}
    return names


@pytest.fixture(scope="session")
def run() -> type[Run]:
    return Run
