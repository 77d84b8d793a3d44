"""Augmentations that take something away: sharpness, clean values, a part of the picture."""

from __future__ import annotations

import numpy as np

from workbench.catalogue import toning
from workbench.catalogue.augmentations.declaring import Draw, Pictures, Values, augmentation
from workbench.catalogue.parameters import integer, real


def _noise(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    u = draw(2)
    high, low = (np.floor(u[:, k] * 2**32).astype(np.uint64) for k in (0, 1))
    return toning.noise(batch, p.strength * 255, high * np.uint64(2**32) + low)


def _erase(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    u = draw(4)
    _, h, w, _ = batch.shape
    tall, wide = (np.rint(u[:, k] * p.side * n).astype(np.intp) for k, n in ((0, h), (1, w)))
    top, left = np.floor(u[:, 2] * (h - tall + 1)).astype(np.intp), np.floor(u[:, 3] * (w - wide + 1)).astype(np.intp)
    return toning.erase(batch, np.stack([top, left, top + tall, left + wide], -1))


AUGMENTATIONS = (
    augmentation(
        id="noise",
        title="Noise",
        summary="Adds grain to each picture, as a camera does in the dark.",
        help="Keeps the network from learning single pixels by heart. 0.03 is barely seen, 0.2 is rough.",
        params=(real("strength", "Strength", "The grain's standard deviation, as a share of white.", 0.03, 0.0, 0.5),),
        group="Blur, noise and gaps",
        keywords=("grain", "gaussian"),
        apply=_noise,
    ),
    augmentation(
        id="blur",
        title="Blur",
        summary="Softens some pictures, as if out of focus.",
        help="For data that will sometimes be out of focus. A larger radius is softer; on small pictures 1 is enough.",
        params=(integer("radius", "Radius", "How soft.", 1, 1, 8, unit="px"),),
        chance=0.2,
        group="Blur, noise and gaps",
        keywords=("soft", "focus", "gaussian"),
        apply=lambda p, batch, _draw: toning.blur(batch, p.radius),
    ),
    augmentation(
        id="erase",
        title="Erase a patch",
        summary="Covers a random rectangle of some pictures with their mean colour.",
        help="The network must recognise a thing when part of it is hidden, so it learns more than one sign of it "
        "(Zhong et al. 2017). Use it when training accuracy runs far ahead of validation.",
        params=(real("side", "Largest side", "How long a side may be, as a share.", 0.4, 0.0, 1.0),),
        chance=0.3,
        group="Blur, noise and gaps",
        keywords=("cutout", "random erasing", "hide", "occlusion"),
        apply=_erase,
    ),
)
