"""The export formats, each one declaration: how it is written, and which clean process runs it for the check."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from workbench.core.diagnostic import Problem
from workbench.core.files import explain
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
    files: tuple[str, ...] = ()
    """What a folder of this format holds; empty for a format of one file."""
    prepares: bool = True
    """Whether it prepares samples of every kind by itself."""

    def path(self, model: TrainedModel, folder: Path) -> Path:
        return folder / f"{model.file_name}{self.suffix}"


EXPORTS: MappingProxyType[str, Export] = MappingProxyType(
    {
        export.id: export
        for export in (
            Export(
                "onnx",
                "ONNX",
                "One file for any ONNX runtime. It takes pictures as they are and says how to prepare others.",
                ".onnx",
                "run_onnx.py",
                onnx_file.write,
                prepares=False,
            ),
            Export(
                "safetensors",
                "safetensors and Python",
                "A folder with the weights, the network as readable PyTorch, and a script that labels files.",
                "-python",
                "run_python.py",
                python_folder.write,
                python_folder.FILES,
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

    An older export of the same name stays until then; anything else of that name stays for good. Raises `Problem` if
    it cannot be written or run.
    """
    final = export.path(model, folder)
    _require_free(export, final)
    making = final.with_name(f".{final.name}.making{export.suffix if final.suffix else ''}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove(making)
        progress(0, 3)
        export.write(model, making)
        progress(1, 3)
        size = sum(f.stat().st_size for f in making.rglob("*") if f.is_file()) if making.is_dir() else _size(making)
        check = compare(export.id, making, export.script, reference, size, prepares=export.prepares)
        progress(2, 3)
        if check.ok:
            _put(making, final)
        progress(3, 3)
        return replace(check, path=str(final))
    except OSError as error:
        raise Problem(explain(error, folder)) from error
    finally:
        _remove(making)


def _require_free(export: Export, final: Path) -> None:
    """Raises `Problem` if the export cannot be kept at `final`: nothing that is not an export may be lost to it."""
    try:
        os.fsencode(final).decode("utf-8")
    except UnicodeDecodeError:
        raise _in_the_way(
            f"“{final.parent}” holds characters that are no text, which not every runtime opens."
        ) from None
    for above in (final.parent, *final.parent.parents):
        if os.path.lexists(above) and not os.path.isdir(above):
            raise _in_the_way(f"“{above}” is a file, so nothing can be put into it.")
    if os.path.islink(final) and (export.files or os.path.isdir(final)):
        raise _in_the_way(f"“{final}” is a link, which the export would have to replace.")
    if not export.files and os.path.isdir(final):
        raise _in_the_way(f"“{final}” is a folder, and the export is a file of that name.")
    if export.files and os.path.isfile(final):
        raise _in_the_way(f"“{final}” is a file, and the export is a folder of that name.")
    if export.files and os.path.isdir(final):
        with contextlib.suppress(OSError):  # what may not be read is not replaced either, as will be told
            others = sorted(set(os.listdir(final)) - {*export.files, "__pycache__"})
            if others:
                raise _in_the_way(f"“{final}” holds “{others[0]}”, which is not part of an export.")


def _in_the_way(what: str) -> Problem:
    return Problem.of(
        "export.in_the_way", f"The export could not be written: {what} Choose another folder, or move that away."
    )


def _put(making: Path, final: Path) -> None:
    """Give the new export its name; an older folder is gone only once the new one stands."""
    before = final.with_name(f".{final.name}.before")
    if final.is_dir():
        _remove(before)
        final.rename(before)
    making.replace(final)
    _remove(before)


def _size(path: Path) -> int:
    return path.stat().st_size


def _remove(path: Path) -> None:
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):  # what stands in the way was told already, or will be
            path.unlink()
