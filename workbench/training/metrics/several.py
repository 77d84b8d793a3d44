"""Answers with several labels at once: right and wrong counted label by label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.training.metrics.confusion import Shares, by_class

if TYPE_CHECKING:
    import torch


class LabelCounts:
    """How often each of K labels was there and answered: a table of two by two a label, counted by torchmetrics."""

    def __init__(self, labels: int) -> None:
        from torchmetrics.classification import MultilabelConfusionMatrix, MultilabelExactMatch

        self._counts = MultilabelConfusionMatrix(num_labels=labels, validate_args=False)
        self._whole = MultilabelExactMatch(num_labels=labels, validate_args=False)
        self._samples = 0

    def add(self, answered: torch.Tensor, there: torch.Tensor) -> None:
        """Take a batch: whether each label was answered and whether it is there (both bool N × K)."""
        given, true = answered.cpu().int(), there.cpu().int()
        self._samples += len(true)
        self._counts.update(given, true)
        self._whole.update(given, true)

    @property
    def tables(self) -> NDArray[np.int64]:
        """int64 K × 2 × 2: [k, i, j] counts the samples where label k is there (i) and answered (j)."""
        tables: NDArray[np.int64] = self._counts.confmat.numpy().astype(np.int64)
        return tables

    def by_label(self) -> tuple[Shares, Shares, Shares]:
        """(precision, recall, F1) of each label; NaN where there is nothing to take a share of."""
        found = [tuple(values[1] for values in by_class(table)) for table in self.tables]
        precision, recall, f1 = zip(*found, strict=True)
        return precision, recall, f1

    def numbers(self) -> dict[str, float]:
        """ "accuracy" (all labels right), "label_accuracy", and "precision", "recall" and "f1": means over the labels
        that occur or are answered, where a share without a whole counts as 0. NaN where nothing was added."""
        if not self._samples:
            return dict.fromkeys(("accuracy", "label_accuracy", "precision", "recall", "f1"), float("nan"))
        tables, shares = self.tables, np.array(self.by_label())
        met = ~np.isnan(shares[2])
        means = np.nan_to_num(shares[:, met]).mean(1) if met.any() else np.full(3, np.nan)
        precision, recall, f1 = means.tolist()
        return {
            "accuracy": int(self._whole.correct) / self._samples,  # computed, it would have single precision
            "label_accuracy": float(tables.trace(axis1=1, axis2=2).sum() / tables.sum()),
            "precision": precision,
            "recall": recall,
            "f1": f1,
        }
