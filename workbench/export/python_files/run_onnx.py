"""Runs an ONNX export in a process that knows nothing of the workbench: numpy and onnxruntime only.

Usage:  python run_onnx.py MODEL.onnx PICTURES.npz ANSWERS.npz
PICTURES.npz holds p0, p1, …: pictures as uint8 arrays (height × width × 3), or what else the model takes, one sample
each. ANSWERS.npz gets `scores`, float32 N × classes, and
`seconds`, the time of all runs together.
"""

import sys
import time

import numpy as np
import onnxruntime


def main() -> None:
    model, given, answers = sys.argv[1:4]
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    with np.load(given) as pictures:
        names = [f"p{i}" for i in range(len(pictures.files))]
        arrays = [pictures[name] for name in names]
    taken = session.get_inputs()[0].name
    session.run(["scores"], {taken: arrays[0][None]})
    began = time.perf_counter()
    rows = [session.run(["scores"], {taken: picture[None]})[0][0] for picture in arrays]
    np.savez(answers, scores=np.stack(rows), seconds=time.perf_counter() - began)


if __name__ == "__main__":
    main()
