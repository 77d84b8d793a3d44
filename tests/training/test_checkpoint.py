from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from workbench.core.diagnostic import Problem
from workbench.core.files import sha256_bytes
from workbench.document.graph import frozen
from workbench.document.project import Chosen, Recipe
from workbench.training.checkpoint import (
    BEST,
    LAST,
    Checkpoint,
    Position,
    Sums,
    exists,
    kinds,
    position,
    prepare,
    read,
    read_best,
    write,
)

BitEqual = Callable[[Any, Any], bool]


def sample(kind: str = LAST, fill: float = 1.5) -> Checkpoint:
    torch.manual_seed(3)
    return Checkpoint(
        kind=kind,
        run="run-7",
        position=Position(2, 17, 117),
        recipe=Recipe(epochs=9, optimizer=Chosen("adamw", frozen({"lr": 0.002}))),
        weights={
            "conv.weight": torch.randn(4, 3, 3, 3).to(memory_format=torch.channels_last),
            "norm.running_mean": torch.full((4,), fill),
            "norm.num_batches_tracked": torch.tensor(117),
        },
        optimizer={"0.exp_avg": torch.randn(4, 3, 3, 3), "0.step": torch.tensor(117.0)},
        optimizer_numbers={"0": {"count": 3}},
        sums=Sums(1.0 / 3, 12, 40, 2.5),
        learning_rate=0.1 + 0.2,
        steps_per_epoch=50,
        best_val_accuracy=0.875,
        best_val_loss=None,
        project='{"é": "ü"}',
        data_fingerprint="abc",
        classes=("cat", "dog ü"),
        versions={"torch": "2"},
        threads=2,
        device="cpu",
    )


def test_everything_comes_back(tmp_path: Path, bit_equal: BitEqual) -> None:
    made = sample()
    write(tmp_path, made)
    found = read(tmp_path)
    assert bit_equal(found.weights, made.weights)
    assert bit_equal(found.optimizer, made.optimizer)
    assert found.saved
    plain = {"weights": {}, "optimizer": {}, "saved": "", "versions": {}, "optimizer_numbers": {}}
    assert replace(found, **plain) == replace(made, **plain)
    assert dict(found.versions) == dict(made.versions)
    assert found.optimizer_numbers == {"0": {"count": 3}}
    assert position(tmp_path) == made.position


def test_the_best_weights_stand_beside_the_last_ones(tmp_path: Path) -> None:
    write(tmp_path, sample(LAST, 1.0))
    assert read_best(tmp_path).weights["norm.running_mean"][0] == 1.0  # nothing was validated: the last ones serve
    write(tmp_path, sample(BEST, 2.0))
    write(tmp_path, sample(LAST, 3.0))
    assert read_best(tmp_path).weights["norm.running_mean"][0] == 2.0
    assert read(tmp_path).weights["norm.running_mean"][0] == 3.0
    assert not read(tmp_path, BEST).optimizer
    assert exists(tmp_path)


def test_only_files_that_a_manifest_names_stay(tmp_path: Path) -> None:
    for fill in (1.0, 2.0, 3.0):
        write(tmp_path, sample(LAST, fill))
        write(tmp_path, sample(BEST, fill))
    tensors = sorted(p.name for p in tmp_path.glob("*.safetensors"))
    assert len(tensors) == 2  # one weights file for both, one of the optimizer
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, sample(LAST, 4.0))
    assert (tmp_path / "notes.txt").exists()


def test_tied_weights_and_slices_are_written_whole(tmp_path: Path) -> None:
    shared = torch.arange(6.0)
    tied = {"a": shared, "b": shared, "part": torch.arange(100.0)[10:13]}
    write(tmp_path, replace(sample(), weights=tied))
    found = read(tmp_path).weights
    assert torch.equal(found["a"], found["b"])
    assert found["part"].tolist() == [10, 11, 12]


def test_weights_alone_need_not_read_the_optimizer(tmp_path: Path) -> None:
    write(tmp_path, sample())
    next(tmp_path.glob("optimizer-*")).unlink()
    assert read(tmp_path, weights_only=True).weights
    with pytest.raises(Problem, match="no checkpoint"):
        read(tmp_path)


def test_a_folder_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "project" / "runs" / "run-1"
    with pytest.raises(Problem, match="folder is missing"):
        write(folder, sample())
    assert not folder.parent.exists()
    prepare(folder)
    write(folder, sample())


