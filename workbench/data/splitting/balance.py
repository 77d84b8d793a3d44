"""What can be done about classes with few samples: showing them more often, or weighing them more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.data.chance import hashes, key
from workbench.data.splitting.dealing import by_class

Indices = npt.NDArray[np.int64]


def balanced_order(members: Indices, labels: Indices, classes: int, seed: int, epoch: int) -> tuple[Indices, Indices]:
    """The order of an epoch in which each class comes equally often, and for each place how often its sample came
    before in this epoch. As many places as members; a function of (seed, epoch) and the members alone.

    Within a class every sample comes equally often, or once more: those of large classes in some epochs only, those of
    small ones several times in each. `labels` are those of the whole index.
    """
    drawn = members[np.argsort(hashes(key(seed, epoch, "balance"), members), kind="stable")]
    present = [part for part in by_class(drawn, labels, classes) if len(part)]
    each, rest = divmod(len(members), max(1, len(present)))
    order, turns = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for k, part in enumerate(present):
        places = np.arange(each + (1 if k < rest else 0), dtype=np.int64)
        order.append(part[places % len(part)])
        turns.append(places // len(part))
    together, came = np.concatenate(order), np.concatenate(turns)
    shuffle = np.argsort(hashes(key(seed, epoch, "order"), np.arange(len(together), dtype=np.int64)), kind="stable")
    return together[shuffle], came[shuffle]


def class_weights(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """n / (k · n_c) for each class c of the k that have samples, n_c of n in all: scikit-learn's "balanced" weights.

    So that every class counts alike, and an average sample 1. A class without samples gets 1.
    """
    present = counts > 0
    weights = np.ones(len(counts), np.float64)
    weights[present] = counts.sum() / (max(1, int(present.sum())) * counts[present])
    return weights.astype(np.float32)
