"""Every template network is what its source says it is, opens, compiles and runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from workbench.catalogue.declaration import Tensor
from workbench.catalogue.drawing import BLOCK_WIDTH, CARD_WIDTH
from workbench.catalogue.networks import NETWORKS
from workbench.catalogue.networks.network import Network
from workbench.compiler.build import Compiled, build, compile
from workbench.compiler.inference import infer
from workbench.document.format import decode, encode
from workbench.document.graph import Graph
from workbench.session.fitting import fitted
from workbench.session.session import Session
from workbench.session.templates import project_of, templates

SMALL = ("lenet-5", "lstm-classifier", "transformer-classifier", "text-cnn", "m5")
BATCH = 2

every = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS.keys())


@pytest.fixture(scope="module")
def three_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of six pictures each, told apart by where they are dark."""
    root = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(3)
    for label in range(3):
        (root / f"class {label}").mkdir()
        for i in range(6):
            pixels = rng.integers(120, 255, (48, 60, 3), dtype=np.uint8)
            pixels[:, label * 20 : label * 20 + 20] //= 4
            Image.fromarray(pixels).save(root / f"class {label}" / f"{i}.png")
    return root


@every
def test_has_the_parameters_its_source_states(network: Network) -> None:
    inferred = infer(network.graph())
    assert [d.message for d in inferred.diagnostics] == []
    assert inferred.parameters == network.parameters
    assert inferred.outputs[network.answer] == Tensor(network.shape)
    assert f"{network.parameters:,}" in network.source or network.id in ("lstm-classifier", "transformer-classifier")


@every
def test_has_the_multiply_adds_its_source_states(network: Network) -> None:
    """Ours count a multiply-add as two; sources print billions of them with three decimals."""
    billions = infer(network.graph()).flops_total / 2e9
    if "torchvision" in network.source:
        assert network.multiply_adds == pytest.approx(billions, abs=6e-4)
        assert f"{network.multiply_adds} billion" in network.source
    else:
        assert network.multiply_adds is None


def test_the_counts_of_the_classifiers_follow_from_their_formulas() -> None:
    lstm = 4 * 128 * (28 + 128 + 2) + 4 * 128 * (128 + 128 + 2)
    assert NETWORKS["lstm-classifier"].parameters == lstm + 129 * 10
    layer = torch.nn.TransformerEncoderLayer(128, 4, 512)
    one = sum(w.numel() for w in layer.parameters())
    assert one == 12 * 128**2 + 13 * 128
    assert NETWORKS["transformer-classifier"].parameters == 4 * one + 29 * 128 + 129 * 10


def test_u_net_has_the_convolutions_of_the_paper() -> None:
    """Ronneberger et al. 2015, figure 1: 1 to 64 to 1024 and back, two 3 × 3 each, 2 × 2 up, 1 × 1 at the end."""
    widths = [1, 64, 128, 256, 512, 1024]
    down = sum(9 * a * b + b + 9 * b * b + b for a, b in itertools.pairwise(widths))
    up = sum(4 * b * a + a + 9 * b * a + a + 9 * a * a + a for a, b in itertools.pairwise(widths[1:]))
    assert NETWORKS["u-net"].parameters == down + up + 64 * 2 + 2


@every
def test_the_built_module_has_as_many_and_runs(network: Network) -> None:
    """On the meta device: shapes and counts of the real module, without its memory."""
    compiled = compile(network.graph(), name=network.title)
    with FlopCounterMode(display=False) as counter:
        module, result = on_meta(compiled)
    assert sum(w.numel() for w in module.parameters()) == network.parameters
    assert counter.get_total_flops() == BATCH * compiled.inferred.flops_total
    classes = network.shape[0]
    assert tuple(result.shape) == (BATCH, classes)


def on_meta(compiled: Compiled) -> tuple[torch.nn.Module, torch.Tensor]:
    shape = compiled.inferred.outputs[compiled.inputs[0]]
    assert shape is not None
    with torch.device("meta"):
        module = build(compiled.source)
        dtype = torch.int64 if shape.kind == "index" else torch.float32
        return module, module(torch.zeros(BATCH, *shape.shape, dtype=dtype))


