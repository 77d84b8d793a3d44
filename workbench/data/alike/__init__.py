"""Samples that are there twice, by their bytes or by their look."""
