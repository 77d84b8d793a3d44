"""From what the data settings call the source to a folder."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from workbench.core.diagnostic import Problem
from workbench.data.crew import Progress
from workbench.data.index import printable
from workbench.data.shards.names import refuse_remote
from workbench.document.project import DataSettings

SAMPLE = "sample:"


def chosen_folder(text: str | Path, *, kept: bool = True) -> Path:
    """A folder as a person names it ("~" is their home, a relative one counts from here), absolute.

    Raises `Problem` for an empty name, which would be the current folder, and if it is to be `kept` in a project for
    one that is no text.
    """
    if not str(text).strip():
        raise Problem.of("data.none", "The folder of pictures has no name. Name a folder.", param="source")
    refuse_remote(str(text))
    if kept and printable(str(text)) != str(text):
        raise Problem.of(
            "data.name",
            f"The name of the folder “{printable(str(text))}” holds bytes that are no text, so no project can remember "
            "it. Rename the folder.",
            param="source",
        )
    return Path(os.path.expanduser(text)).absolute()  # a user nobody knows stays as it is, and is then not found


def sources(
    settings: DataSettings, project_folder: str | Path | None, progress: Progress | None = None
) -> tuple[Path, ...]:
    """All sources of the settings, as `resolve` gives each: the first one, and those merged with it.

    Raises `Problem` as `resolve` does, and where a source is named twice.
    """
    found = tuple(
        resolve(replace(settings, source=source), project_folder, progress)
        for source in (settings.source, *settings.more)
    )
    for k, path in enumerate(found):
        if any(os.path.realpath(path) == os.path.realpath(before) for before in found[:k]):
            raise Problem.of(
                "data.twice",
                f"“{printable(str(path))}” is merged with itself, so every sample would be there twice. Take it out of "
                "the further sources.",
                param="more",
            )
    return found


def resolve(settings: DataSettings, project_folder: str | Path | None, progress: Progress | None = None) -> Path:
    """The first source, absolute: a folder or a file. A built-in sample is written out first if it is not there yet.

    A relative source counts from the project folder (None: from the current one). Raises `Problem` if no source is
    chosen ("data.none") or the sample is unknown.
    """
    if not settings.source.strip():
        raise Problem.of(
            "data.none", "No pictures are chosen yet. Choose a folder of pictures or a sample.", param="source"
        )
    if settings.source.startswith(SAMPLE):
        from workbench.data.samples import sample_folder

        return sample_folder(settings.source.removeprefix(SAMPLE), progress)
    refuse_remote(settings.source)
    return (Path(project_folder or ".") / os.path.expanduser(settings.source)).absolute()
