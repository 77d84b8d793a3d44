from __future__ import annotations

import pytest
import torch

from workbench.training import device as devices
from workbench.training.device import available, choose, describe


def test_the_cpu_is_always_there() -> None:
    assert available()[-1] == "cpu"
    chosen, notice = choose("cpu")
    assert chosen == torch.device("cpu")
    assert notice is None


def test_auto_takes_the_fastest_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cuda", "cpu"))
    assert choose("auto") == (torch.device("cuda"), None)


@pytest.mark.parametrize("wanted", ["cuda", "cuda:3", "mps", "tpu", "cpu:x", ""])
def test_a_device_that_is_not_there_becomes_the_cpu_with_a_notice(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cpu",))
    chosen, notice = choose(wanted)
    assert chosen == torch.device("cpu")
    assert notice is not None
    assert not notice.is_error
    assert "CPU" in notice.message


def test_a_gpu_number_beyond_those_there_becomes_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cuda", "cpu"))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose("cuda:1") == (torch.device("cuda:1"), None)
    chosen, notice = choose("cuda:2")
    assert chosen == torch.device("cpu")
    assert notice is not None
    assert "number 2" in notice.message


def test_the_record_names_the_device() -> None:
    assert describe(torch.device("cpu")) == "cpu"