@every
def test_the_drawing_is_tidy(network: Network) -> None:
    graph = network.graph()
    assert all(node.name for node in graph), "a person reads names, not numbers"
    for boxes in rows(graph):
        assert all(left + width <= following for (left, width), (following, _) in boxes), "cards lie on each other"
    for frame in graph.frames.values():
        assert any(frame.x < n.x and n.x < frame.x + frame.width for n in graph)
    for first in graph.frames.values():
        for second in graph.frames.values():
            apart = (
                first.x + first.width <= second.x
                or second.x + second.width <= first.x
                or first.y + first.height <= second.y
                or second.y + second.height <= first.y
            )
            assert first is second or apart, "frames overlap"


def rows(graph: Graph) -> Iterator[list[tuple[tuple[int, int], tuple[int, int]]]]:
    """Neighbours on each line of the drawing, as (left, width of the widest card)."""
    for y in {node.y for node in graph}:
        line = sorted((n.x, CARD_WIDTH if n.block is None else BLOCK_WIDTH) for n in graph if n.y == y)
        yield list(itertools.pairwise(line))


@every
def test_says_what_it_is(network: Network) -> None:
    assert network.summary.endswith(".")
    assert len(network.summary) <= 120
    assert network.source.endswith(".")
    assert network.look.startswith("- ")
    template = next(t for t in templates() if t.name == network.id)
    assert f"{network.parameters:,} parameters" in template.summary
    project = project_of(network.id)
    assert network.source in project.notes
    assert "/" not in project.name


@every
def test_is_saved_and_read_as_it_is(network: Network) -> None:
    project = project_of(network.id)
    assert decode(encode(project)) == project


@every
def test_answers_for_the_classes_of_a_folder(network: Network, three_classes: Path) -> None:
    project = fitted(project_of(network.id), three_classes)
    inferred = infer(project.graph)
    assert not inferred.errors
    assert inferred.outputs["output"] == Tensor((3,))
    assert project.data.source == str(three_classes)


@pytest.mark.parametrize(
    ("name", "remedy"), [("resnet-18", "Set Classes to 3 units"), ("u-net", "Set Class maps to 3 filters")]
)
def test_the_classes_of_other_pictures_are_one_remedy_away(
    name: str, remedy: str, tmp_path: Path, three_classes: Path
) -> None:
    project = project_of(name)
    project = replace(project, data=replace(project.data, source=str(three_classes)))
    with Session.create(tmp_path / name, project) as session:
        assert session.wait_for_data(120).phase == "ready"
        (problem,) = [d for d in session.problems if d.code == "output.classes"]
        assert remedy in problem.message
        assert session.apply_fix(problem.fixes[0]) is None
        assert not session.errors


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.faults) if n == "m5" else n for n in SMALL])
def test_a_small_one_trains_on_the_sample_it_comes_with(name: str, tmp_path: Path) -> None:
    with Session.create(tmp_path / name, project_of(name)) as session:
        session.change("A fifth of the pictures", data=replace(session.project.data, validation=0.1, test=0.7))
        assert session.wait_for_data(120).phase == "ready"
        assert not session.problems, [d.message for d in session.problems]
        session.change("Small batches", recipe=replace(session.project.recipe, batch_size=16))
        session.start_training(epochs=1)
        end = session.wait_for_run(120)
        assert end.phase == "done", end.diagnostic
        losses = end.scalars.read()[:, 1]
        assert losses[-5:].mean() < losses[:5].mean()


@pytest.mark.faults
@pytest.mark.parametrize("name", [n for n in NETWORKS if n not in (*SMALL, "vgg-11", "u-net")])
def test_a_large_one_trains_a_step_on_a_folder(name: str, tmp_path: Path, three_classes: Path) -> None:
    with Session.create(tmp_path / name, fitted(project_of(name), three_classes)) as session:
        session.change("Small batches", recipe=replace(session.project.recipe, batch_size=8))
        assert session.wait_for_data(120).phase == "ready"
        session.start_training(epochs=1)
        end = session.wait_for_run(280)
        assert end.phase == "done", end.diagnostic
        assert np.isfinite(end.scalars.read()[:, 1]).all()


@pytest.mark.faults
@pytest.mark.parametrize("name", ["vgg-11", "u-net"])
def test_a_huge_one_answers(name: str) -> None:
    """Training these takes several gigabytes; one picture through them takes less."""
    compiled = compile(NETWORKS[name].graph())
    shape = compiled.inferred.outputs[compiled.inputs[0]]
    assert shape is not None
    module = compiled.module(seed=0).eval()
    with torch.inference_mode():
        result = module(torch.randn(1, *shape.shape))
    assert result.shape == (1, NETWORKS[name].shape[0])
    assert bool(torch.isfinite(result).all())
