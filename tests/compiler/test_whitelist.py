"""The second lock: text that emission never writes is refused before any of it runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.compiler.build import build
from workbench.compiler.emit import emit
from workbench.compiler.whitelist import check_source
from workbench.core.diagnostic import Problem
from workbench.document.graph import Graph

HEAD = "import torch\nfrom torch import nn\n\n\n"
INIT = "    def __init__(self) -> None:\n        super().__init__()\n        self.a = nn.ReLU()\n"
FORWARD = "    def forward(self, x: torch.Tensor) -> torch.Tensor:\n"


def network(init: str = "", forward: str = "        return x\n", head: str = HEAD) -> str:
    return f"{head}class Net(nn.Module):\n{INIT}{init}\n{FORWARD}{forward}"


def test_the_plain_form_is_allowed() -> None:
    check_source(network("        self.b = nn.Conv2d(3, 8, (1, 3), padding='same', bias=False)\n"))
    check_source(network(forward="        x = self.a(x)\n        x = x + -1.0 * x\n        return {'a': x}\n"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "import os\n",
        network(head=HEAD + "import os\n"),
        network(head=HEAD + "from os import system\n"),
        network(head=HEAD + "from torch import *\n"),
        network(head=HEAD + "import torch as nn\n"),
        network(head=HEAD + "print(1)\n"),
        network(head=HEAD + "class Other(nn.Module):\n    pass\n\n\n"),
        network() + "print(1)\n",
        network().replace("class Net(nn.Module)", "class Net(nn.Module, metaclass=nn.ReLU)"),
        network().replace("class Net(nn.Module)", "class Net(torch.load('x'))"),
        network().replace("class Net", "@nn.ReLU\nclass Net"),
        network().replace("class Net(nn.Module):\n", "class Net(nn.Module):\n    x = open('/etc/passwd')\n"),
        network().replace("class Net(nn.Module):\n", "class Net(nn.Module):\n    def hook(self): pass\n"),
        network().replace("x: torch.Tensor", "x: torch.Tensor = torch.load('x')"),
        network().replace("x: torch.Tensor", "x: print(1)"),
        network().replace("-> torch.Tensor", "-> print(1)"),
        network().replace("x: torch.Tensor", "*x: torch.Tensor"),
        network().replace("super().__init__()", "super().__init__(print(1))"),
        network().replace("    def forward", "    @torch.compile\n    def forward"),
    ],
    ids=range(21),
)
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(Problem) as caught:
        check_source(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "self.b = open('x')",
        "self.b = __import__('os')",
        "self.b = nn.modules.module.os.system('x')",
        "self.b = torch.load('x')",
        "self.b = torch.hub.load('x', 'y')",
        "self.b = nn.Linear(*open('x'))",
        "self.b = nn.Linear(**{'a': 1})",
        "self.b = nn.Linear(lambda: 1)",
        "self.b = nn.Linear(x := 1)",
        "self.b = nn.Linear(f'{1}')",
        "self.b = nn.Linear([i for i in (1, 2)])",
        "self.b = nn.ReLU().register_forward_hook(print)",
        "self.b = nn.ReLU",
        "self._hidden = nn.ReLU()",
        "self.__class__ = nn.ReLU()",
        "self.b = self.c = nn.ReLU()",
        "self.b.c = nn.ReLU()",
        "nn.ReLU = nn.Linear(1, 1)",
        "b = nn.ReLU()",
        "nn.ReLU()",
        "del self.a",
        "if True: self.b = nn.ReLU()",
        "self.b = nn.Linear(2**99999999, 1)",
        "self.b = nn.Linear(b'x', 1)",
        "self.b: nn.ReLU = nn.ReLU()",
    ],
)
def test_other_constructors_are_refused(line: str) -> None:
    with pytest.raises(Problem, match="generated source"):
        check_source(network(init=f"        {line}\n"))


@pytest.mark.parametrize(
    "line",
    [
        "x = open('x')",
        "x = torch.load('x')",
        "x = torch.ops.load_library('x')",
        "x = F.importlib.import_module('os')",
        "x = x.numpy().tofile('x')",
        "x = x.__class__",
        "x = x.register_hook(print)",
        "x = x.a",
        "x = self.b(x)",
        "x = self(x)",
        "x = self.a._call_impl(x)",
        "x = self.a.forward(x)",
        "x = self.register_buffer('a', x)",
        "x = torch",
        "x = nn.ReLU()(x)",
        "x = y",
        "x = print",
        "x = [y for y in (1, 2)]",
        "x = x if x else x",
        "x = (lambda: 1)()",
        "x = 9 ** 9 ** 9",
        "x = 'a' * 99999999999",
        "x = (1,) * 99999999999",
        "x = x[print(1)]",
        "x = x[x:=1]",
        "x = f'{x}'",
        "x = x < 1",
        "x = not x",
        "x: torch.Tensor = x",
        "x += x",
        "x, y = x, x",
        "self.a = x",
        "x.a = x",
        "x[0] = x",
        "_x = x",
        "global x",
        "print(x)",
        "return x",
        "while True: pass",
        "import os",
        "yield x",
        "raise x",
    ],
)
def test_other_statements_are_refused(line: str) -> None:
    with pytest.raises(Problem, match="generated source"):
        check_source(network(forward=f"        {line}\n        return x\n"))


def test_a_forged_copy_of_an_inlined_class_is_refused() -> None:
    from workbench.compiler.inlined import available

    for name in available():
        forged = f"class {name}(nn.Module):\n    def forward(self, x):\n        return open(x)\n\n\n"
        with pytest.raises(Problem, match="this class"):
            check_source(network(head=HEAD + forged))


def test_nothing_runs_of_a_text_that_is_refused(residual: Graph) -> None:
    source = emit(residual)
    text = source.text.replace("import torch\n", "import torch\nraise SystemExit\n", 1)
    with pytest.raises(Problem):
        build(replace(source, text=text))


def test_depth_and_length_are_limited() -> None:
    with pytest.raises(Problem):
        check_source(network(forward="        x = " + "-" * 100_000 + "x\n        return x\n"))
    with pytest.raises(Problem):
        check_source(network(forward="        x = " + "(" * 5_000 + "x" + ")" * 5_000 + "\n        return x\n"))
    with pytest.raises(Problem, match="characters"):
        check_source(" " * 9_000_000)


def test_a_source_of_many_layers_is_read() -> None:
    rows = "".join("        x = self.a(x)\n" for _ in range(3_000))
    check_source(network(forward=f"{rows}        return x\n"))
