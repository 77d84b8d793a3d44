"""The parts of an objective: one goal for each output, and the targets of a batch."""
