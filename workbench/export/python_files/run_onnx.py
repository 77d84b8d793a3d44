"""Runs an ONNX export in a process that knows nothing of the workbench: numpy and onnxruntime only.

Usage:  python run_onnx.py MODEL.onnx PICTURES.npz ANSWERS.npz PICTURES.npz holds `samples` and `inputs` (how many), and
p0_0, p0_1, …, p1_0, …: for each sample what each input takes, a picture as uint8 (height × width × 3) or what else the
model takes. ANSWERS.npz gets `scores`, float32 N × numbers, all outputs one behind the other, and `seconds`, the time
of all runs together.
"""

import sys
import time

import numpy as np
import onnxruntime


def main() -> None:
    model, given, answers = sys.argv[1:4]
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    taken = [put.name for put in session.get_inputs()]
    with np.load(given) as file:
        arrays = [[file[f"p{i}_{k}"] for k in range(int(file["inputs"]))] for i in range(int(file["samples"]))]
    scores = [put.name for put in session.get_outputs() if put.name.startswith("scores")]

    def answer(sample: list) -> np.ndarray:  # type: ignore[type-arg]
        found = session.run(scores, {name: one[None] for name, one in zip(taken, sample, strict=True)})
        return np.concatenate([one[0].ravel() for one in found])

    answer(arrays[0])
    began = time.perf_counter()
    rows = [answer(sample) for sample in arrays]
    np.savez(answers, scores=np.stack(rows), seconds=time.perf_counter() - began)


if __name__ == "__main__":
    main()