def damaged(folder: Path) -> str:
    """The sentence with which a folder's checkpoint is refused; fails where it is not."""
    with pytest.raises(Problem) as caught:
        read(folder)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code in ("checkpoint.damaged", "checkpoint.missing", "checkpoint.unreadable")
    assert diagnostic.message.endswith(".")
    assert "Traceback" not in diagnostic.message
    return diagnostic.message


def test_every_file_cut_at_every_64th_is_refused(tmp_path: Path) -> None:
    write(tmp_path, sample())
    for path in sorted(tmp_path.iterdir()):
        whole = path.read_bytes()
        for k in range(64):
            path.write_bytes(whole[: len(whole) * k // 64])
            damaged(tmp_path)
        path.write_bytes(whole + b"\0")
        if path.suffix != ".json":
            damaged(tmp_path)
        path.write_bytes(whole)
    assert read(tmp_path)


def test_every_flipped_byte_is_noticed(tmp_path: Path) -> None:
    """Without the checksum a flipped byte of a tensor loads silently."""
    write(tmp_path, sample())
    chance = random.Random(1)
    for path in sorted(tmp_path.iterdir()):
        whole = path.read_bytes()
        body = len(whole.rstrip(b"\n"))
        for _ in range(200):
            flipped = bytearray(whole)
            flipped[chance.randrange(body)] ^= 1 << chance.randrange(8)
            path.write_bytes(flipped)
            damaged(tmp_path)
        path.write_bytes(whole)


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None], kind: str = LAST) -> None:
    """Change a manifest and give it a checksum that fits: a forged file, not a damaged one."""
    path = folder / f"{kind}.json"
    content = json.loads(path.read_bytes())["content"]
    change(content)
    body = json.dumps(content).encode()
    path.write_bytes(msgspec.json.encode({"sha256": sha256_bytes(body), "content": msgspec.Raw(body)}))


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.update(format=99),
        lambda c: c.update(format="1"),
        lambda c: c.update(kind="best"),
        lambda c: c.update(surprise=1),
        lambda c: c.pop("position"),
        lambda c: c["position"].update(step=-1),
        lambda c: c["position"].update(epoch=1e400),
        lambda c: c.update(threads=-2),
        lambda c: c["files"].pop("weights"),
        lambda c: c["files"]["weights"].update(name="../../../etc/passwd"),
        lambda c: c["files"]["weights"].update(name="/etc/passwd"),
        lambda c: c["files"]["weights"].update(size=10**18),
        lambda c: c["files"]["weights"].update(sha256="0" * 64),
        lambda c: c.update(files=[]),
        lambda c: c.update(recipe={"epochs": "x"}),
        lambda c: c.update(recipe={"optimizer": []}),
        lambda c: c.update(learning_rate=None),
        lambda c: c.update(optimizer={"0": {"a": "text"}}),
    ],
)
def test_forged_manifests_are_refused(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    write(tmp_path, sample())
    rewrite(tmp_path, change)
    damaged(tmp_path)


def test_a_newer_version_is_named_as_such(tmp_path: Path) -> None:
    write(tmp_path, sample())
    rewrite(tmp_path, lambda c: c.update(format=99, unheard_of=1))
    assert "newer version" in damaged(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"sha256":"","content":1}']
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "last.json").write_bytes(content)
    damaged(tmp_path)


def test_an_oversized_manifest_is_refused_unread(tmp_path: Path) -> None:
    with open(tmp_path / "last.json", "wb") as file:
        file.truncate(10**12)  # sparse: takes no room, and reading it would end the test
    assert "at most" in damaged(tmp_path)


def test_a_tensor_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    write(tmp_path, sample())
    data = b"PK\x03\x04 this is a zip with a pickle in it"
    name = f"weights-{sha256_bytes(data)[:16]}.safetensors"
    (tmp_path / name).write_bytes(data)
    rewrite(
        tmp_path, lambda c: c["files"].update(weights={"name": name, "sha256": sha256_bytes(data), "size": len(data)})
    )
    assert "not a safetensors file" in damaged(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a Unix thing")
def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "last.json")
    damaged(tmp_path)


def test_a_damaged_manifest_keeps_its_tensors_from_being_swept(tmp_path: Path) -> None:
    """What cannot be understood is not tidied away: a person may still want it."""
    write(tmp_path, sample(BEST, 5.0))
    before = set(tmp_path.glob("*.safetensors"))
    (tmp_path / "best.json").write_bytes(b"oops")
    write(tmp_path, sample(LAST, 6.0))
    assert before <= set(tmp_path.glob("*.safetensors"))


