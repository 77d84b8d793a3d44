"""Runs a safetensors-and-Python export in a process that knows nothing of the workbench.

Usage:  python run_python.py EXPORT_FOLDER PICTURES.npz ANSWERS.npz    (the files are as for run_onnx.py)
"""

import sys
import time

import numpy as np


def main() -> None:
    folder, given, answers = sys.argv[1:4]
    sys.path.insert(0, folder)
    import predict  # type: ignore[import-not-found]

    network, facts = predict.load()
    with np.load(given) as pictures:
        arrays = [pictures[f"p{i}"] for i in range(len(pictures.files))]
    predict.predict(network, facts, arrays[0])
    began = time.perf_counter()
    rows = [predict.predict(network, facts, picture).numpy() for picture in arrays]
    np.savez(answers, scores=np.stack(rows), seconds=time.perf_counter() - began)


if __name__ == "__main__":
    main()
