"""What a new project can begin with: the sample projects that ship with the program, and an empty canvas."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.core.paths import projects_dir
from workbench.document import storage
from workbench.document.project import Project

log = logging.getLogger(__name__)

EMPTY = "empty"
PAGE = "README.md"
"""Each sample project has a page of words: its first line is the title, its second paragraph the summary."""


@dataclass(frozen=True, slots=True)
class Template:
    """A project to begin with. `folder` is None for the empty one; `uses` is its data source ("" if it has none)."""

    name: str
    title: str
    summary: str
    folder: Path | None = None
    uses: str = ""


def templates() -> tuple[Template, ...]:
    """The sample projects in the order a beginner meets them, then the empty project."""
    found = []
    root = projects_dir()
    for folder in sorted(root.iterdir() if root.is_dir() else ()):
        if not (folder / storage.FILE_NAME).is_file():
            continue
        try:
            project = storage.load(folder)
        except Problem:
            log.exception("the sample project %s cannot be read", folder)
            continue
        title, summary = _words(folder / PAGE, folder.name)
        found.append(Template(folder.name, title, summary, folder, project.data.source))
    found.sort(key=lambda t: _ORDER.index(t.name) if t.name in _ORDER else len(_ORDER))
    return (*found, Template(EMPTY, "Empty project", "An empty canvas."))


_ORDER = ("digits-linear", "digits-mlp", "scenes-convnet", "residual-convnet", "hand-signs-convnet")


def project_of(name: str) -> Project:
    """The project of a template. Raises `Problem` with the names there are."""
    if name == EMPTY:
        return Project()
    for template in templates():
        if template.name == name and template.folder is not None:
            project = storage.load(template.folder)
            page = template.folder / PAGE
            return replace(project, notes=page.read_text(encoding="utf-8")) if page.is_file() else project
    known = ", ".join(t.name for t in templates())
    raise Problem.of("template.unknown", f"There is no template called “{name}”. The templates are: {known}.")


def _words(page: Path, name: str) -> tuple[str, str]:
    if not page.is_file():
        return name, ""
    paragraphs = [" ".join(p.split()) for p in page.read_text(encoding="utf-8").split("\n\n")]
    title = paragraphs[0].lstrip("# ").strip() if paragraphs else name
    return title, paragraphs[1] if len(paragraphs) > 1 else ""
