"""Notes on a run's course: what the numbers give reason to say, in words, with what to try."""
