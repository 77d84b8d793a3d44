"""The trained network in the forms people use, each run again in its own runtime and held against the project."""
