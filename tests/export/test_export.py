"""Exports equal the project, take pictures as they are, and one that does not agree is not left behind."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from workbench.catalogue.ready import READY, needed_by
from workbench.catalogue.registry import LAYERS
from workbench.compiler.build import compile
from workbench.core.diagnostic import Problem
from workbench.data.decoding.decode import decode
from workbench.data.decoding.fit import fit, to_channels
from workbench.document.graph import Block, Edge, Graph, Node, frozen
from workbench.export import onnx_file, python_folder
from workbench.export.check import Reference, compare, run_clean
from workbench.export.model import Answer, Preparation, TrainedModel
from workbench.export.onnx_reader import open_export
from workbench.export.registry import EXPORTS, export_and_check

CLASSES = ("cat", "dög", 'x"); import os #')  # names are data, whatever they hold


@dataclass
class Made:
    """A model with the project's own answers for some pictures."""

    model: TrainedModel
    originals: list[np.ndarray]

    def prepare(self, picture: np.ndarray) -> np.ndarray:
        p = self.model.preparation
        return to_channels(fit(picture, p.size, p.fit), p.channels)

    def given(self, pictures: list[np.ndarray]) -> np.ndarray:
        p = self.model.preparation
        stacked = np.stack(pictures).astype(np.float32).transpose(0, 3, 1, 2) / np.float32(255)
        mean, std = (np.array(v, np.float32).reshape(1, -1, 1, 1) for v in (p.mean, p.std))
        return (stacked - mean) / std

    @property
    def reference(self) -> Reference:
        prepared = [self.prepare(p) for p in self.originals]
        three = [p.repeat(3, axis=2) if p.shape[2] == 1 else p for p in prepared]
        again = [self.prepare(p) for p in three]
        return Reference(
            self.originals,
            self.model.scores(self.given(prepared)),
            three,
            self.model.scores(self.given(again)),
        )


@pytest.fixture
def make() -> Callable[..., Made]:
    def build(
        mode: str = "crop", channels: int = 3, size: tuple[int, int] = (16, 20), graph: Graph | None = None
    ) -> Made:
        layers = [
            ("pictures_1", "pictures", {"size": size, "channels": str(channels)}),
            ("conv2d_1", "conv2d", {"filters": 5, "kernel": (3, 3), "padding": "same"}),
            ("norm_1", "batch_norm2d", {}),
            ("relu_1", "relu", {}),
            ("pool_1", "max_pool2d", {}),
            ("flatten_1", "flatten", {}),
            ("dropout_1", "dropout", {}),
            ("linear_1", "linear", {"units": 3}),
            ("output_1", "output", {}),
        ]
        nodes = {id: Node(id, layer, params=frozen(params)) for id, layer, params in layers}
        assert all(node.layer in LAYERS for node in nodes.values())
        ids = list(nodes)
        plain = Graph(nodes, frozenset(Edge(a, "out", b, "in") for a, b in itertools.pairwise(ids)))
        compiled = compile(plain if graph is None else graph, name='Nétwork "1"')
        module = compiled.module(1)
        module.train()
        with torch.no_grad():
            for _ in range(3):
                module(torch.randn(8, channels, *size))  # running statistics that are not the initial ones
        preparation = Preparation(size, channels, mode, (0.4, 0.5, 0.6)[:channels], (0.2, 0.3, 0.25)[:channels])
        state = {k: v.clone() for k, v in module.state_dict().items()}
        model = TrainedModel("My model: 1", compiled, state, CLASSES, preparation, "run-1", "0.1.0")
        rng = np.random.default_rng(5)
        shapes = [(16, 20), (60, 41), (33, 90), (9, 7), (200, 200)]
        originals = []
        for h, w in shapes:
            coarse = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
            originals.append(np.asarray(Image.fromarray(coarse).resize((w, h), Image.Resampling.BICUBIC)))
        return Made(model, originals)

    return build


