"""The versions that a run's numbers depend on, recorded with every run and checkpoint."""

from __future__ import annotations

import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version


@lru_cache(maxsize=1)
def _found() -> tuple[tuple[str, str], ...]:
    packages = []
    for package in ("workbench", "torch", "numpy"):
        try:
            packages.append((package, version(package)))
        except PackageNotFoundError:  # run from a checkout that was never installed
            packages.append((package, "unknown"))
    return (("python", platform.python_version()), *packages)


def versions() -> dict[str, str]:
    """By name: python, workbench, torch, numpy."""
    return dict(_found())
