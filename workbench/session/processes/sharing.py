"""The run's folder as every process sees it: the same one where they share a disk, else a copy of what it begins from.

Processes on one machine, or on machines with a shared folder, read the leader's files. One that has none of them, or
others, is sent them: bytes through the process group, into a folder that goes when the run ends.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.core.files import sha256_bytes
from workbench.data.splitting import frozen
from workbench.session.processes import beginning
from workbench.training import checkpoint
from workbench.training.distributed.ranks import Ranks
from workbench.training.manifest import LAST, read_content


@contextmanager
def run_folder(ranks: Ranks, folder: Path, run: str) -> Iterator[tuple[str, Path]]:
    """(run, folder to read from) in each process of a run; only the leader's `run` is asked for, and only it may write
    there. `folder` is where this process keeps runs (``project/runs``). Every process must call it at the same time.

    Raises `Problem` where the leader's files cannot be read; the other processes then wait for nothing.
    """
    listed = json.loads(ranks.from_leader(_listed(folder / run, run) if ranks.leads else b""))
    run = str(listed["run"])
    here = folder / run
    missing = [name for name, digest in listed["files"].items() if _digest(here / name) != digest]
    wanted = [set(json.loads(asked)) for asked in ranks.from_all(json.dumps(missing).encode())]
    sent = sorted(set().union(*wanted))
    if not sent:
        yield run, here
        return
    with tempfile.TemporaryDirectory(prefix="workbench-run-") as temporary:
        own = Path(temporary)
        for name in listed["files"]:
            data = ranks.from_leader((here / name).read_bytes() if ranks.leads else b"") if name in sent else b""
            if missing:
                (own / name).write_bytes(data if name in sent else (here / name).read_bytes())
        yield run, own if missing else here


def _listed(folder: Path, run: str) -> bytes:
    """The files that a run begins from, with what tells whether another process has the same."""
    begins = beginning.read(folder)
    names = [beginning.NAME]
    names += [name for name in (frozen.NAME, beginning.WEIGHTS) if (folder / name).is_file()]
    if begins.resume and checkpoint.exists(folder):
        names += [f"{LAST}.json", *(file.name for file in read_content(folder, LAST).files.values())]
    table: dict[str, Any] = {"run": run, "files": {name: _digest(folder / name) for name in names}}
    return json.dumps(table).encode()


def _digest(path: Path) -> str:
    try:
        if path.suffix == ".safetensors":  # named after its own hash
            return f"{path.name} {path.stat().st_size}"
        return sha256_bytes(path.read_bytes())
    except OSError:
        return ""
