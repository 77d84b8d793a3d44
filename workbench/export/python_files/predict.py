"""Label files with this exported model:  python predict.py FILE [FILE ...]

`model.py` is the network, `model.safetensors` its weights, `model.json` the classes and how samples are prepared,
`prepare.py` what does so; requirements.txt names the packages they need.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


def load() -> tuple[torch.nn.Module, dict[str, Any]]:
    """The network with its weights in evaluation mode, and the facts of model.json."""
    import model  # type: ignore[import-not-found]

    facts = json.loads((HERE / "model.json").read_text(encoding="utf-8"))
    network = getattr(model, facts["class_name"])()
    network.load_state_dict(load_file(HERE / "model.safetensors"))
    return network.eval(), facts


def predict(network: torch.nn.Module, facts: dict[str, Any], sample: Any) -> torch.Tensor:
    """The scores of one sample as `prepare.samples` gives it, one number a class."""
    import prepare  # type: ignore[import-not-found]

    with torch.inference_mode():
        scores: torch.Tensor = network(prepare.prepare(sample, facts))[0]
    return scores


def main() -> None:
    import prepare

    network, facts = load()
    for path in sys.argv[1:]:
        for name, sample in prepare.samples(path):
            scores = predict(network, facts, sample)
            probabilities = scores.exp() if facts["objective"] == "nll" else scores.softmax(0)
            best = int(probabilities.argmax())
            print(f"{name}: {facts['classes'][best]} ({float(probabilities[best]):.1%})")


if __name__ == "__main__":
    main()
