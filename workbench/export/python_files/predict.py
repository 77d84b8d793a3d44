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


def answers(network: torch.nn.Module, facts: dict[str, Any], sample: Any) -> list[torch.Tensor]:
    """What every output gives for one sample as `prepare.samples` gives it."""
    import prepare  # type: ignore[import-not-found]

    given = [prepare.prepare(sample, {**facts, **one}) for one in facts.get("inputs", [{}])]
    with torch.inference_mode():
        found = network(*given)
    return [one[0] for one in (found.values() if isinstance(found, dict) else [found])]


def predict(network: torch.nn.Module, facts: dict[str, Any], sample: Any) -> torch.Tensor:
    """The scores of one sample: of the main output, where there are several."""
    scores: torch.Tensor = answers(network, facts, sample)[facts.get("main", 0)]
    return scores


def words(scores: torch.Tensor, output: dict[str, Any]) -> str:
    """What one output says: the likeliest class, the labels found, or values in their own unit."""
    names = output["names"]
    if output["reading"] == "scale":
        values = scores * torch.tensor(output["std"]) + torch.tensor(output["mean"])
        return ", ".join(f"{name} {value:.6g}" for name, value in zip(names, values.tolist(), strict=True))
    if output["reading"] == "none":
        return " × ".join(map(str, scores.shape)) + " numbers"
    if output["reading"] == "sigmoid":
        shares = scores.sigmoid().tolist()
        found = [f"{name} ({share:.1%})" for name, share in zip(names, shares, strict=True) if share > 0.5]
        return ", ".join(found) or "none of the labels"
    probabilities = scores.exp() if output["reading"] == "exp" else scores.softmax(0)
    best = int(probabilities.argmax())
    return f"{names[best]} ({float(probabilities[best]):.1%})"


def main() -> None:
    import prepare

    network, facts = load()
    reading = "exp" if facts["objective"] == "nll" else "softmax"
    outputs = facts.get("outputs", [{"names": facts["classes"], "reading": reading}])
    for path in sys.argv[1:]:
        for name, sample in prepare.samples(path):
            said = [words(*pair) for pair in zip(answers(network, facts, sample), outputs, strict=True)]
            print(f"{name}: {'; '.join(said)}")


if __name__ == "__main__":
    main()
