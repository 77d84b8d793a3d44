from __future__ import annotations

import pytest

from workbench.training.keeping.promise import ADAPTIVE, differences, processor, promise


def test_a_promise_names_all_that_decides_the_last_bits() -> None:
    found = promise("cpu", "2", deterministic=False)
    assert set(found) == {"torch", "numpy", "processor", "kernels", "device", "threads", "deterministic"}
    assert found["processor"] == processor() != ""
    assert all(isinstance(value, str) and value for value in found.values())


def test_what_is_as_it_was_has_no_differences() -> None:
    found = promise("cpu", "2", deterministic=False)
    assert differences(found, dict(found)) == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("torch", "1.0", "PyTorch was 1.0, now it is"),
        ("processor", "Abacus 3", "the processor was “Abacus 3”"),
        ("kernels", "NO AVX", "the processor was used as NO AVX"),
        ("device", "mps", "it ran on mps, now on cpu"),
        ("threads", "7", "it computed with 7 threads, now with 2 threads"),
        ("threads", ADAPTIVE, "it computed with an adaptive thread count, now with 2 threads"),
        ("deterministic", "on", "deterministic computing was on, now it is off"),
    ],
)
def test_each_difference_is_said_with_both_values(name: str, value: str, words: str) -> None:
    now = promise("cpu", "2", deterministic=False)
    (reason,) = differences({**now, name: value}, now)
    assert reason.startswith(words)


def test_an_adaptive_count_promises_nothing_though_it_was_adaptive_before() -> None:
    now = promise("cpu", ADAPTIVE, deterministic=False)
    (reason,) = differences(now, now)
    assert "adapts" in reason


def test_a_gpu_promises_only_with_deterministic_computing() -> None:
    loose, strict = (promise("cuda (X)", "", deterministic=on) for on in (False, True))
    assert "threads" not in loose
    assert differences(strict, strict) == []
    (reason,) = differences(loose, loose)
    assert "deterministic" in reason


def test_what_an_old_checkpoint_did_not_keep_is_no_difference() -> None:
    now = promise("cpu", "1", deterministic=False)
    assert differences({"torch": now["torch"]}, now) == []
