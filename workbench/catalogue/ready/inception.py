"""The inception module of GoogLeNet (Szegedy et al. 2015, figure 2b); the defaults are those of inception (3a)."""

from __future__ import annotations

from workbench.catalogue.drawing import Definition, Drawing, Part, Wire, layer
from workbench.document.graph import BlockParam


def _width(param: str, title: str, default: int, help: str) -> BlockParam:
    return BlockParam(param, title, "int", default, help, 1, 4096)


def _convolved(name: str, filters: str, kernel: int) -> tuple[Part, Part]:
    return layer("conv2d", name, filters=filters, kernel=(kernel, kernel)), layer("relu", f"{name} ReLU")


def _inception() -> Definition:
    d = Drawing()
    x = d.input()
    branches: list[Wire] = []
    ways = (
        _convolved("One", "=ones", 1),
        (*_convolved("Three reduce", "=three_reduce", 1), *_convolved("Three", "=threes", 3)),
        (*_convolved("Five reduce", "=five_reduce", 1), *_convolved("Five", "=fives", 5)),
        (
            layer("max_pool2d", "Pool", kernel=(3, 3), stride=(1, 1), padding=(1, 1)),
            *_convolved("Pool project", "=pooled", 1),
        ),
    )
    for place, way in enumerate(ways):
        with d.lane(place):
            branches.append(d.chain(x, *way))
    d.output(d.put(layer("concat", "Join"), *branches))
    return d.block(
        "inception",
        "Inception",
        "Looks at several scales side by side and joins what they find: the block of GoogLeNet.",
        _width("ones", "1 × 1 filters", 64, "Filters of the branch that sees single positions."),
        _width("three_reduce", "3 × 3 reduced to", 96, "How many maps the 3 × 3 convolution gets to see."),
        _width("threes", "3 × 3 filters", 128, "Filters of the branch that sees 3 × 3 positions."),
        _width("five_reduce", "5 × 5 reduced to", 16, "How many maps the 5 × 5 convolution gets to see."),
        _width("fives", "5 × 5 filters", 32, "Filters of the branch that sees 5 × 5 positions."),
        _width("pooled", "Pooled filters", 32, "Filters of the branch that pools first."),
    )


INCEPTION = _inception()
DEFINITIONS = (INCEPTION,)
