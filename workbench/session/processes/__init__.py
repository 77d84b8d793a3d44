"""A run in several processes: what the program that starts it writes down, and what each process does with it."""
