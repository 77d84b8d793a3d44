"""Training as it goes: controls, live curves, the rate and the time left, and the runs there were."""
