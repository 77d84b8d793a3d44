"""What a run's exactness depends on, in a sentence."""

from __future__ import annotations

from workbench.training.keeping.promise import ADAPTIVE
from workbench.training.storing.run_rows import RunDetails


def promise_words(details: RunDetails) -> str:
    """Whether the run can be repeated and gone on with to the bit, and where; "" where nothing was kept about it."""
    promise = details.promise
    if not promise:
        return ""
    changed = len(details.threads)
    if promise.get("threads") == ADAPTIVE:
        times = "" if not changed else f" and changed {'once' if changed == 1 else f'{changed:,} times'}"
        return (
            f"The number of threads adapted to the machine{times}, so a repeat agrees up to rounding only. "
            "With a fixed number of threads it would be the same to the bit."
        )
    if promise.get("device", "cpu") != "cpu" and promise.get("deterministic") == "off":
        return "It ran on a GPU without deterministic computing, so a repeat agrees up to rounding only."
    where = [f"PyTorch {promise['torch']}" if "torch" in promise else "", promise.get("processor", "")]
    where += [promise["device"] if promise.get("device", "cpu") != "cpu" else "", _threads(promise.get("threads", ""))]
    return f"The same to the bit when it is repeated or gone on with on {', '.join(part for part in where if part)}."


def _threads(found: str) -> str:
    return f"{found} thread{'' if found == '1' else 's'}" if found else ""
