"""What can be done with the runs a project keeps: sorting, filtering, comparing, reopening, taking them elsewhere."""
