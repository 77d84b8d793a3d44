"""``python -m tests.benchmarks.alike FOLDER``: how alike the pictures of a folder are, and altered copies of them.

From these figures the limits in `workbench/data/alike/near.py` were chosen. The pictures must all be different.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageEnhance

from workbench.data.alike.hashes import Hashes, Pixels, distances, grey, hashed, likeness, thumbs
from workbench.data.alike.near import ALIKE, WITHIN, pairs_within
from workbench.data.crew import Crew
from workbench.data.scanning.scan import scan
from workbench.data.scanning.source import resolve
from workbench.document.project import DataSettings

COPIES = 400

Change = Callable[[Image.Image], bytes]


def saved(image: Image.Image, kind: str = "JPEG", quality: int = 85) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=quality)
    return buffer.getvalue()


def scaled(share: float) -> Change:
    return lambda image: saved(image.resize((round(image.width * share), round(image.height * share))))


def cut(left: float, top: float, right: float, bottom: float) -> Change:
    """Shares of the width and height that are cut off."""

    def change(image: Image.Image) -> bytes:
        w, h = image.size
        return saved(image.crop((round(w * left), round(h * top), round(w * (1 - right)), round(h * (1 - bottom)))))

    return change


CHANGES: dict[str, Change] = {
    "JPEG of quality 75": lambda image: saved(image, quality=75),
    "JPEG of quality 20": lambda image: saved(image, quality=20),
    "WebP of quality 60": lambda image: saved(image, "WEBP", 60),
    "a third of the size": scaled(1 / 3),
    "twice the size": scaled(2.0),
    "10 % brighter": lambda image: saved(ImageEnhance.Brightness(image).enhance(1.1)),
    "10 % darker": lambda image: saved(ImageEnhance.Brightness(image).enhance(0.9)),
    "20 % more contrast": lambda image: saved(ImageEnhance.Contrast(image).enhance(1.2)),
    "in grey": lambda image: saved(image.convert("L")),
    "1 % cut off at each side": cut(0.01, 0.01, 0.01, 0.01),
    "2 % cut off at each side": cut(0.02, 0.02, 0.02, 0.02),
    "2 % cut off at one side": cut(0.0, 0.0, 0.02, 0.0),
    "3 % cut off at each side": cut(0.03, 0.03, 0.03, 0.03),
}


def looks(datas: Sequence[bytes]) -> tuple[Hashes, Pixels]:
    pictures = np.stack([grey(data) for data in datas])
    return hashed(pictures)[0], thumbs(pictures)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.alike", description=__doc__)
    parser.add_argument("folder", help="different pictures, or sample:digits, sample:scenes")
    index = scan(resolve(DataSettings(source=parser.parse_args(arguments).folder), None, None))
    with Crew() as crew:
        datas = [future.result() for future in [crew.submit(index.read, i) for i in range(len(index))]]
    hashes, small = looks(datas)
    print(f"{len(index):,} pictures, {len(index) * (len(index) - 1) // 2:,} pairs of different ones")
    for within in (WITHIN, WITHIN + 2):
        found = [(i, j) for i, j, _apart in pairs_within(hashes, within)]
        like = np.concatenate([likeness(small[i], small[j]) for i, j in found] or [np.zeros(0, np.float32)])
        print(
            f"within {within} bits: {len(like):,} pairs; likest {best(like)}; {(like >= ALIKE).sum():,} from {ALIKE} on"
        )
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.choice(len(index), min(COPIES, len(index)), replace=False))
    for name, change in CHANGES.items():
        copies = [change(Image.open(io.BytesIO(datas[i])).convert("RGB")) for i in chosen.tolist()]
        copied, copied_small = looks(copies)
        close = distances(hashes[chosen], copied) <= WITHIN
        like = likeness(small[chosen], copied_small)
        found_again = (close & (like >= ALIKE)).sum()
        print(
            f"{name:26} within {WITHIN} bits {close.mean():6.1%}  likeness {like.min():.4f} to {like.max():.4f}"
            f"  found {found_again:,} of {len(chosen):,}"
        )


def best(like: npt.NDArray[np.float32]) -> str:
    return ", ".join(f"{value:.4f}" for value in np.sort(like)[:-6:-1])


if __name__ == "__main__":
    main()
