from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.compiler.build import Compiled
from workbench.compiler.build import compile as compile_graph
from workbench.training.engine import Engine
from workbench.training.messages import Ended, Noticed


def test_a_run_goes_on_without_where_it_fails(
    compiled: Compiled,
    make: Any,
    trained: Callable[..., Any],
    bit_equal: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where it fails in the middle of the first step, with statistics moved and random numbers drawn."""
    expected = trained(compiled, make.pictures(), make.recipe())

    def broken(module: Any, **_options: Any) -> Any:
        def call(*inputs: torch.Tensor) -> torch.Tensor:
            module(*inputs)
            raise RuntimeError("Compiler: g++ is not found.")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    engine = Engine(compiled, make.pictures(), make.recipe(compile=True))
    events = list(engine.events())
    (notice,) = [e.diagnostic for e in events if isinstance(e, Noticed)]
    assert notice.code == "training.not_compiled"
    assert "g++ is not found" in notice.message
    assert not notice.is_error
    assert engine.module is not None
    assert bit_equal(engine.module.state_dict(), expected)


def test_a_fault_of_the_network_is_its_own(make: Any, compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda module, **_options: module.forward)
    engine = Engine(compiled, make.pictures(), make.recipe(compile=True))
    engine.dataset.classes = ("a", "b")
    *_, end = engine.events()
    assert isinstance(end, Ended)
    assert end.diagnostic is not None
    assert "3 scores" in end.diagnostic.message


@pytest.mark.faults
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler on the CPU")
@pytest.mark.filterwarnings("ignore")
def test_what_is_compiled_learns_the_same(
    make: Any, sgd: Any, trained: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import tqdm
    from torch._inductor.async_compile import shutdown_compile_workers

    monkeypatch.setattr(tqdm.tqdm, "monitor_interval", 0)  # else its thread goes on
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    node = make.node
    network = compile_graph(
        make.chain(
            node("pictures_1", "pictures", size=(make.size, make.size)),
            node("flatten_1", "flatten"),
            node("linear_1", "linear", units=8),
            node("relu_1", "relu"),
            node("linear_2", "linear", units=3),
            node("output_1", "output"),
        )
    )
    plain = trained(network, make.pictures(), sgd(epochs=1))
    engine = Engine(network, make.pictures(), sgd(epochs=1, compile=True))
    events = list(engine.events())
    shutdown_compile_workers()
    assert not [e.diagnostic.message for e in events if isinstance(e, Noticed)]
    assert engine.module is not None
    for name, weight in engine.module.state_dict().items():
        torch.testing.assert_close(weight, plain[name], rtol=1e-4, atol=1e-5)
