"""Fresh weights from a seed, without reading or moving the random numbers that a run in another thread draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

RANDOM = frozenset(
    """
    bernoulli bernoulli_ cauchy_ exponential_ geometric_ kaiming_normal_ kaiming_uniform_ log_normal_ multinomial
    normal normal_ orthogonal_ rand randint randn random_ randperm sparse_ trunc_normal_ uniform_ xavier_normal_
    xavier_uniform_
    """.split()  # noqa: SIM905
)
"""Functions of torch that take a `generator`."""


@contextmanager
def drawing(seed: int) -> Iterator[None]:
    """Within this block, and in this thread only, torch on the CPU draws from a generator of its own.

    What is drawn is bit-equal to what ``torch.manual_seed(seed)`` at the same place would give; the global generators
    of all devices stay as they are. (`torch.random.fork_rng` puts the global state back afterwards, but a training
    thread that draws its dropout meanwhile would see it move.)
    """
    import torch
    from torch.overrides import TorchFunctionMode

    generator = torch.Generator().manual_seed(seed)

    class Drawing(TorchFunctionMode):
        def __torch_function__(
            self,
            func: Callable[..., Any],
            types: Any,
            args: tuple[Any, ...] = (),
            kwargs: Mapping[str, Any] | None = None,
        ) -> Any:
            given = dict(kwargs or {})
            if func.__name__ in RANDOM and given.get("generator") is None:
                given["generator"] = generator
            return func(*args, **given)

    with Drawing():
        yield
