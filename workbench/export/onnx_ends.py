"""ONNX of networks with several inputs or outputs, or with labels or values for an answer.

One input of pictures takes them as they are, as `onnx_file` does. Several inputs come prepared, each by the name of its
node. The main output gives ``scores``, any other one ``scores_`` and the name of its node; beside each stands what it
says: ``probabilities`` of classes or labels, ``values`` in their own unit. The metadata tell of all of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from workbench.export.model import Answer, Preparation, TrainedModel
from workbench.export.onnx_file import PROBABILITIES, SCORES, exported, metadata, told_of
from workbench.export.picture_graph import OPSET, PREPARED, picture_graph

if TYPE_CHECKING:
    import onnx
    import torch
    from torch import nn

VALUES = "values"


def assemble_ends(model: TrainedModel) -> onnx.ModelProto:
    """The whole model. Raises `Problem` where torch cannot export it."""
    import onnx
    from onnx import compose, helper

    names = [_named(SCORES, model, k) for k in range(len(model.answers))]
    inputs = inputs_of(model)
    joined = exported(_in_a_row(model.module()), inputs, names, spread=True)
    if len(inputs) == 1 and isinstance(model.preparation, Preparation):
        preparation = helper.make_model(
            picture_graph(model.preparation),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=joined.ir_version,
        )
        joined = compose.merge_models(preparation, joined, io_map=[(PREPARED, joined.graph.input[0].name)])
    for k, answer in enumerate(model.answers):
        _read(joined.graph, answer, names[k], _named(_reading(answer), model, k))
    told = {"outputs": [one.as_json() for one in model.answers], "main": model.main}
    if len(inputs) > 1:
        told["inputs"] = [{"name": name, **told_of(preparation)} for name, preparation in inputs]
    helper.set_model_props(joined, {**metadata(model), "ends": json.dumps(told, ensure_ascii=False)})
    joined.producer_name, joined.producer_version = "workbench", model.version
    onnx.checker.check_model(joined, full_check=True)
    return joined


def inputs_of(model: TrainedModel) -> list[tuple[str, Preparation]]:
    """The bare network's inputs by name, with what prepares each."""
    preparations = (model.preparation, *model.more)
    if len(preparations) == 1:
        one = preparations[0]
        return [("network_input" if isinstance(one, Preparation) else one.layer, one)]  # type: ignore[list-item]
    return list(zip(model.compiled.inputs, preparations, strict=True))  # type: ignore[arg-type]


def _named(what: str, model: TrainedModel, place: int) -> str:
    return what if place == model.main else f"{what}_{model.answers[place].name}"


def _reading(answer: Answer) -> str:
    return VALUES if answer.kind == "values" else PROBABILITIES


def _read(graph: onnx.GraphProto, answer: Answer, scores: str, name: str) -> None:
    """Add what an output says beside its scores."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    reading = answer.reading
    if reading == "none":
        return
    if reading == "scale":
        for part, numbers in (("std", answer.std), ("mean", answer.mean)):
            graph.initializer.append(numpy_helper.from_array(np.array(numbers, np.float32), f"{name}_{part}"))
        graph.node.append(helper.make_node("Mul", [scores, f"{name}_std"], [f"{name}_scaled"], name=f"n_{name}_scaled"))
        graph.node.append(helper.make_node("Add", [f"{name}_scaled", f"{name}_mean"], [name], name=f"n_{name}"))
    else:
        operator = {"softmax": "Softmax", "exp": "Exp", "sigmoid": "Sigmoid"}[reading]
        axis = {"axis": 1} if operator == "Softmax" else {}
        graph.node.append(helper.make_node(operator, [scores], [name], name=f"n_{name}", **axis))
    graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", len(answer.names)]))


def _in_a_row(module: nn.Module) -> nn.Module:
    """The network with its answers as a tuple, in order: what is given back by name may be sorted on the way."""
    from torch import nn

    class InARow(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = module

        def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
            found = self.network(*inputs)
            return tuple(found.values()) if isinstance(found, dict) else (found,)

    return InARow().eval()
