from __future__ import annotations

import random

import pytest

from workbench.training.threads import AdaptiveThreads


class Machine:
    """Steps whose time is a function of the thread count and of the clock."""

    def __init__(self, times: dict[int, float], noise: float = 0.02) -> None:
        self.times, self.noise = times, noise
        self.clock, self.used, self.threads = 0.0, 0.0, 1
        self.chance = random.Random(4)

    def set(self, threads: int) -> None:
        self.threads = threads

    def run(self, adaptive: AdaptiveThreads, seconds: float) -> float:
        """Train for a while; gives steps a second."""
        until, steps = self.clock + seconds, 0
        while self.clock < until:
            took = self.times[self.threads] * (1 + self.noise * self.chance.random())
            self.clock += took
            steps += 1
            adaptive.after_step(took)
        return steps / seconds


@pytest.mark.parametrize(
    ("times", "best"),
    [
        ({1: 0.020, 2: 0.011}, 2),
        ({1: 0.020, 2: 0.060}, 1),
        ({1: 0.040, 2: 0.022, 3: 0.016, 4: 0.013}, 4),
        ({1: 0.040, 2: 0.022, 3: 0.050, 4: 0.090}, 2),
    ],
)
def test_it_comes_near_the_best_fixed_count(times: dict[int, float], best: int) -> None:
    machine = Machine(times)
    adaptive = AdaptiveThreads(len(times), machine.set)
    machine.run(adaptive, 15)
    rate = machine.run(adaptive, 60)
    assert rate > 0.9 / times[best] / (1 + machine.noise / 2)
    assert adaptive.count in (best, best - 1, best + 1)


def test_it_follows_when_another_program_takes_a_core_and_goes_again() -> None:
    machine = Machine({1: 0.020, 2: 0.011})
    adaptive = AdaptiveThreads(2, machine.set)
    machine.run(adaptive, 20)
    machine.times = {1: 0.021, 2: 0.060}
    machine.run(adaptive, 20)
    assert machine.run(adaptive, 30) > 0.85 / 0.021
    machine.times = {1: 0.020, 2: 0.011}
    machine.run(adaptive, 20)
    assert machine.run(adaptive, 30) > 0.85 / 0.011


def test_one_core_leaves_nothing_to_try() -> None:
    counts: list[int] = []
    adaptive = AdaptiveThreads(1, counts.append)
    for _ in range(1000):
        adaptive.after_step(0.1)
    assert counts == [1]


def test_a_machine_that_slept_does_not_mislead_it() -> None:
    machine = Machine({1: 0.020, 2: 0.011})
    adaptive = AdaptiveThreads(2, machine.set)
    machine.run(adaptive, 5)
    adaptive.after_step(30.0)
    machine.run(adaptive, 20)
    assert machine.run(adaptive, 30) > 0.9 / 0.0112
