"""Where new projects go, and what a dropped or chosen path is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QStandardPaths

from workbench.core.paths import HOME_VARIABLE, user_dir

LISTS = (".csv", ".tsv")  # of `workbench.data.scanning.lists`, which is not loaded for this alone
FILE_NAME = "project.json"  # of `workbench.document.storage`, which is not loaded for this alone


def projects_home() -> Path:
    """The folder that new projects go to unless a person chooses another: Documents/Workbench."""
    if os.environ.get(HOME_VARIABLE):
        return user_dir("data") / "projects"
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(documents or Path.home()) / "Workbench"


def fresh_folder(name: str) -> Path:
    """A folder for a new project of this name that does not exist yet: "scenes", "scenes-2", …"""
    plain = re.sub(r"[^\w\- ]+", "-", name, flags=re.UNICODE).strip(" -")[:60] or "project"
    home = projects_home()
    path, number = home / plain, 1
    while path.exists():
        number += 1
        path = home / f"{plain}-{number}"
    return path


def kind(path: Path) -> Literal["project", "folder", "list", "file", "nothing"]:
    """What a path is to the window: a project (its folder or its file), some other folder, a list (CSV or TSV), another
    file, or nothing."""
    if path.is_dir():
        return "project" if (path / FILE_NAME).is_file() else "folder"
    if path.is_file():
        if path.name == FILE_NAME:
            return "project"
        return "list" if path.suffix.casefold() in LISTS else "file"
    return "nothing"
