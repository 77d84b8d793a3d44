"""Label pictures with this exported model:  python predict.py PICTURE [PICTURE ...]

Needs torch, safetensors, numpy and Pillow (requirements.txt). `model.py` is the network, `model.safetensors` its
weights, `model.json` the classes and how a picture is prepared.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent


def load() -> tuple[torch.nn.Module, dict[str, Any]]:
    """The network with its weights in evaluation mode, and the facts of model.json."""
    sys.path.insert(0, str(HERE))
    import model  # type: ignore[import-not-found]

    facts = json.loads((HERE / "model.json").read_text(encoding="utf-8"))
    network = getattr(model, facts["class_name"])()
    network.load_state_dict(load_file(HERE / "model.safetensors"))
    return network.eval(), facts


def read(path: str | Path) -> np.ndarray[Any, Any]:
    """A picture file as uint8 height × width × 3, upright, on white where it is transparent."""
    with Image.open(path) as opened:
        picture = ImageOps.exif_transpose(opened)
        if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
            picture = picture.convert("RGBA")
            white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
            picture = Image.alpha_composite(white, picture)
        return np.asarray(picture.convert("RGB"))


def prepare(picture: np.ndarray[Any, Any], facts: dict[str, Any]) -> torch.Tensor:
    """uint8 height × width × 3 to the network's float32 1 × C × h × w."""
    h, w = facts["size"]
    height, width = picture.shape[:2]
    image = Image.fromarray(picture)
    bilinear = Image.Resampling.BILINEAR
    if facts["fit"] == "crop":
        wide = max(1, min(width, (2 * height * w + h) // (2 * h)))
        high = max(1, min(height, (2 * width * h + w) // (2 * w)))
        left, top = (width - wide) // 2, (height - high) // 2
        image = image.crop((left, top, left + wide, top + high)).resize((w, h), bilinear)
    elif facts["fit"] == "pad":
        wide = max(1, min(w, (2 * width * h + height) // (2 * height)))
        high = max(1, min(h, (2 * height * w + width) // (2 * width)))
        small = image.resize((wide, high), bilinear)
        image = Image.new("RGB", (w, h))
        image.paste(small, ((w - wide) // 2, (h - high) // 2))
    else:
        image = image.resize((w, h), bilinear)
    if facts["channels"] == 1:
        image = image.convert("L")
    values = np.asarray(image, dtype=np.float32).reshape(h, w, -1).transpose(2, 0, 1) / np.float32(255)
    mean = np.array(facts["mean"], np.float32)[:, None, None]
    std = np.array(facts["std"], np.float32)[:, None, None]
    return torch.from_numpy((values - mean) / std)[None]


def predict(network: torch.nn.Module, facts: dict[str, Any], picture: np.ndarray[Any, Any]) -> torch.Tensor:
    """The scores of one picture, one number a class."""
    with torch.inference_mode():
        scores: torch.Tensor = network(prepare(picture, facts))[0]
    return scores


def main() -> None:
    network, facts = load()
    for path in sys.argv[1:]:
        scores = predict(network, facts, read(path))
        probabilities = scores.exp() if facts["objective"] == "nll" else scores.softmax(0)
        best = int(probabilities.argmax())
        print(f"{path}: {facts['classes'][best]} ({float(probabilities[best]):.1%})")


if __name__ == "__main__":
    main()
