"""What generated source may consist of. The text is held against this before any of it is executed.

Emission never writes anything else; this is the second lock, should a project file ever find a way past the first.
The grammar is closed: whatever is not named here is refused, with the line it stands on.
"""

from __future__ import annotations

import ast
import keyword
import re

from workbench.compiler.inlined import available
from workbench.compiler.naming import MODULE_ATTRIBUTES
from workbench.core.diagnostic import Problem
from workbench.core.syntax import parse_module

IMPORTS = frozenset(
    {"import math", "import torch", "import torch.nn.functional as F", "from torch import nn"},
)
CONSTRUCTORS = re.compile(r"nn\.[A-Z][A-Za-z0-9]*\Z|torch\.(ones|zeros|tensor)\Z", re.ASCII)
"""Layers and parameters of `torch.nn`, and the tensors they begin with."""

FUNCTIONS = frozenset(
    """
    torch.add torch.amax torch.cat torch.exp torch.flatten torch.log torch.matmul torch.maximum torch.mean torch.mul
    torch.relu torch.sigmoid torch.softmax torch.stack torch.sum torch.tanh
    F.adaptive_avg_pool1d F.adaptive_avg_pool2d F.adaptive_avg_pool3d F.elu F.gelu F.glu F.hardsigmoid F.hardswish
    F.interpolate F.layer_norm F.leaky_relu F.log_softmax F.mish F.normalize F.one_hot F.pad F.pixel_shuffle
    F.pixel_unshuffle F.relu F.selu F.sigmoid F.silu F.softmax F.softplus F.tanh F.unfold
    """.split()  # noqa: SIM905
)
METHODS = frozenset(
    """
    abs amax amin clamp contiguous cumsum exp expand flatten flip float log long max mean min movedim narrow new_zeros
    permute
    pow relu repeat reshape roll select sigmoid softmax sqrt squeeze std sum tanh transpose unflatten unfold unsqueeze
    var view
    """.split()  # noqa: SIM905
)
"""Methods of a tensor that compute another tensor from it, and touch nothing else."""

LONGEST = 8_000_000
"""Characters of source that are read; a network of 50,000 layers is shorter."""

_MODULES = frozenset({"torch", "nn", "F", "math", "super"})
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult)
_ANNOTATIONS = frozenset({"torch.Tensor", "dict[str, torch.Tensor]"})
_RESULTS = re.compile(r"torch\.Tensor\Z|dict\[str, torch\.Tensor\]\Z|tuple\[torch\.Tensor(, torch\.Tensor)*\]\Z")
_SCALARS = frozenset({"int", "float", "bool", "str", "None", "tuple[int, ...]"})
"""What a block's constructor may take; several kinds are joined by "|"."""

_KINDS = frozenset({"torch.float32", "torch.int64"})


