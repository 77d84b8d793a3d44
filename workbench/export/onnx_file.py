"""ONNX: one file that takes pictures as they are and gives scores and probabilities."""

from __future__ import annotations

import contextlib
import json
import logging
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.diagnostic import Problem
from workbench.core.files import write_atomic
from workbench.export.model import Preparation, SamplePreparation, TrainedModel
from workbench.export.picture_graph import OPSET, PREPARED, picture_graph

if TYPE_CHECKING:
    import onnx
    import torch
    from torch import nn

SCORES = "scores"
PROBABILITIES = "probabilities"


def write(model: TrainedModel, path: Path) -> None:
    """Write the model to `path`. Raises `Problem` if it cannot be written.

    Input ``pictures``: uint8 N × height × width × 3 (RGB, any size); texts, sounds and rows of tables come prepared, as
    ``tokens`` int64 N × length, ``sound`` float32 N × 1 × …, ``numbers`` float32 N × features. Outputs ``scores`` and
    ``probabilities``: float32 N × classes. Networks of other ends: see `onnx_ends`. Metadata: class names, preparation,
    project, run and version, as JSON.
    """
    write_atomic(path, assemble(model).SerializeToString())


def assemble(model: TrainedModel) -> onnx.ModelProto:
    """The whole model: preparation, network, probabilities."""
    from onnx import compose, helper

    if not model.is_plain:
        from workbench.export.onnx_ends import assemble_ends

        return assemble_ends(model)
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


def told_of(preparation: Preparation | SamplePreparation) -> dict[str, Any]:
    """How samples are prepared, as the file says it."""
    if isinstance(preparation, SamplePreparation):
        return preparation.as_json()
    return {
        "input": "uint8, batch × height × width × 3, RGB, any size",
        "size": list(preparation.size),
        "channels": preparation.channels,
        "fit": preparation.fit,
        "mean": list(preparation.mean),
        "std": list(preparation.std),
    }


def metadata(model: TrainedModel) -> dict[str, str]:
    """What the file says about itself, each value as JSON or plain text."""
    told = told_of(model.preparation)
    return {
        "classes": json.dumps(list(model.classes), ensure_ascii=False),
        "preparation": json.dumps(told, ensure_ascii=False),
        "project": model.name,
        "run": model.run,
        "workbench": model.version,
    }


def _network(model: TrainedModel, name: str) -> onnx.ModelProto:
    """The bare network, its input of that name, batch size left open."""
    return exported(model.module(), [(name, model.preparation)], [SCORES])


def exported(
    module: nn.Module,
    inputs: Sequence[tuple[str, Preparation | SamplePreparation]],
    outputs: Sequence[str],
    *,
    spread: bool = False,
) -> onnx.ModelProto:
    """A module as ONNX, batch size left open, with these names; `spread`: it takes its inputs as ``*inputs``.

    Raises `Problem` where torch cannot export it.
    """
    import torch

    examples = tuple(map(_example, (preparation for _name, preparation in inputs)))
    shapes = ({0: torch.export.Dim("batch")},) * len(examples)
    with warnings.catch_warnings(), _quiet(), torch.inference_mode(False), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        try:
            program = torch.onnx.export(
                module,
                examples,
                dynamo=True,
                opset_version=OPSET,
                input_names=[name for name, _preparation in inputs],
                output_names=list(outputs),
                dynamic_shapes=(shapes,) if spread else shapes,
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


def _example(preparation: Preparation | SamplePreparation) -> torch.Tensor:
    import torch

    if isinstance(preparation, SamplePreparation):
        return torch.zeros(2, *preparation.shape, dtype=getattr(torch, preparation.dtype))
    return torch.zeros(2, preparation.channels, *preparation.size)


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
