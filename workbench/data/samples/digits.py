"""scikit-learn's handwritten digits as pictures.

Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998
(CC BY 4.0), as shipped with scikit-learn (`sklearn.datasets.load_digits`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image


def pictures() -> Iterator[tuple[str, Image.Image]]:
    """(path, picture) of all 1,797 digits; ink is white on black, 0..16 stretched to 0..255."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    for i, (image, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        grey = np.clip(np.rint(image * (255 / 16)), 0, 255).astype(np.uint8)
        yield f"{label}/{i:04d}.png", Image.fromarray(grey)
