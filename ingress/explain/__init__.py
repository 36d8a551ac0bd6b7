"""Explains a request: what became of it, and why, from what the data plane itself does with it."""
