"""Chance as a function: every number follows from what it is for, so nothing depends on what was drawn before.

The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
generators", 2014). Written here rather than taken from numpy, whose generators may change between versions.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)

Hashes = npt.NDArray[np.uint64]


def mix(values: Hashes) -> Hashes:
    """Each 64-bit number scrambled; a bijection whose output bits each depend on every input bit."""
    z = values + _GOLDEN
    z = (z ^ (z >> _S30)) * _M1
    z = (z ^ (z >> _S27)) * _M2
    return z ^ (z >> _S31)


def key(*parts: int | str) -> int:
    """A 64-bit key from numbers and names (a seed, an epoch, "order")."""
    text = "\0".join(f"{type(part).__name__}:{part}" for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def hashes(key: int, counters: npt.NDArray[np.int64]) -> Hashes:
    """One 64-bit hash for each counter under a key."""
    return mix(mix(counters.astype(np.uint64)) ^ np.uint64(key))


def uniform(key: int, counters: npt.NDArray[np.int64], first: int, n: int) -> npt.NDArray[np.float64]:
    """len(counters) × n numbers in [0, 1): for each counter, n numbers of its own sequence from `first` on."""
    steps = np.arange(first, first + n, dtype=np.uint64) * _GOLDEN
    bits = mix(hashes(key, counters)[:, None] + steps[None, :])
    return (bits >> _S11).astype(np.float64) * 2.0**-53


def shuffled(key: int, members: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The members in an order that follows from the key and the members alone."""
    return members[np.argsort(hashes(key, members), kind="stable")]
