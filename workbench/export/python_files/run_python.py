"""Runs a safetensors-and-Python export in a process that knows nothing of the workbench.

Usage:  python run_python.py EXPORT_FOLDER PICTURES.npz ANSWERS.npz    (the files are as for run_onnx.py)

A sample that is no picture comes as the bytes of its file (uint8, one axis), or prepared, as the network takes it.
"""

import sys
import time
from typing import Any

import numpy as np
import torch


def main() -> None:
    folder, given, answers = sys.argv[1:4]
    sys.path.insert(0, folder)
    import predict  # type: ignore[import-not-found]

    network, facts = predict.load()
    with np.load(given) as file:
        arrays = [[file[f"p{i}_{k}"] for k in range(int(file["inputs"]))] for i in range(int(file["samples"]))]

    def answer(sample: list[np.ndarray[Any, Any]]) -> Any:
        if len(sample) == 1 and sample[0].dtype == np.uint8:
            given = sample[0] if sample[0].ndim > 1 else sample[0].tobytes()
            rows = predict.answers(network, facts, given)
        else:
            with torch.inference_mode():
                found = network(*(torch.from_numpy(one)[None] for one in sample))
            rows = [one[0] for one in (found.values() if isinstance(found, dict) else [found])]
        return np.concatenate([row.numpy().ravel() for row in rows])

    answer(arrays[0])
    began = time.perf_counter()
    rows = [answer(sample) for sample in arrays]
    np.savez(answers, scores=np.stack(rows), seconds=time.perf_counter() - began)


if __name__ == "__main__":
    main()
