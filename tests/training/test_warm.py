from __future__ import annotations

import subprocess
import sys
import threading

import torch

from workbench.training.warm import Warmup, build_an_optimizer, preload_libraries

CODE = """
import sys, threading
from workbench.training.warm import Warmup
assert "torch" not in sys.modules, "the window must not wait for torch"
ready = threading.Event()
warmup = Warmup().start(ready.set)
assert ready.wait(120) and warmup.wait(0)
assert warmup.error is None, warmup.error
assert warmup.is_ready and warmup.seconds > 0
assert sys.getswitchinterval() <= 0.0011
known = set(sys.modules)
import torch
torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], fused=True).step()
late = {name for name in set(sys.modules) - known if name.startswith("torch")}
assert len(late) < 5, f"loaded late: {sorted(late)[:9]}"
"""


def test_everything_torch_needs_is_loaded_before_the_first_run() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], timeout=180, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_it_leaves_random_numbers_and_settings_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    build_an_optimizer()
    assert torch.equal(torch.rand(3), expected)


def test_libraries_are_not_loaded_twice() -> None:
    assert preload_libraries() == 0, "torch is here already"


def test_a_failing_import_is_told_not_raised(monkeypatch: object) -> None:
    import pytest

    from workbench.training import warm

    patch = pytest.MonkeyPatch()
    interval = sys.getswitchinterval()
    with patch.context() as inside:
        inside.setattr(warm, "build_an_optimizer", _fail)
        done = threading.Event()
        warmup = Warmup().start(done.set)
        assert done.wait(30)
        warmup.wait(5)
    sys.setswitchinterval(interval)
    assert warmup.error == "no torch here"
    assert warmup._thread is not None
    warmup._thread.join(5)


def _fail() -> None:
    raise ImportError("no torch here")
