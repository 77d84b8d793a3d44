"""The export formats, each one declaration: how it is written, and which clean process runs it for the check."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from workbench.core.diagnostic import Problem
from workbench.export import onnx_file, python_folder
from workbench.export.check import ExportCheck, Reference, compare
from workbench.export.model import TrainedModel


@dataclass(frozen=True, slots=True)
class Export:
    """One format. `write(model, path)` makes a file or a folder; `suffix` ends its name; `script` runs it alone."""

    id: str
    title: str
    summary: str
    suffix: str
    script: str
    write: Callable[[TrainedModel, Path], None]

    def path(self, model: TrainedModel, folder: Path) -> Path:
        return folder / f"{model.file_name}{self.suffix}"


EXPORTS: MappingProxyType[str, Export] = MappingProxyType(
    {
        export.id: export
        for export in (
            Export(
                "onnx",
                "ONNX",
                "One file for any ONNX runtime. It takes pictures as they are: resize and normalisation are inside.",
                ".onnx",
                "run_onnx.py",
                onnx_file.write,
            ),
            Export(
                "safetensors",
                "safetensors and Python",
                "A folder with the weights, the network as readable PyTorch, and a script that labels pictures.",
                "-python",
                "run_python.py",
                python_folder.write,
            ),
        )
    }
)


def export_and_check(
    export: Export,
    model: TrainedModel,
    folder: Path,
    reference: Reference,
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> ExportCheck:
    """Write the export beside its final place, run and compare it, and move it there only if it agrees.

    An older export of the same name stays until then. Raises `Problem` if it cannot be written or run.
    """
    final = export.path(model, folder)
    making = final.with_name(f".{final.name}.making{export.suffix if final.suffix else ''}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove(making)
        progress(0, 3)
        export.write(model, making)
        progress(1, 3)
        size = sum(f.stat().st_size for f in making.rglob("*") if f.is_file()) if making.is_dir() else _size(making)
        check = compare(export.id, making, export.script, reference, size)
        progress(2, 3)
        if check.ok:
            if final.is_dir():
                shutil.rmtree(final)
            making.replace(final)
        progress(3, 3)
        return replace(check, path=str(final))
    except OSError as error:
        raise Problem.of(
            "export.write",
            f"The export could not be written to {folder} ({error.strerror or error}). Choose another folder or free "
            "some space.",
        ) from error
    finally:
        _remove(making)


def _size(path: Path) -> int:
    return path.stat().st_size


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):  # what stands in the way was told already, or will be
            path.unlink()
