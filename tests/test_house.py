"""The house: imports go down only, no torch where it must not be, and the README's promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FILES = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"}
TOP_LEVEL = FILES | {"workbench", "resources", "projects", "tests"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)


def test_imports_go_down_only() -> None:
    done = run("-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "module",
    [
        "workbench.cli",
        "workbench.catalogue.registry",
        "workbench.compiler.inference",
        "workbench.compiler.emit",
        "workbench.document.storage",
        "workbench.session.session",
        "workbench.ui.window",
        "workbench.app",
    ],
)
def test_torch_is_not_loaded_before_it_is_needed(module: str) -> None:
    program = (
        f"import sys, {module}; names = ('torch', 'onnx', 'onnxruntime', 'sklearn', 'scipy');"
        "heavy = [m for m in names if m in sys.modules]; print(heavy); raise SystemExit(bool(heavy))"
    )
    done = run("-c", program)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("room", ["core", "document", "catalogue", "compiler", "data", "training", "session"])
def test_rooms_below_the_window_never_load_qt(room: str) -> None:
    modules = [
        ".".join(p.relative_to(ROOT).with_suffix("").parts)
        for p in sorted((ROOT / "workbench" / room).rglob("*.py"))
        if p.name != "__init__.py" and "support" not in p.parts
    ]
    done = run("-c", f"import sys, {', '.join(modules)}; raise SystemExit('PySide6' in sys.modules)")
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_else_stands_at_the_top() -> None:
    done = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False)
    names = {line.split("/")[0] for line in done.stdout.splitlines()} or {p.name for p in ROOT.iterdir()}
    extra = {n for n in names if not n.startswith(".")} - TOP_LEVEL
    assert not extra - {"build", "dist", "tour"}


def test_the_readme_names_commands_and_projects_that_exist() -> None:
    from workbench.cli import COMMANDS
    from workbench.session.templates import templates

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"^workbench (\w+)", text, re.MULTILINE))
    assert commands
    assert commands <= set(COMMANDS)
    for template in templates():
        if template.folder is not None:
            assert f"`{template.name}`" in text


def test_no_code_in_the_project_opens_pickles() -> None:
    for path in (ROOT / "workbench").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for word in ("import pickle", "torch.load(", "torch.export.load", "processEvents(", "QGraphicsProxyWidget("):
            assert word not in text, f"{path}: {word}"
