"""safetensors with the generated Python: a folder that runs without the workbench."""

from __future__ import annotations

import importlib.metadata
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from workbench.core.diagnostic import Problem
from workbench.core.files import write_atomic
from workbench.export.model import Preparation, SamplePreparation, TrainedModel

FILES = ("model.py", "model.safetensors", "model.json", "predict.py", "prepare.py", "requirements.txt")
REQUIREMENTS = ("torch", "safetensors", "numpy")
OF_KIND = {"pictures": ("Pillow",), "text": (), "audio": ("soundfile", "scipy"), "table": ()}


def write(model: TrainedModel, folder: Path) -> None:
    """Fill `folder` (made if need be): model.py, model.safetensors, model.json, predict.py, prepare.py,
    requirements.txt.

    Raises `Problem` if it cannot be written.
    """
    from safetensors.torch import save

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem.of(
            "export.folder", f"The folder {folder} cannot be made ({error.strerror}). Choose another place."
        ) from error
    preparation = model.preparation
    kind = preparation.kind if isinstance(preparation, SamplePreparation) else "pictures"
    facts = {
        "class_name": model.compiled.source.class_name,
        "classes": list(model.classes),
        **_told(preparation),
        "objective": model.objective,
        "project": model.name,
        "run": model.run,
        "workbench": model.version,
    }
    if not model.is_plain:
        facts["outputs"] = [answer.as_json() for answer in model.answers]
        facts["main"] = model.main
    if model.more:
        facts["inputs"] = [_told(one) for one in (preparation, *model.more)]
    tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in model.state.items()}
    write_atomic(folder / "model.py", model.compiled.source.text.encode())
    write_atomic(folder / "model.safetensors", save(tensors, {"classes": json.dumps(list(model.classes))}))
    write_atomic(folder / "model.json", (json.dumps(facts, ensure_ascii=False, indent=2) + "\n").encode())
    write_atomic(folder / "predict.py", carried("predict.py").encode())
    write_atomic(folder / "prepare.py", carried(f"prepare_{kind}.py").encode())
    write_atomic(folder / "requirements.txt", "".join(_pinned(name) for name in _required(preparation)).encode())


def _told(preparation: Preparation | SamplePreparation) -> dict[str, Any]:
    """How samples are prepared, as the scripts read it."""
    if isinstance(preparation, SamplePreparation):
        return preparation.as_json()
    return {
        "size": list(preparation.size),
        "channels": preparation.channels,
        "fit": preparation.fit,
        "mean": list(preparation.mean),
        "std": list(preparation.std),
    }


def _required(preparation: Preparation | SamplePreparation) -> tuple[str, ...]:
    """The packages that the script needs."""
    if not isinstance(preparation, SamplePreparation):
        return (*REQUIREMENTS, *OF_KIND["pictures"])
    pairs = ("tokenizers",) if preparation.values.get("tokeniser") == "byte_pair" else ()
    return (*REQUIREMENTS, *OF_KIND[preparation.kind], *pairs)


def carried(name: str) -> str:
    """The text of a file that exports carry along."""
    return files("workbench.export.python_files").joinpath(name).read_text(encoding="utf-8")


def _pinned(name: str) -> str:
    """The version the model was made with, as the least one wanted."""
    public = importlib.metadata.version(name).split("+")[0]
    return f"{name}>={public}\n"
