"""Every declaration of the catalogue says what it is, in words, with parameters that make sense."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import nn

from workbench.catalogue.declaration import Category, Declaration, Initialisation, Kind, Layer, Loss, Optimizer, Param
from workbench.catalogue.registry import AUGMENTATIONS, INITIALISATIONS, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, index
from workbench.catalogue.values import check
from workbench.document.graph import ID_PATTERN
from workbench.training.objectives.focal import FocalLoss

REGISTRIES: dict[str, Mapping[str, Declaration]] = {
    "layers": LAYERS,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
    "initialisations": INITIALISATIONS,
    "augmentations": AUGMENTATIONS,
}
EVERY = [(room, declaration) for room, registry in REGISTRIES.items() for declaration in registry.values()]
PARAMS = [(declaration, param) for _, declaration in EVERY for param in declaration.params]

every = pytest.mark.parametrize(("room", "declaration"), EVERY, ids=[f"{r}-{d.id}" for r, d in EVERY])
every_param = pytest.mark.parametrize(("owner", "param"), PARAMS, ids=[f"{d.id}-{p.id}" for d, p in PARAMS])


def is_sentence(text: str) -> bool:
    return text[:1].isupper() and text.endswith(".") and "!" not in text and "  " not in text


@every
def test_has_words_for_people(room: str, declaration: Declaration) -> None:
    assert ID_PATTERN.match(declaration.id)
    assert declaration.title
    assert declaration.title == declaration.title.strip()
    assert is_sentence(declaration.summary)
    assert len(declaration.summary) <= 120
    assert is_sentence(declaration.help)
    assert 80 <= len(declaration.help) <= 700
    assert declaration.help.count(". ") >= 1, "help is a paragraph, not a phrase"
    assert declaration.summary not in declaration.help
    assert all(word == word.lower() for word in declaration.keywords if word.isalpha() and len(word) > 4)
    assert len({param.id for param in declaration.params}) == len(declaration.params)


@pytest.mark.parametrize("room", REGISTRIES)
def test_titles_and_summaries_tell_apart(room: str) -> None:
    titles = [declaration.title for declaration in REGISTRIES[room].values()]
    assert len(set(titles)) == len(titles)
    for id, declaration in REGISTRIES[room].items():
        assert id == declaration.id


@every_param
def test_parameter_is_sane(owner: Declaration, param: Param) -> None:
    assert ID_PATTERN.match(param.id)
    assert param.title[0].isupper()
    assert is_sentence(param.help)
    assert (param.kind is Kind.CHOICE) == bool(param.choices)
    values = [value for value, _ in param.choices]
    assert len(set(values)) == len(values)
    assert all(words for _, words in param.choices)
    if param.kind in (Kind.INT, Kind.FLOAT, Kind.INTS, Kind.PADDING):
        assert param.minimum is not None, "a number needs limits, so that nothing hostile reaches arithmetic"
        assert param.maximum is not None
        assert param.minimum < param.maximum <= 1e10
    checked, problems = check(owner, {param.id: param.default})
    assert problems == (), "the default must fit"
    assert checked[param.id] == param.default


@every
def test_defaults_are_complete(room: str, declaration: Declaration) -> None:
    values, problems = check(declaration, {})
    assert problems == ()
    assert list(values) == [param.id for param in declaration.params]


def test_there_are_layers_of_every_category_in_palette_order() -> None:
    order = [list(Category).index(layer.category) for layer in LAYERS.values()]
    assert order == sorted(order)
    assert set(order) == {k for k, category in enumerate(Category) if category is not Category.BLOCK}
    assert len(LAYERS) >= 60


def test_what_the_field_needs_is_there() -> None:
    """The list of the catalogue's promise; the README shows the same families."""
    pooled = [
        f"{how}_pool{n}d"
        for how in ("max", "avg", "adaptive_avg", "adaptive_max", "global_avg", "global_max")
        for n in (1, 2, 3)
    ]
    promised = [
        *("pictures", "numbers", "tokens", "sound", "output", "linear", *pooled),
        *("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "depthwise_conv2d", "separable_conv2d"),
        *("batch_norm1d", "batch_norm2d", "batch_norm3d", "layer_norm", "group_norm", "instance_norm2d", "rms_norm"),
        *(
            "dropout",
            "dropout2d",
            "relu",
            "leaky_relu",
            "prelu",
            "elu",
            "gelu",
            "silu",
            "mish",
            "hard_swish",
            "sigmoid",
        ),
        *("tanh", "softplus", "softmax", "log_softmax", "flatten", "reshape", "permute", "pad", "crop", "upsample"),
        *("mean", "add", "multiply", "concat", "embedding", "rnn", "lstm", "gru", "self_attention"),
        *("transformer_encoder", "learned_position", "sinusoidal_position", "patch_embedding", "learned_scale"),
    ]
    assert [name for name in promised if name not in LAYERS] == []


def test_a_second_declaration_of_the_same_id_is_refused() -> None:
    relu = LAYERS["relu"]
    with pytest.raises(ValueError, match="'relu'"):
        index([relu, dataclasses.replace(relu, title="Another")])


@pytest.mark.parametrize("layer", LAYERS.values(), ids=lambda layer: layer.id)
def test_ports_are_named_as_agreed(layer: Layer) -> None:
    p, _ = check(layer, {})
    ports = [port.id for port in layer.input_ports(p)]
    if layer.is_input:
        assert ports == []
    elif len(ports) == 1:
        assert ports == ["in"]
    else:
        assert ports == [f"in_{k}" for k in range(1, len(ports) + 1)]
    assert [port.id for port in layer.outputs] == ([] if layer.is_output else ["out"])


@pytest.mark.parametrize("name", ["add", "multiply", "concat"])
def test_merging_layers_have_as_many_ports_as_asked(name: str) -> None:
    p, _ = check(LAYERS[name], {"inputs": 16})
    assert [port.id for port in LAYERS[name].input_ports(p)] == [f"in_{k}" for k in range(1, 17)]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=lambda loss: loss.id)