@pytest.mark.parametrize("mode", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("channels", [1, 3])
def test_onnx_prepares_pictures_as_training_does(
    make: Callable[..., Made], tmp_path: Path, mode: str, channels: int
) -> None:
    import onnxruntime

    made = make(mode, channels)
    path = tmp_path / "m.onnx"
    onnx_file.write(made.model, path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    reference = made.reference
    for picture, own in zip(made.originals, reference.original_scores, strict=True):
        scores, shares = session.run(None, {"pictures": picture[None]})
        assert np.abs(scores[0] - own).max() < 0.02  # at most one grey value of rounding in the resize
        assert shares[0].sum() == pytest.approx(1, abs=1e-5)
    batch = np.stack([made.originals[0]] * 3)
    assert session.run(["scores"], {"pictures": batch})[0].shape == (3, 3)


def test_the_file_says_what_it_is(make: Callable[..., Made], tmp_path: Path) -> None:
    made = make()
    path = tmp_path / "m.onnx"
    onnx_file.write(made.model, path)
    session, classes = open_export(path)
    assert classes == CLASSES
    facts = session.get_modelmeta().custom_metadata_map
    assert json.loads(facts["preparation"])["size"] == [16, 20]
    assert facts["run"] == "run-1"


@pytest.mark.parametrize("format", list(EXPORTS))
def test_every_export_agrees_in_a_process_of_its_own(make: Callable[..., Made], tmp_path: Path, format: str) -> None:
    made = make()
    check = export_and_check(EXPORTS[format], made.model, tmp_path / "out", made.reference)
    assert check.ok, check.message
    assert check.max_abs_diff < 1e-4
    assert check.labels_agree + check.close_calls == check.checked_on == 5
    assert Path(check.path).exists()
    assert check.bytes > 1000
    assert [p.name for p in (tmp_path / "out").iterdir()] == [Path(check.path).name]
    again = export_and_check(EXPORTS[format], made.model, tmp_path / "out", made.reference)
    assert again.path == check.path


def blocks() -> Graph:
    """Residual blocks, repeated, within a block with two outputs; a muted and a bypassed layer among them."""
    residual = READY["residual_block"]
    wires = [("in", "out", "stage_1", "in"), ("stage_1", "out", "out", "in"), ("stage_1", "out", "conv2d_1", "in")]
    wires += [("conv2d_1", "out", "relu_1", "in"), ("relu_1", "out", "out_2", "in")]
    inner = [
        Node("in", "block_input"),
        Node("stage_1", "block:residual_block", params=frozen({"channels": 6, "stride": 2, "repeat": 2})),
        Node("conv2d_1", "conv2d", params=frozen({"filters": 6}), state="muted"),
        Node("relu_1", "relu", state="bypassed"),
        Node("out", "block_output"),
        Node("out_2", "block_output"),
    ]
    part = Block("part", "Part", Graph({n.id: n for n in inner}, frozenset(Edge(*w) for w in wires)))
    outer = [
        Node("pictures_1", "pictures", params=frozen({"size": (16, 20)})),
        Node("part_1", "block:part"),
        Node("add_1", "add"),
        Node("pool_1", "global_avg_pool2d"),
        Node("linear_1", "linear", params=frozen({"units": 3})),
        Node("output_1", "output"),
    ]
    around = [("pictures_1", "out", "part_1", "in"), ("part_1", "out", "add_1", "in_1")]
    around += [("part_1", "out_2", "add_1", "in_2"), ("add_1", "out", "pool_1", "in")]
    around += [("pool_1", "out", "linear_1", "in"), ("linear_1", "out", "output_1", "in")]
    known = {b.id: b for b in (part, residual, *needed_by(residual))}
    return Graph({n.id: n for n in outer}, frozenset(Edge(*w) for w in around), known)


@pytest.mark.parametrize("format", list(EXPORTS))
def test_a_network_of_blocks_leaves_like_any_other(make: Callable[..., Made], tmp_path: Path, format: str) -> None:
    made = make(graph=blocks())
    check = export_and_check(EXPORTS[format], made.model, tmp_path / "out", made.reference)
    assert check.ok, check.message
    assert check.max_abs_diff < 1e-4
    assert "part_1.stage_1.1.conv_2.weight" in made.model.state
    if format == "safetensors":
        text = (Path(check.path) / "model.py").read_text(encoding="utf-8")
        assert "class ResidualBlock(nn.Module):" in text


@pytest.mark.parametrize("format", list(EXPORTS))
def test_an_export_that_differs_is_reported_and_not_left_behind(
    make: Callable[..., Made], tmp_path: Path, format: str
) -> None:
    made = make()
    wrong = dict(made.model.state)
    wrong["linear_1.weight"] = wrong["linear_1.weight"] + 0.5
    check = export_and_check(EXPORTS[format], replace(made.model, state=wrong), tmp_path, made.reference)
    assert not check.ok
    assert "does not match" in check.message
    assert list(tmp_path.iterdir()) == []


def test_the_python_folder_runs_alone(make: Callable[..., Made], tmp_path: Path) -> None:
    made = make()
    folder = tmp_path / "model-python"
    python_folder.write(made.model, folder)
    picture = tmp_path / "p.png"
    Image.fromarray(made.originals[1]).save(picture)
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "predict.py"), str(picture)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    own = CLASSES[int(made.model.scores(made.given([made.prepare(decode(picture))]))[0].argmax())]
    assert own in done.stdout
    assert "workbench" not in (folder / "model.py").read_text()
    assert (folder / "requirements.txt").read_text().startswith("torch>=")


def test_an_export_that_cannot_run_says_why(make: Callable[..., Made], tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    with pytest.raises(Problem, match="does not run outside"):
        run_clean("run_onnx.py", broken, make().originals)


def test_scores_that_are_not_finite_fail(make: Callable[..., Made], tmp_path: Path) -> None:
    made = make()
    state = {k: torch.full_like(v, float("nan")) if v.is_floating_point() else v for k, v in made.model.state.items()}
    model = replace(made.model, state=state)
    path = tmp_path / "m.onnx"
    onnx_file.write(model, path)
    check = compare("onnx", path, "run_onnx.py", made.reference, 1)
    assert not check.ok
    assert "not finite" in check.message


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x08\x07" * 50])
def test_files_that_are_no_export_are_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(Problem) as refused:
        open_export(path)
    assert "Traceback" not in str(refused.value)
    with pytest.raises(Problem, match=r"no file|cannot be read"):
        open_export(tmp_path / "none.onnx")


def test_a_truncated_export_never_gives_half_a_model(make: Callable[..., Made], tmp_path: Path) -> None:
    made = make()
    whole = tmp_path / "m.onnx"
    onnx_file.write(made.model, whole)
    data = whole.read_bytes()
    cut = tmp_path / "cut.onnx"
    for k in range(0, 64, 7):
        cut.write_bytes(data[: len(data) * k // 64])
        with pytest.raises(Problem):
            open_export(cut)


def test_several_outputs_have_names_of_their_own(make: Callable[..., Made]) -> None:
    made = make()
    graph = made.model.compiled.graph
    nodes = {**graph.nodes, "output_2": Node("output_2", "output", "Second answer", frozen({"objective": "mse"}))}
    two = Graph(nodes, graph.edges | {Edge("flatten_1", "out", "output_2", "in")})
    compiled = compile(two)
    width = compiled.inferred.outputs["output_2"]
    assert width is not None
    names = tuple(f"column {k}" for k in range(width.size))
    answers = (
        Answer("output_1", "cross_entropy", "classes", made.model.classes),
        Answer("output_2", "mse", "values", names, (1.0,) * width.size, (3.0,) * width.size),
    )
    model = onnx_file.assemble(replace(made.model, compiled=compiled, answers=answers))
    assert [put.name for put in model.graph.output] == ["scores", "scores_output_2", "probabilities", "values_output_2"]
    assert len(made.model.classes) == model.graph.output[2].type.tensor_type.shape.dim[1].dim_value
    ends = json.loads({prop.key: prop.value for prop in model.metadata_props}["ends"])
    assert [one["reading"] for one in ends["outputs"]] == ["softmax", "scale"]
