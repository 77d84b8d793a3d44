"""Where the answers go: a terminal that obeys escape codes, a full disk, an old encoding, names that are no text."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.cli import main
from workbench.cli.output import Output, shown
from workbench.document import storage
from workbench.document.edits import rename
from workbench.document.graph import Graph

from .conftest import Call, make_pictures

posix = pytest.mark.skipif(sys.platform == "win32", reason="such names and devices are not on Windows")


@posix
def test_names_of_folders_stay_words_on_the_terminal(call: Call, tmp_path: Path) -> None:
    names = ("new\nline", "\x1b[31mred", "[bold]x", ":smile:", "tab\tx", "\u202etxet", "quo'te\"", "-dash")
    folder = make_pictures(tmp_path / "p", names, count=3)
    answer = call("data", folder)
    assert answer.status == 0
    for part in ("new\\nline", "\\x1b[31mred", "[bold]x", ":smile:", "tab\\tx", "\\u202etxet", "quo'te\"", "-dash"):
        assert part in answer.out
    assert "\x1b" not in answer.out
    assert set(call("data", folder, "--json").rows[0]["classes"]) == set(names)


def test_names_of_layers_stay_words_in_a_table(call: Call, trained: Path) -> None:
    project = storage.load(trained)
    for name in ("[/b]", "[link=x]y[/link]", "\x1b]0;title\x07", "x\r\ny"):
        graph = rename(project.graph, "linear_1", name)
        assert isinstance(graph, Graph)
        storage.save(type(project)(name, graph, project.data, project.recipe), trained)
        answer = call("check", trained)
        assert answer.status == 0
        assert not set(answer.out) & {"\x1b", "\x07", "\r"}
        assert answer.out.isprintable() or {c for c in answer.out if not c.isprintable()} == {"\n"}


@posix
def test_files_whose_names_are_no_text(call: Call, trained: Path, trained_pictures: Path, tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/\xff.png"
    shutil.copy(trained_pictures / "top" / "1.png", odd)
    answer = call("predict", trained, os.fsdecode(odd))
    assert answer.status == 0
    assert "\\udcff.png: top" in answer.out
    (row,) = call("predict", trained, os.fsdecode(odd), "--json").rows
    assert os.fsencode(row["path"]) == odd  # a script finds the file again


@posix
def test_a_class_whose_name_is_no_text_can_be_trained(call: Call, tmp_path: Path) -> None:
    folder = make_pictures(tmp_path / "p", ("ok", os.fsdecode(b"\xff\xfe")), count=4)
    assert call("new", tmp_path / "q", "--template", "digits-mlp", "--data", folder).status == 0
    answer = call("train", tmp_path / "q", "--epochs", "1", "--threads", "1", "--json")
    assert (answer.status, answer.rows[-1]["state"]) == (0, "done")
    (row,) = call("evaluate", tmp_path / "q", "--split", "all", "--json").rows
    assert row["classes"] == ["\\udcff\\udcfe", "ok"]


def test_numbers_that_json_lacks_become_null(capsys: pytest.CaptureFixture[str]) -> None:
    Output(json=True).row({"a": float("nan"), "b": [float("inf"), {"c": 1.5}], "d": ("x", -float("inf"))})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [None, {"c": 1.5}], "d": ["x", None]}


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_old_encoding_is_no_reason_to_fail(encoding: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = make_pictures(tmp_path / "p", ("é", "手"), count=3)
    for words in (["data", str(folder)], ["data", str(folder), "--json"]):
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding=encoding)
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(words) == 0
        stream.flush()
        if "--json" in words:
            assert set(json.loads(raw.getvalue())["classes"]) == {"é", "手"}
        else:
            assert b"6 pictures in 2 classes" in raw.getvalue()


def test_shown_leaves_plain_text_alone() -> None:
    assert shown("“é” 手 🙂 [x] 1,540 · ×") == "“é” 手 🙂 [x] 1,540 · ×"


def run(words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"{sys.executable} -m workbench {words}"], capture_output=True, text=True, timeout=60, **more
    )


@posix
@pytest.mark.faults
def test_output_that_nobody_takes(trained: Path, trained_pictures: Path) -> None:
    for command in (f"runs {trained}", f"predict {trained} {trained_pictures}", f"check {trained} --json"):
        full = run(f"{command} > /dev/full")
        assert full.returncode == 1
        assert full.stderr.startswith("workbench: Standard output cannot be written (No space left on device).")
        assert full.stderr.count("\n") == 1
        for tail in ("| head -0", ">&-", "2>&-", "2>/dev/full"):
            done = run(f"{command} {tail}")
            assert "Traceback" not in done.stderr
            assert "Exception" not in done.stderr
    quiet = run(f"train {trained} --epochs 3 --json 2>&-")
    assert quiet.returncode == 0
    assert all(json.loads(line) for line in quiet.stdout.splitlines())
    wrong = run(f"predict {trained} {trained}/nothing.png --json 2>&-")
    assert (wrong.returncode, wrong.stdout) == (1, "")  # what belongs on standard error never lands elsewhere
