"""Loading torch while the window is there already: in a thread, in an order that hardly holds the interpreter.

``import torch`` takes seconds. Most of that is the loading of shared libraries, which through ctypes happens without
the interpreter's lock, so that the window goes on; the import after it finds them loaded. The first optimizer imports
some 830 further modules, so one is built and stepped here, not in the middle of the first run.
"""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from workbench.core.collector import keep_what_is_there

log = logging.getLogger(__name__)

_LIBRARIES = ("libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so", "libtorch_python.so")
SWITCH_SECONDS = 0.001
"""How long one Python thread may hold the others up; with the usual 5 ms a busy training thread shows in the window."""


class Warmup:
    """Loads torch in the background, once. Nothing needs it: whoever imports torch earlier simply waits for the import.

    `error` is the text of what went wrong, None while all is well.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.error: str | None = None
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, on_ready: Callable[[], None] | None = None) -> Warmup:
        """Begin, once; `on_ready` is called in the loading thread when all is loaded (or has failed)."""
        if self._thread is not None:
            return self
        sys.setswitchinterval(SWITCH_SECONDS)

        def body() -> None:
            began = time.monotonic()
            try:
                preload_libraries()
                build_an_optimizer()
                keep_what_is_there()
            except (ImportError, OSError, RuntimeError) as error:
                self.error = str(error)
                log.exception("torch could not be loaded")
            self.seconds = time.monotonic() - began
            self._ready.set()
            if on_ready is not None:
                on_ready()

        self._thread = threading.Thread(target=body, name="torch warm-up", daemon=True)
        self._thread.start()
        return self

    @property
    def is_ready(self) -> bool:
        """Whether torch can be used without waiting."""
        return self._ready.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until torch is loaded; False if that took longer."""
        return self._ready.wait(timeout)


def preload_libraries() -> int:
    """Load torch's shared libraries without the interpreter's lock; gives how many were loaded.

    Linux only: on Windows the order and the search path of DLLs matter to torch's own loading, on macOS nothing was
    measured. Whatever does not load here, the import loads, or fails with its own words.
    """
    if sys.platform != "linux" or "torch" in sys.modules:
        return 0
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return 0
    loaded = 0
    for name in _LIBRARIES:
        path = Path(found.origin).parent / "lib" / name
        if path.exists():
            try:
                ctypes.CDLL(str(path))
            except OSError:  # a CUDA library that torch finds by a search of its own
                break
            loaded += 1
    return loaded


def build_an_optimizer() -> None:
    """Import torch and step each kind of optimizer kernel once; leaves random numbers and settings untouched."""
    import torch

    weight = torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.zeros(2)
    for constructor in (torch.optim.Adam, torch.optim.SGD):
        constructor([weight], lr=0.001, fused=True).step()
