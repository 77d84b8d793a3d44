"""The adaptive thread count on a model of a machine: how near it comes to the best count that is fixed."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from workbench.training.threads import AdaptiveThreads

Load = Callable[[float], float]
"""How many cores other programs keep busy at a second of the clock."""


class Machine:
    """Cores that share the work of a step, and other programs that take some of them.

    A step's threads wait for each other. Where there are more of them than free cores, one of them stands still again
    and again while another program is let on: for `STALL` seconds each time, training having the lower priority.
    """

    STALL = 0.012

    def __init__(self, cores: int, work: float, load: Load, *, serial: float = 0.05, seed: int = 1) -> None:
        self.cores, self.work, self.load, self.serial = cores, work, load, serial
        self.clock, self.threads = 0.0, cores
        self._chance = random.Random(seed)
        self._busy = self._asked = 0.0

    def set(self, threads: int) -> None:
        self.threads = threads

    def others(self) -> float:
        """What a system would say: the mean since it was last asked, and never quite right."""
        found = self._busy / max(1e-9, self.clock - self._asked)
        self._busy, self._asked = 0.0, self.clock
        return max(0.0, found + self._chance.gauss(0, 0.05))

    def step(self) -> float:
        took = self.work * (self.serial + (1 - self.serial) / self.threads)
        took *= 1 + 0.03 * abs(self._chance.gauss(0, 1))
        over = min(1.0, self.threads + self.load(self.clock) - self.cores)
        if over > 0.1:
            left = took
            while (left := left - self._chance.expovariate(over / 0.004)) > 0:
                took += self._chance.expovariate(1 / self.STALL)
        if self._chance.random() < 0.01:  # something of the machine's own
            took += self._chance.expovariate(100)
        self._busy += self.load(self.clock) * took
        self.clock += took
        return took

    def run(self, seconds: float, adaptive: AdaptiveThreads | None = None) -> float:
        """Train for a while; gives steps a second."""
        began, steps = self.clock, 0
        while self.clock < began + seconds:
            took = self.step()
            steps += 1
            if adaptive is not None:
                adaptive.after_step(took)
        return steps / (self.clock - began)


def best_fixed(cores: int, work: float, load: Load, seconds: float) -> float:
    """Steps a second of the best count that is fixed."""
    rates = []
    for count in sorted({1, max(1, cores - 1), cores}):
        machine = Machine(cores, work, load)
        machine.set(count)
        rates.append(machine.run(seconds))
    return max(rates)


LOADS: dict[str, Load] = {
    "left alone": lambda _t: 0.0,
    "one core taken": lambda _t: 1.0,
    "one core half taken": lambda _t: 0.5,
    "taken after 10 s": lambda t: float(t > 10),
    "let go after 10 s": lambda t: float(t < 10),
    "taken every other 8 s": lambda t: float(t // 8 % 2),
}
SECONDS = 24.0
FLOOR = 0.85
"""Of the best fixed count's speed, with another program on one core; from the first step on, trials included."""


@pytest.mark.parametrize("knows", [True, False], ids=["asks after others", "sees only its own steps"])
@pytest.mark.parametrize("work", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("load", LOADS)
def test_on_two_cores_it_comes_near_the_best_fixed_count(load: str, work: float, knows: bool) -> None:
    if not knows and load == "let go after 10 s":
        pytest.skip("steps on the core that is left do not show that the other one is free again")
    machine = Machine(2, work, LOADS[load])
    adaptive = AdaptiveThreads(2, machine.set, machine.others if knows else None)
    rate = machine.run(SECONDS, adaptive)
    assert rate >= FLOOR * best_fixed(2, work, LOADS[load], SECONDS)


@pytest.mark.parametrize("cores", [4, 16])
@pytest.mark.parametrize("load", ["left alone", "one core taken", "taken after 10 s"])
def test_on_many_cores_it_comes_near_the_best_fixed_count(cores: int, load: str) -> None:
    machine = Machine(cores, 0.2, LOADS[load])
    adaptive = AdaptiveThreads(cores, machine.set, machine.others)
    rate = machine.run(SECONDS, adaptive)
    assert rate >= FLOOR * best_fixed(cores, 0.2, LOADS[load], SECONDS)


def test_long_steps_do_not_make_trials_dear() -> None:
    """Steps of seconds: a trial of the slower count costs several times as much as it lasts in short steps."""
    machine = Machine(2, 3.0, LOADS["left alone"])
    adaptive = AdaptiveThreads(2, machine.set)
    machine.run(60, adaptive)
    rate = machine.run(400, adaptive)
    machine.set(2)
    assert rate > 0.93 * machine.run(400)


class Table:
    """Steps whose time is a function of the thread count alone."""

    def __init__(self, times: dict[int, float]) -> None:
        self.times, self.threads, self.clock = times, 1, 0.0
        self._chance = random.Random(4)

    def set(self, threads: int) -> None:
        self.threads = threads

    def run(self, adaptive: AdaptiveThreads, seconds: float) -> float:
        until, steps = self.clock + seconds, 0
        while self.clock < until:
            took = self.times[self.threads] * (1 + 0.02 * self._chance.random())
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
        ({1: 0.040, 2: 0.022, 3: 0.014, 4: 0.090}, 3),
    ],
)
def test_it_finds_the_best_count_of_several(times: dict[int, float], best: int) -> None:
    machine = Table(times)
    adaptive = AdaptiveThreads(len(times), machine.set)
    machine.run(adaptive, 15)
    rate = machine.run(adaptive, 60)
    assert rate > 0.93 / times[best] / 1.01
    assert adaptive.count == best


def test_each_count_it_settles_on_is_told_once_and_trials_are_not() -> None:
    machine = Table({1: 0.020, 2: 0.011})
    adaptive = AdaptiveThreads(2, machine.set)
    told: list[int] = []

    def train(steps: int) -> None:
        told.extend(adaptive.count for _ in range(steps) if adaptive.after_step(machine.times[machine.threads]))

    train(1_000)
    assert told == []
    machine.times = {1: 0.021, 2: 0.060}
    train(1_000)
    assert told == [1]
    machine.times = {1: 0.020, 2: 0.011}
    train(1_000)
    assert told == [1, 2]
    assert machine.threads == adaptive.count == 2


def test_steps_of_fewer_pictures_are_no_sign_of_speed() -> None:
    machine = Table({1: 0.020, 2: 0.011})
    adaptive = AdaptiveThreads(2, machine.set)
    for step in range(4_000):
        short = step % 5 == 4
        adaptive.after_step(machine.times[machine.threads] / (6 if short else 1), 16 if short else 96)
    assert adaptive.count == 2


def test_one_core_leaves_nothing_to_try() -> None:
    counts: list[int] = []
    adaptive = AdaptiveThreads(1, counts.append)
    for _ in range(1000):
        assert not adaptive.after_step(0.1)
    assert counts == [1]


def test_a_machine_that_slept_does_not_mislead_it() -> None:
    machine = Table({1: 0.020, 2: 0.011})
    adaptive = AdaptiveThreads(2, machine.set)
    machine.run(adaptive, 5)
    adaptive.after_step(30.0)
    machine.run(adaptive, 20)
    assert machine.run(adaptive, 30) > 0.93 / 0.0112
