"""What a new project can begin with: sample projects, networks of the literature, and an empty canvas."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.catalogue.networks import NETWORKS
from workbench.catalogue.networks.network import Network
from workbench.core.diagnostic import Problem
from workbench.core.paths import projects_dir
from workbench.document import storage
from workbench.document.project import DataSettings, Project

log = logging.getLogger(__name__)

EMPTY = "empty"
PAGE = "README.md"
"""Each sample project has a page of words: its first line is the title, its second paragraph the summary."""


@dataclass(frozen=True, slots=True)
class Template:
    """A project to begin with: a sample project has a `folder`, a network its declaration, the empty one neither.

    `uses` is its data source ("" if it has none).
    """

    name: str
    title: str
    summary: str
    folder: Path | None = None
    uses: str = ""
    network: Network | None = None


def templates() -> tuple[Template, ...]:
    """The sample projects in the order a beginner meets them, the networks, then the empty project."""
    networks = (Template(n.id, n.title, _in_short(n), uses=n.data, network=n) for n in NETWORKS.values())
    return (*_samples(), *networks, Template(EMPTY, "Empty project", "An empty canvas."))


def _samples() -> list[Template]:
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
    return found


_ORDER = (
    "digits-linear",
    "digits-mlp",
    "scenes-convnet",
    "residual-convnet",
    "residual-blocks",
    "hand-signs-convnet",
    "text-recurrent",
    "sound-convnet",
    "table-dense",
    "table-regression",
    "digits-autoencoder",
)


FOR_KIND = {
    "pictures": "hand-signs-convnet",
    "text": "text-recurrent",
    "audio": "sound-convnet",
    "table": "table-dense",
}
"""What a new project on somebody's own data begins with."""


def template_for(kind: str) -> str:
    """The template that suits a kind of data."""
    return FOR_KIND[kind]


def project_of(name: str) -> Project:
    """The project of a template. Raises `Problem` with the names there are."""
    if name == EMPTY:
        return Project()
    if name in NETWORKS:
        return _network_project(NETWORKS[name])
    for template in _samples():
        if template.name == name and template.folder is not None:
            project = storage.load(template.folder)
            page = template.folder / PAGE
            return replace(project, notes=page.read_text(encoding="utf-8")) if page.is_file() else project
    known = ", ".join(t.name for t in templates())
    raise Problem.of("template.unknown", f"There is no template called “{name}”. The templates are: {known}.")


def _network_project(network: Network) -> Project:
    return Project(
        network.title.replace("/", "-"),  # it becomes the name of a folder
        network.graph(),
        DataSettings(network.data, augmentations=network.augmentations),
        network.recipe,
        _page(network),
    )


def _in_short(network: Network) -> str:
    return f"{network.summary} {network.parameters:,} parameters ({network.cited})."


def _page(network: Network) -> str:
    return (
        f"# {network.title}\n\n{network.summary}\n\n## What to look at\n\n{network.look}\n\n## Source\n\n"
        f"{network.source} This drawing has {network.parameters:,} trainable parameters.\n"
    )


def _words(page: Path, name: str) -> tuple[str, str]:
    if not page.is_file():
        return name, ""
    paragraphs = [" ".join(p.split()) for p in page.read_text(encoding="utf-8").split("\n\n")]
    title = paragraphs[0].lstrip("# ").strip() if paragraphs else name
    return title, paragraphs[1] if len(paragraphs) > 1 else ""
