"""Opening an ONNX export again: nothing in the file is run but ONNX's own operators."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.diagnostic import Problem

LARGEST = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class KeptPreparation:
    """How samples other than pictures are prepared for an export: `name` is its input, the rest is as in training."""

    name: str
    layer: str
    params: Mapping[str, Any]
    values: Mapping[str, Any]


_TAKEN = frozenset({"pictures", "tokens", "sound", "numbers"})


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """One output of an export: `reads` is the output that says what it means, "" where nothing does."""

    name: str
    kind: str
    reads: str
    names: tuple[str, ...]


def answers_in(session: Any, classes: tuple[str, ...], path: Path) -> tuple[KeptAnswer, ...]:
    """What an export answers, the main output first. Raises `Problem` where it does not say so soundly."""
    facts = session.get_modelmeta().custom_metadata_map
    if "ends" not in facts:
        return (KeptAnswer("", "classes", "probabilities", classes),)
    try:
        told = json.loads(facts["ends"])
        main, found = int(told["main"]), []
        for k, one in enumerate(told["outputs"]):
            name, kind, names = str(one["name"]), str(one["kind"]), tuple(map(str, one["names"]))
            reads = "values" if kind == "values" else "probabilities"
            reads = "" if one["reading"] == "none" else reads if k == main else f"{reads}_{name}"
            found.append(KeptAnswer(name, kind, reads, names))
        return (found[main], *found[:main], *found[main + 1 :])
    except (KeyError, ValueError, TypeError, IndexError, RecursionError) as error:
        raise Problem.of(
            "export.foreign", f"{path.name} does not say soundly what its outputs mean. Export it again."
        ) from error


def preparation_in(session: Any, path: Path) -> KeptPreparation | None:
    """What an export says of its preparation; None for one that takes pictures as they are. Raises `Problem`."""
    name = session.get_inputs()[0].name
    if name == "pictures":
        return None
    try:
        said = json.loads(session.get_modelmeta().custom_metadata_map["preparation"])
        kept = KeptPreparation(name, said["layer"], said["params"], said["values"])
        if not (isinstance(kept.layer, str) and isinstance(kept.params, dict) and isinstance(kept.values, dict)):
            raise ValueError("the preparation is no set of values")
        return kept
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise Problem.of(
            "export.foreign", f"{path.name} does not say how samples are prepared for it. Export it again."
        ) from error


def open_export(path: Path) -> tuple[Any, tuple[str, ...]]:
    """(onnxruntime session, class names) of a file that `workbench export` made. Raises `Problem` with a sentence."""
    import onnx
    import onnxruntime
    from google.protobuf.message import DecodeError

    refused = f"{path.name} is not a model exported by Workbench"
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            raise Problem.of("export.missing", f"{path} is no file, or larger than any export. Name an .onnx file.")
        data = path.read_bytes()
        model = onnx.load_from_string(data)  # data outside the file is never looked at
    except OSError as error:
        raise Problem.of("export.unreadable", f"{path} cannot be read ({error.strerror or error}).") from error
    except (DecodeError, ValueError) as error:
        raise Problem.of("export.broken", f"{refused}: it is damaged or no ONNX file. Export it again.") from error
    facts = {p.key: p.value for p in model.metadata_props}
    try:
        classes = json.loads(facts["classes"])
        if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes) or not classes:
            raise ValueError("classes")
    except (KeyError, ValueError) as error:
        raise Problem.of("export.foreign", f"{refused}: it does not name its classes.") from error
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in model.graph.initializer):
        raise Problem.of("export.external", f"{refused}: it points to data outside the file, which is never opened.")
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own that share only this base
        raise Problem.of(
            "export.broken", f"{refused}: onnxruntime cannot load it. Export it again.", details=str(error)
        ) from error
    names = {put.name for put in session.get_inputs()} | {put.name for put in session.get_outputs()}
    if "ends" in facts and len(session.get_inputs()) > 1:
        raise Problem.of(
            "export.several",
            f"{path.name} takes {len(session.get_inputs())} prepared inputs, so files cannot be given to it. Use the "
            "project, or the exported Python folder.",
        )
    if not names & ({"probabilities"} if "ends" not in facts else {"scores"}) or not names & _TAKEN:
        raise Problem.of("export.foreign", f"{refused}: it does not take samples and give probabilities.")
    return session, tuple(classes)