def test_loss_falls_as_answers_improve(loss: Loss) -> None:
    p, _ = check(loss, {"label_smoothing": 0.1} if any(param.id == "label_smoothing" for param in loss.params) else {})
    criterion = eval(loss.build(p).source(), {"nn": nn, "FocalLoss": FocalLoss})
    labels = torch.tensor([0, 2])
    targets = labels if loss.kind == "classes" else nn.functional.one_hot(labels, 3).float()
    good, bad = torch.zeros(2, 3), torch.zeros(2, 3)
    good[[0, 1], labels] = 1.0
    bad[[0, 1], (labels + 1) % 3] = 1.0
    if loss.kind == "classes":
        good, bad = good.log_softmax(1), bad.log_softmax(1)
    assert criterion(good, targets) < criterion(bad, targets)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=lambda loss: loss.id)
def test_output_node_shows_the_own_parameters_of_its_loss_alone(loss: Loss) -> None:
    output = LAYERS["output"]
    p, _ = check(output, {"objective": loss.id})
    own = {param.id for one in LOSSES.values() for param in one.params}
    shown = {param.id for param in output.params if param.applies(p)}
    assert shown & own == {param.id for param in loss.params}
    assert {"objective", "target", "weight"} <= shown


def test_output_node_has_what_every_loss_asks_for() -> None:
    output = LAYERS["output"]
    p, _ = check(output, {"label_smoothing": 0.2})
    objective = next(param for param in output.params if param.id == "objective")
    assert [value for value, _ in objective.choices] == list(LOSSES)
    built = [loss.build(p).source() for loss in LOSSES.values()]
    assert built[0] == "nn.CrossEntropyLoss(label_smoothing=0.2)"


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=lambda optimizer: optimizer.id)
@pytest.mark.parametrize("end", ["default", "minimum", "maximum"])
def test_optimizer_takes_its_whole_range(optimizer: Optimizer, end: str) -> None:
    asked: dict[str, Any] = {param.id: getattr(param, end) for param in optimizer.params if param.kind is Kind.FLOAT}
    p, problems = check(optimizer, asked)
    assert problems == ()
    target: Any = torch
    for name in optimizer.target.split(".")[1:]:
        target = getattr(target, name)
    weight = nn.Parameter(torch.ones(3, 3) if optimizer.others else torch.ones(3))
    built = target([weight], **optimizer.arguments(p))
    weight.grad = torch.ones_like(weight)
    built.step()
    assert built.param_groups[0]["lr"] == p.lr
    if end == "default":
        assert bool((weight < 1).all())


@pytest.mark.parametrize("chosen", [i for i in INITIALISATIONS.values() if i.target], ids=lambda chosen: chosen.id)
@pytest.mark.parametrize("end", ["default", "minimum", "maximum"])
def test_initialisation_takes_its_whole_range(chosen: Initialisation, end: str) -> None:
    asked: dict[str, Any] = {param.id: getattr(param, end) for param in chosen.params if param.kind is Kind.FLOAT}
    p, problems = check(chosen, asked)
    assert problems == ()
    weight = torch.full((8, 4), torch.nan)
    getattr(nn.init, chosen.target.removeprefix("torch.nn.init."))(weight, **chosen.arguments(p))
    assert bool(weight.isfinite().all())
    assert float(weight.std()) > 0


def test_help_names_what_its_parameters_are_about() -> None:
    """The main knob is explained: a number one can turn is spoken of in the help, in some form."""
    silent = []
    for layer in LAYERS.values():
        mains = [p for p in layer.params if p.kind in (Kind.INT, Kind.FLOAT) and not p.advanced and p.id != "inputs"]
        if not mains:
            continue
        words = {w[:5] for p in mains for w in re.findall(r"[a-z]{4,}", f"{p.title} {p.help}".lower())}
        if not words & {w[:5] for w in re.findall(r"[a-z]{4,}", layer.help.lower())}:
            silent.append(layer.id)
    assert silent == []


def test_support_classes_stand_alone() -> None:
    """Their text is copied into generated code, where only torch, nn, F and math are known."""
    import builtins
    import importlib
    import pkgutil

    import workbench.compiler.support as support

    for found in pkgutil.iter_modules(support.__path__):
        module = importlib.import_module(f"{support.__name__}.{found.name}")
        tree = ast.parse(inspect.getsource(module))
        for part in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            names = {
                node.id for node in ast.walk(part) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            }
            own = {node.id for node in ast.walk(part) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
            own |= {node.arg for node in ast.walk(part) if isinstance(node, ast.arg)}
            assert names - own - set(dir(builtins)) <= {"torch", "nn", "F", "math"}, part.name
