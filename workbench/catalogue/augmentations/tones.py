"""Augmentations that change light and colour, and leave everything in its place."""

from __future__ import annotations

import numpy as np

from workbench.catalogue import levels, toning
from workbench.catalogue.augmentations.declaring import Draw, Pictures, Values, around_one, augmentation, either_side
from workbench.catalogue.parameters import integer, real


def _gamma(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    return toning.gamma(batch, np.exp(np.log1p(p.amount) * (2 * draw(1)[:, 0] - 1)))


def _jitter(p: Values, batch: Pictures, draw: Draw) -> Pictures:
    u = draw(4)
    batch = toning.brightness(batch, around_one(u[:, 0], p.brightness))
    batch = toning.contrast(batch, around_one(u[:, 1], p.contrast))
    batch = toning.saturation(batch, around_one(u[:, 2], p.saturation))
    return toning.hue(batch, np.deg2rad(either_side(u[:, 3], p.hue)))


def _posterise(p: Values, batch: Pictures, _draw: Draw) -> Pictures:
    return levels.posterise(batch, np.full(len(batch), p.bits, np.intp))


def _solarise(p: Values, batch: Pictures, _draw: Draw) -> Pictures:
    return levels.solarise(batch, np.full(len(batch), p.threshold * 255 + 0.5))


AUGMENTATIONS = (
    augmentation(
        id="brightness",
        title="Brightness",
        summary="Makes each picture a little darker or lighter.",
        help="Stands for other light and other times of day. 0.2 changes every value by up to a fifth; beyond a "
        "half, much turns to plain black or white.",
        params=(real("amount", "Amount", "How much at most, as a share.", 0.2, 0.0, 1.0),),
        group="Light and colour",
        keywords=("light", "exposure", "jitter"),
        apply=lambda p, batch, draw: toning.brightness(batch, around_one(draw(1)[:, 0], p.amount)),
    ),
    augmentation(
        id="contrast",
        title="Contrast",
        summary="Makes each picture a little flatter or harder.",
        help="Stands for haze, other cameras and other light. Values move towards the picture's mean or away from it.",
        params=(real("amount", "Amount", "How much at most, as a share.", 0.2, 0.0, 1.0),),
        group="Light and colour",
        keywords=("jitter",),
        apply=lambda p, batch, draw: toning.contrast(batch, around_one(draw(1)[:, 0], p.amount)),
    ),
    augmentation(
        id="gamma",
        title="Gamma",
        summary="Lifts or lowers the mid tones of each picture; black and white stay.",
        help="Stands for other cameras and screens. Unlike brightness it never cuts off the highlights.",
        params=(real("amount", "Amount", "How strong at most; 0.2 is a power of up to 1.2.", 0.2, 0.0, 2.0),),
        group="Light and colour",
        keywords=("tone", "exposure"),
        apply=_gamma,
    ),
    augmentation(
        id="saturation",
        title="Saturation",
        summary="Makes the colours of each picture paler or stronger.",
        help="Keeps the network from trusting how vivid a colour is. Grey pictures stay as they are.",
        params=(real("amount", "Amount", "How much at most, as a share.", 0.3, 0.0, 1.0),),
        group="Light and colour",
        keywords=("colour", "color", "jitter"),
        apply=lambda p, batch, draw: toning.saturation(batch, around_one(draw(1)[:, 0], p.amount)),
    ),
    augmentation(
        id="hue",
        title="Hue",
        summary="Turns the colours of each picture a little around the colour wheel.",
        help="For things that come in any colour. Leave it out where colour decides, as with ripe and unripe fruit. "
        "Grey pictures stay as they are.",
        params=(real("degrees", "Angle", "How far at most, to either side.", 15.0, 0.0, 180.0, unit="°"),),
        group="Light and colour",
        keywords=("colour", "color", "jitter", "tint"),
        apply=lambda p, batch, draw: toning.hue(batch, np.deg2rad(p.degrees * (2 * draw(1)[:, 0] - 1))),
    ),
    augmentation(
        id="colour_jitter",
        title="Colour jitter",
        summary="Changes brightness, contrast, saturation and hue of each picture a little, in this order.",
        help="The four in one, as most recipes have them. Grey pictures keep their lack of colour. Set what must not "
        "change to 0.",
        params=(
            real("brightness", "Brightness", "How much darker or lighter at most, as a share.", 0.2, 0.0, 1.0),
            real("contrast", "Contrast", "How much flatter or harder at most, as a share.", 0.2, 0.0, 1.0),
            real("saturation", "Saturation", "How much paler or stronger at most, as a share.", 0.2, 0.0, 1.0),
            real("hue", "Hue", "How far colours turn at most, to either side.", 10.0, 0.0, 180.0, unit="°"),
        ),
        group="Light and colour",
        keywords=("color", "brightness", "contrast", "saturation", "hue"),
        apply=_jitter,
    ),
    augmentation(
        id="grey",
        title="Grey",
        summary="Takes the colour out of some pictures.",
        help="Makes the network look at shapes as well as at colours. Raise the chance where colour should hardly "
        "count, and leave it out where colour decides.",
        chance=0.1,
        group="Light and colour",
        keywords=("gray", "greyscale", "grayscale", "colour"),
        apply=lambda _p, batch, _draw: toning.grey(batch),
    ),
    augmentation(
        id="autocontrast",
        title="Full contrast",
        summary="Spreads the values of some pictures from black to white, each colour for itself.",
        help="Makes pale pictures crisp, and so teaches that haze and exposure do not matter. A picture that has "
        "black and white in it already stays as it is.",
        chance=0.2,
        group="Light and colour",
        keywords=("autocontrast", "levels", "stretch"),
        apply=lambda _p, batch, _draw: levels.autocontrast(batch),
    ),
    augmentation(
        id="equalise",
        title="Equalise",
        summary="Spreads the values of some pictures so that all are about equally frequent.",
        help="Brings out what hides in dark and light areas, at the price of grain. One of the operations "
        "of RandAugment.",
        chance=0.2,
        group="Light and colour",
        keywords=("equalize", "histogram"),
        apply=lambda _p, batch, _draw: levels.equalise(batch),
    ),
    augmentation(
        id="posterise",
        title="Posterise",
        summary="Leaves some pictures only a few steps of brightness.",
        help="With 3 bits there are 8 steps for each colour. Teaches that fine shades do not matter.",
        params=(integer("bits", "Bits", "How many bits of each value are kept; fewer is coarser.", 4, 1, 8),),
        chance=0.2,
        group="Light and colour",
        keywords=("posterize", "quantise", "steps"),
        apply=_posterise,
    ),
    augmentation(
        id="solarise",
        title="Solarise",
        summary="Turns the lightest parts of some pictures to their negative.",
        help="Strange to look at, and useful for learning without labels (Grill et al. 2020). Leave it out where "
        "shades decide.",
        params=(real("threshold", "From", "What is lighter than this is turned, as a share of white.", 0.5, 0.0, 1.0),),
        chance=0.2,
        group="Light and colour",
        keywords=("solarize", "negative", "invert"),
        apply=_solarise,
    ),
    augmentation(
        id="sharpen",
        title="Sharpness",
        summary="Makes some pictures a little sharper or softer.",
        help="Stands for other lenses and distances. Much of what one finds was sharpened by a camera or a program.",
        params=(
            real(
                "amount",
                "Amount",
                "How much at most, as a share; 1 takes all sharpness away or doubles it.",
                0.5,
                0.0,
                1.0,
            ),
        ),
        chance=0.5,
        group="Light and colour",
        keywords=("sharp", "soft", "focus"),
        apply=lambda p, batch, draw: levels.sharpen(batch, around_one(draw(1)[:, 0], p.amount)),
    ),
)
