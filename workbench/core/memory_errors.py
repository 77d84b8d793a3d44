"""The machine's memory ran out: libraries say so in several ways."""

from __future__ import annotations

WORDS = ("not enough memory", "can't allocate memory", "cannot allocate memory", "std::bad_alloc")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, as Python, PyTorch's allocator for the CPU or a library in Rust tells it.

    The last panics, with an exception that is no `Exception` and that nothing can import; pyo3 calls it
    `PanicException`. It may have another cause, but where memory is short it is what one sees.
    """
    if isinstance(error, MemoryError) or type(error).__name__ == "PanicException":
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in WORDS)
