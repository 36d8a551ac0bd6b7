"""Fuzzing of what reads bytes from the network: `python -m tests.fuzz`, or `make fuzz`."""