def check_source(text: str) -> ast.Module:
    """The text as a syntax tree, if all of it is allowed. Raises `Problem` naming the first line that is not."""
    if len(text) > LONGEST:
        raise Problem.of("source.long", f"The generated source has {len(text):,} characters, more than {LONGEST:,}.")
    try:
        tree = parse_module(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Problem.of("source.syntax", f"The generated source is not Python: {error}.") from None
    _Check().module(tree)
    return tree


class _Check:
    """Walks one file from the top; knows which attributes the constructor set and which variables hold something.

    A class makes only those that stand before it, so that none can be made without end.
    """

    def __init__(self) -> None:
        self._classes: set[str] = set()  # inlined or written so far
        self._attributes: set[str] = set()  # of the class under way
        self._inner: set[str] = set()  # of all classes so far
        self._given: set[str] = set()  # arguments of the constructor under way
        self._variables: set[str] = set()

    def module(self, tree: ast.Module) -> None:
        body = list(tree.body)
        while body and isinstance(body[0], ast.Import | ast.ImportFrom):
            self._need(ast.unparse(body[0]) in IMPORTS, body[0], "this import")
            body.pop(0)
        for part in body[:-1]:
            if not isinstance(part, ast.ClassDef):
                raise self._refusal(part, "anything but classes")
            inlined = available().get(part.name)
            if inlined is None:
                self._network(part)
            self._need(inlined is None or ast.dump(part) == inlined.tree, part, "this class")
            self._classes.add(part.name)
        last = body[-1] if body else tree
        if not isinstance(last, ast.ClassDef):
            raise self._refusal(last, "anything but a class at the end")
        self._network(last)

    def _network(self, network: ast.ClassDef) -> None:
        plain = not network.decorator_list and not network.keywords
        base = [ast.unparse(base) for base in network.bases] == ["nn.Module"]
        taken = network.name in self._classes or network.name in _MODULES or network.name in available()
        self._need(plain and base and _public(network.name) and not taken, network, "this kind of class")
        self._attributes, self._variables = set(), set()
        for part in network.body:
            if isinstance(part, ast.FunctionDef) and part.name == "__init__":
                self._init(part)
            elif isinstance(part, ast.FunctionDef) and part.name == "forward":
                self._forward(part)
            else:
                self._need(part is network.body[0] and _docstring(part), part, "this in a class")

    # --- the constructor -------------------------------------------------------------------------------------------

    def _init(self, function: ast.FunctionDef) -> None:
        self._need(_only_names(function.args) and _plain(function), function, "this constructor")
        self._given = set()
        for argument in function.args.args[1:]:
            kinds = ast.unparse(argument.annotation).split(" | ") if argument.annotation else [""]
            self._need(_variable(argument.arg) and _SCALARS.issuperset(kinds), argument, "this argument")
            self._given.add(argument.arg)
        self._need(ast.unparse(function.body[0]) == "super().__init__()", function.body[0], "this first statement")
        for part in function.body[1:]:
            target = part.targets[0] if isinstance(part, ast.Assign) and len(part.targets) == 1 else None
            if not (
                isinstance(part, ast.Assign)
                and isinstance(target, ast.Attribute)
                and isinstance(target.value, ast.Name)
                and target.value.id == "self"
                and _public(target.attr)
                and target.attr not in MODULE_ATTRIBUTES
            ):
                raise self._refusal(part, "this in a constructor")
            self._construction(part.value)
            self._attributes.add(target.attr)
            self._inner.add(target.attr)

    def _construction(self, call: ast.expr) -> None:
        """A call of a known class with plain data, or with further such calls."""
        if not isinstance(call, ast.Call):
            raise self._refusal(call, "this value")
        name = ast.unparse(call.func) if isinstance(call.func, ast.Name | ast.Attribute) else ""
        self._need(name in self._classes or CONSTRUCTORS.match(name) is not None, call, "this call")
        for argument in self._arguments(call):
            if isinstance(argument, ast.Call):
                self._construction(argument)
            else:
                self._argument(argument)

    def _argument(self, value: ast.expr) -> None:
        """Plain data, an argument of the constructor, or one times or divided by a whole number."""
        match value:
            case ast.Name():
                self._need(value.id in self._given, value, "this name")
            case ast.Tuple():
                for part in value.elts:
                    self._argument(part)
            case ast.BinOp(left=ast.Constant(value=int()), op=ast.Mult(), right=ast.Name()):
                self._argument(value.right)
            case ast.BinOp(left=ast.Name(), op=ast.FloorDiv(), right=ast.Constant(value=int())):
                self._argument(value.left)
            case _:
                self._data(value)

    # --- the forward pass --------------------------------------------------------------------------------------------

    def _forward(self, function: ast.FunctionDef) -> None:
        self._need(_only_names(function.args) and _plain(function), function, "this signature")
        for argument in function.args.args[1:]:
            annotation = ast.unparse(argument.annotation) if argument.annotation else "torch.Tensor"
            self._need(_variable(argument.arg) and annotation in _ANNOTATIONS, argument, "this argument")
            self._variables.add(argument.arg)
        for part in function.body[:-1]:
            target = part.targets[0] if isinstance(part, ast.Assign) and len(part.targets) == 1 else None
            names = target.elts if isinstance(target, ast.Tuple) and self._gives_several(part) else [target]
            if not isinstance(part, ast.Assign) or not all(isinstance(n, ast.Name) and _variable(n.id) for n in names):
                raise self._refusal(part, "this in forward")
            self._value(part.value)
            self._variables.update(name.id for name in names if isinstance(name, ast.Name))
        self._return(function.body[-1])

    def _gives_several(self, part: ast.stmt) -> bool:
        """Whether a statement takes the several results of a block."""
        call = part.value if isinstance(part, ast.Assign) else None
        return isinstance(call, ast.Call) and self._module(call.func)

    def _return(self, part: ast.stmt) -> None:
        if not isinstance(part, ast.Return) or part.value is None:
            raise self._refusal(part, "this at the end of forward")
        if isinstance(part.value, ast.Dict):
            for key in part.value.keys:
                self._need(isinstance(key, ast.Constant) and isinstance(key.value, str), part, "this key")
            for value in part.value.values:
                self._value(value)
        else:
            self._value(part.value)

    def _value(self, value: ast.expr) -> None:
        """Something computed from tensors by the layers, the functions and the methods that are named above."""
        match value:
            case ast.Name():
                self._need(value.id in self._variables, value, "this name")
            case ast.Attribute(value=ast.Name(id="self")):
                self._need(value.attr in self._attributes, value, "this attribute")
            case ast.Attribute(value=ast.Name(id="torch")):
                self._need(ast.unparse(value) in _KINDS, value, "this name")
            case ast.Subscript(value=ast.Attribute(attr="shape", value=owner)):
                self._value(owner)
                self._data(value.slice)
            case ast.Constant() | ast.UnaryOp(operand=ast.Constant()):
                self._data(value)
            case ast.UnaryOp(op=ast.USub()):
                self._value(value.operand)
            case ast.BinOp():
                self._need(isinstance(value.op, _OPERATORS), value, "this operator")
                for side in (value.left, value.right):
                    number = not isinstance(side, ast.Constant) or isinstance(side.value, int | float)
                    self._need(number and not isinstance(side, ast.Tuple | ast.List), side, "this operand")
                    self._value(side)
            case ast.Tuple() | ast.List():
                for item in value.elts:
                    self._value(item)
            case ast.Subscript():
                self._value(value.value)
                self._index(value.slice)
            case ast.Call():
                self._call(value)
            case _:
                raise self._refusal(value, "this")

    def _call(self, call: ast.Call) -> None:
        function = call.func
        if not self._module(function):
            self._need(isinstance(function, ast.Attribute), call, "this call")
            assert isinstance(function, ast.Attribute)
            owner = function.value
            self._need(not isinstance(owner, ast.Name) or owner.id != "self", call, "this layer")
            if isinstance(owner, ast.Name) and owner.id in ("torch", "F"):
                self._need(f"{owner.id}.{function.attr}" in FUNCTIONS, call, "this function")
            else:
                self._need(function.attr in METHODS, call, "this method")
                self._value(owner)
        for argument in self._arguments(call):
            self._value(argument)

    def _module(self, value: ast.expr) -> bool:
        """Whether this is a layer: ``self.conv2d_1``, or one inside of blocks, ``self.stage_1[2].conv2d_1``."""
        match value:
            case ast.Attribute(value=ast.Name(id="self")):
                return value.attr in self._attributes
            case ast.Attribute():
                return value.attr in self._inner and self._module(value.value)
            case ast.Subscript(slice=ast.Constant(value=int())):
                return self._module(value.value)
        return False

    def _index(self, index: ast.expr) -> None:
        match index:
            case ast.Tuple():
                for part in index.elts:
                    self._index(part)
            case ast.Slice():
                for bound in (index.lower, index.upper, index.step):
                    if bound is not None:
                        self._data(bound)
            case _:
                self._data(index)

    # --- plain data --------------------------------------------------------------------------------------------------

    def _arguments(self, call: ast.Call) -> list[ast.expr]:
        for named in call.keywords:
            self._need(named.arg is not None and _public(named.arg), call, "this argument")
        return [*call.args, *(named.value for named in call.keywords)]

    def _data(self, value: ast.expr) -> None:
        """A number, a text, None, …, or a tuple of them."""
        match value:
            case ast.Constant():
                plain = value.value is None or value.value is Ellipsis or isinstance(value.value, int | float | str)
                self._need(plain, value, "this constant")
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                self._data(value.operand)
            case ast.Tuple() | ast.List():
                for item in value.elts:
                    self._data(item)
            case _:
                raise self._refusal(value, "this")

    def _need(self, allowed: bool, where: ast.AST, what: str) -> None:
        if not allowed:
            raise self._refusal(where, what)

    def _refusal(self, where: ast.AST, what: str) -> Problem:
        line = getattr(where, "lineno", 1)
        written = ast.unparse(where).splitlines()
        shown = written[0][:80] if written else ""
        return Problem.of(
            "source.refused",
            f"Line {line:,} of the generated source holds {what}, which Workbench never writes, so none of it was run: "
            f"{shown!r}. Please report it.",
        )


def _public(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not name.startswith("_") and not keyword.iskeyword(name)


def _variable(name: str) -> bool:
    """A name that hides nothing the source needs."""
    return _public(name) and name != "self" and name not in _MODULES


def _only_names(given: ast.arguments) -> bool:
    """Whether arguments are `self` and plain names after it."""
    odd = given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg or given.defaults
    return not odd and bool(given.args) and given.args[0].arg == "self" and given.args[0].annotation is None


def _plain(function: ast.FunctionDef) -> bool:
    returns = ast.unparse(function.returns) if function.returns else "None"
    return not function.decorator_list and (returns == "None" or _RESULTS.match(returns) is not None)


def _docstring(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and isinstance(part.value.value, str)
