"""The layers one can add, by category, searchable."""
