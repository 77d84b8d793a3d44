"""MLP-Mixer-S/16 (Tolstikhin et al. 2021)."""

from __future__ import annotations

from workbench.catalogue.drawing import Drawing, layer, use
from workbench.catalogue.networks.network import Network, pictures, recipe
from workbench.catalogue.ready.mixer import MIXER
from workbench.document.graph import Graph


def _mixer_small() -> Graph:
    d = Drawing()
    x = d.chain(
        d.put(pictures(224)),
        layer("patch_embedding", "Patches", patch=(16, 16), units=512),
        use(MIXER, "Mixer", step_units=256, feature_units=2048, repeat=8),
    )
    d.row()
    with d.frame("Head"):
        d.chain(
            x,
            layer("layer_norm", "Norm", eps=1e-6),
            layer("pick_step", "Mean", step="mean"),
            layer("linear", "Classes", units=1000),
            layer("output", "Output"),
        )
    return d.graph()


MIXER_SMALL = Network(
    id="mlp-mixer-s-16",
    title="MLP-Mixer-S/16",
    summary="Patches, and nothing but linear layers: across places, then across features, eight times.",
    source="Tolstikhin et al., “MLP-Mixer: An all-MLP architecture for vision”, NeurIPS 2021, table 1 (S/16, 19 "
    "million), as timm has it (mixer_s16_224: 18,528,264 parameters).",
    cited="Tolstikhin et al. 2021, timm",
    parameters=18_528_264,
    answer="classes",
    shape=(1000,),
    look="- The linear layer across places is bound to 196 patches: another picture size makes another network.\n"
    "- No convolution and no attention: compare its curve with ResNet-18's on the same pictures.",
    graph=_mixer_small,
    recipe=recipe(5e-4, epochs=60),
)
NETWORKS = (MIXER_SMALL,)
