"""What a confusion matrix says: scikit-learn's scores, asked for cells weighted by how often they occur."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Shares = tuple[float, ...]
"""One number a class; NaN where it has no meaning."""


def by_class(confusion: NDArray[np.int64]) -> tuple[Shares, Shares, Shares]:
    """(precision, recall, F1) of each class of a confusion matrix K × K (rows: the true class).

    NaN where there is nothing to take a share of: the precision of a class never answered, the recall of one without
    samples, the F1 of one that is neither.
    """
    from sklearn.metrics import precision_recall_fscore_support

    classes = len(confusion)
    true, answered, times = cells(confusion)
    if not len(times):
        nothing = (float("nan"),) * classes
        return nothing, nothing, nothing
    found = precision_recall_fscore_support(
        true, answered, labels=np.arange(classes), sample_weight=times, zero_division=np.nan
    )
    precision, recall, f1 = (tuple(values.tolist()) for values in found[:3])
    return precision, recall, f1


def overall(confusion: NDArray[np.int64]) -> dict[str, float]:
    """ "accuracy", "balanced_accuracy", "precision", "recall" and "f1" of a confusion matrix; NaN where it is empty.

    The last three are means over the classes that occur or are answered, where a share without a whole counts as 0; the
    balanced accuracy is the mean recall of the classes that occur.
    """
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support, recall_score

    true, answered, times = cells(confusion)
    if not len(times):
        return dict.fromkeys(("accuracy", "balanced_accuracy", "precision", "recall", "f1"), float("nan"))
    precision, recall, f1, _support = precision_recall_fscore_support(
        true, answered, average="macro", sample_weight=times, zero_division=0
    )
    balanced = recall_score(
        true, answered, labels=np.unique(true), average="macro", sample_weight=times, zero_division=0
    )
    return {
        "accuracy": float(accuracy_score(true, answered, sample_weight=times)),
        "balanced_accuracy": float(balanced),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
    }


def cells(confusion: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(true class, answer, how often) of every cell that is not empty."""
    true, answered = confusion.nonzero()
    return true, answered, confusion[true, answered]
