"""ONNX: one file that takes pictures as they are and gives scores and probabilities."""

from __future__ import annotations

import contextlib
import json
import logging
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Problem
from workbench.core.files import write_atomic
from workbench.export.model import SamplePreparation, TrainedModel
from workbench.export.picture_graph import OPSET, PREPARED, picture_graph

if TYPE_CHECKING:
    import onnx

SCORES = "scores"
PROBABILITIES = "probabilities"


def write(model: TrainedModel, path: Path) -> None:
    """Write the model to `path`. Raises `Problem` if it cannot be written.

    Input ``pictures``: uint8 N × height × width × 3 (RGB, any size); texts, sounds and rows of tables come prepared, as
    ``tokens`` int64 N × length, ``sound`` float32 N × 1 × …, ``numbers`` float32 N × features. Outputs ``scores`` and
    ``probabilities``: float32 N × classes. Metadata: class names, preparation, project, run and version, as JSON.
    """
    write_atomic(path, assemble(model).SerializeToString())


def assemble(model: TrainedModel) -> onnx.ModelProto:
    """The whole model: preparation, network, probabilities."""
    from onnx import compose, helper

    model.require_one_answer()
    if isinstance(model.preparation, SamplePreparation):
        return _finished(model, _network(model, model.preparation.layer), SCORES)
    network = _network(model, "network_input")
    preparation = helper.make_model(
        picture_graph(model.preparation), opset_imports=[helper.make_opsetid("", OPSET)], ir_version=network.ir_version
    )
    joined = compose.merge_models(preparation, network, io_map=[(PREPARED, network.graph.input[0].name)])
    return _finished(model, joined, joined.graph.output[0].name)


def _finished(model: TrainedModel, joined: onnx.ModelProto, answer: str) -> onnx.ModelProto:
    """With probabilities, and with what the file says about itself."""
    import onnx
    from onnx import TensorProto, helper

    graph = joined.graph
    operator = "Exp" if model.objective == "nll" else "Softmax"
    axis: dict[str, Any] = {} if operator == "Exp" else {"axis": 1}
    graph.node.append(helper.make_node(operator, [answer], [PROBABILITIES], name="n_probabilities", **axis))
    graph.output.append(helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, ["batch", len(model.classes)]))
    helper.set_model_props(joined, metadata(model))
    joined.producer_name, joined.producer_version = "workbench", model.version
    onnx.checker.check_model(joined, full_check=True)
    return joined


def metadata(model: TrainedModel) -> dict[str, str]:
    """What the file says about itself, each value as JSON or plain text."""
    preparation = model.preparation
    told = (
        preparation.as_json()
        if isinstance(preparation, SamplePreparation)
        else {
            "input": "uint8, batch × height × width × 3, RGB, any size",
            "size": list(preparation.size),
            "channels": preparation.channels,
            "fit": preparation.fit,
            "mean": list(preparation.mean),
            "std": list(preparation.std),
        }
    )
    return {
        "classes": json.dumps(list(model.classes), ensure_ascii=False),
        "preparation": json.dumps(told, ensure_ascii=False),
        "project": model.name,
        "run": model.run,
        "workbench": model.version,
    }


def _network(model: TrainedModel, name: str) -> onnx.ModelProto:
    """The bare network, its input of that name, batch size left open."""
    import torch

    preparation = model.preparation
    if isinstance(preparation, SamplePreparation):
        example = torch.zeros(2, *preparation.shape, dtype=getattr(torch, preparation.dtype))
    else:
        example = torch.zeros(2, preparation.channels, *preparation.size)
    module = model.module()
    with warnings.catch_warnings(), _quiet(), torch.inference_mode(False), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        try:
            program = torch.onnx.export(
                module,
                (example,),
                dynamo=True,
                opset_version=OPSET,
                input_names=[name],
                output_names=[SCORES],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                verbose=False,
            )
        except Exception as error:  # the exporter has many kinds of its own, with pages of text
            raise Problem.of(
                "export.onnx",
                "PyTorch could not turn this network into ONNX, because of one of its layers or because memory was "
                "short. Close other programs and try again, or export it as safetensors and Python.",
                details="".join(traceback.format_exception(error)),
            ) from error
    assert program is not None
    proto: onnx.ModelProto = program.model_proto
    return proto


@contextlib.contextmanager
def _quiet() -> Any:
    """The exporter talks on its loggers; nothing of it concerns a person."""
    names = ("torch.onnx", "onnxscript", "onnx_ir", "torch.export")
    before = {name: logging.getLogger(name).level for name in names}
    try:
        for name in names:
            logging.getLogger(name).setLevel(logging.ERROR)
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
