"""The compiled table of hosts and paths."""
