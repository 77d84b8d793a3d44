"""Augmentations that mix each picture with another one, and its label with the other's."""

from __future__ import annotations

from workbench.catalogue import mixing
from workbench.catalogue.augmentations.declaring import Draw, Pictures, Values, augmentation
from workbench.catalogue.mixing import Shares, symmetric_beta
from workbench.catalogue.parameters import real


def _mixup(p: Values, batch: Pictures, others: Pictures, draw: Draw) -> tuple[Pictures, Shares]:
    return mixing.mixup(batch, others, symmetric_beta(p.alpha, draw(1)[:, 0]))


def _cutmix(p: Values, batch: Pictures, others: Pictures, draw: Draw) -> tuple[Pictures, Shares]:
    u = draw(3)
    return mixing.cutmix(batch, others, symmetric_beta(p.alpha, u[:, 0]), u[:, 1], u[:, 2])


AUGMENTATIONS = (
    augmentation(
        id="mixup",
        title="Mixup",
        summary="Lets another picture of the batch shine through, and asks for both labels in the same shares.",
        help="Keeps the network from being certain where it has seen nothing (Zhang et al. 2018). Done after all other "
        "augmentations. Loss and accuracy of training look worse than they are: validation pictures are not mixed. "
        "With CutMix in the list too, a picture takes the first of the two whose chance falls.",
        params=(
            real("alpha", "Evenness", "How evenly two pictures mix; small leaves one nearly whole.", 0.2, 0.05, 8.0),
        ),
        group="Two pictures in one",
        keywords=("blend", "label mixing", "zhang"),
        mix=_mixup,
    ),
    augmentation(
        id="cutmix",
        title="CutMix",
        summary="Pastes a rectangle of another picture in, and asks for both labels in the shares of their areas.",
        help="Teaches to know a thing by any of its parts (Yun et al. 2019). Done after all other augmentations. Loss "
        "and accuracy of training look worse than they are: validation pictures are not mixed. Give it a chance of "
        "0.5 with Mixup behind it and every picture takes one or the other.",
        params=(
            real(
                "alpha", "Evenness", "How evenly two pictures mix; at 1 all shares are equally likely.", 1.0, 0.05, 8.0
            ),
        ),
        group="Two pictures in one",
        keywords=("paste", "label mixing", "yun", "cut mix"),
        mix=_cutmix,
    ),
)
