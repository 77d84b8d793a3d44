"""ViT-Ti/16 (Dosovitskiy et al. 2021; Touvron et al. 2021)."""

from __future__ import annotations

from workbench.catalogue.drawing import Drawing, layer, use
from workbench.catalogue.networks.network import Network, pictures, recipe
from workbench.catalogue.ready.encoder import ENCODER
from workbench.catalogue.ready.vit import STEM
from workbench.document.graph import Graph


def _vit_tiny() -> Graph:
    d = Drawing()
    x = d.chain(
        d.put(pictures(224)),
        use(STEM, "Stem", patch=16, features=192),
        use(ENCODER, "Encoder", heads=3, repeat=12),
    )
    d.row()
    with d.frame("Head"):
        d.chain(
            x,
            layer("layer_norm", "Norm", eps=1e-6),
            layer("pick_step", "Class token", step="first"),
            layer("linear", "Classes", units=1000),
            layer("output", "Output"),
        )
    return d.graph()


VIT_TINY = Network(
    id="vit-ti-16",
    title="ViT-Ti/16",
    summary="A vision transformer: 196 patches as words, twelve encoder blocks, one step that gathers the answer.",
    source="Dosovitskiy et al., “An image is worth 16x16 words”, ICLR 2021, in the smallest size of Touvron et al., "
    "“Training data-efficient image transformers”, ICML 2021, table 1, as timm has it (vit_tiny_patch16_224: 5,717,416 "
    "parameters).",
    cited="Dosovitskiy et al. 2021, timm",
    parameters=5_717_416,
    answer="classes",
    shape=(1000,),
    look="- **Stem** makes 197 steps of 192 numbers: 14 × 14 patches and the class token.\n"
    "- All twelve blocks have the same shape; only the first step is read at the end.",
    graph=_vit_tiny,
    recipe=recipe(5e-4, epochs=60),
)
NETWORKS = (VIT_TINY,)
