from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from workbench.compiler.build import Compiled
from workbench.training.engine import Engine
from workbench.training.messages import StepEnd


@pytest.mark.parametrize("clip", [0.05, 1.0, 1e6])
def test_clipping_is_torchs_to_the_bit(
    smooth: Compiled, make: Any, sgd: Any, by_hand: Any, trained: Any, bit_equal: Callable[..., bool], clip: float
) -> None:
    def shorten(module: torch.nn.Module) -> None:
        torch.nn.utils.clip_grad_norm_(module.parameters(), clip)

    expected = by_hand(sgd(), make.pictures(), between=shorten)
    assert bit_equal(trained(smooth, make.pictures(), sgd(clip=clip)), dict(expected.state_dict()))


def test_without_a_limit_the_step_is_the_plainest_to_the_bit(
    smooth: Compiled, make: Any, sgd: Any, by_hand: Any, trained: Any, bit_equal: Callable[..., bool]
) -> None:
    expected = by_hand(sgd(), make.pictures())
    assert bit_equal(trained(smooth, make.pictures(), sgd()), dict(expected.state_dict()))


def test_the_norm_told_is_that_of_all_gradients_before_clipping(
    smooth: Compiled, make: Any, sgd: Any, by_hand: Any
) -> None:
    norms: list[float] = []

    def note(module: torch.nn.Module) -> None:
        norms.append(float(torch.nn.utils.clip_grad_norm_(module.parameters(), 0.1)))

    by_hand(sgd(), make.pictures(), between=note)
    steps = [e for e in Engine(smooth, make.pictures(), sgd(clip=0.1)).events() if isinstance(e, StepEnd)]
    assert [e.norm for e in steps] == pytest.approx(norms, rel=1e-6)
