"""A project on disk: a folder with `project.json` in it (and `runs/`, which belongs to training)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench.core.diagnostic import Diagnostic, Problem
from workbench.core.files import open_regular, write_atomic
from workbench.core.json_text import MOST_BYTES
from workbench.document.format import decode, encode
from workbench.document.project import Project

FILE_NAME = "project.json"


def project_file(path: Path | str) -> Path:
    """The project file meant by a path, which may be the project's folder or its `project.json`."""
    path = Path(path)
    return path if path.name == FILE_NAME and not path.is_dir() else path / FILE_NAME


def load(path: Path | str) -> Project:
    """Opens a project by its folder or file; raises `Problem` naming the file and what is wrong with it.

    Runs nothing from the file and follows nothing in it: a data folder is only looked at when data are asked for.
    """
    file = project_file(path)
    data = _read(file)
    try:
        return decode(data)
    except Problem as problem:
        raise Problem(*(_in_file(d, file) for d in problem.diagnostics)) from problem


def save(project: Project, folder: Path | str) -> Path:
    """Writes `project.json` into a folder, in one step, and gives its path.

    Makes the folder when only itself is missing. Raises `Problem` for a value no file can hold and for what
    `write_atomic` names; the file there before is then untouched.
    """
    file = project_file(folder)
    data = encode(project)
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise Problem.of(
            "project.no_folder",
            f"The folder “{file.parent}” cannot be made ({error.strerror or error}), so the project was not saved. "
            "Save it elsewhere.",
        ) from error
    write_atomic(file, data)
    return file


def _read(file: Path) -> bytes:
    try:
        with open_regular(file) as stream:
            return stream.read(MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise Problem.of(
            "project.missing", f"There is no project at “{file.parent}”: it has no {FILE_NAME}. Choose another folder."
        ) from None
    except (OSError, ValueError) as error:
        words = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise Problem.of("project.unreadable", f"“{file}” cannot be read ({words}).") from error


def _in_file(diagnostic: Diagnostic, file: Path) -> Diagnostic:
    return replace(diagnostic, message=f"“{file}” was not opened. {diagnostic.message}")
