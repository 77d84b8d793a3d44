"""Where things stand on this machine: what ships with the program, and the user's own folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import platformdirs

from workbench.core.diagnostic import Problem

HOME_VARIABLE = "WORKBENCH_HOME"
"""When set, every user folder stands below it (tests, portable installations)."""

UserDir = Literal["config", "cache", "data", "log", "state"]

_PACKAGE = Path(__file__).resolve().parent.parent


def resources_dir() -> Path:
    """Icons, theme tokens and help texts that ship with the program."""
    return _shipped("resources")


def projects_dir() -> Path:
    """The sample projects that ship with the program; read only, copied before they are opened."""
    return _shipped("projects")


def _shipped(name: str) -> Path:
    """A wheel carries the folder inside the package; a checkout has it beside the package."""
    installed = _PACKAGE / "_installed" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def user_dir(kind: UserDir) -> Path:
    """A folder of the user's own, made when missing; raises `Problem` where that is not allowed."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        folder = Path(home).expanduser() / kind
    else:
        dirs = platformdirs.PlatformDirs("workbench", appauthor=False)
        folder = {
            "config": dirs.user_config_path,
            "cache": dirs.user_cache_path,
            "data": dirs.user_data_path,
            "log": dirs.user_log_path,
            "state": dirs.user_state_path,
        }[kind]
        if kind == "state" and folder == dirs.user_data_path:
            folder = folder / "state"  # macOS and Windows have one place for both
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem.of(
            "folder.not_made",
            f"The folder “{folder}” cannot be made ({error.strerror or error}). "
            f"Set {HOME_VARIABLE} to a folder that can be written to.",
        ) from error
    return folder
