"""One run by several processes, on one machine or many: each learns from its part of every batch."""
