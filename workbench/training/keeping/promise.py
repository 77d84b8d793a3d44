"""What the promise of exactness depends on: a run goes on to the bit where all of this is as it was.

The order of additions in a sum decides its last bits, and that is chosen by the library, by what the processor can do,
by the device and by the number of threads that share the work.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from workbench.training.versions import versions

ADAPTIVE = "adaptive"
"""The number of threads where it is found out while training: then nothing is promised."""

_SAID = {
    "torch": "PyTorch was {}, now it is {}",
    "numpy": "numpy was {}, now it is {}",
    "processor": "the processor was “{}”, now it is “{}”",
    "kernels": "the processor was used as {}, now as {}",
    "device": "it ran on {}, now on {}",
    "deterministic": "deterministic computing was {}, now it is {}",
}


def promise(device: str, threads: str, deterministic: bool) -> dict[str, str]:
    """By name, in words for a table: torch, numpy, processor, kernels, device, threads, deterministic.

    `threads` is a number, `ADAPTIVE`, or "" where the number is not what the result depends on (a GPU).
    """
    import torch

    found = {
        "torch": versions()["torch"],
        "numpy": versions()["numpy"],
        "processor": processor(),
        "kernels": torch.backends.cpu.get_cpu_capability(),
        "device": device,
        "threads": threads,
        "deterministic": "on" if deterministic else "off",
    }
    return {name: value for name, value in found.items() if value}


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is not as it was, in words; what an old checkpoint did not keep is not told."""
    reasons = [
        words.format(then[name], now.get(name, "unknown"))
        for name, words in _SAID.items()
        if name in then and then[name] != now.get(name)
    ]
    was, found = then.get("threads"), now.get("threads")
    if was and found and was != found:
        reasons.append(f"it computed with {_threads(was)}, now with {_threads(found)}")
    elif found == ADAPTIVE:
        reasons.append("the number of threads adapts to the machine; give a number of threads for exactness")
    if now.get("device", "cpu") != "cpu" and now.get("device") == then.get("device") and now["deterministic"] == "off":
        reasons.append("a GPU repeats itself only with deterministic computing")
    return reasons


def _threads(found: str) -> str:
    if found == ADAPTIVE:
        return "an adaptive thread count"
    return f"{found} thread" if found == "1" else f"{found} threads"


@lru_cache(maxsize=1)
def processor() -> str:
    """The processor's model as its maker calls it; its architecture where the system does not tell."""
    found = ""
    if sys.platform == "linux":
        found = _from_cpuinfo()
    elif sys.platform == "darwin":
        found = _from_sysctl()
    return " ".join((found or platform.processor() or platform.machine() or "unknown").split())


def _from_cpuinfo() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2] for line in lines if line.startswith("model name")), "")


def _from_sysctl() -> str:
    asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, timeout=5, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
