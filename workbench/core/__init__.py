"""What every room stands on: diagnostics, ids, paths, safe files. Imports nothing of the program."""