# --- what format 2 added ---------------------------------------------------------------------------------------------


def full(kind: str = LAST) -> Checkpoint:
    return replace(
        sample(kind),
        average={"conv.weight": torch.randn(4, 3, 3, 3), "norm.running_mean": torch.full((4,), 9.0)},
        state={"rates.best": float("inf"), "scaler.scale": 65536.0, "waited": 3, "on": True, "none": None, "mode": "x"},
        promise={"torch": "2.9", "cpu": "a ü"},
        thread_changes=((12, 1), (90, 2)),
    )


def test_average_state_promise_and_changes_come_back(tmp_path: Path, bit_equal: BitEqual) -> None:
    made = full()
    write(tmp_path, made)
    found = read(tmp_path)
    assert bit_equal(found.average, made.average)
    assert dict(found.state) == dict(made.state)
    assert [type(value) for value in found.state.values()] == [type(value) for value in made.state.values()]
    assert dict(found.promise) == dict(made.promise)
    assert found.thread_changes == made.thread_changes


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), 0.1 + 0.2, 1e-320, -0.0, 2**53 + 1, ""])
def test_every_number_of_the_state_is_kept_to_the_bit(tmp_path: Path, value: float | str) -> None:
    write(tmp_path, replace(sample(), state={"a": value}))
    assert repr(read(tmp_path).state["a"]) == repr(value)


@pytest.mark.parametrize("kind", [LAST, BEST])
def test_the_weights_to_use_are_the_averaged_ones(tmp_path: Path, kind: str, bit_equal: BitEqual) -> None:
    made = full(kind)
    write(tmp_path, made)
    assert bit_equal(read_best(tmp_path).weights, {**made.weights, **made.average})
    assert not read_best(tmp_path).average
    if kind == LAST:
        assert bit_equal(read(tmp_path).weights, made.weights)


def test_a_manifest_of_format_1_is_read(tmp_path: Path, bit_equal: BitEqual) -> None:
    made = sample()
    write(tmp_path, made)

    def old(content: dict[str, Any]) -> None:
        for name in ("state", "promise", "thread_changes"):
            del content[name]
        content.update(format=1)

    rewrite(tmp_path, old)
    found = read(tmp_path)
    assert bit_equal(found.weights, made.weights)
    assert (dict(found.average), dict(found.state), dict(found.promise), found.thread_changes) == ({}, {}, {}, ())


def at(step: int, fill: float) -> Checkpoint:
    made = sample(LAST, fill)
    return replace(made, position=Position(0, step, step), optimizer={"0.step": torch.tensor(float(step))})


def test_the_newest_few_stay(tmp_path: Path) -> None:
    for step in (10, 20, 30, 30, 40):
        write(tmp_path, at(step, float(step)), keep=3)
    write(tmp_path, replace(at(40, 40.0), kind=BEST), keep=3)
    assert kinds(tmp_path) == (LAST, "step-30", "step-20", BEST)
    for kind, step in ((LAST, 40), ("step-30", 30), ("step-20", 20)):
        found = read(tmp_path, kind)
        assert (found.kind, found.position.total, found.optimizer["0.step"]) == (LAST, step, step)
        assert found.weights["norm.running_mean"][0] == step
    assert len(list(tmp_path.glob("*.safetensors"))) == 6
    write(tmp_path, at(50, 50.0))
    assert kinds(tmp_path) == (LAST, BEST)
    assert len(list(tmp_path.glob("*.safetensors"))) == 3


def test_a_run_that_went_on_from_an_older_step_outdates_the_later_ones(tmp_path: Path) -> None:
    for step in (10, 20, 30):
        write(tmp_path, at(step, float(step)), keep=3)
    write(tmp_path, at(15, 1.0), keep=3)
    assert kinds(tmp_path) == (LAST, "step-10")


def test_an_older_checkpoint_under_the_step_of_another_is_refused(tmp_path: Path) -> None:
    for step in (10, 20):
        write(tmp_path, at(step, float(step)), keep=2)
    (tmp_path / "step-10.json").rename(tmp_path / "step-11.json")
    with pytest.raises(Problem, match="contradict"):
        read(tmp_path, "step-11")
