"""scikit-learn's wines as a table.

Source: S. Aeberhard, M. Forina, "Wine", UCI Machine Learning Repository, 1992 (CC BY 4.0), as shipped with
scikit-learn (`sklearn.datasets.load_wine`).
"""

from __future__ import annotations

import csv
import io


def table() -> str:
    """All 178 rows as CSV: 13 measurements, and the grower ("grower 1" to "grower 3") in the column "class"."""
    from sklearn.datasets import load_wine

    wine = load_wine()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*(name.replace("_", " ") for name in wine.feature_names), "class"])
    for row, target in zip(wine.data, wine.target, strict=True):
        writer.writerow([*(f"{value:g}" for value in row), f"grower {target + 1}"])
    return text.getvalue()
