"""Which samples teach, which choose, which are kept for the last word."""
