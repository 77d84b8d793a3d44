"""The yardsticks: ``python -m tests.benchmarks NUMBER``. Not collected by pytest."""
