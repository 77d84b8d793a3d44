"""The preparation of pictures as an ONNX graph, so that an exported model takes pictures as they are.

Input: uint8 N × height × width × 3, any height and width. Output: float32 N × C × h × w, as the network was trained on.
The steps are those of `workbench.data.decoding.fit`: crop or pad to the shape, antialiased bilinear resize, rounding to
whole values as a stored picture has them, grey by ITU-R BT.601, then (value / 255 - mean) / std.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.export.model import Preparation

if TYPE_CHECKING:
    import onnx

PICTURES = "pictures"
PREPARED = "prepared"
OPSET = 18
GREY = (0.299, 0.587, 0.114)


class _Steps:
    """Collects nodes and constants; each method adds one operator and gives the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any, kind: Any = np.int64) -> str:
        from onnx import numpy_helper

        name = f"prepare_c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=kind), name))
        return name

    def add(self, operator: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        from onnx import helper

        name = output or f"prepare_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=f"n_{name}", **attributes))
        return name


def picture_graph(preparation: Preparation) -> onnx.GraphProto:
    """The graph from `PICTURES` to `PREPARED`."""
    from onnx import TensorProto, helper

    h, w = preparation.size
    steps = _Steps()
    planes = steps.add("Transpose", steps.add("Cast", PICTURES, to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
    shape = steps.add("Shape", planes)
    height = steps.add("Slice", shape, steps.constant([2]), steps.constant([3]))
    width = steps.add("Slice", shape, steps.constant([3]), steps.constant([4]))
    if preparation.fit == "crop":
        planes = _crop(steps, planes, height, width, h, w)
        planes = _resize(steps, planes, steps.constant([h]), steps.constant([w]))
    elif preparation.fit == "pad":
        planes = _letterbox(steps, planes, height, width, h, w)
    else:
        planes = _resize(steps, planes, steps.constant([h]), steps.constant([w]))
    if preparation.channels == 1:
        weights = np.array(GREY, np.float32).reshape(1, 3, 1, 1)
        planes = steps.add("Mul", planes, steps.constant(weights, np.float32))
        planes = steps.add("ReduceSum", planes, steps.constant([1]), keepdims=1)
        planes = steps.add("Floor", steps.add("Add", planes, steps.constant(0.5, np.float32)))
    mean = np.array(preparation.mean, np.float32).reshape(1, -1, 1, 1)
    std = np.array(preparation.std, np.float32).reshape(1, -1, 1, 1)
    unit = steps.add("Div", planes, steps.constant(255.0, np.float32))
    centred = steps.add("Sub", unit, steps.constant(mean, np.float32))
    steps.add("Div", centred, steps.constant(std, np.float32), output=PREPARED)
    return helper.make_graph(
        steps.nodes,
        "preparation",
        [helper.make_tensor_value_info(PICTURES, TensorProto.UINT8, ["batch", "height", "width", 3])],
        [helper.make_tensor_value_info(PREPARED, TensorProto.FLOAT, ["batch", preparation.channels, h, w])],
        initializer=steps.constants,
    )


def _resize(steps: _Steps, planes: str, height: str, width: str) -> str:
    """Antialiased bilinear to height × width (1-element int64 tensors), rounded to whole values 0..255."""
    start = steps.add("Slice", steps.add("Shape", planes), steps.constant([0]), steps.constant([2]))
    sizes = steps.add("Concat", start, height, width, axis=0)
    small = steps.add(
        "Resize",
        planes,
        "",
        "",
        sizes,
        mode="linear",
        antialias=1,
        exclude_outside=1,
        coordinate_transformation_mode="half_pixel",
    )
    whole = steps.add("Floor", steps.add("Add", small, steps.constant(0.5, np.float32)))
    return steps.add("Clip", whole, steps.constant(0.0, np.float32), steps.constant(255.0, np.float32))


def _rounded(steps: _Steps, top: str, factor: int, by: str) -> str:
    """round(top * factor / by) on 1-element int64 tensors, halves up, at least 1."""
    doubled = steps.add("Mul", top, steps.constant([2 * factor]))
    share = steps.add("Div", steps.add("Add", doubled, by), steps.add("Mul", by, steps.constant([2])))
    return steps.add("Max", share, steps.constant([1]))


def _crop(steps: _Steps, planes: str, height: str, width: str, h: int, w: int) -> str:
    """The middle of the picture with the network's aspect."""
    wide = steps.add("Min", width, _rounded(steps, height, w, steps.constant([h])))
    high = steps.add("Min", height, _rounded(steps, width, h, steps.constant([w])))
    left = steps.add("Div", steps.add("Sub", width, wide), steps.constant([2]))
    top = steps.add("Div", steps.add("Sub", height, high), steps.constant([2]))
    begin = steps.add("Concat", top, left, axis=0)
    end = steps.add("Concat", steps.add("Add", top, high), steps.add("Add", left, wide), axis=0)
    return steps.add("Slice", planes, begin, end, steps.constant([2, 3]))


def _letterbox(steps: _Steps, planes: str, height: str, width: str, h: int, w: int) -> str:
    """The whole picture, black beside it where its aspect differs."""
    wide = steps.add("Min", _rounded(steps, width, h, height), steps.constant([w]))
    high = steps.add("Min", _rounded(steps, height, w, width), steps.constant([h]))
    small = _resize(steps, planes, high, wide)
    left = steps.add("Div", steps.add("Sub", steps.constant([w]), wide), steps.constant([2]))
    top = steps.add("Div", steps.add("Sub", steps.constant([h]), high), steps.constant([2]))
    right = steps.add("Sub", steps.add("Sub", steps.constant([w]), wide), left)
    bottom = steps.add("Sub", steps.add("Sub", steps.constant([h]), high), top)
    none = steps.constant([0, 0])
    pads = steps.add("Concat", none, top, left, none, bottom, right, axis=0)
    return steps.add("Pad", small, pads, steps.constant(0.0, np.float32))
