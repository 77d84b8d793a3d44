"""Layers that learn nothing and only arrange the numbers anew."""

from __future__ import annotations

from dataclasses import replace

from workbench.catalogue.declaration import Category, Layer, Tensor, Values


def _flat(_p: Values, x: tuple[Tensor, ...]) -> Tensor:
    return replace(x[0], shape=(x[0].size,))


LAYERS = (
    Layer(
        id="flatten",
        title="Flatten",
        category=Category.SHAPE,
        summary="Lays all numbers of a sample in one row.",
        help="The step from maps to a Linear. Nothing is lost, so where things were is kept, but the Linear after it "
        "grows large: 16 × 16 × 128 is 32,768 numbers. Global Average is the lighter way.",
        keywords=("reshape", "vector"),
        takes="any",
        shape=_flat,
        forward="torch.flatten({x}, 1)",
    ),
)
