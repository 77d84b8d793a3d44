"""Limits on memory are seen wherever they are set, and a network that exceeds them ends in a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workbench.compiler import memory
from workbench.compiler.memory import available_memory


def test_there_is_some_memory() -> None:
    assert 1_000_000 < available_memory() < 10**15


@pytest.mark.parametrize(("limit", "used", "left"), [("5000000", "4000000", 1_000_000), ("10", "20", 0)])
def test_a_container_counts(limit: str, used: str, left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "max").write_text(f"{limit}\n")
    (tmp_path / "current").write_text(f"{used}\n")
    monkeypatch.setattr(memory, "CGROUPS", ((tmp_path / "max", tmp_path / "current"),))
    assert available_memory() == left


@pytest.mark.parametrize("text", ["max\n", "", "?\n"])
def test_no_limit_is_no_limit(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "max").write_text(text)
    monkeypatch.setattr(memory, "CGROUPS", ((tmp_path / "max", tmp_path / "gone"),))
    assert available_memory() > 1_000_000


CHILD = """
import resource
import torch
limit = 6_000_000_000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
from workbench.compiler.build import compile
from workbench.core.diagnostic import Problem
from workbench.document.graph import Edge, Graph, Node, frozen
nodes = [
    Node("numbers_1", "numbers", params=frozen({"features": 100_000})),
    Node("linear_1", "linear", params=frozen({"units": 100_000})),
    Node("linear_2", "linear", params=frozen({"units": 2})),
    Node("output_1", "output"),
]
wires = {Edge(a.id, "out", b.id, "in") for a, b in zip(nodes, nodes[1:])}
compiled = compile(Graph({n.id: n for n in nodes}, frozenset(wires)))
try:
    compiled.module(seed=0)
except Problem as problem:
    print(problem)
torch.zeros(10)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to a limit on its address space")
def test_a_network_beyond_the_limit_of_the_process_is_refused_and_the_process_lives() -> None:
    """Fault row 7."""
    run = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("The network needs about 40 GB of memory and ")
    assert "Linear 1 alone has 10,000,100,000 parameters" in run.stdout
