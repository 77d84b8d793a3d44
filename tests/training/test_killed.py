"""Kills at random moments, for every recipe: what goes on is the run that nothing happened to (fault row 3)."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("killing.py")
RECIPES: tuple[str, ...] = tuple(runpy.run_path(str(SCRIPT))["RECIPES"])

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="PyTorch is not to be forked on macOS, nor on Windows")


def kill(folder: Path, seed: int, kills: int, *recipes: str) -> dict[str, Any]:
    """How often the run of each recipe was killed; fails where one came out another."""
    words = [sys.executable, str(SCRIPT), str(folder), str(seed), str(kills), *recipes]
    done = subprocess.run(words, capture_output=True, text=True, timeout=280, env=dict(os.environ, OMP_NUM_THREADS="1"))
    assert done.returncode == 0, done.stderr[-4000:]
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["recipe"]: row["killed"] for row in rows}


def test_runs_of_the_richest_recipes_that_are_killed_go_on_to_the_bit(tmp_path: Path) -> None:
    found = kill(tmp_path, 7, 3, "everything", "half")
    assert set(found) == {"everything", "half"}
    assert sum(found.values()) >= 2


@pytest.mark.faults
def test_runs_of_every_recipe_that_are_killed_go_on_to_the_bit(tmp_path: Path) -> None:
    found = kill(tmp_path, 1, 3, *RECIPES)
    assert tuple(found) == RECIPES
    assert sum(found.values()) >= len(RECIPES)
