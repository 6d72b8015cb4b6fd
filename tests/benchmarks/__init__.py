"""How fast it is, measured against a Django command in the same run: `python -m tests.benchmarks [name …]`."""
