"""The random numbers of a step: a function of (seed, step), whatever was drawn before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_MASK = (1 << 64) - 1


def step_seed(seed: int, step: int) -> int:
    """The random generator's seed for a step of a run: both mixed by the finaliser of SplitMix64 (Steele et al. 2014).

    Seeding every step (1 µs) makes dropout a function of (seed, step): a run resumes exactly without saved generator
    states, a bad step can be repeated, and nothing another thread draws carries on into later steps.
    """
    z = (seed * 0x9E3779B97F4A7C15 + step * 0xD1B54A32D192ED03 + 0x8CB92BA72F3D8DD7) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return (z ^ (z >> 31)) >> 1


class Seeding:
    """Sets the device's generators before each batch of a step."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self._seed = seed
        self._generators = _generators(device)

    def __call__(self, step: int, part: int = 0) -> None:
        """`part` counts the batches of a step; each draws its own numbers."""
        seed = step_seed(self._seed, step)
        if part:
            seed = step_seed(seed, part)
        for generator in self._generators:
            generator.manual_seed(seed)


def _generators(device: torch.device) -> list[torch.Generator]:
    import torch

    found = [torch.default_generator]
    if device.type == "cuda":
        found.append(torch.cuda.default_generators[device.index or 0])
    elif device.type == "mps":
        found.append(torch.mps._get_default_mps_generator())
    return found
