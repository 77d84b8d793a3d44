"""The block of MLP-Mixer (Tolstikhin et al. 2021, figure 1 and equation 1)."""

from __future__ import annotations

from workbench.catalogue.drawing import Definition, Drawing, layer
from workbench.document.graph import BlockParam


def _mixer() -> Definition:
    d = Drawing(main=1)
    x = d.input()
    with d.lane(0):
        y = d.chain(
            x,
            layer("layer_norm", "Norm 1", eps=1e-6),
            layer("permute", "Features first", order=(2, 1)),
            layer("linear", "Mix steps", units="=step_units"),
            layer("gelu", "GELU 1"),
            layer("linear", "Steps back", units="=in_length"),
            layer("permute", "Steps first", order=(2, 1)),
        )
    x = d.put(layer("add", "Sum 1"), y, x)
    with d.lane(0):
        y = d.chain(
            x,
            layer("layer_norm", "Norm 2", eps=1e-6),
            layer("linear", "Mix features", units="=feature_units"),
            layer("gelu", "GELU 2"),
            layer("linear", "Features back", units="=in_channels"),
        )
    d.output(d.put(layer("add", "Sum 2"), y, x))
    return d.block(
        "mixer_block",
        "Mixer block",
        "Mixes the steps of a sequence, then the features of each step, with plain linear layers.",
        BlockParam("step_units", "Units for steps", "int", 256, "Width of the network across steps.", 1, 65_536),
        BlockParam("feature_units", "Units for features", "int", 2048, "Width of the one across features.", 1, 65_536),
    )


MIXER = _mixer()
DEFINITIONS = (MIXER,)
