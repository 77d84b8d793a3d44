from __future__ import annotations

import numpy as np
import psutil
import pytest
import torch

from workbench.training import memory_use
from workbench.training.memory_use import MemoryUse


def test_it_is_what_the_process_holds() -> None:
    found = MemoryUse().now(0.0)
    assert found == pytest.approx(psutil.Process().memory_info().rss, rel=0.2)
    held = np.ones(200_000_000, np.uint8)
    assert MemoryUse().now(0.0) > found + 100_000_000
    assert held[-1] == 1


def test_it_is_asked_for_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def in_use(device: str) -> int:
        asked.append(device)
        return len(asked)

    monkeypatch.setattr(memory_use, "_in_use", in_use)
    use = MemoryUse("cuda:1 (NVIDIA H200)")
    assert [use.now(t) for t in (10.0, 10.1, 10.49, 10.5, 10.9, 30.0)] == [1, 1, 1, 2, 2, 3]
    assert set(asked) == {"cuda:1"}


def test_a_gpu_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: {"cuda:1": 7}[device])
    monkeypatch.setattr(torch.mps, "current_allocated_memory", lambda: 5)
    assert MemoryUse("cuda:1 (NVIDIA H200)").now(0.0) == 7
    assert MemoryUse("mps").now(0.0) == 5
