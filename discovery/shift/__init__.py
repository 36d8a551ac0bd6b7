"""Shifts: the requests of a pool go over from one place to the other, step by step, and back if it fails."""
