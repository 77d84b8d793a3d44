"""ConvNeXt-T (Liu et al. 2022)."""

from __future__ import annotations

from workbench.catalogue.drawing import Drawing, Part, layer, use
from workbench.catalogue.networks.network import Network, pictures, recipe
from workbench.catalogue.ready.convnext import CONVNEXT
from workbench.document.graph import Graph

_STAGES = ((96, 3), (192, 3), (384, 9), (768, 3))
_DROP = 0.1
"""The rate at the last block; it rises evenly from 0 at the first."""


def _norm(name: str) -> Part:
    return layer("layer_norm", name, over="channels", eps=1e-6)


def _convnext_tiny() -> Graph:
    d = Drawing()
    with d.frame("Stem"):
        x = d.chain(
            d.put(pictures(224)),
            layer("conv2d", "Patchify", filters=96, kernel=(4, 4), stride=(4, 4), padding="valid"),
            _norm("Stem norm"),
        )
    d.row()
    last, before = sum(repeat for _, repeat in _STAGES) - 1, 0
    with d.frame("Stages"):
        for stage, (channels, repeat) in enumerate(_STAGES, 1):
            if stage == 3:
                d.row()
            if stage > 1:
                half = layer(
                    "conv2d", f"Halve {stage}", filters=channels, kernel=(2, 2), stride=(2, 2), padding="valid"
                )
                x = d.chain(x, _norm(f"Norm {stage}"), half)
            first, end = (round(_DROP * n / last, 4) for n in (before, before + repeat - 1))
            x = d.put(use(CONVNEXT, f"Stage {stage}", drop_first=first, drop_last=end, repeat=repeat), x)
            before += repeat
    d.row()
    with d.frame("Head"):
        d.chain(
            x,
            layer("global_avg_pool2d", "Mean"),
            layer("layer_norm", "Norm", eps=1e-6),
            layer("linear", "Classes", units=1000),
            layer("output", "Output"),
        )
    return d.graph()


CONVNEXT_TINY = Network(
    id="convnext-t",
    title="ConvNeXt-T",
    summary="A convolutional network rebuilt with what transformers taught: wide kernels, few norms, GELU.",
    source="Liu, Mao, Wu, Feichtenhofer, Darrell, Xie, “A ConvNet for the 2020s”, CVPR 2022, table 9, as torchvision "
    "has it (ConvNeXt_Tiny_Weights.IMAGENET1K_V1: 28,589,128 parameters, 4.456 billion multiply-adds).",
    cited="Liu et al. 2022, torchvision",
    parameters=28_589_128,
    multiply_adds=4.456,
    answer="classes",
    shape=(1000,),
    look="- Each block looks 7 × 7 far, one channel at a time, and mixes channels place by place.\n"
    "- **Scale** starts at a millionth: at first every block is nearly the bare wire.",
    graph=_convnext_tiny,
    recipe=recipe(1e-3),
)
NETWORKS = (CONVNEXT_TINY,)
