"""Label the rows of a table with this exported model:  python predict.py ROWS.csv [ROWS.csv ...]

Needs torch, safetensors and numpy (requirements.txt). The first row of a CSV file names its columns. `model.py` is the
network, `model.safetensors` its weights, `model.json` the classes, the columns and how they are prepared.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent

MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}


def load() -> tuple[torch.nn.Module, dict[str, Any]]:
    """The network with its weights in evaluation mode, and the facts of model.json."""
    sys.path.insert(0, str(HERE))
    import model  # type: ignore[import-not-found]

    facts = json.loads((HERE / "model.json").read_text(encoding="utf-8"))
    network = getattr(model, facts["class_name"])()
    network.load_state_dict(load_file(HERE / "model.safetensors"))
    return network.eval(), facts


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


def predict(network: torch.nn.Module, facts: dict[str, Any], data: bytes) -> torch.Tensor:
    """The scores of one row, one number a class."""
    with torch.inference_mode():
        scores: torch.Tensor = network(prepare(data, facts))[0]
    return scores


def main() -> None:
    network, facts = load()
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            delimiter = max(",;\t|", key=head.count)
            for number, row in enumerate(csv.DictReader(file, delimiter=delimiter), start=2):
                scores = predict(network, facts, json.dumps(row).encode())
                probabilities = scores.exp() if facts["objective"] == "nll" else scores.softmax(0)
                best = int(probabilities.argmax())
                print(f"{path}#{number}: {facts['classes'][best]} ({float(probabilities[best]):.1%})")


if __name__ == "__main__":
    main()
