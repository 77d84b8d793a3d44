"""From the rows of a CSV file, whose first row names its columns, to what the network takes. Needs numpy and torch."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}


def samples(path: str | Path) -> Iterator[tuple[str, bytes]]:
    """The name and the content (a JSON object of its columns) of each row of a file."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        file.seek(0)
        delimiter = max(",;\t|", key=head.count)
        for number, row in enumerate(csv.DictReader(file, delimiter=delimiter), start=2):
            yield f"{path}#{number}", json.dumps(row).encode()


def features(row: Mapping[str, Any], facts: dict[str, Any]) -> list[float]:
    """A row by its columns' names as the numbers the network takes; what is not given is missing."""
    known = {str(name).strip().casefold(): value for name, value in row.items() if name is not None}
    found: list[float] = []
    for column in facts["values"]["columns"]:
        value = known.get(column["name"].casefold())
        text = "" if value is None else str(value).strip()
        if column["use"] == "category":
            found += [1.0 if text == category else 0.0 for category in column["categories"]]
            continue
        number = math.nan if text.lower() in MISSING else float(text)
        there = math.isfinite(number)
        found.append((number - column["mean"]) / column["std"] if there else 0.0)
        if column["missing"]:
            found.append(0.0 if there else 1.0)
    return found


def prepare(data: bytes, facts: dict[str, Any]) -> torch.Tensor:
    """A row as a JSON object of its columns to the network's float32 1 × features."""
    return torch.from_numpy(np.array([features(json.loads(data), facts)], np.float32))
