"""Metrics: counted batch by batch in bounded memory, read once at the end; the formulas are the libraries'."""
