"""Tensor files of a checkpoint: safetensors called after their own hash, checked byte for byte before they are used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.core.diagnostic import Problem
from workbench.core.files import sha256_bytes, write_atomic
from workbench.core.memory_errors import is_out_of_memory
from workbench.training.manifest import File, plain_bytes, refusal

if TYPE_CHECKING:
    import torch

NAME = re.compile(r"(weights|optimizer|average)-[0-9a-f]{16}\.safetensors\Z", re.ASCII)
"""What a tensor file is called; nothing else is read, and nothing else is ever removed."""


def write_tensors(folder: Path, part: str, tensors: Mapping[str, torch.Tensor]) -> File:
    """Put the tensors of a part ("weights", "optimizer", "average") on the disk, whole or not at all.

    Raises `Problem` with a sentence where the disk or the memory does not hold them.
    """
    from safetensors.torch import save

    try:
        plain = _plain(tensors)
        # safetensors makes two copies and panics where they do not fit; this asks for the room, and fails in order
        np.empty(2 * sum(tensor.nbytes for tensor in plain.values()), np.uint8)
        data = save(plain)
    except BaseException as error:  # a panic in safetensors is no Exception, and would take the thread with it
        if not is_out_of_memory(error):
            raise
        raise Problem.of(
            "checkpoint.memory",
            f"There is not enough memory to write the checkpoint in “{folder}”. Close other programs.",
            details=repr(error),
        ) from error
    digest = sha256_bytes(data)
    name = f"{part}-{digest[:16]}.safetensors"
    if not _is_whole(folder / name, len(data), digest):  # the best weights are often the last ones too
        write_atomic(folder / name, data)
    return File(name, digest, len(data))


def read_tensors(folder: Path, file: File) -> dict[str, torch.Tensor]:
    """The tensors of a file, held against its size and hash first. Raises `Problem` where it is another one."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    path = folder / file.name
    if not NAME.match(file.name):  # no path may lead out of the run's folder
        raise refusal(path, "its name is not one that Workbench gives")
    data = plain_bytes(path, file.size)
    if len(data) != file.size:
        raise refusal(path, f"it has {len(data):,} bytes where {file.size:,} were written")
    if sha256_bytes(data) != file.sha256:
        raise refusal(path, "its content does not match its checksum")
    try:
        tensors: dict[str, torch.Tensor] = load(data)
    except (SafetensorError, ValueError, KeyError, RuntimeError) as error:
        raise refusal(path, "it is not a safetensors file", details=repr(error)) from error
    return tensors


def _plain(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors in row-major order on the CPU, none sharing memory (safetensors refuses tied ones)."""
    plain: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        if tensor.data_ptr() in seen or tensor.untyped_storage().nbytes() != tensor.nbytes:
            tensor = tensor.clone()
        seen.add(tensor.data_ptr())
        plain[name] = tensor
    return plain


def _is_whole(path: Path, size: int, digest: str) -> bool:
    try:
        return path.is_file() and path.stat().st_size == size and sha256_bytes(path.read_bytes()) == digest
    except OSError:
        return False
