"""Names of projects, layers and classes on their way through source, checkpoint and exports stay words.

The source itself is held by tests/compiler; here everything is run as a person runs it.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Call, make_pictures

NAMES = (
    'x"); __import__("pathlib").Path("PWNED").touch() #',
    'a\nimport pathlib\npathlib.Path("PWNED").touch()\n',
    '"""\nimport pathlib; pathlib.Path("PWNED").touch()\n"""',
    "class",
    "",
    "é",
    "_",
    "\\",
    "{x} %s {0.__class__}",
    "\u2028evil\r\x1b[31m",
    "nn",
    "CON",
    "x" * 200,
)

CLASSES = ('a"b', "c\nd", "{g}", "\\h", '"""') if sys.platform != "win32" else ("a'b", "{g}", "é")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pictures(tmp_path_factory.mktemp("named") / "pictures", CLASSES, count=3)


def renamed(project: Path, turn: int) -> None:
    """The project and each of its layers under the names, beginning with number `turn`."""
    text = json.loads((project / "project.json").read_text(encoding="utf-8"))
    text["name"] = NAMES[turn]
    for k, node in enumerate(text["nodes"]):
        node["name"] = NAMES[(turn + k) % len(NAMES)]
    (project / "project.json").write_text(json.dumps(text))


@pytest.mark.parametrize("turn", [0, *(pytest.param(k, marks=pytest.mark.faults) for k in range(1, len(NAMES)))])
def test_names_are_words_all_the_way(
    call: Call, tmp_path: Path, pictures: Path, turn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    project = tmp_path / "p"
    assert call("new", project, "--template", "digits-mlp", "--data", pictures).status == 0
    renamed(project, turn)
    assert call("check", project).status == 0
    assert call("train", project, "--epochs", "1", "--threads", "1").status == 0
    onnx, python = call("export", project, "--format", "all", "--out", tmp_path / "out", "--json").rows
    assert Path(onnx["path"]).parent == Path(python["path"]).parent == tmp_path / "out"
    assert Path(onnx["path"]).name.isascii()
    by_project = call("predict", project, pictures, "--json").rows
    by_onnx = call("predict", onnx["path"], pictures, "--json").rows
    assert set(by_project[0]["scores"]) == set(by_onnx[0]["scores"]) == set(CLASSES)
    (made,) = [
        part
        for part in ast.parse((Path(python["path"]) / "model.py").read_text()).body
        if isinstance(part, ast.ClassDef)
    ]
    assert made.name.isidentifier()
    picture = pictures / CLASSES[0] / "1.png"
    alone = subprocess.run(
        [sys.executable, str(Path(python["path"]) / "predict.py"), str(picture)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert alone.returncode == 0, alone.stderr
    assert any(name in alone.stdout for name in CLASSES)
    assert os.listdir(tmp_path / "here") == []  # nothing that a name said was done
