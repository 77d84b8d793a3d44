"""The command line as scripts rely on it: output, exit status, sentences instead of tracebacks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workbench.cli import COMMANDS, main
from workbench.cli.output import Output


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    rng = np.random.default_rng(0)
    for name, rows in (("bottom", slice(8, 16)), ("top", slice(0, 8))):
        (root / name).mkdir(parents=True)
        for i in range(16):
            pixels = rng.integers(0, 60, (16, 16, 3), dtype=np.uint8)
            pixels[rows] += 150
            Image.fromarray(pixels).save(root / name / f"{i}.png")
    (root / "top" / "broken.png").write_bytes(b"")
    return root


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, Any]], str]:
    """(exit status, JSON rows of standard output, standard error); everything on standard output must be JSON."""
    status = main([*words])
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()] if "--json" in words else []
    assert "Traceback" not in captured.err
    return status, rows, captured.err


def test_check_tells_of_what_is_inside_blocks(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    project = str(tmp_path / "p")
    call(capsys, "new", project, "--template", "resnet-18", "--json")
    _status, (row,), _ = call(capsys, "check", project, "--json")
    assert row["parameters"] == sum(layer["parameters"] for layer in row["layers"])
    uses = [layer for layer in row["layers"] if layer["layer"].startswith("block:")]
    assert uses
    for use in uses:
        assert use["path"] == []
        assert use["parameters"] == sum(inner["parameters"] for inner in use["inside"])
        assert {inner["path"][0].partition(":")[0] for inner in use["inside"]} == {use["id"]}
    assert {"code", "severity", "message", "node", "port", "param", "fix", "path"} == set(row["diagnostics"][0])


def test_the_whole_way(capsys: pytest.CaptureFixture[str], tmp_path: Path, pictures: Path) -> None:
    project = str(tmp_path / "p")
    status, rows, _ = call(capsys, "new", project, "--template", "digits-mlp", "--data", str(pictures), "--json")
    assert (status, rows) == (0, [{"project": project}])
    status, rows, _ = call(capsys, "check", project, "--json")
    assert status == 0
    assert rows[0]["ok"] is True
    assert rows[0]["parameters"] == sum(layer["parameters"] for layer in rows[0]["layers"])
    assert next(layer["id"] for layer in rows[0]["layers"]) == "pictures_1"
    assert rows[0]["diagnostics"][0]["code"] == "data.bad_files"
    status, rows, _ = call(capsys, "train", project, "--epochs", "6", "--batch-size", "8", "--threads", "1", "--json")
    assert status == 0
    assert [r["event"] for r in rows] == ["start", *["epoch"] * 6, "end"]
    assert (rows[0]["train"] + rows[0]["val"], rows[-1]["state"], rows[-1]["run"]) == (32, "done", "run-1")
    assert set(rows[1]) == {
        "event", "epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "images_per_second", "seconds",
    }  # fmt: skip
    status, rows, _ = call(capsys, "runs", project, "--json")
    assert [(r["run"], r["state"], r["epochs"]) for r in rows] == [("run-1", "done", 6)]
    status, rows, _ = call(capsys, "evaluate", project, "--split", "all", "--json")
    assert status == 0
    assert rows[0]["classes"] == ["bottom", "top"]
    assert sum(map(sum, rows[0]["confusion"])) == 32
    status, rows, _ = call(
        capsys, "predict", project, str(pictures / "top" / "1.png"), str(pictures / "bottom"), "--json"
    )
    assert status == 0
    assert len(rows) == 17
    assert set(rows[0]["scores"]) == {"bottom", "top"}
    out = tmp_path / "out"
    status, rows, _ = call(capsys, "export", project, "--format", "all", "--out", str(out), "--json")
    assert status == 0
    assert [r["format"] for r in rows] == ["onnx", "safetensors"]
    assert all(r["labels_agree"] == r["checked_on"] == 32 and r["max_abs_diff"] < 1e-4 for r in rows)
    by_project, by_export = (
        call(capsys, "predict", model, str(pictures / "top"), "--json")[1] for model in (project, rows[0]["path"])
    )
    assert [r["label"] for r in by_project] == [r["label"] for r in by_export]


def test_data_counts_agree_with_everything_else(capsys: pytest.CaptureFixture[str], pictures: Path) -> None:
    status, rows, _ = call(capsys, "data", str(pictures), "--json")
    assert status == 0
    assert rows[0]["classes"] == {"bottom": 16, "top": 16}
    assert rows[0]["images"] == 32
    assert [b["path"] for b in rows[0]["bad"]] == ["top/broken.png"]


def test_readable_text_without_json(capsys: pytest.CaptureFixture[str], pictures: Path, tmp_path: Path) -> None:
    assert main(["data", str(pictures)]) == 0
    text = capsys.readouterr().out
    assert "32 pictures in 2 classes" in text
    assert "broken.png" in text
    assert main(["new", "--list"]) == 0
    assert "hand-signs-convnet" in capsys.readouterr().out
    assert main(["new", str(tmp_path / "deep" / "er"), "--template", "digits-linear"]) == 0
    assert main(["runs", str(tmp_path / "deep" / "er")]) == 0
    assert "No runs yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["train", "NOWHERE"], 1, "NOWHERE"),
        (["check", "NOWHERE"], 1, "NOWHERE"),
        (["data", "NOWHERE"], 1, "NOWHERE"),
        (["predict", "NOWHERE", "x.png"], 1, "NOWHERE"),
        (["predict", "NOWHERE.onnx", "x.png"], 1, "NOWHERE"),
        (["new", "D"], 2, "--template"),
        (["new", "D", "--template", "unheard-of"], 1, "digits-mlp"),
        (["sing"], 2, "tour"),
        (["train"], 2, "PROJECT"),
        (["export", "P", "--format", "papyrus", "--out", "o"], 2, "papyrus"),
    ],
)
def test_wrong_words_give_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], status: int,
    sentence: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    got, _, err = call(capsys, *words)
    assert got == status
    assert sentence in err


def test_training_with_errors_prints_them_all_and_fails(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, pictures: Path
) -> None:
    project = str(tmp_path / "p")
    assert call(capsys, "new", project, "--template", "digits-mlp")[0] == 0
    status, rows, err = call(capsys, "train", project, "--data", str(pictures), "--json")
    assert status == 1
    assert rows[-1]["state"] == "failed"
    assert "2 classes" in err
    status, _, err = call(capsys, "predict", project, str(pictures / "top" / "1.png"))
    assert status == 1
    assert "Nothing was trained yet" in err


def test_no_display_is_said_with_the_commands_that_need_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform in ("win32", "darwin"):
        pytest.skip("there is always a display")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    status, _, err = call(capsys)
    assert status == 1
    assert "no display" in err
    assert all(name in err for name in COMMANDS if name != "open")


@pytest.mark.skipif(os.name == "nt", reason="signals work differently on Windows")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_goes_on(tmp_path: Path, pictures: Path, how: signal.Signals) -> None:
    """Ctrl+C keeps a checkpoint and exits with 130; after a kill the last one still stands."""
    project = tmp_path / "p"
    program = [sys.executable, "-m", "workbench"]
    assert main(["new", str(project), "--template", "digits-mlp", "--data", str(pictures)]) == 0
    training = subprocess.Popen(
        [*program, "train", str(project), "--epochs", "3000", "--threads", "1", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert training.stdout is not None
    for line in training.stdout:
        if json.loads(line).get("epoch") == 3:
            break
    training.send_signal(how)
    rest = [json.loads(line) for line in training.stdout]
    status = training.wait(60)
    training.stdout.close()
    if how == signal.SIGINT:
        assert status == 130
        assert rest[-1]["state"] == "stopped"
    time.sleep(0.1)
    done = subprocess.run(
        [*program, "runs", str(project), "--json"], capture_output=True, text=True, timeout=60, check=True
    )
    (row,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert row["state"] == ("stopped" if how == signal.SIGINT else "interrupted")
    before = row["epochs"]
    again = subprocess.Popen(
        [*program, "train", str(project), "--resume", "--threads", "1", "--json"], stdout=subprocess.PIPE, text=True
    )
    assert again.stdout is not None
    epochs = []
    for line in again.stdout:
        event = json.loads(line)
        if event["event"] == "epoch":
            epochs.append(event["epoch"])
            if len(epochs) > before + 2:
                break
    again.kill()
    again.wait()
    again.stdout.close()
    assert epochs == list(range(1, len(epochs) + 1))  # the epochs before are told too, then it goes on


def test_numbers_json_cannot_hold_become_null(capsys: pytest.CaptureFixture[str]) -> None:
    Output(json=True).row({"val_loss": float("inf"), "rows": [float("nan"), 1.5], "deep": {"x": -float("inf")}})
    assert json.loads(capsys.readouterr().out) == {"val_loss": None, "rows": [None, 1.5], "deep": {"x": None}}
