"""How evenly the samples are spread over the classes, in numbers and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.core.words import count, number

if TYPE_CHECKING:
    from workbench.data.dataset import Dataset

SHOWN = 4  # samples of a class

EVEN, FAIR, UNEVEN = 1.25, 2.0, 5.0
"""The largest class over the smallest, up to which they are called nearly even, fairly even, and uneven."""

STRIKING = 1.5
"""The largest class over an even share, from which it is said how far one gets by guessing it."""

ORDERS = (("name", "By name"), ("most", "Most first"), ("fewest", "Fewest first"))


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """Columns with a row a class: `names`, `counts` int64 K × 3 (training, validation, test), and `starts` int64 K + 1,
    which cuts `members` (all samples that are not excluded, class by class) into theirs."""

    names: tuple[str, ...]
    counts: NDArray[np.int64]
    members: NDArray[np.int64]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, dataset: Dataset) -> Balance:
        index, splits = dataset.index, dataset.splits
        counts = np.stack([index.class_counts(part) for part in (splits.train, splits.val, splits.test)], 1)
        used = splits["all"]
        members = used[np.argsort(index.labels[used], kind="stable")]
        starts = np.concatenate(([0], np.cumsum(counts.sum(1)))).astype(np.int64)
        return cls(index.classes, counts, members, starts)

    @property
    def totals(self) -> NDArray[np.int64]:
        return np.asarray(self.counts.sum(1))

    @property
    def ratio(self) -> float:
        """The largest class over the smallest that has a sample; 1.0 without any."""
        totals = self.totals[self.totals > 0]
        return float(totals.max() / totals.min()) if len(totals) else 1.0

    def of_class(self, label: int) -> NDArray[np.int64]:
        """The samples of a class, ascending."""
        return self.members[self.starts[label] : self.starts[label + 1]]

    def shown(self, label: int) -> list[int]:
        """A few samples, spread over the class."""
        members = self.of_class(label)
        if not len(members):
            return []
        return [int(i) for i in members[np.linspace(0, len(members) - 1, min(SHOWN, len(members))).astype(np.int64)]]

    def order(self, by: str) -> NDArray[np.int64]:
        """The classes by "name", with the "most" or with the "fewest" samples first."""
        sign = {"name": 0, "most": -1, "fewest": 1}[by]
        return np.argsort(sign * self.totals, kind="stable")

    def words(self, label: int) -> str:
        """ "12 training, 3 validation"."""
        parts = zip(self.counts[label].tolist(), ("training", "validation", "test"), strict=True)
        return ", ".join(f"{n:,} {name}" for n, name in parts if n) or "none in use"


def in_short(balance: Balance, noun: str) -> tuple[bool, str]:
    """Whether all is well, and a line for the overview."""
    totals = balance.totals
    if not len(totals):
        return True, "No classes"
    least, most = int(totals.min()), int(totals.max())
    if least == most:
        return True, f"{count(len(totals), 'class')}, {count(most, noun)} each"
    if not least:
        return False, f"{count(int((totals == 0).sum()), 'class')} without a {noun} in use"
    if balance.ratio < FAIR:
        return True, f"{count(len(totals), 'class')}, {least:,} to {most:,} {_plural(noun)} each"
    return False, f"The largest is {_times(balance.ratio)} the smallest"


def sentence(balance: Balance, noun: str) -> str:
    """The largest and the smallest class and what it means, for the head of the details."""
    totals = balance.totals
    if not len(totals):
        return ""
    large, small = int(totals.argmax()), int(totals.argmin())
    total, most, least = int(totals.sum()), int(totals[large]), int(totals[small])
    head = f"{count(total, noun)} in {count(len(totals), 'class')}. "
    if most == least:
        return f"{head}Each class has {count(most, noun)}."
    sizes = f"“{balance.names[large]}” has the most with {most:,}, “{balance.names[small]}” the fewest with {least:,}"
    if not least:
        return f"{head}{sizes}: a class without a {noun} cannot be learned."
    ratio = balance.ratio
    if ratio < EVEN:
        return f"{head}{sizes}: nearly even."
    if ratio < FAIR:
        return f"{head}{sizes}: fairly even, {_times(ratio)} as many."
    how = "uneven" if ratio < UNEVEN else "very uneven"
    share = most / total
    lazy = f"Always saying the largest class would be right for {share * 100:.0f} %. "
    rare = "What is rare is learned last. "
    told = lazy if share * len(totals) > STRIKING else rare
    return f"{head}{sizes}: {how}, {_times(ratio)} as many. {told}Balancing the classes helps."


def _times(ratio: float) -> str:
    return f"{number(round(ratio, 1) if ratio < 10 else round(ratio))} times"


def _plural(noun: str) -> str:
    return count(2, noun).removeprefix("2 ")
