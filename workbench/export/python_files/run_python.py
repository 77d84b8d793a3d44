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
    with np.load(given) as pictures:
        arrays = [pictures[f"p{i}"] for i in range(len(pictures.files))]

    def answer(sample: np.ndarray[Any, Any]) -> Any:
        if sample.dtype == np.uint8:
            given = sample if sample.ndim > 1 else sample.tobytes()
            return predict.predict(network, facts, given).numpy()
        with torch.inference_mode():
            return network(torch.from_numpy(sample)[None])[0].numpy()

    answer(arrays[0])
    began = time.perf_counter()
    rows = [answer(sample) for sample in arrays]
    np.savez(answers, scores=np.stack(rows), seconds=time.perf_counter() - began)


if __name__ == "__main__":
    main()
