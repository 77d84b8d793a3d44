"""Every layer of the catalogue, compiled: what is built is what was written, and nothing else is needed to run it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.catalogue.registry import LAYERS
from workbench.compiler.build import Compiled, compile
from workbench.compiler.weights import keys_of
from workbench.document.graph import Graph

Given = Callable[..., tuple[Any, ...]]

ALONE = '''
"""Runs every exported file of a folder in a Python that knows nothing of the project, and writes what came out."""
import json, pathlib, runpy, sys
import torch
from safetensors.torch import load_file, save_file

folder = pathlib.Path(sys.argv[1])
report = {}
for file in sorted(folder.glob("*.py")):
    network = runpy.run_path(str(file))["Network"]().eval()
    network.load_state_dict(load_file(file.with_suffix(".weights")))
    # Cloned, because sums may be taken in another order on memory that is aligned otherwise.
    inputs = {key: value.clone() for key, value in load_file(file.with_suffix(".inputs")).items()}
    with torch.inference_mode():
        output = network(*(inputs[str(i)] for i in range(len(inputs))))
    save_file({"output": output.contiguous()}, file.with_suffix(".output"))
    report[file.stem] = list(network.state_dict())
report["workbench"] = any(name.startswith("workbench") for name in sys.modules)
print(json.dumps(report))
'''


@pytest.fixture(scope="module")
def compiled(specimens: dict[str, Graph]) -> dict[str, Compiled]:
    return {name: compile(graph) for name, graph in specimens.items()}


def test_every_layer_has_a_specimen(specimens: dict[str, Graph]) -> None:
    tried = {name.split("/")[0] for name in specimens}
    ends = {name for name, layer in LAYERS.items() if layer.is_input or layer.is_output}
    assert set(LAYERS) - tried - ends == set()


def test_shapes_weights_and_keys_are_as_inferred(compiled: dict[str, Compiled], given: Given) -> None:
    import torch

    for name, network in compiled.items():
        module = network.module(seed=0).eval()
        with torch.inference_mode():
            output = module(*given(network))
            values = network.reader(tuple(network.graph.nodes))(module, *given(network))
        inferred = network.inferred
        assert tuple(output.shape[1:]) == inferred.outputs["output_1"].shape, name
        for node, value in values.items():
            assert tuple(value.shape[1:]) == inferred.outputs[node].shape, (name, node)
        trainable = sum(p.numel() for p in module.parameters())
        assert trainable == inferred.parameters, name
        assert tuple(module.state_dict()) == network.keys
        by_node = [key for node in network.source.attributes for key in keys_of(network, node)]
        assert sorted(by_node) == sorted(network.keys), name


def test_weights_are_a_function_of_the_seed_and_global_random_numbers_stay(compiled: dict[str, Compiled]) -> None:
    import torch

    from workbench.compiler.build import build

    torch.manual_seed(11)
    before = torch.get_rng_state()
    for name, network in compiled.items():
        state = network.module(seed=5).state_dict()
        assert list(state) == list(compile(network.graph).keys)
        assert torch.equal(torch.get_rng_state(), before), name
        torch.manual_seed(5)
        expected = build(network.source).state_dict()
        torch.set_rng_state(before)
        assert list(state) == list(expected)
        assert all(torch.equal(state[key], expected[key]) for key in state), name


def test_each_file_alone_gives_bit_equal_outputs(compiled: dict[str, Compiled], given: Given, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    expected = {}
    for name, network in compiled.items():
        stem = tmp_path / name.replace("/", "-")
        module = network.module(seed=1).eval()
        inputs = given(network, seed=2)
        with torch.inference_mode():
            expected[stem.name] = module(*inputs)
        stem.with_suffix(".py").write_text(network.source.text, encoding="utf-8")
        save_file({key: value.contiguous() for key, value in module.state_dict().items()}, stem.with_suffix(".weights"))
        save_file({str(i): value for i, value in enumerate(inputs)}, stem.with_suffix(".inputs"))
    run = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(tmp_path)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert report.pop("workbench") is False
    assert set(report) == set(expected)
    for name, output in expected.items():
        assert torch.equal(load_file((tmp_path / name).with_suffix(".output"))["output"], output), name
        assert report[name] == list(compiled[name.replace("-", "/")].keys)


def test_what_was_written_is_what_runs(compiled: dict[str, Compiled]) -> None:
    """The lines a traceback or a debugger shows are the source's, and the class's code comes from that text."""
    import linecache

    from workbench.compiler.build import file_name, network_class

    for network in compiled.values():
        made = network_class(network.source)
        name = file_name(network.source)
        assert made.forward.__code__.co_filename == name
        assert "".join(linecache.getlines(name)) == network.source.text
        again: dict[str, Any] = {"__name__": "again"}
        exec(network.source.text, again)
        assert again[network.source.class_name].forward.__code__.co_code == made.forward.__code__.co_code


def test_reading_values_runs_no_more_than_needed_and_changes_nothing(
    compiled: dict[str, Compiled], given: Given
) -> None:
    import torch

    network = compiled["conv2d/map"]
    module = network.module(seed=0).eval()
    inputs = given(network)
    calls = []
    handle = module.get_submodule("specimen").register_forward_hook(lambda *_: calls.append(1))
    with torch.inference_mode():
        values = network.reader(["conv2d_9"])(module, *inputs)
    assert set(values) == {"conv2d_9"}
    assert torch.equal(values["conv2d_9"], module.get_submodule("conv2d_9")(*inputs))
    assert calls == []
    handle.remove()
    assert network.reader([])(module, *inputs) == {}
